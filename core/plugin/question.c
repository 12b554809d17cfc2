/**
 * Questions of plugins to services of plugins: who answers is found when it is asked, both sides count it,
 * and the answer comes home by mail.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/provider/blob.h>
#include <confab/provider/push.h>

#include <stdio.h>
#include <string.h>

#include "plugin/host_internal.h"

/* What link[] is. */
struct question_link {
	struct mail mail;
	struct confab_plugin *asker, *provider; /* provider NULL: there was none */
};
_Static_assert(sizeof(struct question_link) <= sizeof(((struct confab_question *)0)->link),
	"a question carries its link");

static struct question_link *link_of(struct confab_question *q)
{
	return (struct question_link *)(void *)q->link;
}

static void answered(struct mail *m)
{
	struct confab_question *q = (struct confab_question *)(void *)m;
	struct confab_plugin *asker = link_of(q)->asker, *provider = link_of(q)->provider;

	struct blame_call call = plugin_enter(asker, BLAME_DONE);

	q->done(q);
	plugin_leave(asker, &call, BLAME_DONE, false);
	if (provider != NULL)
		plugin_flight_ended(provider, FLIGHT_CALL);
	plugin_flight_ended(asker, FLIGHT_QUESTION);
}

static void answer(struct confab_question *q, int rc, const char *text)
{
	q->rc = rc;
	(void)snprintf(q->text, sizeof(q->text), "%s", text);
	confab_question_answer(q);
}

/* Begin one. @return the provider's functions, or NULL: it is answered */
static const void *ask(struct confab_plugin *p, struct confab_question *q, const char *service,
	const void *(*find)(const struct confab_plugin *p, const void *wanted), const void *wanted)
{
	struct question_link *link = link_of(q);

	plugin_check(p);
	memset(q->link, 0, sizeof(q->link));
	q->rc = 0;
	q->text[0] = '\0';
	link->asker = p;
	int rc = plugin_flight_begin(p, FLIGHT_QUESTION);

	if (rc != 0 || !plugin_open_for_work(p)) {
		if (rc != 0)
			ledger_begin(&p->ledger, FLIGHT_QUESTION); /* it is answered all the same */
		answer(q, rc != 0 ? rc : CONFAB_ECLOSED, "the asker asks too much, or is leaving");
		return NULL;
	}
	for (size_t i = 0; i < p->host->n_plugins; i++) {
		struct confab_plugin *other = p->host->plugins[i];
		const void *vtable = atomic_load(&other->state) == PLUGIN_UP ? find(other, wanted)
									     : NULL;

		if (vtable != NULL) {
			link->provider = other;
			ledger_begin(&other->ledger, FLIGHT_CALL);
			return vtable;
		}
	}
	char text[100];

	(void)snprintf(text, sizeof(text), "no plugin provides '%s'", service);
	answer(q, CONFAB_ENOENT, text);
	return NULL;
}

static const void *row_of(const struct confab_plugin *p, const char *service, size_t min_size)
{
	for (uint32_t i = 0; i < p->desc.d.provides.n; i++) {
		const struct confab_provide_row *row = &p->desc.provides[i];

		if (row->major == 1 && row->size >= min_size && strcmp(row->service, service) == 0)
			return row->vtable;
	}
	return NULL;
}

static const void *transport_find(const struct confab_plugin *p, const void *kind)
{
	const struct confab_push_transport *t = row_of(p, "push", sizeof(*t));

	return t != NULL && t->kind != NULL && strcmp(t->kind, kind) == 0 ? t : NULL;
}

static const void *store_find(const struct confab_plugin *p, const void *wanted)
{
	(void)wanted;
	return row_of(p, "blob", sizeof(struct confab_blob_store));
}

static bool name_valid(const char *name)
{
	static const char set[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/";
	size_t len = name != NULL ? strlen(name) : 0, segment;

	if (len == 0 || len > CONFAB_BLOB_NAME_MAX || strspn(name, set) != len)
		return false;
	for (const char *at = name;; at += segment + 1) {
		segment = strcspn(at, "/");
		if (segment == 0 || (segment <= 2 && strspn(at, ".") >= segment))
			return false;
		if (at[segment] == '\0')
			return true;
	}
}

/* The name is judged here, so that no provider must. @return NULL: it is answered */
static const struct confab_blob_store *ask_blob(struct confab_plugin *p, struct confab_blob *blob)
{
	const struct confab_blob_store *store = ask(p, &blob->q, "blob", store_find, NULL);

	if (store == NULL || name_valid(blob->name))
		return store;
	answer(&blob->q, CONFAB_EINVAL, "the blob's name is not allowed");
	return NULL;
}

static void run(struct confab_blob *blob, void (*fn)(void *ctx, struct confab_blob *blob))
{
	struct confab_plugin *provider = link_of(&blob->q)->provider;
	struct blame_call call = plugin_enter(provider, BLAME_SERVICE);

	fn(provider->ctx, blob);
	plugin_leave(provider, &call, BLAME_SERVICE, false);
}

/* ------------------------------------------------------------------------------------------ */

void confab_question_answer(struct confab_question *q)
{
	struct question_link *link = link_of(q);

	link->mail.run = answered;
	loop_post(link->asker->host->loop, &link->mail);
}

void confab_push_send(struct confab_plugin *p, const char *kind, struct confab_push *push)
{
	const struct confab_push_transport *t = ask(p, &push->q, "push", transport_find, kind);

	push->retry_ms = 0;
	if (t == NULL)
		return;
	if (push->target == NULL || strlen(push->target) > CONFAB_PUSH_TARGET_MAX ||
		push->payload_len > CONFAB_PUSH_PAYLOAD_MAX) {
		answer(&push->q, CONFAB_EINVAL, "target or payload is too long");
		return;
	}
	struct confab_plugin *provider = link_of(&push->q)->provider;
	struct blame_call call = plugin_enter(provider, BLAME_SERVICE);

	t->send(provider->ctx, push);
	plugin_leave(provider, &call, BLAME_SERVICE, false);
}

const char *confab_push_key(struct confab_plugin *p, const char *kind)
{
	plugin_check(p);
	for (size_t i = 0; i < p->host->n_plugins; i++) {
		struct confab_plugin *other = p->host->plugins[i];
		const struct confab_push_transport *t = atomic_load(&other->state) == PLUGIN_UP
			? transport_find(other, kind)
			: NULL;

		if (t != NULL)
			return t->key != NULL ? t->key(other->ctx) : NULL;
	}
	return NULL;
}

void confab_blob_put(struct confab_plugin *p, struct confab_blob *blob)
{
	const struct confab_blob_store *store = ask_blob(p, blob);

	if (store != NULL)
		run(blob, store->put);
}

void confab_blob_open(struct confab_plugin *p, struct confab_blob *blob)
{
	const struct confab_blob_store *store = ask_blob(p, blob);

	blob->fd = -1;
	if (store != NULL)
		run(blob, store->open);
}

void confab_blob_stat(struct confab_plugin *p, struct confab_blob *blob)
{
	const struct confab_blob_store *store = ask_blob(p, blob);

	blob->url[0] = '\0';
	if (store != NULL)
		run(blob, store->stat);
}

void confab_blob_remove(struct confab_plugin *p, struct confab_blob *blob)
{
	const struct confab_blob_store *store = ask_blob(p, blob);

	if (store != NULL)
		run(blob, store->remove);
}

int owners_check(const struct host *h, const struct confab_plugin *p, struct confab_error *err)
{
	const struct confab_push_transport *mine = row_of(p, "push", sizeof(*mine)), *theirs;

	for (size_t i = 0; i < h->n_plugins; i++) {
		const struct confab_plugin *other = h->plugins[i];
		enum plugin_state state = atomic_load(&other->state);

		if (strcmp(other->name, p->name) == 0 || state == PLUGIN_GONE ||
			state == PLUGIN_FAILED)
			continue;
		theirs = row_of(other, "push", sizeof(*theirs));
		if (store_find(p, NULL) != NULL && store_find(other, NULL) != NULL)
			return confab_error_set(err, CONFAB_EEXIST,
				"plugin '%s', provides blob storage, as '%s' does; enable only one "
				"of them under plugins:",
				p->name, other->name);
		if (mine != NULL && theirs != NULL && mine->kind != NULL && theirs->kind != NULL &&
			strcmp(mine->kind, theirs->kind) == 0)
			return confab_error_set(err, CONFAB_EEXIST,
				"plugin '%s', is a push transport for '%s', as '%s' is; enable only "
				"one of them under plugins:",
				p->name, mine->kind, other->name);
	}
	return 0;
}
