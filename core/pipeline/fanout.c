/**
 * Frames are made once here and handed to the I/O threads.
 *
 * Rows of one commit that the same people see whole share a frame; where that differs (audience, an
 * author somebody here blocks) a new frame begins, so that every reader's frames cover every rev.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/fanout.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/provider/store.h>
#include "base/buf.h"
#include "base/json.h"
#include "base/json_read.h"
#include "base/map.h"
#include "chat/permit.h"
#include "chat/session.h"
#include "chat/visible.h"
#include "net/frame.h"
#include "net/net.h"
#include "pipeline/pipeline.h"
#include "wire/errors.h"

#define NOTICE_US 1000000
#define MANY 64 /* connections in an except or only list before it grows */

struct fanout {
	struct pipeline *pl;
	struct net *net;
};

/** A list of connections that grows. */
struct conns {
	confab_conn_id *ids;
	size_t n, cap;
};

static void conns_add_user(struct conns *c, const struct user *u)
{
	for (const struct session *s = u->sessions; s; s = s->next_of_user) {
		if (!s->conn) {
			continue;
		}
		if (c->n == c->cap) {
			c->cap = c->cap ? c->cap * 2 : MANY;
			c->ids = realloc(c->ids, c->cap * sizeof(*c->ids));
			assert(c->ids);
		}
		c->ids[c->n++] = s->conn;
	}
}

/**
 * A run of entries that share a frame. What it asks of a reader is one thing for all its messages; an
 * entry whose messages differ in that goes alone, and who may not see all of it is made to sync.
 */
struct run {
	const struct confab_entry *entries;
	size_t n;
	uint64_t prev;
	const char *audience; /* of all its messages, or NULL */
	const char *sender;   /* of all its messages, if it matters, or NULL */
	uint64_t old;         /* the message in it that was there before, 0: none */
	bool differs;         /* its messages do not ask the same */
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/** What one entry's messages ask for. */
static void entry_sight(struct chat *chat, const struct confab_entry *e, struct run *out)
{
	bool any = false;

	*out = (struct run){0};
	for (size_t i = 0; i < e->n_rows; i++) {
		const struct confab_row *row = &e->rows[i];
		bool limited = row->audience && *row->audience, fresh;
		const char *audience = limited ? row->audience : NULL;
		const char *sender = limited || chat_blockers(chat, row->sender) ? row->sender
										 : NULL;

		if (strcmp(row->kind, "message") != 0) {
			continue;
		}
		out->differs |= any &&
			!(same(audience, out->audience) && same(sender, out->sender));
		fresh = e->message && row->seq == e->seq;
		out->differs |= !fresh && out->old;
		out->old = fresh ? out->old : row->seq;
		out->audience = limited ? audience : out->audience;
		out->sender = sender ? sender : out->sender;
		any = true;
	}
	/* who joined after the old one may see the new one */
	out->differs |= out->old && e->message && (out->audience || out->sender);
}

/** May this entry join the run? */
static bool run_takes(const struct run *run, const struct run *one)
{
	return !run->differs && !one->differs && same(run->audience, one->audience) &&
		same(run->sender, one->sender) && run->old == one->old;
}

/** Is there, later in the run, a newer state of this row? Then that one alone goes out. */
static bool superseded(const struct run *run, size_t entry, const struct confab_row *row)
{
	for (size_t i = entry + 1; i < run->n; i++) {
		for (size_t k = 0; k < run->entries[i].n_rows; k++) {
			const struct confab_row *other = &run->entries[i].rows[k];

			if (other->seq == row->seq && strcmp(other->kind, row->kind) == 0 &&
				strcmp(other->id, row->id) == 0) {
				return true;
			}
		}
	}
	return false;
}

static void write_by(struct buf *b, const struct run *run)
{
	buf_str(b, ",\"by\":[");
	for (size_t i = 0; i < run->n; i++) {
		const struct confab_entry *e = &run->entries[i];

		buf_str(b, i ? ",{\"op\":" : "{\"op\":");
		buf_json_str(b, e->op, strlen(e->op));
		buf_str(b, ",\"user\":");
		buf_json_str(b, e->sender, strlen(e->sender));
		if (*e->cid) {
			buf_str(b, ",\"cid\":");
			buf_json_str(b, e->cid, strlen(e->cid));
		}
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void write_gone(struct buf *b, const struct confab_row *row)
{
	buf_str(b, "{\"kind\":");
	buf_json_str(b, row->kind, strlen(row->kind));
	buf_str(b, ",\"id\":");
	buf_json_str(b, row->id, strlen(row->id));
	buf_str(b, ",\"rev\":");
	buf_unum(b, row->rev);
	buf_str(b, ",\"gone\":true}");
}

static struct frame *json_frame(json_t *ev)
{
	struct buf b;
	struct frame *f;

	buf_init(&b);
	json_write(&b, ev);
	f = frame_new(b.bytes, b.len);
	buf_fini(&b);
	json_decref(ev);
	return f;
}

/** {"ev":"change", … with no rows and nothing between prev and rev: who gets it syncs. */
static struct frame *sync_frame(const struct chat_log *lg, uint64_t rev)
{
	return json_frame(json_pack("{s:s,s:s,s:I,s:I,s:[]}", "ev", "change", "channel", lg->id,
		"prev", (json_int_t)rev, "rev", (json_int_t)rev, "rows"));
}

/** stub: for who does not see those messages of the run that not everybody sees. */
static struct frame *change_frame(const struct chat_log *lg, const struct run *run, bool stub)
{
	struct buf b;
	struct frame *f;
	bool first = true;

	buf_init(&b);
	buf_str(&b, "{\"ev\":\"change\",\"channel\":");
	buf_json_str(&b, lg->id, strlen(lg->id));
	buf_str(&b, ",\"prev\":");
	buf_unum(&b, run->prev);
	buf_str(&b, ",\"rev\":");
	buf_unum(&b, run->prev + run->n);
	buf_str(&b, ",\"ord\":");
	buf_unum(&b, run->entries[run->n - 1].ord);
	buf_str(&b, ",\"all\":");
	buf_unum(&b, run->entries[run->n - 1].all);
	buf_str(&b, ",\"first\":");
	buf_unum(&b, run->entries[run->n - 1].first);
	if (!stub) {
		write_by(&b, run);
	}
	buf_str(&b, ",\"rows\":[");
	for (size_t i = 0; i < run->n; i++) {
		for (size_t k = 0; k < run->entries[i].n_rows; k++) {
			const struct confab_row *row = &run->entries[i].rows[k];

			if (superseded(run, i, row)) {
				continue;
			}
			if (!first) {
				buf_char(&b, ',');
			}
			first = false;
			if (stub && strcmp(row->kind, "message") == 0 &&
				(run->audience || run->sender || row->seq == run->old)) {
				visible_stub(&b, row->kind, row->id, row->rev);
			} else if (row->gone || !row->body_len) {
				write_gone(&b, row);
			} else {
				buf_add(&b, row->body, row->body_len);
			}
		}
	}
	buf_str(&b, "]}");
	f = frame_new(b.bytes, b.len);
	buf_fini(&b);
	return f;
}

static void except_blockers(struct chat *chat, const char *sender, struct conns *except)
{
	const struct strmap *blockers = chat_blockers(chat, sender);
	size_t pos = 0;
	void *value;

	while (blockers && strmap_next(blockers, &pos, NULL, &value)) {
		conns_add_user(except, value);
	}
}

/** Who is in the audience: bits for roles, connections for users and the author. */
static void aim(struct chat *chat, const struct chat_log *lg, const struct run *run,
	struct delivery *d, struct conns *only)
{
	struct user *author = run->sender ? chat_user_find(chat, run->sender) : NULL;
	size_t i;
	json_t *a = run->audience ? json_read(run->audience, strlen(run->audience)) : NULL, *item;

	if (author) {
		conns_add_user(only, author);
	}
	json_array_foreach(json_object_get(a, "roles"), i, item)
	{
		d->class_bits |= permit_class_of_role(lg->channel, json_string_value(item));
	}
	json_array_foreach(json_object_get(a, "users"), i, item)
	{
		struct user *u = chat_user_find(chat, json_string_value(item));

		if (u) {
			conns_add_user(only, u);
		}
	}
	json_decref(a);
}

/** Its messages do not ask the same: who surely sees all of them gets it, all others sync. */
static void aim_mixed(struct chat *chat, const struct chat_log *lg, const struct run *run,
	struct delivery *d, struct conns *except)
{
	for (size_t i = 0; i < run->entries->n_rows; i++) {
		const struct confab_row *row = &run->entries->rows[i];

		if (strcmp(row->kind, "message") == 0) {
			except_blockers(chat, row->sender, except);
			d->seq_low = d->seq_low && d->seq_low < row->seq ? d->seq_low : row->seq;
		}
	}
	d->everybody = true;
	d->stub = sync_frame(lg, run->prev + 1);
	d->full = run->audience ? frame_ref(d->stub) : change_frame(lg, run, false);
}

static void send_run(struct fanout *f, struct chat_log *lg, const struct run *run, int64_t born_us)
{
	struct chat *chat = f->pl->chat;
	struct delivery d = {.topic = lg->topic,
		.levels = 1 << SUB_WATCH | 1 << SUB_FOCUS,
		.everybody = !lg->channel || !run->audience,
		.seq_low = run->old,
		.born_us = born_us};
	struct conns except = {0}, only = {0};

	if (lg->channel && run->differs) {
		aim_mixed(chat, lg, run, &d, &except);
	} else {
		d.full = change_frame(lg, run, false);
		d.stub = run->audience || run->sender || run->old ? change_frame(lg, run, true)
								  : NULL;
		except_blockers(chat, run->sender, &except);
		if (!d.everybody) {
			aim(chat, lg, run, &d, &only);
		}
	}
	d.except = except.ids;
	d.n_except = except.n;
	d.only = only.ids;
	d.n_only = only.n;
	net_deliver(f->net, &d);
	f->pl->stats.frames++;
	frame_unref(d.full);
	frame_unref(d.stub);
	free(except.ids);
	free(only.ids);
}

static json_t *notice_json(const struct chat_log *lg)
{
	return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I}", "ev", "notice", "channel", lg->id, "rev",
		(json_int_t)lg->rev, "seq", (json_int_t)lg->seq, "ord", (json_int_t)lg->ord, "all",
		(json_int_t)lg->all, "ts", (json_int_t)lg->ts);
}

static void send_notice(struct fanout *f, struct chat_log *lg)
{
	struct delivery d = {.topic = lg->topic, .levels = 1 << SUB_NOTICE, .everybody = true};

	lg->noticed_rev = lg->rev;
	lg->notice_us = loop_now_us(f->pl->chat->loop);
	d.full = json_frame(notice_json(lg));
	net_deliver(f->net, &d);
	frame_unref(d.full);
}

static void notice_due(void *arg)
{
	struct chat_log *lg = arg;

	if (lg->noticed_rev < lg->rev) {
		struct pipeline *pl = lg->chat->ports.ctx
			? ((struct fanout *)lg->chat->ports.ctx)->pl
			: NULL;

		assert(pl);
		send_notice(pl->fanout, lg);
	}
}

/** At most one a second: now, or when the second is over. */
static void notice(struct fanout *f, struct chat_log *lg)
{
	int64_t now = loop_now_us(f->pl->chat->loop);

	if (timer_running(&lg->notice)) {
		return;
	}
	if (now - lg->notice_us >= NOTICE_US) {
		send_notice(f, lg);
		return;
	}
	timer_init(&lg->notice, notice_due, lg);
	timer_start(f->pl->chat->loop, &lg->notice, NOTICE_US - (now - lg->notice_us));
}

/* -------------------------------------------------------------------------------------------- */

struct fanout *fanout_new(struct pipeline *pl, struct net *net)
{
	struct fanout *f = calloc(1, sizeof(*f));

	assert(f);
	f->pl = pl;
	f->net = net;
	return f;
}

void fanout_free(struct fanout *f)
{
	free(f);
}

void fanout_entries(struct fanout *f, struct chat_log *lg, uint64_t prev,
	const struct confab_entry *entries, size_t n, int64_t born_us)
{
	struct run run = {0}, one;

	if (!lg->subs) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		entry_sight(f->pl->chat, &entries[i], &one);
		if (run.n && !run_takes(&run, &one)) {
			send_run(f, lg, &run, born_us);
			run.n = 0;
		}
		if (!run.n) {
			run = one;
			run.entries = &entries[i];
			run.prev = prev + i;
		}
		run.n++;
	}
	if (run.n) {
		send_run(f, lg, &run, born_us);
	}
	notice(f, lg);
}

void fanout_show(
	struct fanout *f, struct chat_log *lg, const char *sender, json_t *ev, confab_conn_id but)
{
	struct delivery d = {
		.topic = lg->topic, .levels = 1 << SUB_WATCH | 1 << SUB_FOCUS, .everybody = true};
	struct conns except = {0};

	except_blockers(f->pl->chat, sender, &except);
	if (but) {
		if (except.n == except.cap) {
			except.cap = except.cap ? except.cap * 2 : MANY;
			except.ids = realloc(except.ids, except.cap * sizeof(*except.ids));
			assert(except.ids);
		}
		except.ids[except.n++] = but;
	}
	d.except = except.ids;
	d.n_except = except.n;
	d.full = json_frame(ev);
	net_deliver(f->net, &d);
	frame_unref(d.full);
	free(except.ids);
}

void fanout_to(struct fanout *f, const struct session *s, json_t *ev)
{
	if (!s->conn) {
		json_decref(ev);
		return;
	}
	net_send(f->net, s->conn, json_frame(ev), 0);
}

void fanout_to_user(struct fanout *f, const struct user *u, const struct session *but, json_t *ev)
{
	struct frame *frame = json_frame(ev);

	for (const struct session *s = u->sessions; s; s = s->next_of_user) {
		if (s->conn && s != but) {
			net_send(f->net, s->conn, frame_ref(frame), 0);
		}
	}
	frame_unref(frame);
}

void fanout_drained(struct fanout *f, confab_conn_id conn, const uint32_t *topics, size_t n)
{
	const struct session *s = session_of_conn(f->pl->chat, conn);

	for (size_t i = 0; i < n; i++) {
		struct chat_log *lg = nummap_find(f->pl->chat->by_topic, topics[i]);

		if (!lg || !s || !session_level(s, lg)) {
			continue; /* it was lost before the queue drained */
		}
		net_send(f->net, conn,
			session_level(s, lg) < SUB_WATCH ? json_frame(notice_json(lg))
							 : sync_frame(lg, lg->rev),
			lg->topic);
	}
}

void fanout_lost(struct fanout *f, struct user *u, struct chat_log *lg, const char *why)
{
	for (struct session *s = u->sessions; s; s = s->next_of_user) {
		if (!session_level(s, lg)) {
			continue;
		}
		session_watch(s, lg, 0);
		fanout_to(f, s,
			json_pack("{s:s,s:s,s:s}", "ev", "bye", "channel", lg->id, "why", why));
	}
}

void fanout_rights(struct fanout *f, struct user *u, struct chat_log *lg, const char *lost)
{
	struct confab_actor who = {.kind = CONFAB_ACTOR_USER, .user = u};
	const char *why;

	snprintf(who.id, sizeof(who.id), "%s", u->id);
	why = lg->channel->deleted ? "deleted" : permit_refusal(&who, lg->channel, "read");
	if (why && strcmp(why, "not_member") == 0) {
		why = lost ? lost : "removed";
	}
	if (why || lost) {
		fanout_lost(f, u, lg, why ? why : lost);
	} else {
		session_refresh(u, lg);
	}
}

void fanout_rights_all(struct fanout *f, struct chat_log *lg)
{
	size_t pos = 0;
	void *value;

	/* sessions that watch it are found by walking all: deleting a channel is rare */
	while (strmap_next(f->pl->chat->sessions, &pos, NULL, &value)) {
		struct session *s = value;

		if (session_level(s, lg)) {
			fanout_rights(f, s->user, lg, NULL);
		}
	}
}

void fanout_revoked(struct fanout *f, struct user *u, const char *id)
{
	struct session *s = session_find(u->lg->chat, id);
	confab_conn_id conn = s ? s->conn : 0;

	if (!s || s->user != u) {
		return;
	}
	session_end(s);
	if (conn) {
		net_close(f->net, conn, CLOSE_REFUSED, "revoked");
	}
}

void fanout_subscribe(void *fanout, struct session *s, struct chat_log *lg, unsigned level)
{
	struct fanout *f = fanout;
	struct reader reader = reader_of(s->user, lg);
	struct subscription sub = {
		.topic = lg->topic, .level = (uint8_t)level, .floor = reader.floor};

	if (!s->conn) {
		return;
	}
	if (lg->channel) {
		sub.class_bits = permit_class(lg->channel, s->user);
	}
	net_subscribe(f->net, s->conn, &sub);
}

void fanout_unsubscribe(void *fanout, struct session *s, struct chat_log *lg)
{
	struct fanout *f = fanout;

	if (s->conn) {
		net_unsubscribe(f->net, s->conn, lg->topic);
	}
}

void fanout_close(void *fanout, confab_conn_id conn, uint16_t code, const char *text)
{
	struct fanout *f = fanout;

	net_close(f->net, conn, code, text);
}
