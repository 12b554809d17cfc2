/**
 * The pipeline: one table of steps that every event walks, from top to bottom.
 *
 *   event_make → event_start → [strand] → known → accept → resolve → authorize → transform → moderate
 *             → recheck → persist → fan-out → observe → done(ev)
 *
 * A step answers next, wait or end; a waiting event is entered again at its step.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include <confab/event.h>
#include "base/blame.h"
#include "base/histogram.h"
#include "chat/chat.h"
#include "chat/permit.h"

struct confab_todo;
struct net;
struct kind;
struct kinds;
struct hooks;
struct commands;
struct fanout;
struct meter;
struct trace;
struct settings_port;

/** Counters for /metrics. */
struct pipeline_stats {
	uint64_t events, ok, refused, busy, unknown, repeats, conflicts;
	uint64_t commits, entries, moved;
	uint64_t frames, deliveries;
	uint32_t live; /* events under way */
	struct histogram commit_entries, commit_us;
};

struct pipeline {
	struct chat *chat;
	struct kinds *kinds;
	struct hooks *hooks;
	struct commands *commands;
	struct fanout *fanout;
	struct meter *meter;
	struct digest *digest; /* of requests, to know a repeat */
	uint64_t next_event;
	struct pipeline_stats stats;
	/** Run a core or plugin todo right after its commit (plugin host, ops); may be NULL. */
	void (*todo_run)(void *ctx, const struct confab_todo *todo);
	void *todo_ctx;
	/** What a plugin's calls cost, by the owner of a kind, op or command; NULL: nobody counts. */
	struct blame *(*blame_of)(const void *owner);
	/** Is a plugin off in a channel: by its type, or by its own row? ch may be NULL (no row yet).
	 *  NULL: never. */
	bool (*off_in)(const void *owner, const struct config_type *type, const struct channel *ch);
	struct trace *traces;                 /* who follows events; NULL: nobody */
	uint64_t trace_gone;                  /* number of the followed event that was freed last */
	const struct settings_port *settings; /* whoever knows plugins' settings; NULL: nobody */
	void *settings_ctx;
	bool draining; /* refuse what is new */
};

/** Both are borrowed; takes chat's ports. Never NULL; pipeline_free() takes it. */
struct pipeline *pipeline_new(struct chat *chat, struct net *net);
void pipeline_free(struct pipeline *pl);

/**
 * Make an event. The body is taken. @return the event, to be started; never NULL.
 *
 * @param channel_id  or NULL
 * @param done        called once, on the logic thread; ev is freed after it returned. May be NULL
 */
struct confab_event *event_make(struct pipeline *pl, const struct kind *kind,
	const struct confab_actor *actor, const char *channel_id, json_t *body,
	void (*done)(struct confab_event *ev, void *arg), void *arg);
/** Set it off; it may be done before this returns. */
void event_start(struct confab_event *ev);

/** Enter a waiting event again at its step (NEXT verdict). */
void event_resume(struct confab_event *ev);
/** End it now with an error (from any place but BATCH). */
void event_fail(struct confab_event *ev, const char *code, const char *text, unsigned retry_ms);
/** Set how it ended, without ending it. */
void event_error(struct confab_event *ev, const char *code, const char *text, unsigned retry_ms,
	const char *plugin);
/** Take what it answers out of it, for `done`: the answer is written and freed by another thread, so
 *  nothing may be left that counts references. @return the caller's, or NULL */
json_t *event_take_ok(struct confab_event *ev);
/** One event ends as another one did: the outcome moves, only its words (code, plugin) stay readable. */
void event_outcome_take(struct confab_event *to, struct confab_event *from);
/** Answer now, before frames go out; the event lives on (observe hooks). Once. */
void event_answer(struct confab_event *ev);
/** Its outcome stands: answer, leave the strand, free. Used by commit and the steps. */
void event_finish(struct confab_event *ev);

/** Parse a row for an event; kept by it. NULL: absent. */
const json_t *event_lend(
	struct confab_event *ev, struct chat_log *lg, const char *kind, const char *id);

/** Start an event of the system: follow-ups of the core. */
void pipeline_system(struct pipeline *pl, const char *kind, const char *log_user,
	const char *channel_id, json_t *body, void (*done)(struct confab_event *ev, void *arg),
	void *arg);

/** The blame of an owner; NULL: the core's own, or nobody counts. */
static inline struct blame *pipeline_blame(const struct pipeline *pl, const void *owner)
{
	return owner && pl->blame_of ? pl->blame_of(owner) : NULL;
}

/** The channel it is about, once it is loaded; NULL: none, not yet, or there is none of this id. */
const struct channel *event_channel(const struct confab_event *ev);
/** Its type; of a channel that is being made the one it will have. NULL: not known (yet). */
const struct config_type *event_type(const struct confab_event *ev);

/** Has the administrator switched a plugin off where this event happens? */
static inline bool pipeline_off(
	const struct pipeline *pl, const void *owner, const struct confab_event *ev)
{
	const struct config_type *type = owner && pl->off_in ? event_type(ev) : NULL;

	return type && pl->off_in(owner, type, event_channel(ev));
}

/** May it be, as things stand? Core's rules and the kind's. Used at authorize and recheck. */
enum confab_verdict event_judge(struct confab_event *ev);

#endif
