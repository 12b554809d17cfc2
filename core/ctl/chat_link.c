/**
 * Requests, the stream rule, reconnects.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ctl/chat_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"

/* A log and where we stand in it. */
struct link_log {
	uint64_t rev, seen; /* applied, and heard of */
	uint64_t acked;     /* highest rev an answer named: its change is on its way */
	uint64_t seq;       /* newest message told */
	char epoch[40];
	bool syncing;
};

/* A request that waits for its answer. */
struct ask {
	struct ask *next;
	uint64_t id;
	json_t *request;
};

static struct link_log *log_of(struct chat_link *l, const char *id, bool make)
{
	struct link_log *g = strmap_find(l->logs, id);

	if (g || !make)
		return g;
	g = calloc(1, sizeof(*g));
	if (!g)
		abort();
	strmap_put(l->logs, id, g);
	return g;
}

static void sync_log(struct chat_link *l, const char *id, struct link_log *g)
{
	if (g->syncing)
		return;
	g->syncing = true;
	link_ask(l,
		json_pack("{s:s, s:[{s:s, s:s, s:I}]}", "op", "sync", "channels", "id", id, "epoch",
			g->epoch, "rev", (json_int_t)g->rev));
}

static void take_rows(struct chat_link *l, const char *id, struct link_log *g, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *kind = json_str(row, "kind");
		uint64_t seq = (uint64_t)json_int(row, "id", 0);

		if (kind && strcmp(kind, "message") == 0 && seq > g->seq) {
			g->seq = seq;
			l->row(l->ctx, id, row);
		}
	}
}

/* The stream rule. */
static void take_change(struct chat_link *l, const json_t *ev)
{
	const char *id = json_str(ev, "channel");
	uint64_t prev = (uint64_t)json_int(ev, "prev", 0), rev = (uint64_t)json_int(ev, "rev", 0);
	struct link_log *g = id ? log_of(l, id, false) : NULL;

	if (!g || rev <= g->rev)
		return;
	if (prev <= g->rev) {
		take_rows(l, id, g, json_object_get(ev, "rows"));
		g->rev = rev;
		return;
	}
	if (rev > g->seen)
		g->seen = rev;
	sync_log(l, id, g);
}

static void take_sync(struct chat_link *l, const json_t *ok)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(ok, "channels"), i, item)
	{
		const char *id = json_str(item, "id");
		struct link_log *g = id ? log_of(l, id, false) : NULL;
		uint64_t rev = (uint64_t)json_int(item, "rev", 0);

		if (!g)
			continue;
		g->syncing = false;
		if (json_str(item, "gone")) {
			free(strmap_take(l->logs, id));
			continue;
		}
		if (json_bool(item, "reset")) {
			char text[160];

			snprintf(text, sizeof(text), "#%.64s: history was reset, see /history", id);
			l->say(l->ctx, text);
			if (json_str(item, "epoch"))
				snprintf(g->epoch, sizeof(g->epoch), "%s", json_str(item, "epoch"));
			g->rev = rev > g->seen ? rev : g->seen;
			continue;
		}
		take_rows(l, id, g, json_object_get(item, "rows"));
		if (rev > g->rev)
			g->rev = rev;
		if (json_bool(item, "more") || g->seen > g->rev)
			sync_log(l, id, g);
	}
}

/* Where hello says each log stands: new ones are taken as they are, known ones catch up. */
static void take_hello(struct chat_link *l, const json_t *ok)
{
	const json_t *item;
	size_t i;

	l->ready = true;
	l->tries = 0;
	snprintf(l->session, sizeof(l->session), "%s",
		json_str(ok, "session") ? json_str(ok, "session") : "");
	json_array_foreach(json_object_get(ok, "channels"), i, item)
	{
		if (json_str(item, "id"))
			link_follow(l, json_str(item, "id"), item);
	}
	for (struct ask *a = l->asks; a; a = a->next) { /* those from before the reconnect */
		if (json_str(a->request, "cid") && json_bool(a->request, "again"))
			ws_client_send(&l->ws, a->request);
	}
}

/* An ack never moves a log; it only says what is still to come. */
static void note_ack(struct chat_link *l, const char *channel, const json_t *ok)
{
	struct link_log *g = channel ? log_of(l, channel, false) : NULL;
	uint64_t rev = (uint64_t)json_int(ok, "rev", 0);

	if (g && rev > g->acked)
		g->acked = rev;
}

static void take_answer(struct chat_link *l, uint64_t id, const json_t *m)
{
	const json_t *ok = json_object_get(m, "ok"), *error = json_object_get(m, "error");
	struct ask **at = &l->asks, *a;
	const char *op;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	a = *at;
	if (!a)
		return;
	*at = a->next;
	op = json_str(a->request, "op");
	if (strcmp(op, "hello") == 0 && ok)
		take_hello(l, ok);
	else if (strcmp(op, "hello") == 0)
		l->refused = true;
	else if (strcmp(op, "sync") == 0 && ok)
		take_sync(l, ok);
	else
		note_ack(l, json_str(a->request, "channel"), ok);
	l->answered(l->ctx, a->request, ok, error);
	json_decref(a->request);
	free(a);
}

static void send_hello(struct chat_link *l)
{
	json_t *hello = json_pack("{s:s, s:s, s:s, s:s}", "op", "hello", "token", l->token, "watch",
		"all", "device", "confabctl");

	if (l->session[0])
		json_object_set_new(hello, "session", json_string(l->session));
	link_ask(l, hello);
}

/* What has a cid is sent again once hello is answered; the rest is forgotten. */
static void lost(struct chat_link *l)
{
	struct ask **at = &l->asks;
	const char *id;
	size_t pos = 0;
	void *value;

	l->ready = false;
	while (*at) {
		struct ask *a = *at;

		if (json_str(a->request, "cid")) {
			json_object_set_new(a->request, "again", json_true());
			at = &a->next;
			continue;
		}
		*at = a->next;
		json_decref(a->request);
		free(a);
	}
	while (strmap_next(l->logs, &pos, &id, &value))
		((struct link_log *)value)->syncing = false;
	if (l->ws.close_code == 4401 || l->ws.close_code == 4409)
		l->refused = true;
	/* 0.25 s, doubled up to 16 s, with chance so that not everybody comes at once. */
	l->retry_us = clock_mono_us() +
		(int64_t)(125000 + chance_below(250000)) * (1 << (l->tries < 6 ? l->tries : 6));
	l->tries++;
	if (!l->refused && l->tries == 1)
		l->say(l->ctx, "connection lost, trying again");
}

/* ------------------------------------------------------------------------------------------- */

void link_init(struct chat_link *l, const char *token)
{
	l->ws.fd = -1;
	l->token = strdup(token);
	if (!l->token)
		abort();
	l->logs = strmap_new();
	l->retry_us = 1;
}

void link_fini(struct chat_link *l)
{
	size_t pos = 0;
	void *value;

	ws_client_close(&l->ws);
	while (strmap_next(l->logs, &pos, NULL, &value))
		free(value);
	strmap_free(l->logs);
	while (l->asks) {
		struct ask *a = l->asks;

		l->asks = a->next;
		json_decref(a->request);
		free(a);
	}
	free(l->token);
}

void link_ask(struct chat_link *l, json_t *request)
{
	struct ask *a = calloc(1, sizeof(*a)), **at = &l->asks;
	const char *op = json_str(request, "op");

	if (!a)
		abort();
	a->id = ++l->next_id;
	a->request = request;
	json_object_set_new(request, "id", json_integer((json_int_t)a->id));
	while (*at)
		at = &(*at)->next;
	*at = a;
	if (l->ready || strcmp(op, "hello") == 0)
		ws_client_send(&l->ws, request);
	else if (json_str(request, "cid"))
		json_object_set_new(request, "again", json_true());
}

bool link_busy(const struct chat_link *l)
{
	return l->asks || !l->ready;
}

bool link_behind(const struct chat_link *l)
{
	size_t pos = 0;
	void *value;

	while (strmap_next(l->logs, &pos, NULL, &value)) {
		const struct link_log *g = value;

		if (g->acked > g->rev)
			return true;
	}
	return false;
}

void link_follow(struct chat_link *l, const char *log, const json_t *stand)
{
	const char *epoch = json_str(stand, "epoch");
	uint64_t rev = (uint64_t)json_int(stand, "rev", 0);
	struct link_log *g = log_of(l, log, true);

	if (!g->rev) {
		g->rev = rev;
		g->seq = (uint64_t)json_int(stand, "seq", 0);
		snprintf(g->epoch, sizeof(g->epoch), "%s", epoch ? epoch : "");
	} else if (rev > g->rev || (epoch && strcmp(epoch, g->epoch) != 0)) {
		g->seen = rev;
		sync_log(l, log, g);
	}
}

void link_turn(struct chat_link *l)
{
	struct confab_error err = {0};
	json_t *m;

	if (l->refused)
		return;
	if (l->ws.fd < 0) {
		if (clock_mono_us() < l->retry_us)
			return;
		if (ws_client_open(&l->ws, &l->place, &err)) {
			lost(l);
			return;
		}
		l->retry_us = 0;
		send_hello(l);
	}
	ws_client_read(&l->ws);
	while ((m = ws_client_next(&l->ws))) {
		const char *ev = json_str(m, "ev");

		if (ev && strcmp(ev, "change") == 0)
			take_change(l, m);
		else if (ev && strcmp(ev, "note") == 0 && json_str(m, "text"))
			l->say(l->ctx, json_str(m, "text"));
		else if (json_object_get(m, "re"))
			take_answer(l, (uint64_t)json_int(m, "re", 0), m);
		json_decref(m);
	}
	if (l->ws.fd < 0)
		lost(l);
}
