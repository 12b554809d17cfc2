/**
 * tide: a plugin in two versions whose whole purpose is to be replaced while messages go by. It counts every
 * message, keeps some back for a moment (answered by a timer or from a worker thread), and can tell whether one
 * was missed or met twice: per channel it knows the first and the last seq and how many there were between.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/event.h>
#include <confab/op.h>
#include <confab/plugin.h>
#include <confab/task.h>

#ifndef TIDE_VERSION
#define TIDE_VERSION "1.0"
#endif

#define DEADLINE_MS 2000
/* Of so many messages, one waits for a timer and one for a worker. */
#define EVERY 8

enum { SLOT_CHANNEL };

struct tide {
	struct confab_plugin *plugin;
	int64_t count, swaps;
	unsigned turn;
	int64_t holes; /* of all channels: seqs that were missed or met twice */
	struct wait *waits;
};

/* On every channel. */
struct mark {
	int64_t last, n;
};

/* One message that is kept back. Freed when it was answered, or with the plugin. */
struct wait {
	struct wait *next;
	struct tide *tide;
	confab_ticket ticket;
};

static void wait_free(struct wait *w)
{
	struct wait **at = &w->tide->waits;

	while (*at != w) {
		at = &(*at)->next;
	}
	*at = w->next;
	free(w);
}

static int answer(void *arg)
{
	const struct wait *w = arg;

	return confab_resume(w->ticket, CONFAB_PASS, NULL, NULL);
}

static void answered(void *arg, int rc)
{
	(void)rc;
	wait_free(arg);
}

static void timed(void *arg)
{
	(void)answer(arg);
	wait_free(arg);
}

static enum confab_verdict keep_back(struct confab_event *ev, void *ctx)
{
	struct tide *tide = ctx;
	unsigned turn = tide->turn++ % EVERY;
	enum confab_verdict verdict;
	struct wait *w;

	if (turn > 1) {
		return CONFAB_PASS;
	}
	w = calloc(1, sizeof(*w));
	if (!w) {
		return CONFAB_PASS;
	}
	w->tide = tide;
	w->next = tide->waits;
	tide->waits = w;
	verdict = confab_defer(ev, DEADLINE_MS, &w->ticket);
	if (!w->ticket) {
		wait_free(w);
		return verdict;
	}
	if (turn == 0 && confab_timer_start(tide->plugin, 5, 0, timed, w)) {
		return verdict;
	}
	if (confab_work(tide->plugin, answer, answered, w)) {
		timed(w);
	}
	return verdict;
}

static void count(const struct confab_event *ev, void *ctx)
{
	const struct confab_message *m = confab_event_message(ev);
	const struct confab_channel *ch = confab_event_channel(ev);
	struct tide *tide = ctx;
	struct mark **mark;

	tide->count++;
	if (!m || !ch) {
		return;
	}
	mark = (struct mark **)confab_channel_slot(tide->plugin, ch, SLOT_CHANNEL);
	if (!*mark) {
		*mark = calloc(1, sizeof(**mark));
	}
	if (*mark) {
		int64_t seq = (int64_t)confab_message_seq(m);

		tide->holes += (*mark)->n > 0 && seq != (*mark)->last + 1;
		(*mark)->last = seq;
		(*mark)->n++;
	}
}

static void tell(struct confab_request *rq, void *ctx)
{
	const struct tide *tide = ctx;

	confab_reply(rq,
		json_pack("{s:s, s:I, s:I, s:I}", "version", TIDE_VERSION, "count",
			(json_int_t)tide->count, "swaps", (json_int_t)tide->swaps, "holes",
			(json_int_t)tide->holes));
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send", keep_back, "keeps some back for a moment"),
	CONFAB_OBSERVER("message.send", count, "counts messages"),
};

static const struct confab_field told[] = {
	{"version", CONFAB_FIELD_STRING, true, 1, 32, NULL, NULL, "Which copy answers."},
	{"count", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "Messages since it was loaded."},
	{"swaps", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "How often it was replaced since."},
	{"holes", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "Messages missed, or met twice."},
	{NULL, 0, false, 0, 0, NULL, NULL, NULL},
};

static const struct confab_op_row ops[] = {
	{.name = "tide.tell",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/tide",
		.run = tell,
		.reply = told,
		.doc = "What the tide has counted."},
};

static const struct confab_slot_row slots[] = {
	[SLOT_CHANNEL] = {CONFAB_ON_CHANNEL, "mark 1", free},
};

static int tide_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct tide *tide = calloc(1, sizeof(*tide));

	if (!tide) {
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	}
	tide->plugin = p;
	*ctx = tide;
	return 0;
}

static void tide_unload(void *ctx)
{
	struct tide *tide = ctx;

	while (tide->waits) {
		wait_free(tide->waits);
	}
	free(tide);
}

static json_t *tide_save(void *ctx)
{
	const struct tide *tide = ctx;

	return json_pack("{s:I, s:I, s:I}", "count", (json_int_t)tide->count, "swaps",
		(json_int_t)tide->swaps, "holes", (json_int_t)tide->holes);
}

static int tide_restore(void *ctx, const json_t *saved)
{
	struct tide *tide = ctx;

	tide->count = json_integer_value(json_object_get(saved, "count"));
	tide->swaps = json_integer_value(json_object_get(saved, "swaps")) + 1;
	tide->holes = json_integer_value(json_object_get(saved, "holes"));
	return 0;
}

CONFAB_PLUGIN("tide", TIDE_VERSION) = {
	CONFAB_HEAD("tide", TIDE_VERSION, "MIT"),
	.summary = "Counts what goes by, to be replaced meanwhile.",
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(ops, ops),
	CONFAB_ROWS(slots, slots),
	.load = tide_load,
	.unload = tide_unload,
	.save = tide_save,
	.restore = tide_restore,
};
