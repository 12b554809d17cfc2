/**
 * Opening, trying and closing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/breaker.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/config.h"

/* Calls on trial that must go well. */
#define GOOD_CALLS 10
/* Doubling ends here; a longer pause of the configuration holds as it is. */
#define PAUSE_MAX_US (INT64_C(10) * 60 * 1000000)

static void window_begin(struct breaker *b, int64_t now_us)
{
	b->began_us = now_us;
	b->spent_us = 0;
	b->errors = 0;
}

static void open_it(struct breaker *b, const struct config_pipeline *rules, int64_t now_us)
{
	int64_t pause_us = rules->breaker_pause_ms * 1000;

	if (b->state != BREAKER_TRYING || b->pause_us < pause_us)
		b->pause_us = pause_us;
	else if (b->pause_us * 2 < PAUSE_MAX_US)
		b->pause_us *= 2;
	else if (b->pause_us < PAUSE_MAX_US)
		b->pause_us = PAUSE_MAX_US;
	b->state = BREAKER_OPEN;
	b->until_us = now_us + b->pause_us;
	b->opened++;
	log_error(
		"plugin '%s', its breaker is open: its hooks are not called for %lld s and events "
		"%s (%s; confabctl plugin reset %s closes it)",
		b->plugin, (long long)(b->pause_us / 1000000),
		breaker_passes(rules, b->plugin) ? "pass without it" : "are refused", b->why,
		b->plugin);
}

/* The window is over: what was counted belongs to a former one. */
static bool window_over(
	const struct breaker *b, const struct config_pipeline *rules, int64_t now_us)
{
	return now_us - b->began_us > rules->breaker_window_ms * 1000;
}

/* ------------------------------------------------------------------------------------------ */

const char *breaker_state_name(enum breaker_state state)
{
	static const char *const names[] = {"closed", "open", "trying"};

	return names[state];
}

bool breaker_lets(struct breaker *b, int64_t now_us)
{
	if (b->state == BREAKER_OPEN && now_us >= b->until_us) {
		b->state = BREAKER_TRYING;
		b->good = 0;
		window_begin(b, now_us);
		log_info("plugin '%s', its breaker tries: its hooks are called again", b->plugin);
	}
	if (b->state == BREAKER_OPEN)
		b->skipped++;
	return b->state != BREAKER_OPEN;
}

void breaker_spent(
	struct breaker *b, const struct config_pipeline *rules, int64_t us, int64_t now_us)
{
	if (window_over(b, rules, now_us))
		window_begin(b, now_us - us);
	b->spent_us += us;
	if (rules->breaker_time_ms == 0 || b->spent_us <= rules->breaker_time_ms * 1000 ||
		b->state == BREAKER_OPEN)
		return;
	snprintf(b->why, sizeof(b->why), "its hooks took %lld ms within %lld s",
		(long long)(b->spent_us / 1000), (long long)(rules->breaker_window_ms / 1000));
	open_it(b, rules, now_us);
}

void breaker_failed(
	struct breaker *b, const struct config_pipeline *rules, int64_t now_us, const char *why)
{
	if (b->state == BREAKER_OPEN)
		return; /* one that was begun before */
	if (window_over(b, rules, now_us))
		window_begin(b, now_us);
	b->errors++;
	if (b->state == BREAKER_CLOSED &&
		(rules->breaker_errors == 0 || b->errors < rules->breaker_errors))
		return;
	snprintf(b->why, sizeof(b->why), "failures within %lld s: %u, the last: %s",
		(long long)(rules->breaker_window_ms / 1000), b->errors, why);
	open_it(b, rules, now_us);
}

void breaker_went_well(struct breaker *b)
{
	if (b->state != BREAKER_TRYING || ++b->good < GOOD_CALLS)
		return;
	b->state = BREAKER_CLOSED;
	log_info("plugin '%s', its breaker is closed again (%d calls went well)", b->plugin,
		GOOD_CALLS);
}

bool breaker_close(struct breaker *b)
{
	bool was = b->state != BREAKER_CLOSED;

	b->state = BREAKER_CLOSED;
	b->spent_us = 0;
	b->errors = 0;
	if (was)
		log_info("plugin '%s', its breaker is closed (by the administrator)", b->plugin);
	return was;
}

bool breaker_passes(const struct config_pipeline *rules, const char *plugin)
{
	bool pass = rules->on_open == CONFIG_LATE_PASS;

	for (size_t i = 0; i < rules->on_open_except.count; i++)
		if (strcmp(rules->on_open_except.items[i], plugin) == 0)
			return !pass;
	return pass;
}
