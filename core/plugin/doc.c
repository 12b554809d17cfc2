/**
 * Documents of plugins: their own collections ("plugin.name") of the server's store.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/doc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "plugin/host_internal.h"
#include "store/store.h"

/* Longest document as text, and longest key [bytes]. */
#define DOC_BYTES_MAX ((size_t)1024 * 1024)
#define KEY_MAX 256
#define COLL_MAX 96

/* One question of a plugin, until it is answered. */
struct asking {
	struct mail mail; /* when there was nobody to ask */
	struct confab_plugin *plugin;
	enum confab_doc_verb verb;
	confab_doc_fn done;
	void *arg;
	int rc;
	char key[KEY_MAX + 1];
};

static void answer(
	struct asking *asking, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct blame_call call = plugin_enter(asking->plugin, BLAME_DONE);
	asking->done(asking->arg, rc, key, doc, version);
	plugin_leave(asking->plugin, &call, BLAME_DONE, false);
}

static void asking_end(struct asking *asking)
{
	struct confab_plugin *p = asking->plugin;
	free(asking);
	plugin_flight_ended(p, FLIGHT_DOCUMENT);
}

static void asking_refused(struct mail *m)
{
	struct asking *asking = (struct asking *)m;
	answer(asking, asking->rc, asking->verb == CONFAB_DOC_FIND ? NULL : asking->key, NULL, 0);
	asking_end(asking);
}

/* Answer in a later turn, as everything is. */
static void refuse(struct asking *asking, int rc)
{
	asking->rc = rc;
	asking->mail.run = asking_refused;
	loop_post(asking->plugin->host->loop, &asking->mail);
}

static json_t *doc_parse(const struct confab_doc *doc, int *rc)
{
	if (doc->version == 0 || doc->body == NULL)
		return NULL;
	struct confab_error err = {0};
	json_t *json = json_parse_bounded(doc->body, strlen(doc->body), DOC_BYTES_MAX, &err);
	if (json == NULL) {
		log_error("document '%s' of '%s', cannot be read (%s)", doc->key, doc->coll,
			err.text);
		*rc = CONFAB_EIO;
	}
	return json;
}

static void found_each(struct asking *asking, const struct confab_doc_call *c)
{
	for (size_t i = 0; i < c->n && c->call.rc == 0; i++) {
		int rc = 0;
		json_t *json = doc_parse(&c->found[i], &rc);
		if (json != NULL)
			answer(asking, 0, c->found[i].key, json, c->found[i].version);
		json_decref(json);
	}
	answer(asking, c->call.rc, NULL, NULL, 0);
}

static void answered(struct confab_doc_call *c, void *arg)
{
	struct asking *asking = arg;
	int rc = c->call.rc;
	if (asking->verb == CONFAB_DOC_FIND) {
		found_each(asking, c);
		asking_end(asking);
		return;
	}
	/* What was put is known to who put it; a conflict shows what stands there. */
	json_t *json = rc == CONFAB_ECONFLICT || asking->verb == CONFAB_DOC_GET
		? doc_parse(&c->doc, &rc)
		: NULL;
	if (rc == 0 && asking->verb == CONFAB_DOC_GET && c->doc.version == 0)
		rc = CONFAB_ENOENT;
	answer(asking, rc, asking->key, json, c->doc.version);
	json_decref(json);
	asking_end(asking);
}

static struct asking *asking_new(struct confab_plugin *p, enum confab_doc_verb verb,
	const char *key, confab_doc_fn done, void *arg)
{
	plugin_check(p);
	struct asking *asking = alloc_zero(1, sizeof(*asking));
	asking->plugin = p;
	asking->verb = verb;
	asking->done = done;
	asking->arg = arg;
	if (key != NULL)
		snprintf(asking->key, sizeof(asking->key), "%s", key);
	asking->rc = plugin_flight_begin(p, FLIGHT_DOCUMENT);
	if (asking->rc != 0)
		ledger_begin(&p->ledger, FLIGHT_DOCUMENT); /* it is answered all the same */
	return asking;
}

/* The plugin's row of a collection. @return false: it has a table, and this is not in it */
static bool collection_find(
	const struct confab_plugin *p, const char *coll, const struct confab_collection_row **row)
{
	*row = NULL;
	for (uint32_t i = 0; i < p->desc.d.collections.n; i++)
		if (strcmp(p->desc.collections[i].name, coll) == 0)
			*row = &p->desc.collections[i];
	return *row != NULL || p->desc.d.collections.n == 0;
}

/* What a document is found by: its declared member as text, or what was said.
 * @return an allocated string or NULL */
static char *index_of(
	const struct confab_plugin *p, const char *coll, const json_t *doc, const char *said)
{
	const struct confab_collection_row *row;
	const json_t *member = collection_find(p, coll, &row) && row != NULL && row->index != NULL
		? json_object_get(doc, row->index)
		: NULL;
	char number[24];

	if (row == NULL || row->index == NULL)
		return said != NULL ? alloc_str(said) : NULL;
	if (json_is_string(member))
		return alloc_str(json_string_value(member));
	if (!json_is_integer(member))
		return NULL; /* it is found by its key alone */
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(member));
	return alloc_str(number);
}

static const char *dup(struct confab_doc_call *c, const char *s)
{
	return s != NULL ? confab_arena_dup(c->call.arena, s, strlen(s)) : NULL;
}

/* @return the call, or NULL: the question was refused */
static struct confab_doc_call *call_begin(struct asking *asking, const char *coll, const char *key)
{
	struct confab_plugin *p = asking->plugin;
	char full[COLL_MAX];
	int len = snprintf(full, sizeof(full), "%s.%s", p->name, coll);
	int rc = asking->rc;
	if (rc != 0) {
		refuse(asking, rc);
		return NULL;
	}
	const struct confab_collection_row *row;
	if (len < 0 || (size_t)len >= sizeof(full) || coll[0] == '\0' ||
		!collection_find(p, coll, &row) ||
		(asking->verb != CONFAB_DOC_FIND && (key[0] == '\0' || strlen(key) > KEY_MAX)))
		rc = CONFAB_EINVAL;
	else if (!plugin_open_for_work(p))
		rc = CONFAB_ECLOSED;
	else if (p->host->store == NULL)
		rc = CONFAB_EBUSY;
	if (rc != 0) {
		refuse(asking, rc);
		return NULL;
	}
	struct confab_doc_call *c = store_doc_new(p->host->store);
	c->verb = asking->verb;
	c->doc.coll = dup(c, full);
	c->doc.key = dup(c, key);
	return c;
}

/* ------------------------------------------------------------------------------------------ */

void confab_doc_get(
	struct confab_plugin *p, const char *coll, const char *key, confab_doc_fn done, void *arg)
{
	struct asking *asking = asking_new(p, CONFAB_DOC_GET, key, done, arg);
	struct confab_doc_call *c = call_begin(asking, coll, key);
	if (c != NULL)
		store_doc(p->host->store, c, answered, asking);
}

void confab_doc_put(struct confab_plugin *p, const char *coll, const char *key, json_t *doc,
	const char *index, int64_t expires_ms, uint64_t if_version, confab_doc_fn done, void *arg)
{
	struct asking *asking = asking_new(p, CONFAB_DOC_PUT, key, done, arg);
	char *body = json_is_object(doc) ? json_dumps(doc, JSON_COMPACT) : NULL;
	char *found_by = index_of(p, coll, doc, index);
	json_decref(doc);
	if (body == NULL || strlen(body) > DOC_BYTES_MAX) {
		refuse(asking, body == NULL ? CONFAB_EINVAL : CONFAB_ELIMIT);
		free(body);
		free(found_by);
		return;
	}
	struct confab_doc_call *c = call_begin(asking, coll, key);
	if (c != NULL) {
		c->doc.body = dup(c, body);
		c->doc.index = dup(c, found_by);
		c->doc.expires_ms = expires_ms;
		c->if_version = if_version;
		store_doc(p->host->store, c, answered, asking);
	}
	free(body);
	free(found_by);
}

void confab_doc_delete(struct confab_plugin *p, const char *coll, const char *key,
	uint64_t if_version, confab_doc_fn done, void *arg)
{
	struct asking *asking = asking_new(p, CONFAB_DOC_DELETE, key, done, arg);
	struct confab_doc_call *c = call_begin(asking, coll, key);
	if (c != NULL) {
		c->if_version = if_version;
		store_doc(p->host->store, c, answered, asking);
	}
}

void confab_doc_find(struct confab_plugin *p, const char *coll, const char *index, size_t limit,
	confab_doc_fn each, void *arg)
{
	struct asking *asking = asking_new(p, CONFAB_DOC_FIND, NULL, each, arg);
	struct confab_doc_call *c = call_begin(asking, coll, "");
	if (c != NULL) {
		c->doc.index = dup(c, index);
		c->limit = limit < 1 ? 1 : limit > 1000 ? 1000 : limit;
		store_doc(p->host->store, c, answered, asking);
	}
}
