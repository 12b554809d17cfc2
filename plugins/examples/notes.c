/**
 * notes: two ops with a document. Everybody may keep one text, "note.put", and read it, "note.get".
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/chat.h>
#include <confab/doc.h>
#include <confab/op.h>

static void refuse(struct confab_request *rq, int rc)
{
	if (rc == CONFAB_ENOENT)
		confab_reply_error(rq, "not_found", "you have kept no note");
	else if (rc == CONFAB_ECONFLICT)
		confab_reply_error(rq, "conflict", "another device has changed it; read it again");
	else
		confab_reply_later(rq, "busy", confab_code_text(rc), 1000);
}

/* The request waited for the store; now it is answered, once. */
static void put_done(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct confab_request *rq = arg;
	(void)key;
	(void)doc;
	if (rc != 0)
		refuse(rq, rc);
	else
		confab_reply(rq, json_pack("{s:I}", "version", (json_int_t)version));
}

static void get_done(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct confab_request *rq = arg;
	(void)key;
	if (rc != 0)
		refuse(rq, rc);
	else
		confab_reply(rq,
			json_pack("{s:s, s:I}", "text",
				json_string_value(json_object_get(doc, "text")), "version",
				(json_int_t)version));
}

/* Arguments have the shape that their table says; nothing else comes here. */
static void put(struct confab_request *rq, void *ctx)
{
	const json_t *args = confab_request_args(rq);
	const json_t *version = json_object_get(args, "version");
	confab_doc_put(ctx, "notes", confab_actor_id(confab_request_actor(rq)),
		json_pack("{s:s}", "text", json_string_value(json_object_get(args, "text"))), NULL,
		0, version != NULL ? (uint64_t)json_integer_value(version) : CONFAB_ANY_VERSION,
		put_done, rq);
}

static void get(struct confab_request *rq, void *ctx)
{
	confab_doc_get(ctx, "notes", confab_actor_id(confab_request_actor(rq)), get_done, rq);
}

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = p; /* all that its functions need */
	return 0;
}

static const struct confab_field put_args[] = {
	{"text", CONFAB_FIELD_STRING, true, 0, 4096, NULL, NULL, "What to keep."},
	{"version", CONFAB_FIELD_INT, false, 0, 1000000000, NULL, NULL,
		"The version it replaces, 0: there is none yet; without it, any."},
	{NULL, CONFAB_FIELD_ANY, false, 0, 0, NULL, NULL, NULL},
};

static const struct confab_op_row ops[] = {
	{.name = "note.put",
		.actor = CONFAB_OP_USER,
		.run = put,
		.args = put_args,
		.doc = "Keep a note of one's own."},
	{.name = "note.get", .actor = CONFAB_OP_USER, .run = get, .doc = "Read it."},
};

CONFAB_PLUGIN("notes", "1.0") = {
	CONFAB_HEAD("notes", "1.0", "MIT"),
	.summary = "Everybody may keep a note.",
	.caps = CONFAB_CAP_STORE,
	CONFAB_ROWS(ops, ops),
	.load = load,
};
