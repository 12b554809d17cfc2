/**
 * Token buckets by name.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/meter.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/settings.h>
#include "base/clock.h"
#include "base/ids.h"
#include "base/map.h"
#include "config/config.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"

struct bucket {
	double tokens;
	double burst;
	double per_us;
	int64_t at_us;
};

struct meter {
	struct strmap *buckets;
};

static void refill(struct bucket *b, int64_t now)
{
	b->tokens += (double)(now - b->at_us) * b->per_us;
	b->at_us = now;
	if (b->tokens > b->burst) {
		b->tokens = b->burst;
	}
}

/* -------------------------------------------------------------------------------------------- */

struct meter *meter_new(void)
{
	struct meter *m = calloc(1, sizeof(*m));

	assert(m);
	m->buckets = strmap_new();
	return m;
}

void meter_free(struct meter *m)
{
	size_t pos = 0;
	void *value;

	if (!m) {
		return;
	}
	while (strmap_next(m->buckets, &pos, NULL, &value)) {
		free(value);
	}
	strmap_free(m->buckets);
	free(m);
}

unsigned meter_take(struct meter *m, const char *key, const struct confab_rate *rate, unsigned cost)
{
	struct bucket *b;
	int64_t now = clock_mono_us();

	if (!rate->count) {
		return 0;
	}
	b = strmap_find(m->buckets, key);
	if (!b) {
		b = calloc(1, sizeof(*b));
		assert(b);
		b->burst = rate->burst ? rate->burst : rate->count;
		b->tokens = b->burst;
		b->per_us = (double)rate->count / ((double)rate->per_ms * 1000.0);
		b->at_us = now;
		strmap_put(m->buckets, key, b);
	}
	refill(b, now);
	if (b->tokens >= cost) {
		b->tokens -= cost;
		return 0;
	}
	return (unsigned)((cost - b->tokens) / b->per_us / 1000.0) + 1;
}

void meter_sweep(struct meter *m)
{
	int64_t now = clock_mono_us();
	size_t pos = 0;
	const char *key;
	void *value;

	while (strmap_next(m->buckets, &pos, &key, &value)) {
		struct bucket *b = value;

		refill(b, now);
		if (b->tokens >= b->burst) {
			strmap_take(m->buckets, key);
			free(b);
		}
	}
}

/** The channel's own rates, by its type. What is not in memory has not been busy. @return ms to wait */
static unsigned meter_type(struct confab_event *ev, const char **text)
{
	const struct channel *ch = ev->lg->channel;
	char key[2 * CONFAB_ID_MAX + 4];
	unsigned wait;
	size_t len;

	if (!ch || !ch->type) {
		return 0;
	}
	id_join(key, sizeof(key), "m", ':', ev->channel_id);
	len = strlen(key);
	id_join(key + len, sizeof(key) - len, "", '/', ev->actor.id);
	wait = meter_take(ev->pl->meter, key, &ch->type->user_rate, 1);
	if (wait) {
		*text = "you are too fast for this channel; wait a little";
		return wait;
	}
	id_join(key, sizeof(key), "t", ':', ev->channel_id);
	return meter_take(ev->pl->meter, key, &ch->type->rate, 1);
}

bool meter_accept(struct confab_event *ev)
{
	const struct config_limits *limits = config_limits(ev->pl->chat->config);
	const char *text = "this channel is very busy; wait a little";
	char key[CONFAB_ID_MAX + 4];
	unsigned wait;

	if (ev->actor.kind != CONFAB_ACTOR_USER || !ev->channel_id[0] ||
		ev->kind->row->class_ != CONFAB_DURABLE) {
		return true;
	}
	id_join(key, sizeof(key), "c", ':', ev->channel_id);
	wait = meter_take(ev->pl->meter, key, &limits->channel_rate, 1);
	if (!wait) {
		wait = meter_type(ev, &text);
	}
	if (!wait) {
		return true;
	}
	event_error(ev, "rate", text, wait, NULL);
	return false;
}
