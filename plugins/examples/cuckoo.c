/**
 * cuckoo: a timer and a bot. It says the time in a channel, again and again.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>

#include <confab/event.h>
#include <confab/log.h>
#include <confab/settings.h>
#include <confab/task.h>

enum { ROW_CHANNEL, ROW_EVERY };

static const struct confab_setting settings[] = {
	[ROW_CHANNEL] = {"channel", CONFAB_SETTING_STRING, "general", 1, CONFAB_ID_MAX,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "Where the time is said."},
	[ROW_EVERY] = {"every", CONFAB_SETTING_DURATION, "1h", 60000, 86400000,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "How often."},
};

struct cuckoo {
	struct confab_plugin *plugin;
	struct confab_timer *timer;
};

/* What a plugin says enters the pipeline like everybody's, in the next turn, as the plugin's bot. */
static void call(void *arg)
{
	struct cuckoo *c = arg;
	const struct confab_settings *s = confab_plugin_settings(c->plugin);
	int64_t minutes = confab_time_ms() / 60000 % (24 * 60);
	char text[64];
	snprintf(text, sizeof(text), "cuckoo! It is %02d:%02d UTC.", (int)(minutes / 60),
		(int)(minutes % 60));
	int rc = confab_emit(c->plugin, NULL, "message.send", confab_setting_str(s, ROW_CHANNEL),
		json_pack("{s:s}", "text", text));
	if (rc != 0)
		confab_log(
			c->plugin, CONFAB_LOG_WARNING, "time, not said (%s)", confab_code_text(rc));
}

static void wind_up(struct cuckoo *c)
{
	unsigned every_ms = (unsigned)confab_setting_duration_ms(
		confab_plugin_settings(c->plugin), ROW_EVERY);
	confab_timer_stop(c->timer);
	c->timer = confab_timer_start(c->plugin, every_ms, every_ms, call, c);
}

/* New settings are in force: they cannot be refused any more. */
static void commit(void *ctx)
{
	wind_up(ctx);
}

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct cuckoo *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	c->plugin = p;
	wind_up(c);
	*ctx = c;
	return 0;
}

CONFAB_PLUGIN("cuckoo", "1.0") = {
	CONFAB_HEAD("cuckoo", "1.0", "MIT"), .summary = "Says the time in a channel.",
	CONFAB_ROWS(settings, settings), .commit = commit, .load = load,
	.unload = free, /* the timer goes with the plugin */
};
