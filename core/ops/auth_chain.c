/**
 * Asking the auth providers, one after the other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/auth_chain.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct auth_chain {
	struct loop *logic;
	struct auth_provider providers[8];
	unsigned n;
};

/** A question on its way. */
struct question {
	struct confab_verify verify; /* first */
	struct mail mail;            /* the answer's way home */
	struct auth_chain *chain;
	struct auth_provider asked; /* who is to answer; vtable NULL: nobody */
	unsigned next;
	void (*done)(void *arg, struct confab_verify *v);
	void *arg;
	char *token;
	char peer[48];
};

static void ask_next(struct question *q)
{
	struct auth_chain *c = q->chain;
	q->verify.rc = CONFAB_ENOENT;
	if (q->next >= c->n) {
		snprintf(q->verify.text, sizeof(q->verify.text), "%s",
			c->n ? "no auth provider knows this token"
			     : "no auth provider is enabled on this server");
		confab_verify_done(&q->verify);
		return;
	}
	q->asked = c->providers[q->next++];
	if (q->asked.begin) {
		q->asked.begin(q->asked.owner);
	}
	q->asked.vtable->verify(q->asked.ctx, &q->verify);
}

static void answered(struct mail *m)
{
	struct question *q = (struct question *)((char *)m - offsetof(struct question, mail));

	if (q->asked.vtable && q->asked.end) {
		q->asked.end(q->asked.owner);
	}
	q->asked.vtable = NULL;
	if (q->verify.rc == CONFAB_ENOENT && q->next < q->chain->n) {
		ask_next(q);
		return;
	}
	q->done(q->arg, &q->verify);
	json_decref(q->verify.claims);
	free(q->token);
	free(q);
}

/* -------------------------------------------------------------------------------------------- */

struct auth_chain *auth_chain_new(struct loop *logic)
{
	struct auth_chain *c = calloc(1, sizeof(*c));

	assert(c);
	c->logic = logic;
	return c;
}

void auth_chain_free(struct auth_chain *c)
{
	free(c);
}

void auth_chain_add(struct auth_chain *c, const struct auth_provider *p)
{
	if (c->n < sizeof(c->providers) / sizeof(c->providers[0])) {
		c->providers[c->n++] = *p;
	}
}

void auth_chain_clear(struct auth_chain *c)
{
	c->n = 0;
}

void auth_chain_verify(struct auth_chain *c, const char *token, const char *peer,
	void (*done)(void *arg, struct confab_verify *v), void *arg)
{
	struct question *q = calloc(1, sizeof(*q));

	assert(q);
	q->chain = c;
	q->done = done;
	q->arg = arg;
	q->mail.run = answered;
	q->token = strdup(token ? token : "");
	snprintf(q->peer, sizeof(q->peer), "%s", peer ? peer : "");
	q->verify.token = q->token;
	q->verify.peer = q->peer;
	ask_next(q);
}

void confab_verify_done(struct confab_verify *v)
{
	struct question *q = (struct question *)v;

	loop_post(q->chain->logic, &q->mail);
}
