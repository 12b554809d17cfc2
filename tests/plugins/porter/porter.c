/**
 * porter: asks for blobs, pushes and channels, by verbs and two routes.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <confab/admin.h>
#include <confab/chat.h>
#include <confab/doc.h>
#include <confab/http.h>
#include <confab/plugin.h>
#include <confab/provider/blob.h>
#include <confab/provider/push.h>

/* One question of a verb. */
struct errand {
	struct confab_verb *verb;
	union {
		struct confab_blob blob;
		struct confab_push push;
	} of;
	char name[CONFAB_BLOB_NAME_MAX + 20], text[CONFAB_PUSH_PAYLOAD_MAX + 100];
};

static const char *word(const json_t *args, const char *name)
{
	const char *s = json_string_value(json_object_get(args, name));

	return s ? s : "";
}

static struct errand *errand_new(struct confab_verb *v)
{
	struct errand *e = calloc(1, sizeof(*e));

	e->verb = v;
	return e;
}

static void blob_told(struct confab_question *q)
{
	struct errand *e = q->arg;

	confab_verb_reply(e->verb,
		json_pack("{s:s, s:I, s:s, s:s}", "rc", confab_code_name(q->rc), "bytes",
			(json_int_t)e->of.blob.bytes, "type", e->of.blob.type, "text", q->text));
	free(e);
}

static void blob(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct errand *e = errand_new(v);
	struct confab_blob *b = &e->of.blob;

	b->q.done = blob_told;
	b->q.arg = e;
	(void)snprintf(e->name, sizeof(e->name), "%s", word(args, "name"));
	b->name = e->name;
	if (strcmp(word(args, "deed"), "remove") == 0)
		confab_blob_remove(ctx, b);
	else
		confab_blob_stat(ctx, b);
}

static void push_told(struct confab_question *q)
{
	struct errand *e = q->arg;

	confab_verb_reply(e->verb,
		json_pack("{s:s, s:i, s:s}", "rc", confab_code_name(q->rc), "retry_ms",
			(int)e->of.push.retry_ms, "text", q->text));
	free(e);
}

static void push(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct errand *e = errand_new(v);
	struct confab_push *p = &e->of.push;

	p->q.done = push_told;
	p->q.arg = e;
	(void)snprintf(e->name, sizeof(e->name), "%s", word(args, "target"));
	p->target = e->name;
	p->payload = e->text;
	p->payload_len = (size_t)json_integer_value(json_object_get(args, "bytes"));
	p->topic = "general";
	confab_push_send(ctx, word(args, "kind"), p);
}

static void key(struct confab_verb *v, const json_t *args, void *ctx)
{
	const char *k = confab_push_key(ctx, word(args, "kind"));

	confab_verb_reply(v, json_pack("{s:s}", "key", k ? k : "none"));
}

/* Was it in memory already, or had it to be loaded? */
static void loaded(void *arg, int rc, const struct confab_channel *ch)
{
	struct errand *e = arg;

	confab_verb_reply(e->verb,
		json_pack("{s:s, s:I, s:b}", "rc", confab_code_name(rc), "seq",
			(json_int_t)(ch ? confab_channel_seq(ch) : 0), "at_once",
			e->of.blob.bytes != 0));
	free(e);
}

static void channel(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct errand *e = errand_new(v);

	e->of.blob.bytes = confab_channel_find(ctx, word(args, "id")) != NULL;
	confab_channel_load(ctx, word(args, "id"), loaded, e);
}

/* Documents of a declared collection are found by their member "city". */
static void found(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct errand *e = arg;

	(void)version;
	if (key && e->of.blob.fd == 0) {
		(void)snprintf(e->name, sizeof(e->name), "%s", key);
		return;
	}
	(void)doc;
	confab_verb_reply(
		e->verb, json_pack("{s:s, s:s}", "rc", confab_code_name(rc), "key", e->name));
	free(e);
}

static void keep(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct errand *e = errand_new(v);

	e->of.blob.fd = 1; /* an answer to put has a key, and is the only one */
	confab_doc_put(ctx, word(args, "coll"), word(args, "key"),
		json_pack("{s:s, s:i}", "city", word(args, "city"), "n", 1), "ignored", 0,
		CONFAB_ANY_VERSION, found, e);
}

static void seek(struct confab_verb *v, const json_t *args, void *ctx)
{
	confab_doc_find(ctx, "people", word(args, "city"), 10, found, errand_new(v));
}

/* PUT blobs/{name}: the file of the body goes to the storage as it is. */
static void stored(struct confab_question *q)
{
	struct errand *e = q->arg;
	struct confab_http *h = (struct confab_http *)e->verb;

	if (h)
		confab_http_json(
			h, q->rc ? 409 : 201, json_pack("{s:s}", "rc", confab_code_name(q->rc)));
	(void)close(e->of.blob.fd);
	free(e);
}

static struct errand *errand_of(struct confab_http *h)
{
	struct errand *e = errand_new((struct confab_verb *)h);

	(void)snprintf(e->name, sizeof(e->name), "%s", confab_http_param(h, "name"));
	e->of.blob.name = e->name;
	e->of.blob.q.arg = e;
	*confab_http_slot(h) = e;
	return e;
}

static void store(struct confab_http *h, void *ctx)
{
	struct errand *e = errand_of(h);
	struct confab_blob *b = &e->of.blob;
	const char *type = confab_http_header(h, "Content-Type");

	b->q.done = stored;
	b->fd = dup(confab_http_fd(h, &b->bytes));
	(void)snprintf(b->type, sizeof(b->type), "%s", type ? type : "");
	confab_blob_put(ctx, b);
}

static void opened(struct confab_question *q)
{
	struct errand *e = q->arg;
	struct confab_http *h = (struct confab_http *)e->verb;

	if (q->rc == 0 && h)
		confab_http_file(h, 200, e->of.blob.type, e->of.blob.fd);
	else if (h)
		confab_http_error(h, "not_found", q->text);
	else if (q->rc == 0)
		(void)close(e->of.blob.fd);
	free(e);
}

static void fetch(struct confab_http *h, void *ctx)
{
	struct errand *e = errand_of(h);

	e->of.blob.q.done = opened;
	confab_blob_open(ctx, &e->of.blob);
}

static void gone(struct confab_http *h, void *ctx)
{
	struct errand *e = *confab_http_slot(h);

	(void)ctx;
	e->verb = NULL;
}

static const struct confab_field blob_args[] = {
	{.name = "deed", .type = CONFAB_FIELD_STRING, .required = true, .words = "stat remove"},
	{.name = "name", .type = CONFAB_FIELD_STRING, .required = true},
	{0},
};
static const struct confab_field push_args[] = {
	{.name = "kind", .type = CONFAB_FIELD_STRING, .required = true},
	{.name = "target", .type = CONFAB_FIELD_STRING, .required = true},
	{.name = "bytes", .type = CONFAB_FIELD_INT, .max = CONFAB_PUSH_PAYLOAD_MAX + 100},
	{0},
};
static const struct confab_field channel_args[] = {
	{.name = "id", .type = CONFAB_FIELD_STRING, .required = true},
	{0},
};
static const struct confab_field keep_args[] = {
	{.name = "coll", .type = CONFAB_FIELD_STRING, .required = true},
	{.name = "key", .type = CONFAB_FIELD_STRING, .required = true},
	{.name = "city", .type = CONFAB_FIELD_STRING, .required = true},
	{0},
};
static const struct confab_field seek_args[] = {
	{.name = "city", .type = CONFAB_FIELD_STRING, .required = true},
	{0},
};
static const struct confab_collection_row collections[] = {
	{"people", "city", "People by city."},
};
static const struct confab_field key_args[] = {
	{.name = "kind", .type = CONFAB_FIELD_STRING, .required = true},
	{0},
};
static const struct confab_verb_row verbs[] = {
	{"blob", blob_args, "Ask about a blob.", blob},
	{"push", push_args, "Push to a target.", push},
	{"channel", channel_args, "Have a channel loaded.", channel},
	{"keep", keep_args, "Keep a document.", keep},
	{"seek", seek_args, "Find one by its city.", seek},
	{"key", key_args, "Ask for a transport's key.", key},
};
static const struct confab_route_row routes[] = {
	{"PUT", "/v1/x/porter/blobs/{name}", NULL, CONFAB_OP_NONE, CONFAB_HTTP_FILE, 1 << 20,
		.run = store, .gone = gone},
	{"GET", "/v1/x/porter/blobs/{name}", .run = fetch, .gone = gone},
};

static int porter_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = p;
	return 0;
}

CONFAB_PLUGIN("porter", "1.0") = {
	CONFAB_HEAD("porter", "1.0", "MIT"),
	.summary = "Asks other plugins for things.",
	.caps = CONFAB_CAP_HTTP_ROUTE,
	CONFAB_ROWS(verbs, verbs),
	CONFAB_ROWS(collections, collections),
	CONFAB_ROWS(routes, routes),
	.load = porter_load,
};
