/**
 * What the core writes into users' own logs: memberships, personal mentions. The todos of a channel's
 * commit (todo.c) bring it there.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "chat/cursor.h"
#include "ops/ops_internal.h"
#include "pipeline/event_internal.h"

/* --- kinds -------------------------------------------------------------------------------------------- */

/** What was said before somebody joined does not wait to be read: seq, ord, all stay from then. */
static int put_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	static const char *const place[] = {"seq", "ord", "all"};
	const char *id = json_str(ev->body, "channel"), *role = json_str(ev->body, "role");
	const json_t *old = confab_change_row(c, "membership", id);
	json_t *row;

	(void)ctx;
	if (old && strcmp(json_str(old, "role") ? json_str(old, "role") : "", role) == 0) {
		return 0;
	}
	row = json_pack("{s:s,s:s}", "type", json_str(ev->body, "type"), "role", role);
	for (size_t i = 0; i < sizeof(place) / sizeof(place[0]); i++) {
		json_object_set_new(
			row, place[i], json_integer(json_int(old ? old : ev->body, place[i], 0)));
	}
	return confab_change_set(c, "membership", id, row);
}

static int drop_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const char *id = json_str(ev->body, "channel");

	(void)ctx;
	return confab_change_row(c, "membership", id) ? confab_change_set(c, "membership", id, NULL)
						      : 0;
}

static void mention_id(const struct confab_event *ev, char out[136])
{
	snprintf(out, 136, "%s:%" PRId64, json_str(ev->body, "channel"),
		json_int(ev->body, "seq", 0));
}

static int mention_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const struct cursor *cursor = cursor_find(ev->lg->user, json_str(ev->body, "channel"));
	char id[136];

	(void)ctx;
	mention_id(ev, id);
	if (confab_change_row(c, "mention", id) ||
		(cursor && cursor->read_seq >= (uint64_t)json_int(ev->body, "seq", 0))) {
		return 0;
	}
	return confab_change_set(c, "mention", id,
		json_pack("{s:s,s:I,s:s}", "channel", json_str(ev->body, "channel"), "seq",
			(json_int_t)json_int(ev->body, "seq", 0), "by", json_str(ev->body, "by")));
}

static int unmention_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	char id[136];

	(void)ctx;
	mention_id(ev, id);
	return confab_change_row(c, "mention", id) ? confab_change_set(c, "mention", id, NULL) : 0;
}

static int touch_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ev;
	(void)c;
	(void)ctx;
	return 0; /* nothing: whoever waits for it waits for what is queued before it */
}

#define OWN_KIND(name_, build_, doc_) \
	{ \
		.name = (name_), .class_ = CONFAB_DURABLE, .log = CONFAB_LOG_OWN, \
		.build = (build_), .doc = (doc_) \
	}

static const struct confab_kind_row kinds[] = {
	OWN_KIND("membership.put", put_build, "A user is a member of a channel."),
	OWN_KIND("membership.drop", drop_build, "A user is no member any more."),
	OWN_KIND("mention.put", mention_build, "A message mentions a user."),
	OWN_KIND("mention.drop", unmention_build, "A mention is gone with its message."),
	OWN_KIND("own.touch", touch_build, "Waits for what is queued in a user's log."),
};

/* -------------------------------------------------------------------------------------------- */

int ops_own_register(struct ops *o, struct confab_error *err)
{
	return ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);
}
