/**
 * hoarder: takes of everything until it is refused, and gives nothing back.
 *
 *   hoarder:timers, works, posts, lanes, calls, events, tickets
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/event.h>
#include <confab/op.h>
#include <confab/task.h>

#include "crime.h"

#define TOO_MANY 70000
#define LANES 100
#define A_DAY_MS 86400000

struct hoarder {
	struct confab_plugin *plugin;
	unsigned got, refused;
	int rc; /* of the first refusal */
	struct confab_lane *lane;
};

static void nothing(void *arg)
{
	(void)arg;
}

static int work(void *arg)
{
	(void)arg;
	return 0;
}

static void done(void *arg, int rc)
{
	struct hoarder *h = arg;

	if (rc) {
		h->refused++;
		h->rc = h->rc ? h->rc : rc;
	}
}

static void took(struct hoarder *h, int rc)
{
	h->got += rc == 0;
	h->refused += rc != 0;
	h->rc = h->rc ? h->rc : rc;
}

static void take(struct hoarder *h, const char *what, const struct confab_event *cause)
{
	struct confab_plugin *p = h->plugin;
	json_t *body;

	for (unsigned i = 0; i < TOO_MANY; i++) {
		if (strcmp(what, "timers") == 0) {
			took(h, confab_timer_start(p, A_DAY_MS, 0, nothing, h) ? 0 : CONFAB_ELIMIT);
		} else if (strcmp(what, "works") == 0) {
			took(h, confab_work(p, work, done, h));
		} else if (strcmp(what, "posts") == 0) {
			took(h, confab_post(p, nothing, h));
		} else if (strcmp(what, "calls") == 0 && h->lane) {
			h->got++;
			confab_lane_run(h->lane, work, done, h);
		} else if (strcmp(what, "lanes") == 0 && i < LANES) {
			took(h, confab_lane_open(p, "hoard") ? 0 : CONFAB_ELIMIT);
		} else if (strcmp(what, "events") == 0) {
			body = json_pack("{s:s, s:s}", "channel", "general", "text", "more");
			took(h, confab_emit(p, cause, "message.send", "general", body));
		}
	}
}

static enum confab_verdict judge(struct confab_event *ev, void *ctx)
{
	struct hoarder *h = ctx;
	const char *what = crime_told(ev, "hoarder");
	confab_ticket nobody;

	if (!what) {
		return CONFAB_PASS;
	}
	if (strcmp(what, "ticket") == 0) {
		return confab_defer(ev, A_DAY_MS, &nobody);
	}
	h->got = h->refused = 0;
	h->rc = 0;
	take(h, what, ev);
	return CONFAB_PASS;
}

static void tell(struct confab_request *rq, void *ctx)
{
	const struct hoarder *h = ctx;

	confab_reply(rq,
		json_pack("{s:I, s:I, s:s}", "got", (json_int_t)h->got, "refused",
			(json_int_t)h->refused, "code", confab_code_name(h->rc)));
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send", judge, "takes everything"),
};

static const struct confab_op_row ops[] = {
	{.name = "hoarder.tell", .actor = CONFAB_OP_USER, .run = tell, .doc = "What it has got."},
};

static void **slots_kept; /* whoever holds it past its life holds nothing that is called */

static void lost(void *value)
{
	free(value);
}

static const struct confab_slot_row slots[] = {{CONFAB_ON_CHANNEL, "hoard 1", lost}};

static void keep(const struct confab_event *ev, void *ctx)
{
	struct hoarder *h = ctx;
	const struct confab_channel *ch = confab_event_channel(ev);

	if (ch) {
		slots_kept = confab_channel_slot(h->plugin, ch, 0);
		if (!*slots_kept) {
			*slots_kept = malloc(100);
		}
	}
}

static const struct confab_hook_row keeps = CONFAB_OBSERVER("message.send", keep, "keeps a slot");

static struct hoarder self;

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	memset(&self, 0, sizeof(self));
	self.plugin = p;
	self.lane = confab_lane_open(p, "hoarder");
	*ctx = &self;
	return confab_hook_add(p, &keeps, &self, err) ? 0 : err->code;
}

CONFAB_PLUGIN("hoarder", "1.0") = {
	CONFAB_HEAD("hoarder", "1.0", "MIT"),
	.summary = "Takes everything and gives nothing back.",
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(ops, ops),
	CONFAB_ROWS(slots, slots),
	.load = load,
};
