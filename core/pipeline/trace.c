/**
 * Matching events with traces, and the lines.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/running.h"
#include "chat/session.h"
#include "pipeline/event_internal.h"
#include "pipeline/hook.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"

/* Members of bodies that are names and no content. */
static const char *const plain[] = {"channel", "cid", "user", "type", "level", "role", "seq",
	"parent", "ver", "rev", "again", "read", "delivered", "expect"};

static bool kind_matches(const char *name, const char *kind)
{
	size_t len = strlen(name);

	if (len >= 2 && strcmp(name + len - 2, ".*") == 0) {
		return strncmp(name, kind, len - 1) == 0;
	}
	return strcmp(name, kind) == 0;
}

static bool matches(const struct trace *t, const struct confab_event *ev)
{
	const char *name = t->name;

	if (name[0] == '#') {
		return strtoull(name + 1, NULL, 10) == ev->id;
	}
	return strcmp(name, "*") == 0 || kind_matches(name, ev->kind->row->name) ||
		strcmp(name, ev->channel_id) == 0 || strcmp(name, ev->log_id) == 0 ||
		strcmp(name, ev->actor.id) == 0 || strcmp(name, ev->cid) == 0 ||
		(ev->actor.session && strcmp(name, ev->actor.session->id) == 0);
}

static bool is_plain(const char *key, const json_t *value)
{
	if (json_is_boolean(value) || json_is_null(value)) {
		return true;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (strcmp(plain[i], key) == 0) {
			return json_is_string(value) || json_is_integer(value);
		}
	}
	return false;
}

/** What people wrote is told by its size alone. */
static json_t *redacted(const json_t *body)
{
	json_t *o = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)body, key, value)
	{
		char size[48];

		if (is_plain(key, value)) {
			json_object_set_new(o, key, json_deep_copy(value));
			continue;
		}
		if (json_is_string(value)) {
			snprintf(size, sizeof(size), "<%zu bytes>", json_string_length(value));
		} else if (json_is_array(value)) {
			snprintf(size, sizeof(size), "<%zu items>", json_array_size(value));
		} else if (json_is_object(value)) {
			snprintf(size, sizeof(size), "<%zu members>", json_object_size(value));
		} else {
			snprintf(size, sizeof(size), "<number>");
		}
		json_object_set_new(o, key, json_string(size));
	}
	return o;
}

static json_t *line_new(const struct confab_event *ev, const char *at)
{
	return json_pack("{s:I, s:I, s:s}", "event", (json_int_t)ev->id, "us",
		(json_int_t)(clock_mono_us() - ev->born_us), "at", at);
}

static void set_int(json_t *line, const char *key, int64_t n)
{
	json_object_set_new(line, key, json_integer((json_int_t)n));
}

/** Each that follows gets its own line: it is taken. */
static void say(struct confab_event *ev, json_t *line)
{
	for (struct trace *t = ev->pl->traces; t; t = t->next) {
		if (matches(t, ev)) {
			t->say(t, json_deep_copy(line));
		}
	}
	json_decref(line);
}

/* -------------------------------------------------------------------------------------------- */

void trace_begin(struct pipeline *pl, struct trace *t)
{
	t->next = pl->traces;
	pl->traces = t;
}

void trace_end(struct pipeline *pl, struct trace *t)
{
	struct trace **at = &pl->traces;

	while (*at && *at != t) {
		at = &(*at)->next;
	}
	if (*at) {
		*at = t->next;
	}
}

bool trace_wants(const struct confab_event *ev)
{
	for (const struct trace *t = ev->pl->traces; t; t = t->next) {
		if (matches(t, ev)) {
			return true;
		}
	}
	return false;
}

void trace_born(struct confab_event *ev)
{
	json_t *line = line_new(ev, "begin");

	json_object_set_new(line, "kind", json_string(ev->kind->row->name));
	json_object_set_new(line, "user", json_string(ev->actor.id));
	if (ev->actor.session) {
		json_object_set_new(line, "session", json_string(ev->actor.session->id));
	}
	if (ev->actor.plugin) {
		json_object_set_new(line, "by", json_string(ev->actor.plugin));
	}
	json_object_set_new(line, "log", json_string(ev->log_id));
	json_object_set_new(line, "body", redacted(ev->body));
	say(ev, line);
}

void trace_step(
	struct confab_event *ev, const char *step, enum step_answer answer, int64_t began_us)
{
	static const char *const answers[] = {
		[STEP_NEXT] = "next", [STEP_WAIT] = "wait", [STEP_END] = "end"};
	json_t *line = line_new(ev, step);

	json_object_set_new(line, "answer", json_string(answers[answer]));
	set_int(line, "took_us", clock_mono_us() - began_us);
	say(ev, line);
}

void trace_hook(struct confab_event *ev, const struct hook *hk, int verdict, int64_t us)
{
	static const char *const verdicts[] = {"pass", "stop", "reject", "hold", "defer"};
	json_t *line = line_new(ev, hk->runs->place);

	json_object_set_new(line, "plugin", json_string(hk->runs->plugin));
	json_object_set_new(line, "verdict",
		json_string(verdict < 0       ? "skipped"
				: verdict < 5 ? verdicts[verdict]
					      : "none"));
	set_int(line, "took_us", us);
	say(ev, line);
}

void trace_store(
	struct confab_event *ev, const char *what, uint64_t rev, uint64_t batch, int64_t us)
{
	json_t *line = line_new(ev, "store");

	json_object_set_new(line, "what", json_string(what));
	set_int(line, "rev", (int64_t)rev);
	set_int(line, "batch", (int64_t)batch);
	set_int(line, "took_us", us);
	say(ev, line);
}

void trace_fanout(struct confab_event *ev, uint64_t frames, uint64_t subscribers, int64_t began_us)
{
	json_t *line = line_new(ev, "frames");

	set_int(line, "frames", (int64_t)frames);
	set_int(line, "subscribers", (int64_t)subscribers);
	set_int(line, "took_us", clock_mono_us() - began_us);
	say(ev, line);
}

void trace_over(struct confab_event *ev)
{
	json_t *line = line_new(ev, "over");

	json_object_set_new(
		line, "result", json_string(ev->out.is == OUTCOME_ERROR ? ev->out.code : "ok"));
	if (ev->out.is == OUTCOME_ERROR && ev->out.plugin[0]) {
		json_object_set_new(line, "plugin", json_string(ev->out.plugin));
	}
	if (ev->rev) {
		set_int(line, "rev", (int64_t)ev->rev);
	}
	say(ev, line);
	for (struct trace *t = ev->pl->traces; t; t = t->next) {
		if (matches(t, ev)) {
			t->ended(t);
		}
	}
}
