/**
 * Items of channel lists, and their order.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/item.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/json.h"
#include "base/map.h"
#include "chat/channel.h"
#include "chat/cursor.h"
#include "chat/row.h"
#include "chat/session.h"
#include "ops/mine.h"
#include "store/store.h"

struct heads {
	struct ops *o;
	void (*done)(void *arg, int rc);
	void *arg;
};

static void heads_read(struct confab_heads *call, void *arg)
{
	struct heads *h = arg;

	for (size_t i = 0; !call->call.rc && i < call->n; i++) {
		if (call->heads[i].rev) {
			chat_log_head(chat_log_get(h->o->chat, call->logs[i]), &call->heads[i]);
		}
	}
	h->done(h->arg, call->call.rc ? CONFAB_EBUSY : 0);
	free(h);
}

static int by_activity(const void *a, const void *b)
{
	const struct chat_log *x = *(struct chat_log *const *)a, *y = *(struct chat_log *const *)b;

	return x->ts < y->ts ? 1 : x->ts > y->ts ? -1 : strcmp(x->id, y->id);
}

/* -------------------------------------------------------------------------------------------- */

const struct confab_field item_cursor_fields[] = {
	OPS_COUNT("seq", "read up to this message"),
	OPS_COUNT("ord", "its ord"),
	OPS_COUNT("all", "its all"),
	{0},
};

json_t *item_json(struct ops *o, struct user *u, const struct session *s, struct chat_log *lg)
{
	struct cursor *c = cursor_find(u, lg->id);
	struct unread unread = cursor_unread(u, lg, c);
	const char *now = lg->channel ? permit_role(lg->channel, u) : NULL;
	json_t *membership = now ? NULL : row_json(row_find(u->lg, "membership", lg->id));
	const char *type = json_str(membership, "type");
	const char *role = now ? now : json_str(membership, "role");
	json_t *item = json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:{s:I,s:I,s:I},s:I,s:I,s:b}",
		"id", lg->id, "epoch", lg->epoch, "rev", (json_int_t)lg->rev, "seq",
		(json_int_t)lg->seq, "ord", (json_int_t)lg->ord, "all", (json_int_t)lg->all,
		"first", (json_int_t)lg->first, "ts", (json_int_t)lg->ts, "read", "seq",
		(json_int_t)(c ? c->read_seq : 0), "ord", (json_int_t)(c ? c->read_ord : 0), "all",
		(json_int_t)(c ? c->read_all : 0), "unread", (json_int_t)unread.unread, "mentions",
		(json_int_t)unread.mentions, "watch", s && session_level(s, lg) >= SUB_WATCH);

	if (lg->channel) {
		type = channel_type_name(lg->channel);
	}
	json_object_set_new(item, "type", json_string(type ? type : ""));
	json_object_set_new(item, "role", json_string(role ? role : "guest"));
	if (mine_muted(u, lg->id)) {
		json_object_set_new(item, "muted", json_true());
	}
	if (mine_mark(u, lg->id)) {
		json_object_set_new(item, "mark", json_integer(mine_mark(u, lg->id)));
	}
	json_object_set_new(item, "can", ops_can(o, type, role ? role : "guest"));
	json_decref(membership);
	return item;
}

struct chat_log **item_logs(struct user *u, size_t *n)
{
	struct chat_log **logs = calloc(strmap_count(u->memberships) + 1, sizeof(*logs));
	const char *id;
	size_t pos = 0;

	assert(logs);
	*n = 0;
	while (strmap_next(u->memberships, &pos, &id, NULL)) {
		struct chat_log *lg = chat_log_get(u->lg->chat, id);

		if (lg->rev && !(lg->channel && lg->channel->deleted)) {
			logs[(*n)++] = lg;
		}
	}
	qsort(logs, *n, sizeof(*logs), by_activity);
	return logs;
}

void item_place(const struct chat_log *lg, char out[ITEM_PLACE_SIZE])
{
	snprintf(out, ITEM_PLACE_SIZE, "%" PRId64 ":%.*s", lg->ts, CONFAB_ID_MAX, lg->id);
}

bool item_behind(const struct chat_log *lg, const char *place)
{
	char *id;
	int64_t ts = strtoll(place, &id, 10);

	if (!*place) {
		return true;
	}
	return lg->ts < ts || (lg->ts == ts && strcmp(lg->id, *id ? id + 1 : "") > 0);
}

void item_heads(struct ops *o, struct user *u, void (*done)(void *arg, int rc), void *arg)
{
	struct confab_heads *call = store_heads_new(o->chat->store);
	size_t pos = 0, n = 0;
	const char **logs = confab_arena_alloc(
		call->call.arena, sizeof(char *) * (strmap_count(u->memberships) + 1));
	const char *id;
	struct heads *h;

	while (strmap_next(u->memberships, &pos, &id, NULL)) {
		if (!chat_log_get(o->chat, id)->rev) {
			logs[n++] = confab_arena_dup(call->call.arena, id, strlen(id));
		}
	}
	if (!n) {
		store_call_free(&call->call);
		done(arg, 0);
		return;
	}
	h = malloc(sizeof(*h));
	assert(h);
	*h = (struct heads){o, done, arg};
	call->logs = logs;
	call->n = n;
	store_heads(o->chat->store, call, heads_read, h);
}
