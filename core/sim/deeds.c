/**
 * The clients' dice.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/deeds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "loop/sim.h"
#include "pipeline/pipeline.h"
#include "sim/client.h"
#include "sim/book.h"
#include "sim/node.h"
#include "sim/run.h"
#include "sim/sight.h"
#include "sim/truth.h"

#define IN_FLIGHT 8
#define THINK_US 30000
#define SLEEP_US 400000

/** The channels of every run, and their types. */
static const struct {
	const char *id, *type;
} channels[] = {
	{"general", "open"},
	{"den", "group"},
	{"calm", "calm"},
	{"veil", "veil"},
};
#define N_CHANNELS (sizeof(channels) / sizeof(channels[0]))

static void some_user(const struct run *run, char out[16])
{
	snprintf(out, 16, "u%u", (unsigned)sim_draw(run->n_users));
}

/** A new deed with a fresh cid; args (taken) have the rest. */
static struct deed *deed_new(
	struct run *run, const char *user, const char *op, const char *channel, json_t *args)
{
	char cid[32];

	snprintf(
		cid, sizeof(cid), "cid-%010zu-%04" PRIx64, run->book->n, (uint64_t)sim_draw(65536));
	json_object_set_new(args, "op", json_string(op));
	json_object_set_new(args, "cid", json_string(cid));
	json_object_set_new(args, "channel", json_string(channel));
	return book_add(run->book, user, channel, args);
}

static void do_new(struct client *c, const char *op, const char *channel, json_t *args)
{
	struct deed *d = deed_new(c->run, c->user, op, channel, args);

	client_do(c, d, false);
	if (odds(20) && d->tries) {
		client_do(c, d, odds(500)); /* an impatient client */
	}
	if (!d->tries) {
		d->state = DEED_OPEN; /* it could not be sent now */
	}
}

/** A message of the channel as it stands, perhaps the user's own; NULL: there is none to be had. */
static struct truth_row *some_message(const struct run *run, const char *channel, const char *user)
{
	struct truth_log *lg = truth_log(run_truth(run), channel);
	uint64_t seqs = lg && lg->n ? lg->entries[lg->n - 1]->seq : 0, span;
	struct truth_row *r = NULL;
	char id[24];

	if (!seqs) {
		return NULL;
	}
	span = odds(700) && seqs > 8 ? 8 : seqs;
	for (unsigned tries = 0; tries < 6; tries++) {
		snprintf(id, sizeof(id), "%" PRIu64, seqs - sim_draw(span));
		r = truth_row_at(lg, "message", id, UINT64_MAX);
		if (r && (!user || (r->sender && strcmp(r->sender, user) == 0))) {
			return r;
		}
	}
	return r;
}

/* --- deeds ----------------------------------------------------------------------------------------- */

/** What the sim's hook reads in a text: who may see it, and how long it is thought about. */
static void add_wishes(const struct run *run, char *text, size_t size)
{
	size_t at = strlen(text);
	char user[16];

	if (odds(120)) {
		some_user(run, user);
		at += (size_t)snprintf(text + at, size - at, " only=%s", user);
	} else if (odds(60)) {
		at += (size_t)snprintf(text + at, size - at, " shadow");
	} else if (odds(60)) {
		at += (size_t)snprintf(text + at, size - at, " owners");
	}
	if (odds(150)) {
		(void)snprintf(text + at, size - at, " wait=%u%s", (unsigned)sim_draw(900),
			odds(100) ? " refuse" : "");
	}
}

static void do_send(struct client *c)
{
	const char *channel = deeds_channel();
	struct truth_row *parent = odds(150) ? some_message(c->run, channel, NULL) : NULL;
	char text[200], user[16];
	json_t *args = json_object();

	snprintf(text, sizeof(text), "word%u of %s", (unsigned)sim_draw(1000), c->user);
	add_wishes(c->run, text, sizeof(text));
	json_object_set_new(args, "text", json_string(text));
	if (parent) {
		json_object_set_new(args, "parent", json_integer((json_int_t)parent->seq));
	}
	if (odds(150)) {
		some_user(c->run, user);
		json_object_set_new(
			args, "mentions", json_pack("[s]", odds(300) ? "@channel" : user));
	}
	do_new(c, "message.send", channel, args);
}

static void do_edit(struct client *c)
{
	const char *channel = deeds_channel();
	struct truth_row *m = some_message(c->run, channel, c->user);
	char text[200];

	if (!m) {
		return;
	}
	snprintf(text, sizeof(text), "other word%u", (unsigned)sim_draw(1000));
	add_wishes(c->run, text, sizeof(text));
	do_new(c, "message.edit", channel,
		json_pack("{s:I,s:I,s:s}", "seq", (json_int_t)m->seq, "ver",
			(json_int_t)json_int(truth_json(m), "ver", 1), "text", text));
}

static void do_delete(struct client *c)
{
	const char *channel = deeds_channel();
	struct truth_row *m = some_message(c->run, channel, c->user);

	if (m) {
		do_new(c, "message.delete", channel, json_pack("{s:I}", "seq", (json_int_t)m->seq));
	}
}

static void do_join(struct client *c)
{
	do_new(c, "channel.join", deeds_channel(), json_object());
}

static void do_leave(struct client *c)
{
	do_new(c, "channel.leave", deeds_channel(), json_object());
}

static void do_member(struct client *c, const char *op)
{
	char user[16];

	some_user(c->run, user);
	do_new(c, op, deeds_channel(), json_pack("{s:s}", "user", user));
}

static void do_kick(struct client *c)
{
	do_member(c, "member.kick");
}

static void do_add(struct client *c)
{
	do_member(c, "member.add");
}

/** With an end that no repetition comes after, or none. */
static void do_until(struct client *c, const char *op)
{
	json_t *args = json_object();
	char user[16];

	some_user(c->run, user);
	json_object_set_new(args, "user", json_string(user));
	if (odds(500)) {
		json_object_set_new(args, "until", json_integer(clock_real_ms() + 3600000));
	}
	do_new(c, op, deeds_channel(), args);
}

static void do_moderate(struct client *c)
{
	switch (sim_draw(4)) {
	case 0:
		do_until(c, "member.mute");
		break;
	case 1:
		do_member(c, "member.unmute");
		break;
	case 2:
		do_until(c, "member.ban");
		break;
	default:
		do_member(c, "member.unban");
		break;
	}
}

static void do_role(struct client *c)
{
	static const char *const roles[] = {"moderator", "member", "member", "reader"};
	char user[16];

	some_user(c->run, user);
	do_new(c, "member.role", deeds_channel(),
		json_pack("{s:s,s:s}", "user", user, "role", roles[sim_draw(4)]));
}

static void do_update(struct client *c)
{
	json_t *args = json_object();

	switch (sim_draw(3)) {
	case 0:
		json_object_set_new(args, "slow_ms", json_integer((json_int_t)sim_draw(3) * 200));
		break;
	case 1:
		json_object_set_new(args, "locked", json_boolean(odds(300)));
		break;
	default:
		json_object_set_new(args, "topic", json_string("another topic"));
		break;
	}
	do_new(c, "channel.update", deeds_channel(), args);
}

static void do_read(struct client *c)
{
	const char *channel = deeds_channel();
	struct truth_row *m = some_message(c->run, channel, NULL);

	if (m) {
		(void)client_ask(c, ASK_READ,
			json_pack("{s:s,s:s,s:I}", "op", "read", "channel", channel, "seq",
				(json_int_t)m->seq));
	}
}

static void do_watch(struct client *c)
{
	static const char *const levels[] = {"none", "notice", "watch", "watch", "focus"};

	client_watch(c, deeds_channel(), levels[sim_draw(5)]);
}

static void do_page(struct client *c)
{
	const char *channel = deeds_channel();
	static const char *const ways[] = {"before", "after", "around"};

	(void)client_ask(c, ASK_PAGE,
		json_pack("{s:s,s:s,s:I,s:I}", "op", "history", "channel", channel,
			ways[sim_draw(3)], (json_int_t)(1 + sim_draw(60)), "limit",
			(json_int_t)(1 + sim_draw(30))));
}

/** He was given something: read it again from the start. */
static void do_forget(struct client *c)
{
	struct copy *copy = mirror_find(&c->mirror, deeds_channel());

	if (copy && !copy->syncing) {
		mirror_reset(copy);
		client_catch_up(c);
	}
}

static void do_sleep(struct client *c)
{
	link_lazy(&c->link, true);
}

static const struct {
	void (*act)(struct client *c);
	unsigned weight;
} acts[] = {
	{do_send, 420},
	{do_edit, 90},
	{do_delete, 45},
	{do_join, 60},
	{do_leave, 15},
	{do_kick, 20},
	{do_add, 40},
	{do_moderate, 30},
	{do_role, 15},
	{do_update, 15},
	{do_read, 70},
	{do_watch, 50},
	{do_page, 30},
	{do_forget, 10},
	{do_sleep, 15},
	{client_cut, 20},
	{client_close, 10},
};

static void act(struct client *c)
{
	unsigned sum = 0, at;

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		sum += acts[i].weight;
	}
	at = (unsigned)sim_draw(sum);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (at < acts[i].weight) {
			acts[i].act(c);
			return;
		}
		at -= acts[i].weight;
	}
}

/** Something of his own that is not ended, sent (again); mostly it says that it was sent before. */
static bool send_open(struct client *c)
{
	struct deed *d = book_open(c->run->book, c->user, sim_now_us());

	if (!d || c->n_asks >= IN_FLIGHT) {
		return false;
	}
	client_do(c, d, d->tries > 0 && (c->run->calm || odds(800)));
	return true;
}

static void think_ready(struct client *c)
{
	struct run *run = c->run;

	if (c->link.lazy) {
		link_lazy(&c->link, false);
	}
	if (send_open(c) && odds(900)) {
		return;
	}
	if (run->calm || !run->left || c->n_asks >= IN_FLIGHT) {
		client_catch_up(c);
		return;
	}
	run->left--;
	act(c);
}

/* -------------------------------------------------------------------------------------------- */

const char *deeds_channel(void)
{
	return channels[sim_draw(N_CHANNELS)].id;
}

void deeds_think(void *arg)
{
	struct client *c = arg;
	int64_t pause_us;

	if (c->run->away) {
		/* its node is being replaced */
	} else if (c->link.state == LINK_DOWN) {
		client_connect(c);
	} else if (c->ready) {
		think_ready(c);
	}
	pause_us = 1 + (int64_t)sim_draw(c->link.lazy ? SLEEP_US : THINK_US);
	timer_start(c->run->outside, &c->think, pause_us);
}

void deeds_begin(struct run *run)
{
	for (size_t i = 0; i < N_CHANNELS; i++) {
		struct deed *d = deed_new(run, "u0", "channel.create", channels[i].id,
			json_pack("{s:s}", "type", channels[i].type));

		d->state = DEED_OPEN;
	}
}

void deeds_touch(struct run *run)
{
	for (size_t i = 0; i < N_CHANNELS; i++) {
		pipeline_system(run->node->pipeline, "channel.update", NULL, channels[i].id,
			json_pack("{s:s}", "topic", "the end"), NULL, NULL);
	}
}

void deeds_join(struct run *run)
{
	char user[16];

	for (unsigned u = 1; u < run->n_users; u++) {
		for (size_t i = 0; i < N_CHANNELS; i++) {
			bool open = i == 0 || i == 2;
			struct deed *d;

			snprintf(user, sizeof(user), "u%u", u);
			d = deed_new(run, open ? user : "u0", open ? "channel.join" : "member.add",
				channels[i].id,
				open ? json_object() : json_pack("{s:s}", "user", user));
			d->state = odds(800) ? DEED_OPEN : DEED_REFUSED;
		}
	}
}
