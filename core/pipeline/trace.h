/**
 * Traces: somebody follows events through stages, hooks, store and fan-out, one line per thing that happened,
 * bodies without what people wrote. An event that nobody follows pays one test per step and per hook.
 *
 * Thread: logic, all of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_TRACE_H
#define PIPELINE_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <confab/event.h>
#include "pipeline/steps.h"

struct hook;
struct pipeline;

/** Someone who follows. Embedded in its owner; say is called for each line, ended behind each event. Neither
 *  may end the trace: trace_end() comes from outside a walk. */
struct trace {
	struct trace *next;
	const char *name; /* what is followed: see trace_begin(). Borrowed */
	void (*say)(struct trace *t, json_t *line); /* takes the line */
	void (*ended)(struct trace *t);
};

/**
 * Follow the events that begin from now on and that bear a name: their kind ("message.send", "message.*"),
 * channel, user, session or cid, or their number ("#17"); "*": all.
 */
void trace_begin(struct pipeline *pl, struct trace *t);
/** Follow no more. Fine when it was not begun. */
void trace_end(struct pipeline *pl, struct trace *t);

/** Does somebody follow this new event? */
bool trace_wants(const struct confab_event *ev);

/* Each is called for events that are followed, only. */
void trace_born(struct confab_event *ev);
void trace_step(
	struct confab_event *ev, const char *step, enum step_answer answer, int64_t began_us);
/** verdict: of enum confab_verdict, or -1: its breaker is open, it was not called. */
void trace_hook(struct confab_event *ev, const struct hook *hk, int verdict, int64_t us);
/** what: "sent", "done", "moved", "refused", "failed"; batch: how many changes; us: since it was sent. */
void trace_store(
	struct confab_event *ev, const char *what, uint64_t rev, uint64_t batch, int64_t us);
/** Frames of the commit (or event) it was in, and who is subscribed to the log. */
void trace_fanout(struct confab_event *ev, uint64_t frames, uint64_t subscribers, int64_t began_us);
void trace_over(struct confab_event *ev);

#endif
