/**
 * Clients: replies, events, and the way back after every end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/map.h"
#include "loop/sim.h"
#include "sim/deeds.h"
#include "sim/laws.h"
#include "sim/book.h"
#include "sim/node.h"
#include "sim/run.h"

#define LAW_ONE_ANSWER "every request is answered once"
#define SYNC_LOGS 100

static struct ask *ask_take(struct client *c, uint64_t id)
{
	struct ask **at = &c->asks, *a;

	while (*at && (*at)->id != id) {
		at = &(*at)->next;
	}
	a = *at;
	if (a) {
		*at = a->next;
		c->n_asks--;
	}
	return a;
}

static void ask_free(struct ask *a)
{
	json_decref(a->args);
	free(a);
}

/* --- replies ------------------------------------------------------------------------------------ */

static void hello_item(struct client *c, const json_t *item)
{
	const char *id = json_str(item, "id");
	bool watch = json_bool(item, "watch");

	mirror_announce(&c->mirror, mirror_get(&c->mirror, id), (uint64_t)json_int(item, "rev", 0),
		watch ? 2 : 1);
	if (*id != '@') {
		law_item(c->run, c->user, item);
	}
}

/** What hello does not list is no membership any more, nor watched. */
static void drop_unlisted(struct client *c, const json_t *channels)
{
	size_t pos = 0, i;
	const char *id;
	void *value;
	json_t *item;

	while (strmap_next(c->mirror.copies, &pos, &id, &value)) {
		bool listed = false;

		json_array_foreach(channels, i, item)
		{
			listed |= strcmp(json_str(item, "id"), id) == 0;
		}
		if (!listed) {
			mirror_drop(&c->mirror, ((struct copy *)value)->id);
		}
	}
}

static void hello_answered(struct client *c, const json_t *reply)
{
	const json_t *ok = json_object_get(reply, "ok"), *channels;
	size_t i;
	json_t *item;

	if (!ok) {
		const char *code = json_str(json_object_get(reply, "error"), "code");

		if (strcmp(code, "busy") != 0) {
			law_broken(
				c->run, "a good token is taken", "hello of %s: %s", c->user, code);
		}
		client_cut(c);
		return;
	}
	snprintf(c->session, sizeof(c->session), "%s", json_str(ok, "session"));
	channels = json_object_get(ok, "channels");
	drop_unlisted(c, channels);
	json_array_foreach(channels, i, item)
	{
		hello_item(c, item);
	}
	law_totals(c->run, c->user, ok);
	c->ready = true;
	client_catch_up(c);
}

static const json_t *item_of(const json_t *channels, const char *id)
{
	size_t i;
	json_t *item;

	json_array_foreach(channels, i, item)
	{
		if (strcmp(json_str(item, "id"), id) == 0) {
			return item;
		}
	}
	return NULL;
}

static void sync_answered(struct client *c, const struct ask *a, const json_t *reply)
{
	const json_t *got = json_object_get(json_object_get(reply, "ok"), "channels");
	json_t *asked;
	size_t i;

	c->run->verdict->syncs++;
	json_array_foreach(json_object_get(a->args, "channels"), i, asked)
	{
		const char *id = json_str(asked, "id");
		struct copy *copy = mirror_find(&c->mirror, id);
		const json_t *item = item_of(got, id);

		if (!copy || (uint64_t)json_int(asked, "rev", 0) > copy->rev) {
			continue; /* it was dropped since it was asked for */
		}
		copy->syncing = false;
		if (!item && got) {
			law_broken(
				c->run, LAW_ONE_ANSWER, "a sync of %s leaves %s out", c->user, id);
		} else if (item && json_str(item, "gone")) {
			mirror_drop(&c->mirror, id);
		} else if (item) {
			mirror_sync(&c->mirror, copy, item, (uint64_t)json_int(asked, "rev", 0));
		}
	}
	client_catch_up(c);
}

static void watch_answered(struct client *c, const struct ask *a, const json_t *reply)
{
	const json_t *ok = json_object_get(reply, "ok");
	const char *level = json_str(a->args, "level");
	struct copy *copy;

	if (!ok) {
		return;
	}
	copy = mirror_get(&c->mirror, json_str(ok, "id"));
	law_item(c->run, c->user, ok);
	mirror_announce(&c->mirror, copy, (uint64_t)json_int(ok, "rev", 0),
		strcmp(level, "none") == 0             ? 0
			: strcmp(level, "notice") == 0 ? 1
						       : 2);
	client_catch_up(c);
}

static void reply_came(struct client *c, const json_t *reply)
{
	uint64_t id = (uint64_t)json_int(reply, "re", 0);
	struct ask *a = ask_take(c, id);

	if (!a) {
		law_broken(c->run, LAW_ONE_ANSWER,
			"%s gets an answer to %llu, which waits for none", c->user,
			(unsigned long long)id);
		return;
	}
	switch (a->kind) {
	case ASK_HELLO:
		hello_answered(c, reply);
		break;
	case ASK_SYNC:
		sync_answered(c, a, reply);
		break;
	case ASK_WATCH:
		watch_answered(c, a, reply);
		break;
	case ASK_DEED:
		deed_answered(c->run, a->deed, reply);
		break;
	case ASK_PAGE:
		law_page(c->run, &c->mirror, a->args, json_object_get(reply, "ok"));
		break;
	case ASK_READ:
		break;
	}
	ask_free(a);
}

/* --- events -------------------------------------------------------------------------------------- */

static void bye_came(struct client *c, const json_t *ev)
{
	const char *channel = json_str(ev, "channel");

	if (channel) {
		mirror_drop(&c->mirror, channel);
	}
}

/** A change comes, unless a plant loses it or lets the next one overtake it. */
static void change_came(struct client *c, json_t *ev)
{
	enum plant plant = c->run->plan->plant;

	if (plant == PLANT_DROP_FRAME && odds(50)) {
		return;
	}
	if (plant == PLANT_SWAP_FRAMES && !c->late && odds(100)) {
		c->late = json_incref(ev);
		return;
	}
	mirror_change(&c->mirror, ev);
	if (c->late) {
		mirror_change(&c->mirror, c->late);
		json_decref(c->late);
		c->late = NULL;
	}
	client_catch_up(c);
}

static void heard(void *arg, const char *text, size_t len)
{
	struct client *c = arg;
	json_t *m = json_loadb(text, len, 0, NULL);
	const char *ev = json_str(m, "ev");

	sim_trace_mix(text, len);
	run_trace(c->run, "client %u (%s) hears %s", c->number, c->user, text);
	if (!m) {
		law_broken(c->run, "every message is JSON", "%s hears %.40s", c->user, text);
	} else if (!ev) {
		reply_came(c, m);
	} else if (strcmp(ev, "change") == 0) {
		change_came(c, m);
	} else if (strcmp(ev, "notice") == 0) {
		law_notice(c->run, c->user, m);
	} else if (strcmp(ev, "bye") == 0) {
		bye_came(c, m);
	}
	json_decref(m);
}

/* --- the link ------------------------------------------------------------------------------------- */

static void up(void *arg)
{
	struct client *c = arg;
	json_t *args = json_pack("{s:s,s:s,s:s,s:s}", "op", "hello", "token", c->user, "device",
		"sim", "watch", "all");

	if (c->session[0]) {
		json_object_set_new(args, "session", json_string(c->session));
	}
	(void)client_ask(c, ASK_HELLO, args);
}

/** Nothing more will be answered. */
static void forget_asks(struct client *c)
{
	struct ask *a;

	while ((a = c->asks) != NULL) {
		c->asks = a->next;
		if (a->deed) {
			deed_lost(c->run, a->deed);
		}
		ask_free(a);
	}
	c->n_asks = 0;
	c->ready = false;
	json_decref(c->late);
	c->late = NULL;
	mirror_unwatch(&c->mirror);
}

static void down(void *arg, uint16_t code)
{
	struct client *c = arg;

	run_trace(c->run, "client %u (%s) is down, %u", c->number, c->user, code);
	forget_asks(c);
}

/* -------------------------------------------------------------------------------------------- */

struct client *client_new(struct run *run, unsigned number, const char *user)
{
	struct client *c = alloc_zero(1, sizeof(*c));

	c->run = run;
	c->number = number;
	snprintf(c->user, sizeof(c->user), "%s", user);
	mirror_init(&c->mirror, run, c->user);
	c->link.up = up;
	c->link.heard = heard;
	c->link.down = down;
	c->link.arg = c;
	c->wanted = true;
	timer_init(&c->think, deeds_think, c);
	timer_start(run->outside, &c->think, 1 + (int64_t)sim_draw(100000));
	return c;
}

void client_free(struct client *c)
{
	if (!c) {
		return;
	}
	timer_stop(&c->think);
	link_cut(&c->link);
	forget_asks(c);
	mirror_fini(&c->mirror);
	free(c);
}

struct ask *client_ask(struct client *c, enum ask_kind kind, json_t *args)
{
	struct ask *a;
	char *text;

	if (c->link.state != LINK_UP) {
		json_decref(args);
		return NULL;
	}
	a = alloc_zero(1, sizeof(*a));
	a->id = ++c->last_id;
	a->kind = kind;
	a->args = args;
	a->next = c->asks;
	c->asks = a;
	c->n_asks++;
	json_object_set_new(args, "id", json_integer((json_int_t)a->id));
	text = json_dumps(args, JSON_COMPACT);
	run_trace(c->run, "client %u (%s) says %s", c->number, c->user, text);
	link_say(&c->link, text, strlen(text));
	free(text);
	return a;
}

void client_do(struct client *c, struct deed *d, bool again)
{
	json_t *args = json_deep_copy(d->args);
	struct ask *a;

	if (again) {
		json_object_set_new(args, "again", json_true());
	}
	a = client_ask(c, ASK_DEED, args);
	if (!a) {
		return;
	}
	if (!d->tries) {
		d->client = c->number;
		d->conn = c->conns;
	}
	a->deed = d;
	deed_sent(c->run, d, again);
}

void client_watch(struct client *c, const char *channel, const char *level)
{
	(void)client_ask(c, ASK_WATCH,
		json_pack("{s:s,s:s,s:s}", "op", "channel.watch", "channel", channel, "level",
			level));
}

void client_catch_up(struct client *c)
{
	json_t *channels = json_array(), *one;
	size_t pos = 0;
	void *value;

	while (c->ready && strmap_next(c->mirror.copies, &pos, NULL, &value) &&
		json_array_size(channels) < SYNC_LOGS) {
		struct copy *copy = value;

		if (copy->level < 2 || copy->syncing || !mirror_behind(copy)) {
			continue;
		}
		copy->syncing = true;
		one = json_pack("{s:s,s:I}", "id", copy->id, "rev", (json_int_t)copy->rev);
		if (copy->epoch[0]) {
			json_object_set_new(one, "epoch", json_string(copy->epoch));
		}
		if (copy->tail_seq) {
			json_object_set_new(one, "tail",
				json_pack("[I,s]", (json_int_t)copy->tail_seq, copy->tail_cid));
		}
		json_array_append_new(channels, one);
	}
	if (!json_array_size(channels)) {
		json_decref(channels);
		return;
	}
	(void)client_ask(c, ASK_SYNC, json_pack("{s:s,s:o}", "op", "sync", "channels", channels));
}

void client_cut(struct client *c)
{
	run_trace(c->run, "client %u (%s) is cut off", c->number, c->user);
	link_cut(&c->link);
	forget_asks(c);
}

void client_close(struct client *c)
{
	link_close(&c->link);
}

void client_connect(struct client *c)
{
	static const size_t windows[] = {2048, 16384, 65536};

	c->conns++;
	c->mirror.dropped = run_dropped(c->run);
	link_open(&c->link, c->run->node->net, c->run->outside, windows[sim_draw(3)],
		odds(500) ? 0 : 1 + (unsigned)sim_draw(700));
}

bool client_settled(const struct client *c)
{
	size_t pos = 0;
	void *value;

	if (!c->ready || c->asks) {
		return false;
	}
	while (strmap_next(c->mirror.copies, &pos, NULL, &value)) {
		const struct copy *copy = value;

		if (copy->level >= 2 && mirror_behind(copy)) {
			return false;
		}
	}
	return true;
}
