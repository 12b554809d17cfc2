/**
 * Is a token an administrator's? For doors beside the table of ops.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "ops/auth_chain.h"
#include "ops/ops_internal.h"

struct question {
	struct ops *o;
	char user[CONFAB_ID_MAX + 1], session[64], role[16];
	void (*done)(void *arg, bool is_admin);
	void *arg;
};

static void answer(struct question *q, bool is_admin)
{
	q->done(q->arg, is_admin);
	free(q);
}

static void user_there(struct ops *o, void *arg, int rc)
{
	struct question *q = arg;
	struct user *u = rc ? NULL : chat_user_find(o->chat, q->user);

	if (!u || (q->session[0] && !session_alive(u, q->session))) {
		answer(q, false);
		return;
	}
	if (q->role[0]) {
		session_role(u, q->role);
	}
	answer(q, u->is_admin);
}

static void verified(void *arg, struct confab_verify *v)
{
	struct question *q = arg;

	if (v->rc) {
		answer(q, false);
		return;
	}
	snprintf(q->user, sizeof(q->user), "%s", v->user);
	snprintf(q->session, sizeof(q->session), "%s", v->session);
	snprintf(q->role, sizeof(q->role), "%s", v->role);
	session_user(q->o, v->user, v->role, user_there, q);
}

/* -------------------------------------------------------------------------------------------- */

void ops_admin_verify(struct ops *o, const char *token, const char *peer,
	void (*done)(void *arg, bool is_admin), void *arg)
{
	struct question *q = alloc_zero(1, sizeof(*q));

	q->o = o;
	q->done = done;
	q->arg = arg;
	auth_chain_verify(o->auth, token, peer, verified, q);
}
