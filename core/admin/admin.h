/**
 * The administrator's door: a Unix socket on the logic loop, one JSON object per line and answer.
 *
 *      → {"verb":"status"}          ← {"ok":{…}} or {"error":{"code":"…","text":"…"}}
 *
 * Who may open the socket (its mode says so) may do everything. Answers come in order: a line is
 * read when the one before it was answered.
 *
 * Thread: logic, unless a comment says otherwise.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include <stdbool.h>
#include <jansson.h>
#include <confab/types.h>

struct buf;
struct chat;
struct host;
struct loop;
struct net;
struct pipeline;
struct retention;
struct store;
struct wire;

/** What the verbs speak of. All borrowed until admin_close; what is NULL is left out of answers. */
struct admin_env {
	struct loop *loop; /* the logic thread's */
	const char *path;  /* of the socket; copied */
	unsigned mode;     /* of the socket, 0600 … */
	const char *version;
	const char *server_name;
	const char *config_file; /* NULL: the built-in defaults */
	int64_t started_us;      /* clock_mono_us() at the start */
	struct chat *chat;
	struct pipeline *pipeline;
	struct retention *retention;
	struct host *host;
	struct store *store;
	struct wire *wire;
	struct net *net;
	struct loop *const *io; /* I/O threads' loops, for their turns */
	unsigned n_io;
	/**
	 * Read the configuration again. done comes once, on the logic thread: ok with what changed, or
	 * why not; one line each. NULL: there is no reload.
	 */
	void (*reload)(void *ctx, void (*done)(void *arg, bool ok, const char *lines), void *arg);
	json_t *(*doctor)(void *ctx); /* {"checks":[{what, ok, is}]}; or NULL */
	void (*drain)(void *ctx);     /* or NULL */
	bool (*draining)(void *ctx);  /* or NULL */
	void (*stop)(void *ctx);      /* or NULL */
	/**
	 * Make a one-time link for an administrator; first: only if there is none yet. done comes once: rc 0
	 * with the link (borrowed), CONFAB_EEXIST, CONFAB_EUNSUPPORTED, CONFAB_EBUSY. NULL: there are none.
	 */
	void (*setup)(void *ctx, bool first,
		void (*done)(void *arg, int rc, const char *link, int64_t expires_ms), void *arg);
	/**
	 * Do what the op user.role or user.disable does; kind is its name, args are taken. done comes once:
	 * code NULL, or why not. NULL: there is no such thing.
	 */
	void (*manage)(void *ctx, const char *kind, json_t *args,
		void (*done)(void *arg, const char *code, const char *text, unsigned retry_ms,
			json_t *ok),
		void *arg);
	void *ctx; /* of these */
};

struct admin;
struct admin_request;

/** One verb. It answers by admin_reply or admin_refuse exactly once, now or later. */
struct admin_verb {
	const char *name; /* "sessions.list" */
	const char *help; /* one sentence */
	void (*run)(struct admin_request *rq, const struct admin_env *env, const json_t *args);
};

/**
 * Open the socket; a dead one in its place is removed, a living one is not (CONFAB_EEXIST).
 *
 * @param env  copied
 * @return the door, for admin_close(), or NULL with err filled
 */
struct admin *admin_open(const struct admin_env *env, struct confab_error *err) CONFAB_MUSTCHECK;
/** Close it and its connections, and remove the socket. Requests that wait are answered to nobody.
 *  NULL is fine. */
void admin_close(struct admin *a);

/** Answer; ok is taken. */
void admin_reply(struct admin_request *rq, json_t *ok);
/** Answer with an error; code is a word ("not_found"). */
void admin_refuse(struct admin_request *rq, const char *code, const char *fmt, ...)
	CONFAB_PRINTF(3, 4);

/**
 * One of several answers, before the last: {"say":line}. line is taken.
 *
 * @return false: it was not sent, as the asker does not read fast enough or has gone
 */
bool admin_say(struct admin_request *rq, json_t *line);
/** Have gone called once if the asker leaves before the last answer, which is still to be given then. Who
 *  asks for this is told at once. */
void admin_on_gone(struct admin_request *rq, void (*gone)(void *arg), void *arg);

/** The verbs; ends with name NULL. Static. Thread: any. */
extern const struct admin_verb admin_verbs[];

/** Append everything that is counted as OpenMetrics 1.0 text, "# EOF" included. */
void admin_metrics(const struct admin_env *env, struct buf *out);

#endif
