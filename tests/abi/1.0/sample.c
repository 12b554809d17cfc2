/**
 * abi10: a plugin of ABI 1.0, built with the headers of 1.0 for ever and loaded by whatever confab there is
 * today. It uses a little of everything: settings, hooks, an op, a command, a kind, a slot, documents, a timer,
 * work and a todo.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include <confab/doc.h>
#include <confab/event.h>
#include <confab/log.h>
#include <confab/op.h>
#include <confab/settings.h>
#include <confab/task.h>

enum { ROW_MARK };

static const struct confab_setting settings[] = {
	[ROW_MARK] = {"mark", CONFAB_SETTING_STRING, "?", 1, 10, .scope = CONFAB_SCOPE_TYPE,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "What is put behind messages."},
};

struct sample {
	struct confab_plugin *plugin;
	struct confab_timer *timer;
	unsigned ticks, worked, done;
};

static enum confab_verdict mark(struct confab_event *ev, void *ctx)
{
	struct sample *s = ctx;
	struct confab_draft *d = confab_event_draft(ev);
	unsigned **count = (unsigned **)confab_channel_slot(s->plugin, confab_event_channel(ev), 0);
	char text[256];
	size_t len;
	const char *said = confab_draft_text(d, &len);
	if (len == 4 && memcmp(said, "no!!", 4) == 0)
		return confab_reject(ev, "refused", "this is a sample");
	if (*count == NULL && (*count = calloc(1, sizeof(**count))) == NULL)
		return confab_reject(ev, "internal", "out of memory");
	int n = snprintf(text, sizeof(text), "%.*s%s%u", (int)(len < 200 ? len : 200), said,
		confab_setting_str(confab_event_settings(ev), ROW_MARK), ++**count);
	if (confab_draft_set_text(d, text, (size_t)n) != 0 ||
		confab_draft_todo(d, "after", json_pack("{s:i}", "n", (int)**count)) != 0)
		return confab_reject(ev, "internal", NULL);
	return CONFAB_PASS;
}

static void after(
	struct confab_todo_job *job, const char *log, uint64_t rev, const json_t *body, void *ctx)
{
	((struct sample *)ctx)->done += rev > 0 && log[0] != '\0' && json_is_object(body);
	confab_todo_answer(job, 0, NULL);
}

static void put(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	(void)doc;
	confab_reply(arg,
		json_pack("{s:s, s:i, s:I}", "key", key, "rc", rc, "version", (json_int_t)version));
}

static void keep(struct confab_request *rq, void *ctx)
{
	struct sample *s = ctx;
	confab_doc_put(s->plugin, "kept", confab_actor_id(confab_request_actor(rq)),
		json_deep_copy(confab_request_args(rq)), NULL, 0, CONFAB_ANY_VERSION, put, rq);
}

static json_t *tell(struct confab_event *ev, const char *args, void *ctx)
{
	const struct sample *s = ctx;
	char text[128];
	snprintf(text, sizeof(text), "%s%.20s: worked %u, done %u, ticking %d",
		confab_event_channel_id(ev), args, s->worked, s->done, s->ticks > 0);
	return json_pack("{s:s}", "text", text);
}

static json_t *wave(const struct confab_event *ev, void *ctx)
{
	(void)ctx;
	return json_pack("{s:s, s:s}", "ev", "abi10.wave", "channel", confab_event_channel_id(ev));
}

static int work(void *arg)
{
	(void)arg;
	return 7;
}

static void worked(void *arg, int rc)
{
	((struct sample *)arg)->worked = rc == 7;
}

static void tick(void *arg)
{
	((struct sample *)arg)->ticks++;
}

static int load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct sample *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	s->plugin = p;
	*ctx = s;
	s->timer = confab_timer_start(p, 1, 10, tick, s);
	confab_log(p, CONFAB_LOG_INFO, "sample, is there (%s)", confab_plugin_name(p));
	return confab_work(p, work, worked, s);
}

static void unload(void *ctx)
{
	struct sample *s = ctx;
	confab_timer_stop(s->timer);
	free(s);
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_TRANSFORM, "message.send", mark, "marks messages"),
};
static const struct confab_kind_row kinds[] = {
	{.name = "abi10.wave",
		.class_ = CONFAB_EPHEMERAL,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "typing",
		.show = wave,
		.doc = "Somebody waves."},
};
static const struct confab_field channel[] = {
	{"channel", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "Where."},
	{NULL, 0, false, 0, 0, NULL, NULL, NULL},
};
static const struct confab_op_row ops[] = {
	{.name = "abi10.keep", .actor = CONFAB_OP_USER, .run = keep, .doc = "Keep something."},
	{.name = "abi10.wave",
		.actor = CONFAB_OP_USER,
		.kind = "abi10.wave",
		.args = channel,
		.doc = "Wave."},
};
static const struct confab_command_row commands[] = {
	{"abi10", "what the sample has done", NULL, tell},
};
static const struct confab_todo_row todos[] = {{"after", after, 3, 1000}};
static const struct confab_slot_row slots[] = {{CONFAB_ON_CHANNEL, "count 1", free}};

CONFAB_PLUGIN("abi10", "1.0") = {
	CONFAB_HEAD("abi10", "1.0", "MIT"),
	.summary = "A plugin of ABI 1.0.",
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(kinds, kinds),
	CONFAB_ROWS(ops, ops),
	CONFAB_ROWS(commands, commands),
	CONFAB_ROWS(todos, todos),
	CONFAB_ROWS(slots, slots),
	.load = load,
	.unload = unload,
};
