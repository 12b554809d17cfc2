/**
 * setup.redeem, and the making of links.
 *
 *   redeem: read the document → delete it at the version read (one of many wins) → make the account → the
 *           user's log says admin. If the account cannot be made, the document is put back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/setup.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/accounts.h>
#include <confab/provider/store.h>
#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "ops/ops_internal.h"
#include "pipeline/event_internal.h"
#include "store/store.h"
#include "wire/request.h"

#define COLLECTION "core.setup"
#define KEY "link"
#define HASH_SIZE (2 * SHA256_DIGEST_LENGTH + 1)

static void code_hash(const char *code, char out[HASH_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	(void)SHA256((const unsigned char *)code, strlen(code), digest); /* returns digest */
	for (size_t i = 0; i < sizeof(digest); i++) {
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	}
}

static struct confab_doc_call *doc_call(struct ops *o, enum confab_doc_verb verb)
{
	struct confab_doc_call *call = store_doc_new(o->chat->store);

	call->verb = verb;
	call->doc.coll = COLLECTION;
	call->doc.key = KEY;
	call->if_version = UINT64_MAX;
	return call;
}

static void doc_put(struct ops *o, const char *hash, int64_t expires_ms,
	void (*done)(struct confab_doc_call *call, void *arg), void *arg)
{
	struct confab_doc_call *call = doc_call(o, CONFAB_DOC_PUT);
	json_t *body = json_pack("{s:s,s:I}", "hash", hash, "expires", (json_int_t)expires_ms);
	char *text = json_dumps(body, JSON_COMPACT);

	call->doc.body = confab_arena_dup(call->call.arena, text, strlen(text));
	call->doc.expires_ms = expires_ms;
	free(text);
	json_decref(body);
	store_doc(o->chat->store, call, done, arg);
}

/* --- making a link ---------------------------------------------------------------------------------------- */

struct making {
	struct ops *o;
	setup_done_fn done;
	void *arg;
	int64_t expires_ms;
	char code[SETUP_CODE_SIZE];
};

static void link_stored(struct confab_doc_call *call, void *arg)
{
	struct making *m = arg;

	m->done(m->arg, call->call.rc ? CONFAB_EBUSY : 0, m->code, m->expires_ms);
	explicit_bzero(m->code, sizeof(m->code));
	free(m);
}

static void link_make(struct making *m)
{
	char hash[HASH_SIZE];

	id_random(m->code, SETUP_CODE_SIZE - 1);
	code_hash(m->code, hash);
	m->expires_ms = clock_real_ms() + SETUP_LIFETIME_MS;
	doc_put(m->o, hash, m->expires_ms, link_stored, m);
}

static void admins_read(struct confab_tagged *call, void *arg)
{
	struct making *m = arg;

	if (call->call.rc || call->n) {
		m->done(m->arg, call->call.rc ? CONFAB_EBUSY : CONFAB_EEXIST, NULL, 0);
		free(m);
		return;
	}
	link_make(m);
}

/* --- redeeming -------------------------------------------------------------------------------------------- */

struct redeeming {
	struct ops *o;
	struct confab_request *rq;
	int64_t expires_ms;
	char hash[HASH_SIZE];
	char user[CONFAB_ID_MAX + 1];
	int rc;         /* why the account was not made */
	char text[160]; /* … in words */
};

static void redeem_end(struct redeeming *r, const char *code, const char *text, unsigned retry_ms)
{
	if (code) {
		request_error(r->rq, code, text, retry_ms, NULL);
	} else {
		confab_reply(r->rq, json_pack("{s:s}", "user", r->user));
	}
	free(r);
}

static void redeem_refuse(struct redeeming *r)
{
	redeem_end(r, "token",
		"this link is not valid any more; 'confabctl setup' prints a new one", 0);
}

/** The account is made: that the log does not say so yet is mended at the first hello. */
static void redeem_written(struct confab_event *ev, void *arg)
{
	(void)ev;
	redeem_end(arg, NULL, NULL, 0);
}

static void redeem_loaded(struct ops *o, void *arg, int rc)
{
	struct redeeming *r = arg;

	if (rc) {
		redeem_end(r, NULL, NULL, 0);
		return;
	}
	pipeline_system(o->pl, "user.role", r->user, NULL,
		json_pack("{s:s,s:s}", "user", r->user, "role", "admin"), redeem_written, r);
}

static void link_back(struct confab_doc_call *call, void *arg)
{
	struct redeeming *r = arg;
	const char *word = r->rc == CONFAB_EINVAL ? "bad_request"
		: r->rc == CONFAB_EEXIST          ? "exists"
						  : "busy";

	(void)call; /* then the link is lost, and confabctl prints another */
	redeem_end(r, word, r->text, r->rc == CONFAB_EINVAL || r->rc == CONFAB_EEXIST ? 0 : 1000);
}

static void account_made(void *arg, int rc, const char *text, const json_t *reply)
{
	struct redeeming *r = arg;
	const char *user = json_str(reply, "user");

	if (rc || !user) {
		r->rc = rc;
		snprintf(r->text, sizeof(r->text), "%s", text ? text : "");
		doc_put(r->o, r->hash, r->expires_ms, link_back, r);
		return;
	}
	snprintf(r->user, sizeof(r->user), "%s", user);
	session_user(r->o, r->user, "admin", redeem_loaded, r);
}

static void link_taken(struct confab_doc_call *call, void *arg)
{
	struct redeeming *r = arg;
	const json_t *args = r->rq->args;

	if (call->call.rc == CONFAB_ECONFLICT || call->call.rc == CONFAB_ENOENT) {
		redeem_refuse(r);
	} else if (call->call.rc) {
		redeem_end(r, "busy", NULL, 1000);
	} else {
		r->o->accounts->create(r->o->accounts_ctx, json_str(args, "user"),
			json_str(args, "password"), "admin", json_str(args, "name"), account_made,
			r);
	}
}

static void link_read(struct confab_doc_call *call, void *arg)
{
	struct redeeming *r = arg;
	json_t *doc = call->call.rc || !call->doc.version ? NULL
							  : json_loads(call->doc.body, 0, NULL);
	const char *stored = json_str(doc, "hash");
	bool right = stored && strcmp(stored, r->hash) == 0 &&
		json_int(doc, "expires", 0) > clock_real_ms();
	struct confab_doc_call *take;

	r->expires_ms = json_int(doc, "expires", 0);
	json_decref(doc);
	if (call->call.rc && call->call.rc != CONFAB_ENOENT) {
		redeem_end(r, "busy", NULL, 1000);
		return;
	}
	if (!right) {
		redeem_refuse(r);
		return;
	}
	take = doc_call(r->o, CONFAB_DOC_DELETE);
	take->if_version = call->doc.version;
	store_doc(r->o->chat->store, take, link_taken, r);
}

static void run_redeem(struct confab_request *rq, void *ctx)
{
	struct ops *o = ctx;
	struct redeeming *r;

	if (!o->accounts) {
		request_error(rq, "refused",
			"this server keeps no accounts with passwords: its tokens name the "
			"administrators",
			0, NULL);
		return;
	}
	r = calloc(1, sizeof(*r));
	assert(r);
	r->o = o;
	r->rq = rq;
	code_hash(json_str(rq->args, "code"), r->hash);
	store_doc(o->chat->store, doc_call(o, CONFAB_DOC_GET), link_read, r);
}

static const struct confab_field redeem_fields[] = {
	{"code", CONFAB_FIELD_STRING, true, 1, 64, NULL, NULL, "what follows # in the link"},
	{"user", CONFAB_FIELD_STRING, true, 1, CONFAB_ID_MAX, NULL, NULL, "the name to sign in by"},
	{"password", CONFAB_FIELD_STRING, true, 1, 1024, NULL, NULL, "the password"},
	{"name", CONFAB_FIELD_STRING, false, 0, 128, NULL, NULL, "for people"},
	{0},
};
static const struct confab_field redeem_reply[] = {
	{"user", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the administrator's id"},
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "setup.redeem",
		.actor = CONFAB_OP_NONE,
		.method = "POST",
		.path = "/v1/setup",
		.run = run_redeem,
		.args = redeem_fields,
		.reply = redeem_reply,
		.cost = 5,
		.doc = "Make the first administrator, by a one-time link."},
};

/* -------------------------------------------------------------------------------------------- */

void setup_link(struct ops *o, bool first, setup_done_fn done, void *arg)
{
	struct confab_tagged *call;
	struct making *m;

	if (!o->accounts) {
		done(arg, CONFAB_EUNSUPPORTED, NULL, 0);
		return;
	}
	m = calloc(1, sizeof(*m));
	assert(m);
	*m = (struct making){.o = o, .done = done, .arg = arg};
	if (!first) {
		link_make(m);
		return;
	}
	call = store_tagged_new(o->chat->store);
	call->kind = "profile";
	call->tag = "admin";
	call->after = "";
	call->limit = 1;
	store_tagged(o->chat->store, call, admins_read, m);
}

int ops_setup_register(struct ops *o, struct confab_error *err)
{
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
