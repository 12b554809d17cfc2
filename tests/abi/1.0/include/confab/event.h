/**
 * Events: everything a client, a plugin or an admin does walks one pipeline of stages, and hooks are
 * functions at those stages.
 *
 *   known → accept* → resolve → authorize* → transform* → moderate* → recheck → persist → fan-out → observe*
 *
 * (* hooks run here.)  Promises: at ACCEPT nothing was looked up (actor's id and the body only); at
 * AUTHORIZE actor, channel, member and named rows are loaded, hooks answer from memory, count nothing
 * and never defer; at TRANSFORM and MODERATE the draft may be changed and defer is allowed; at OBSERVE
 * the event is durable and const, best effort. Thread: logic.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_EVENT_H
#define CONFAB_EVENT_H

#include <stdbool.h>
#include <confab/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct confab_event;
struct confab_hook;
struct confab_draft;
struct confab_message;
struct confab_channel;
struct confab_member;
struct confab_actor;
struct confab_user;
struct confab_session;
struct confab_change;
struct confab_keys;
struct confab_field; /* op.h */
struct confab_row_shape;

enum confab_stage {
	CONFAB_ACCEPT = 1,
	CONFAB_AUTHORIZE = 2,
	CONFAB_TRANSFORM = 3,
	CONFAB_MODERATE = 4,
	CONFAB_OBSERVE = 5,
};

typedef enum confab_verdict (*confab_decide_fn)(struct confab_event *ev, void *ctx);
typedef void (*confab_observe_fn)(const struct confab_event *ev, void *ctx);

/** A hook: decide at the first four stages, observe at the last; the other pointer is NULL. */
struct confab_hook_row {
	enum confab_stage stage;
	const char *kinds; /* names separated by spaces, "noun.*", or "*" */
	confab_decide_fn decide;
	confab_observe_fn observe;
	const char *doc; /* one sentence, shown by `confabctl hooks` */
};
#define CONFAB_DECIDE(stage_, kinds_, fn_, doc_) \
	{ \
		(stage_), (kinds_), (fn_), NULL, (doc_) \
	}
#define CONFAB_OBSERVER(kinds_, fn_, doc_) \
	{ \
		CONFAB_OBSERVE, (kinds_), NULL, (fn_), (doc_) \
	}

/**
 * Hook a stage at run time, beside the table `hooks`. Events that are at that stage just now go on over the
 * hooks that were there. At most 64 per plugin.
 *
 * @param row  copied, with its strings; it gets the plugin's place in the stage's order
 * @param arg  what its function is given as ctx
 * @return NULL with err filled: a row that its stage does not allow; too many; the plugin is being unloaded
 */
struct confab_hook *confab_hook_add(struct confab_plugin *p, const struct confab_hook_row *row,
	void *arg, struct confab_error *err);
/** Take one back: it is not called after this returns, also not for events at its stage. From within
 *  itself too. NULL is fine. At unload the ledger does it. */
void confab_hook_remove(struct confab_hook *hook);

/* Verdicts: return the result of these. */

/** Refuse. code: lower-case word of the error table or the plugin's own; text: for the one refused. */
enum confab_verdict confab_reject(struct confab_event *ev, const char *code, const char *text);
/** Refuse for now: retry "later" after retry_ms. */
enum confab_verdict confab_reject_later(
	struct confab_event *ev, const char *code, const char *text, unsigned retry_ms);
/** Handled here; the reply is taken ({"handled":true} is added). For what may happen twice. */
enum confab_verdict confab_stop(struct confab_event *ev, json_t *reply);
/** Keep for review in a queue; why is taken. The author gets {"held":true}. */
enum confab_verdict confab_hold(struct confab_event *ev, const char *queue, json_t *why);

/** A promise to answer later. 0 is none. */
typedef uint64_t confab_ticket;
/** TRANSFORM and MODERATE only. A missed deadline means what the plugin's setting
 *  `on_timeout: pass | reject` says (default reject with retry later). */
enum confab_verdict confab_defer(struct confab_event *ev, unsigned deadline_ms, confab_ticket *t);
/** Answer a ticket: PASS, STOP, REJECT, or HOLD behind confab_hold(confab_ticket_event(t), …) (logic thread). Any
 *  thread. CONFAB_EGONE if answered or late. */
int confab_resume(confab_ticket t, enum confab_verdict v, const char *code, const char *text);
/** The event of a ticket while it waits, to change its draft before resuming; NULL: gone. Logic. */
struct confab_event *confab_ticket_event(confab_ticket t);

/**
 * Say that the hook that is running failed (a script, a table that is broken), whatever it answers then: counted as
 * the plugin's error, and too many open its breaker.
 *
 * @param why  for the log, without a body
 * Within a hook only.
 */
void confab_event_failed(const struct confab_event *ev, const char *why);

/* What an event holds. */
const char *confab_event_kind(const struct confab_event *ev);
const char *confab_event_op(const struct confab_event *ev);
const struct confab_actor *confab_event_actor(const struct confab_event *ev);
/** Channel it is about, or NULL (before resolve too). */
const struct confab_channel *confab_event_channel(const struct confab_event *ev);
const char *confab_event_channel_id(const struct confab_event *ev); /* NULL if none */
/** The actor's member row in that channel, or NULL. */
const struct confab_member *confab_event_member(const struct confab_event *ev);
/** The request's body. Borrowed, read only. */
const json_t *confab_event_body(const struct confab_event *ev);
/** Draft of message.send and message.edit until persist; else NULL. */
struct confab_draft *confab_event_draft(struct confab_event *ev);
/** The message, once durable; else NULL. */
const struct confab_message *confab_event_message(const struct confab_event *ev);
/** The calling plugin's settings, merged for this event's channel. */
const struct confab_settings *confab_event_settings(const struct confab_event *ev);
/** What prepare built from them. */
void *confab_event_built(const struct confab_event *ev);
/** A plugin's slot of this event (table `slots`). */
void **confab_event_slot(const struct confab_event *ev, unsigned row);

/* Kinds: rows of a table, the core's and every plugin's. */
enum confab_kind_class {
	CONFAB_DURABLE = 1,   /* an entry of a log */
	CONFAB_CURSOR = 2,    /* the cursor record; highest wins */
	CONFAB_EPHEMERAL = 3, /* not stored; at most once */
};
enum confab_kind_log {
	CONFAB_LOG_CHANNEL = 1, /* of the channel it names */
	CONFAB_LOG_OWN = 2,     /* of the actor, "@ann" */
};

enum confab_kind_flag {
	CONFAB_KIND_MAKES_LOG = 1, /* may be the first entry of a log */
	CONFAB_KIND_STRANGERS = 2, /* users who are not members may start it (judge decides) */
};

struct confab_kind_row {
	const char *name; /* "message.send" */
	unsigned flags;   /* enum confab_kind_flag */
	enum confab_kind_class class_;
	enum confab_kind_log log;
	const char *grant; /* asked at authorize and recheck; NULL: the kind's own rules */
	/** Name the rows to load: confab_keys_add. NULL: none. */
	void (*keys)(struct confab_event *ev, struct confab_keys *keys);
	/** May it be, as things stand? Called at authorize and again at recheck; answers from rows. NULL: yes. */
	enum confab_verdict (*judge)(struct confab_event *ev, void *ctx);
	/** Durable: write rows. Before each commit attempt. Nothing set: no rev. 0 or a code (then rejected). */
	int (*build)(struct confab_event *ev, struct confab_change *change, void *ctx);
	/** Ephemeral: the `ev` object for watchers, a new reference, or NULL for none. */
	json_t *(*show)(const struct confab_event *ev, void *ctx);
	const char *doc;
	/* For the documents: */
	const struct confab_field *shown; /* members of what show gives, beside ev; or NULL */
	const struct confab_row_shape
		*rows; /* kinds of rows it brings, up to one without kind; or NULL */
};

/** What a kind of rows looks like, beside kind, id and rev. */
struct confab_row_shape {
	const char *kind; /* "message" */
	const struct confab_field *fields;
	const char *doc; /* one sentence */
};

/** Name a row that the event needs in memory; the core loads each once. The strings are copied. */
void confab_keys_add(struct confab_keys *k, const char *kind, const char *id);

/* Rows as they stand, in judge (change NULL) and build. Borrowed until return; NULL: absent or gone. */
const json_t *confab_event_row(struct confab_event *ev, const char *kind, const char *id);
const json_t *confab_change_row(struct confab_change *c, const char *kind, const char *id);
/** Replace a row by an object (taken). kind, id and rev are put in by the core. NULL json: gone. */
int confab_change_set(struct confab_change *c, const char *kind, const char *id, json_t *row);
/** Work that must follow the commit; body is taken. name: of this plugin's table. */
int confab_change_todo(struct confab_change *c, const char *name, json_t *body);
/** Member of the reply beside `rev` and `ts`; value is taken. */
void confab_change_reply(struct confab_change *c, const char *key, json_t *value);

/* Drafts: what a message will be. Setters copy and check. */
const char *confab_draft_text(const struct confab_draft *d, size_t *len);
int confab_draft_set_text(struct confab_draft *d, const char *text, size_t len);
/** Another member of the message ("parts", "mentions" or the plugin's "name.x"); value is taken. */
int confab_draft_set(struct confab_draft *d, const char *key, json_t *value);
const json_t *confab_draft_get(const struct confab_draft *d, const char *key);
enum confab_audience {
	CONFAB_EVERYBODY = 0,
	CONFAB_AUTHOR = 1,
	CONFAB_ROLES = 2, /* ≤ 8 */
	CONFAB_USERS = 3, /* ≤ 64 */
};
/** Who may see it; the author always does. Not after persist. */
int confab_draft_audience(
	struct confab_draft *d, enum confab_audience who, const char *const *ids, size_t n);
/** Work that must follow the commit; body is taken. name: of this plugin's table. Within a hook. */
int confab_draft_todo(struct confab_draft *d, const char *name, json_t *body);

/**
 * Start an event, on the next turn, as the plugin's bot (cause may be NULL). The body is taken.
 * CONFAB_ELOOP beyond depth 8; CONFAB_ELIMIT above the plugin's rate.
 */
int confab_emit(struct confab_plugin *p, const struct confab_event *cause, const char *kind,
	const char *channel_id, json_t *body);
/** The same in the name of a user (capability `users`), e.g. what an approved hold becomes. */
int confab_emit_as(struct confab_plugin *p, const char *user_id, const char *kind,
	const char *channel_id, json_t *body);

#ifdef __cplusplus
}
#endif
#endif
