/**
 * A trace that is streamed to its asker.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "loop/loop.h"
#include "pipeline/pipeline.h"
#include "pipeline/trace.h"

#define COUNT_MAX 1000000
#define SECONDS_MAX 86400
#define NAME_MAX_BYTES 200

struct follower {
	struct trace trace; /* first */
	struct admin_request *rq;
	struct pipeline *pipeline;
	struct timer until;
	struct mail last; /* ends it, in no walk of an event */
	char *name;
	int64_t left; /* events, 0: no bound */
	int64_t events, lines, dropped;
	bool ending;
};

static void follower_free(struct mail *m)
{
	struct follower *f = (struct follower *)((char *)m - offsetof(struct follower, last));

	trace_end(f->pipeline, &f->trace);
	timer_stop(&f->until);
	admin_on_gone(f->rq, NULL, NULL);
	admin_reply(f->rq,
		json_pack("{s:I, s:I, s:I}", "events", (json_int_t)f->events, "lines",
			(json_int_t)f->lines, "dropped", (json_int_t)f->dropped));
	log_info("admin, a trace ends (%s)", f->name);
	free(f->name);
	free(f);
}

/* At the end of this turn. */
static void follower_end(void *arg)
{
	struct follower *f = arg;

	if (f->ending)
		return;
	f->ending = true;
	f->last.run = follower_free;
	loop_later(loop_current(), &f->last);
}

static void said(struct trace *t, json_t *line)
{
	struct follower *f = (struct follower *)t;

	if (f->ending) {
		json_decref(line);
		return;
	}
	if (admin_say(f->rq, line))
		f->lines++;
	else
		f->dropped++;
}

static void event_ended(struct trace *t)
{
	struct follower *f = (struct follower *)t;

	if (f->ending)
		return;
	f->events++;
	if (f->left > 0 && --f->left == 0)
		follower_end(f);
}

/* ------------------------------------------------------------------------------------------- */

void admin_trace(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	const char *name = json_str(args, "name");
	int64_t count = json_int(args, "count", 0), seconds = json_int(args, "seconds", 0);
	struct follower *f;

	if (!name || !*name || strlen(name) > NAME_MAX_BYTES || count < 0 || count > COUNT_MAX ||
		seconds < 0 || seconds > SECONDS_MAX) {
		admin_refuse(rq, "bad_request",
			"trace wants a name: a kind, channel, user, session, cid, #NUMBER or *; "
			"count up to %d, seconds up to %d",
			COUNT_MAX, SECONDS_MAX);
		return;
	}
	if (!env->pipeline) {
		admin_refuse(rq, "busy", "the server is still starting");
		return;
	}
	f = alloc_zero(1, sizeof(*f));
	f->rq = rq;
	f->pipeline = env->pipeline;
	f->name = alloc_str(name);
	f->left = count;
	f->trace = (struct trace){.name = f->name, .say = said, .ended = event_ended};
	timer_init(&f->until, follower_end, f);
	if (seconds)
		timer_start(env->loop, &f->until, seconds * 1000000);
	admin_on_gone(rq, follower_end, f);
	trace_begin(env->pipeline, &f->trace);
	log_info("admin, a trace begins (%s)", f->name);
}
