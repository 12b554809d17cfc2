/**
 * The state of a node's chat: logs, users, channels, sessions. Everything here lives on the logic
 * thread; nothing waits, nothing locks.
 *
 *   chat ─┬─ logs: "general" ──── channel (members, type)
 *         │        "@ann" ─────── user (memberships, blocks, cursors, sessions)
 *         └─ sessions by id and by connection
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include <stdbool.h>
#include <jansson.h>
#include <confab/types.h>
#include "loop/loop.h"

struct strmap;
struct nummap;
struct store;
struct config;
struct chat;
struct channel;
struct user;
struct session;
struct row;
struct slot;
struct batch;
struct confab_event;
struct confab_head;

/** Messages that no longer count, or own ones: ascending by seq, the last 1,000. */
#define MARKS_MAX 1000
struct marks {
	struct mark {
		uint64_t seq;
		bool all;
	} * items;
	uint32_t n, cap;
};

enum log_state {
	LOG_LIGHT = 0,   /* only its head is known */
	LOG_LOADING = 1, /* rows are being read */
	LOG_READY = 2,   /* head and the rows that stay are in memory */
	LOG_ABSENT = 3,  /* the store has no such log (yet) */
};

/** Someone waits for a log to be ready (or known absent). */
struct log_waiter {
	struct log_waiter *next;
	void (*fn)(struct log_waiter *w,
		int rc); /* 0, CONFAB_EBUSY … ; logic thread, not within the call */
};

/** A log as this node serves it. */
struct chat_log {
	struct chat *chat;
	uint64_t rev, seq, ord, all, first; /* the head */
	int64_t ts;
	char epoch[36];
	struct marks deleted;
	struct strmap *rows;         /* "kind:id" → struct row; NULL: none yet */
	struct row *newest, *oldest; /* rows that may go */
	uint32_t n_loose;
	uint32_t topic; /* number for subscriptions, > 0 */
	uint32_t subs;  /* subscriptions of sessions here */
	uint32_t pins;  /* events, loads, commits that rely on it */
	enum log_state state;
	struct log_waiter *waiters;
	struct channel *channel; /* one of the two */
	struct user *user;
	/* commit (pipeline/commit): one append in flight, what comes meanwhile is the next batch */
	struct batch *batch;       /* sent to the store */
	struct batch *draft_batch; /* being built: its rows count as happened */
	bool building;
	bool paused; /* nothing is built: a refused batch is looked up */
	struct confab_event *wait_head, *wait_tail;
	uint32_t n_wait;
	struct strmap *cids; /* "sender\ncid" → struct seen, the newest */
	struct seen *seen_head, *seen_tail;
	uint32_t n_seen;
	struct timer notice; /* one notice a second */
	uint64_t noticed_rev;
	int64_t notice_us;
	int64_t used_us; /* last use, for putting away */
	char id[];       /* "general", "@ann" */
};

/** Where a user stands in a channel. */
struct cursor {
	uint64_t read_seq, read_ord, read_all, delivered;
	struct marks own; /* own counted messages above read_seq */
	int64_t put_us;   /* last write */
	bool putting, dirty;
	bool unstored;             /* the last write failed: memory is ahead of the store */
	struct cursor_wait *waits; /* answers due when stored */
	char log[];
};

/** A member of a channel, parsed from its row. */
struct member {
	uint64_t floor; /* seq it joined at, where earlier history is hidden; else 0 */
	uint64_t rev;
	int64_t muted_until_ms;
	int64_t banned_until_ms; /* -1: for ever */
	int64_t last_sent_ms;    /* slow mode; in memory and checked at the commit */
	bool joined;             /* false: a ban alone keeps the row */
	char role[16];           /* name of a channel role */
	char user[];
};

/** What a channel is, parsed from its row "channel". */
struct channel {
	struct chat_log *lg;
	const struct config_type *type; /* of the configuration in force */
	struct strmap *members;         /* user id → struct member; unlisted: those known here */
	struct strmap *pins;            /* seq in decimal → its row, or NULL */
	uint32_t n_joined;
	bool listed, history; /* fixed at creation */
	int unread;           /* enum config_unread; fixed at creation */
	bool locked, deleted;
	int64_t slow_ms;    /* slow mode in force */
	uint64_t row_rev;   /* of the row this was parsed from */
	json_t *plugins;    /* plugin → its settings that the row says; NULL: none */
	json_t *off;        /* names of plugins that are off here; NULL: none */
	struct slot *slots; /* of plugins */
};

struct user {
	struct chat_log *lg;
	struct strmap *memberships; /* channel id → its row, or NULL */
	struct strmap *blocks;      /* users this one blocks, or NULL */
	struct strmap *cursors;     /* log → struct cursor, or NULL */
	struct strmap *invites;     /* channels this one is invited to → row, or NULL */
	struct strmap *mentions; /* unread personal mentions "channel:seq" → key only, or NULL */
	struct session *sessions;
	uint32_t n_sessions;
	bool is_admin;
	bool role_set;             /* by an administrator: counts for more than a token's */
	bool disabled;             /* kept out of this server … */
	int64_t disabled_until_ms; /* … until then; 0: for ever */
	char role[16];
	char id[];
};

/** What a session listens to. */
struct watch_item {
	struct chat_log *lg;
	uint8_t level; /* enum sub_level */
};

struct session {
	struct session *next_of_user;
	struct user *user;
	struct strand *strands;
	confab_conn_id conn;      /* 0: none now */
	int64_t expires_ms;       /* of its token; 0: never */
	struct watch_item *items; /* own log first */
	uint16_t n_items, cap_items;
	uint16_t inflight;
	bool http;          /* made by HTTP alone */
	bool ready;         /* hello was answered */
	bool ended;         /* gone, kept for what is under way (inflight) */
	struct slot *slots; /* of plugins */
	struct timer expiry;
	char *device; /* 1..32 bytes, or NULL */
	char id[32];
};

_Static_assert(sizeof(struct session) <= 160, "a session grew beyond its budget");

/** What chat asks of whoever delivers (pipeline/fanout), so that arrows point one way. */
struct chat_ports {
	void (*subscribe)(void *ctx, struct session *s, struct chat_log *lg, unsigned level);
	void (*unsubscribe)(void *ctx, struct session *s, struct chat_log *lg);
	void (*close)(void *ctx, confab_conn_id conn, uint16_t code, const char *text);
	void *ctx;
};

struct chat {
	struct loop *loop;
	struct store *store;
	const struct config *config; /* snapshot in force */
	struct strmap *logs;
	struct strmap *sessions;
	struct nummap *by_conn;  /* conn_id → struct session */
	struct nummap *by_topic; /* topic → struct chat_log */
	struct strmap *blockers; /* id of a user, loaded or not → struct strmap of loaded users who
				    block them (their id → struct user) */
	struct chat_ports ports;
	uint32_t next_topic;
	char store_epoch[36];
};

/** An empty one; store, config and loop are borrowed. Never NULL. */
struct chat *chat_new(struct loop *loop, struct store *store, const struct config *config);
/** Frees all state; nothing may be in flight. */
void chat_free(struct chat *chat);

/** The log's record in memory, made LIGHT if there was none. Borrowed; pin it to keep it. */
struct chat_log *chat_log_get(struct chat *chat, const char *id);
/** … or NULL. */
struct chat_log *chat_log_find(struct chat *chat, const char *id);
void chat_log_pin(struct chat_log *lg);
void chat_log_unpin(struct chat_log *lg);
/** Put away logs nobody has used for idle_us (no pins, no subscriptions, no batch). @return how many */
unsigned chat_sweep(struct chat *chat, int64_t idle_us);

/**
 * Have a log READY or ABSENT. @return true: it is, now; false: w->fn will come (w embedded by caller).
 */
bool chat_log_load(struct chat_log *lg, struct log_waiter *w);

/** Take in a head from the store, if it is newer. */
void chat_log_head(struct chat_log *lg, const struct confab_head *head);

/** "@" + user. out: CONFAB_ID_MAX + 2 bytes. */
void chat_own_log(char *out, const char *user);

/** Loaded user or NULL. */
struct user *chat_user_find(struct chat *chat, const char *id);
/** Loaded users who block this one, by id; or NULL if there is none. Borrowed. */
const struct strmap *chat_blockers(const struct chat *chat, const char *user);
/** Loaded channel or NULL (absent, light, deleted). */
struct channel *chat_channel_find(struct chat *chat, const char *id);

/** Rebuild what is parsed from a row that just changed (called by row_put's callers). */
void chat_row_changed(struct chat_log *lg, struct row *r);

/* marks */
void marks_add(struct marks *m, uint64_t seq, bool all);
/** Drop those with seq ≤ upto. */
void marks_trim(struct marks *m, uint64_t upto);
/** How many have seq > above (all_only: and mention everybody). */
uint64_t marks_above(const struct marks *m, uint64_t above, bool all_only);
bool marks_has(const struct marks *m, uint64_t seq);
void marks_fini(struct marks *m);

#endif
