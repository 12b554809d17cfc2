/**
 * Sessions and their subscriptions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "chat/slot.h"

/** The longest name of a device. */
#define DEVICE_MAX 32

static struct watch_item *find_item(const struct session *s, const struct chat_log *lg)
{
	for (unsigned i = 0; i < s->n_items; i++) {
		if (s->items[i].lg == lg) {
			return &s->items[i];
		}
	}
	return NULL;
}

static struct watch_item *add_item(struct session *s, struct chat_log *lg)
{
	if (s->n_items == s->cap_items) {
		s->cap_items = s->cap_items ? s->cap_items * 2 : 2;
		s->items = realloc(s->items, s->cap_items * sizeof(*s->items));
		assert(s->items);
	}
	s->items[s->n_items] = (struct watch_item){.lg = lg};
	lg->subs++;
	return &s->items[s->n_items++];
}

static void drop_item(struct session *s, struct watch_item *item)
{
	item->lg->subs--;
	item->lg->used_us = loop_now_us(item->lg->chat->loop);
	*item = s->items[--s->n_items];
}

/* -------------------------------------------------------------------------------------------- */

struct session *session_new(struct user *u, const char *id, const char *device)
{
	struct session *s = calloc(1, sizeof(*s));

	assert(s);
	snprintf(s->id, sizeof(s->id), "%s", id);
	s->device = device && *device ? strndup(device, DEVICE_MAX) : NULL;
	s->user = u;
	s->next_of_user = u->sessions;
	u->sessions = s;
	u->n_sessions++;
	strmap_put(u->lg->chat->sessions, s->id, s);
	return s;
}

void session_end(struct session *s)
{
	struct chat *chat = s->user->lg->chat;
	struct session **at = &s->user->sessions;

	if (s->ended) {
		return;
	}
	s->ended = true;
	timer_stop(&s->expiry);
	session_bind(s, 0);
	while (s->n_items) {
		session_watch(s, s->items[s->n_items - 1].lg, 0);
	}
	while (*at != s) {
		at = &(*at)->next_of_user;
	}
	*at = s->next_of_user;
	strmap_take(chat->sessions, s->id);
	session_hold(s);
	session_drop(s);
}

void session_hold(struct session *s)
{
	s->inflight++;
}

void session_drop(struct session *s)
{
	if (!s || --s->inflight > 0 || !s->ended) {
		return;
	}
	s->user->n_sessions--;
	s->user->lg->used_us = loop_now_us(s->user->lg->chat->loop);
	slot_free_all(&s->slots);
	free(s->items);
	free(s->device);
	free(s);
}

bool session_user_disabled(const struct user *u)
{
	return u->disabled && (!u->disabled_until_ms || u->disabled_until_ms > clock_real_ms());
}

struct session *session_find(struct chat *chat, const char *id)
{
	return strmap_find(chat->sessions, id);
}

struct session *session_of_conn(struct chat *chat, confab_conn_id conn)
{
	return conn ? nummap_find(chat->by_conn, conn) : NULL;
}

void session_bind(struct session *s, confab_conn_id conn)
{
	struct chat *chat = s->user->lg->chat;

	if (s->conn) {
		nummap_take(chat->by_conn, s->conn);
	}
	s->conn = conn;
	if (conn) {
		nummap_put(chat->by_conn, conn, s);
	}
}

unsigned session_level(const struct session *s, const struct chat_log *lg)
{
	struct watch_item *item = find_item(s, lg);

	return item ? item->level : 0;
}

void session_watch(struct session *s, struct chat_log *lg, unsigned level)
{
	struct chat_ports *ports = &lg->chat->ports;
	struct watch_item *item = find_item(s, lg);

	if (level == 0) {
		if (item) {
			ports->unsubscribe(ports->ctx, s, lg);
			drop_item(s, item);
		}
		return;
	}
	if (!item) {
		item = add_item(s, lg);
	}
	item->level = (uint8_t)level;
	ports->subscribe(ports->ctx, s, lg, level);
}

void session_refresh(struct user *u, struct chat_log *lg)
{
	for (struct session *s = u->sessions; s; s = s->next_of_user) {
		struct watch_item *item = find_item(s, lg);

		if (item) {
			lg->chat->ports.subscribe(lg->chat->ports.ctx, s, lg, item->level);
		}
	}
}
