/**
 * Drafts and their setters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/draft.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "chat/channel.h"
#include "pipeline/event_internal.h"

/** Members of the body that become members of the message. */
static const char *const members[] = {"text", "parts", "mentions", "quote", "meta"};

static const char *const keep_out[] = {"kind", "id", "rev", "seq", "ver", "cid", "user", "ts",
	"ord", "all", "parent", "n", "text"};

struct confab_draft *draft_new(struct confab_event *ev)
{
	struct confab_draft *d = calloc(1, sizeof(*d));

	assert(d);
	d->ev = ev;
	d->json = json_object();
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = json_object_get(ev->body, members[i]);

		if (value && !json_is_null(value)) {
			json_object_set_new(d->json, members[i], json_deep_copy(value));
		}
	}
	return d;
}

void draft_free(struct confab_draft *d)
{
	if (d) {
		json_decref(d->json);
		json_decref(d->todos);
		free(d->audience_json);
		free(d);
	}
}

json_t *draft_json(const struct confab_draft *d)
{
	return json_deep_copy(d->json);
}

const char *confab_draft_text(const struct confab_draft *d, size_t *len)
{
	const json_t *text = json_object_get(d->json, "text");

	if (len) {
		*len = json_string_length(text);
	}
	return json_string_value(text);
}

int confab_draft_set_text(struct confab_draft *d, const char *text, size_t len)
{
	if (!utf8_valid(text, len) || memchr(text, '\0', len)) {
		return CONFAB_EINVAL;
	}
	if (!channel_text_fits(d->ev->lg->channel, text, len)) {
		return CONFAB_ELIMIT;
	}
	json_object_set_new(d->json, "text", json_stringn(text, len));
	return 0;
}

int confab_draft_set(struct confab_draft *d, const char *key, json_t *value)
{
	for (size_t i = 0; i < sizeof(keep_out) / sizeof(keep_out[0]); i++) {
		if (strcmp(key, keep_out[i]) == 0) {
			json_decref(value);
			return CONFAB_EPERM;
		}
	}
	return json_object_set_new(d->json, key, value) ? CONFAB_EINVAL : 0;
}

const json_t *confab_draft_get(const struct confab_draft *d, const char *key)
{
	return json_object_get(d->json, key);
}

int confab_draft_audience(
	struct confab_draft *d, enum confab_audience who, const char *const *ids, size_t n)
{
	static const size_t most[] = {0, 0, 8, 64};
	json_t *list, *a;

	if (who > CONFAB_USERS || n > most[who]) {
		return CONFAB_EINVAL;
	}
	free(d->audience_json);
	d->audience_json = NULL;
	d->audience = who;
	if (who == CONFAB_EVERYBODY) {
		return 0;
	}
	if (who == CONFAB_AUTHOR) {
		a = json_pack("{s:b}", "author", 1);
	} else {
		list = json_array();
		for (size_t i = 0; i < n; i++) {
			json_array_append_new(list, json_string(ids[i]));
		}
		a = json_pack("{s:o}", who == CONFAB_ROLES ? "roles" : "users", list);
	}
	d->audience_json = json_dumps(a, JSON_COMPACT);
	json_decref(a);
	return 0;
}

int confab_draft_todo(struct confab_draft *d, const char *name, json_t *body)
{
	char full[TODO_NAME_MAX];

	event_todo_name(d->ev, name, full);
	if (!d->todos) {
		d->todos = json_array();
	}
	return json_array_append_new(d->todos, json_pack("{s:s,s:o}", "name", full, "body", body))
		? CONFAB_EINVAL
		: 0;
}
