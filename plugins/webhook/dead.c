/**
 * Dead letters: documents of events that could not be told, and what an administrator does with them.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/doc.h>
#include <confab/log.h>

#include "webhook/webhook.h"

#define COLLECTION "dead"
#define LIST_MAX 100
#define VERB_TIMEOUT_MS 10000

/* A todo on its way to the dead. */
struct burial {
	struct webhook *wh;
	struct confab_todo_job *job;
};

/* A verb under way. */
struct deed {
	struct webhook *wh;
	struct confab_verb *verb;
	json_t *found; /* of a list */
	char letter[65];
};

static struct deed *deed_new(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct deed *deed = calloc(1, sizeof(*deed));
	const char *letter = json_string_value(json_object_get(args, "letter"));
	if (deed == NULL) {
		confab_verb_refuse(v, "internal", "out of memory");
		return NULL;
	}
	deed->wh = ctx;
	deed->verb = v;
	snprintf(deed->letter, sizeof(deed->letter), "%s", letter != NULL ? letter : "");
	return deed;
}

static void deed_refuse(struct deed *deed, int rc, const char *why)
{
	confab_verb_refuse(deed->verb, rc == CONFAB_ENOENT ? "not_found" : "busy",
		"letter '%s': %s", deed->letter, why != NULL ? why : confab_code_text(rc));
	free(deed);
}

static void buried(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct burial *burial = arg;
	(void)doc;
	(void)version;
	if (rc == 0)
		confab_log(burial->wh->plugin, CONFAB_LOG_ERROR,
			"an event could not be told: it is dead letter '%s' (confabctl webhook dead)",
			key);
	/* What could not be put down stays a todo. */
	confab_todo_answer(burial->job, rc, "it could not be put among the dead letters");
	free(burial);
}

static void listed(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct deed *deed = arg;
	(void)version;
	if (key != NULL) {
		json_t *letter = json_deep_copy(doc);
		json_object_set_new(letter, "letter", json_string(key));
		json_object_del(letter, "event");
		json_array_append_new(deed->found, letter);
		return;
	}
	if (rc != 0) {
		json_decref(deed->found);
		deed_refuse(deed, rc, NULL);
		return;
	}
	confab_verb_reply(deed->verb, json_pack("{s:o}", "dead", deed->found));
	free(deed);
}

static void dropped(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct deed *deed = arg;
	(void)key;
	(void)doc;
	(void)version;
	if (rc != 0) {
		deed_refuse(deed, rc, NULL);
		return;
	}
	confab_verb_reply(deed->verb, json_pack("{s:s}", "letter", deed->letter));
	free(deed);
}

static void told(void *arg, const struct confab_fetch_answer *answer)
{
	struct deed *deed = arg;
	char status[32];
	if (answer->rc == 0 && answer->status >= 200 && answer->status < 300) {
		confab_doc_delete(deed->wh->plugin, COLLECTION, deed->letter, CONFAB_ANY_VERSION,
			dropped, deed);
		return;
	}
	snprintf(status, sizeof(status), "status %d", answer->status);
	deed_refuse(deed, CONFAB_EIO, answer->rc != 0 ? answer->why : status);
}

static void retried(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct deed *deed = arg;
	struct webhook *wh = deed->wh;
	const char *url = confab_setting_str(confab_plugin_settings(wh->plugin), ROW_AFTER_URL);
	(void)version;
	if (rc != 0 || url == NULL) {
		deed_refuse(deed, rc, rc != 0 ? NULL : "there is no after_url");
		return;
	}
	json_t *all = json_pack("{s:s, s:I, s:[O]}", "type", "events", "timestamp",
		(json_int_t)confab_time_ms(), "events", json_object_get(doc, "event"));
	char *body = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	if (body == NULL ||
		webhook_post(wh, url, confab_plugin_built(wh->plugin), key, body, VERB_TIMEOUT_MS,
			told, deed) == 0)
		deed_refuse(deed, CONFAB_EBUSY, NULL);
	free(body);
}

/* ------------------------------------------------------------------------------------------ */

void dead_bury(
	struct webhook *wh, struct confab_todo_job *job, const json_t *event, const char *why)
{
	char id[SIGN_ID_SIZE];
	struct burial *burial = calloc(1, sizeof(*burial));
	if (burial == NULL) {
		confab_todo_answer(job, CONFAB_ENOMEM, NULL);
		return;
	}
	burial->wh = wh;
	burial->job = job;
	sign_id(id);
	confab_doc_put(wh->plugin, COLLECTION, id,
		json_pack("{s:O, s:s, s:I, s:O?, s:O?}", "event", event, "why",
			why != NULL ? why : "?", "since", (json_int_t)confab_time_ms(), "log",
			json_object_get(event, "log"), "rev", json_object_get(event, "rev")),
		"dead", 0, 0, buried, burial);
}

void dead_list(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct deed *deed = deed_new(v, args, ctx);
	if (deed == NULL)
		return;
	deed->found = json_array();
	confab_doc_find(deed->wh->plugin, COLLECTION, "dead", LIST_MAX, listed, deed);
}

void dead_retry(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct deed *deed = deed_new(v, args, ctx);
	if (deed != NULL)
		confab_doc_get(deed->wh->plugin, COLLECTION, deed->letter, retried, deed);
}

void dead_drop(struct confab_verb *v, const json_t *args, void *ctx)
{
	struct deed *deed = deed_new(v, args, ctx);
	if (deed != NULL)
		confab_doc_delete(deed->wh->plugin, COLLECTION, deed->letter, CONFAB_ANY_VERSION,
			dropped, deed);
}
