/**
 * What the files of auth-local share: the plugin's state, and one request on its way through
 * documents and hashing.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef AUTH_LOCAL_LOCAL_H
#define AUTH_LOCAL_LOCAL_H

#include <confab/doc.h>
#include <confab/event.h>
#include <confab/log.h>
#include <confab/op.h>
#include <confab/provider/accounts.h>
#include <confab/settings.h>
#include <confab/task.h>

#include "auth-local/limit.h"
#include "auth-local/password.h"
#include "auth-local/token.h"

/** Collections of documents. */
#define COLL_KEYS "keys"
#define COLL_ACCOUNTS "accounts" /* by user id */
#define COLL_SESSIONS "sessions" /* by session id; index: user id */
#define COLL_INVITES "invites"   /* by the code's hash */

/** Rows of the settings. */
enum local_row {
	ROW_REGISTER,
	ROW_PASSWORD_MIN,
	ROW_ACCESS_LIFETIME,
	ROW_REFRESH_LIFETIME,
	ROW_REUSE_GRACE,
	ROW_HASH_MEMORY,
	ROW_HASH_PASSES,
	ROW_HASH_LANES,
	ROW_HASHERS,
	ROW_FREE_ATTEMPTS,
	ROW_MAX_WAIT,
	ROW_INVITE_LIFETIME,
	LOCAL_ROWS,
};
extern const struct confab_setting local_rows[LOCAL_ROWS];

enum local_register { REGISTER_OPEN, REGISTER_INVITE, REGISTER_CLOSED };

#define HASHERS_MAX 8
/** More hashing than this does not wait: it is refused. */
#define HASHES_WAITING_MAX 64
#define PASSWORD_BYTES_MAX 1024

struct local {
	struct confab_plugin *plugin;
	uint8_t key[TOKEN_KEY_BYTES];
	struct confab_lane *hashers[HASHERS_MAX];
	unsigned n_hashers, next_hasher, hashing;
	struct limit *limit;
};

struct flow;
typedef void (*flow_fn)(struct flow *f);

/** One request or call of the service. Ends exactly once, by flow_reply or a flow_fail…. */
struct flow {
	struct local *local;
	struct confab_request *rq; /* or NULL: then */
	confab_accounts_fn done;   /* … this hears how it went */
	void *arg;
	char user[CONFAB_ID_MAX + 1];
	char device[65];
	char name[129];
	char role[16];
	char session[TOKEN_SESSION_SIZE];
	char peer[64];
	char invite[TOKEN_HASH_SIZE];  /* hash of the code, "" : none */
	char *password, *new_password; /* wiped and freed with the flow */
	char hash[PASSWORD_HASH_SIZE];
	bool right;  /* what flow_check found */
	json_t *doc; /* the document being worked on, own */
	uint64_t version;
	json_t *kept; /* another document, put aside; own */
	uint64_t kept_version;
	json_t *answer;    /* what will be answered when all is stored; own */
	int rc;            /* of the last document or hashing step */
	bool end_sessions; /* the change ends the other sessions */
	unsigned tries;
	flow_fn step, then;     /* what comes after the step under way; after a common part */
	struct refresh refresh; /* what was presented */
	unsigned uses;          /* deletions under way; or of an invitation */
};

/** For a request (rq; strings of its arguments are looked at by name) or the service (rq NULL). */
struct flow *flow_new(struct local *l, struct confab_request *rq);

/** Answers; the flow is gone after. ok is taken. */
void flow_reply(struct flow *f, json_t *ok);
/** word: code of the protocol; rc: the same for the service. */
void flow_fail(struct flow *f, int rc, const char *word, const char *text);
void flow_fail_later(struct flow *f, int rc, const char *word, const char *text, unsigned retry_ms);
/** After a document step that went wrong (f->rc): busy or unknown. */
void flow_fail_store(struct flow *f);

/** Read a document into f->doc, f->version and f->rc (0, CONFAB_ENOENT, …), then step. */
void flow_get(struct flow *f, const char *coll, const char *key, flow_fn step);
/** Write f->doc (kept) if its version is still f->version, then step. */
void flow_put(struct flow *f, const char *coll, const char *key, const char *index,
	int64_t expires_ms, flow_fn step);
/** Delete, whatever its version, then step. */
void flow_delete(struct flow *f, const char *coll, const char *key, flow_fn step);

/** Hash f->new_password (or f->password) into f->hash on a lane, then step; f->rc. Ends the flow with
 *  `busy` if too many wait. */
void flow_hash(struct flow *f, flow_fn step);
/** Is f->password that of f->hash ("": of nobody, which takes as long)? Into f->right, then step. */
void flow_check(struct flow *f, flow_fn step);

/** Should f->hash be made anew, as the cost has changed? */
bool flow_outdated(const struct flow *f);

/** Lower-case f->user; false (and the flow has ended): it cannot be a user's id. */
bool flow_user(struct flow *f, const char *user);
/** May it be a password? false: the flow has ended. */
bool flow_password(struct flow *f, const char *password);

/** Make a session with tokens for f->user with f->role, then answer with them. (session.c) */
void session_open(struct flow *f);
/** End all sessions of f->user but f->session, then step. (session.c) */
void session_end_others(struct flow *f, flow_fn step);

/** A session's row was removed: its refresh token goes. Hook. (session.c) */
void session_revoked(const struct confab_event *ev, void *ctx);

/** Use up one use of f->invite, then step; f->rc 0, or CONFAB_ENOENT. f->role is what it grants.
 *  (invite.c) */
void invite_use(struct flow *f, flow_fn step);

/** Ops. Logic thread. */
void op_register(struct confab_request *rq, void *ctx);
void op_login(struct confab_request *rq, void *ctx);
void op_password(struct confab_request *rq, void *ctx);
void op_refresh(struct confab_request *rq, void *ctx);
void op_logout(struct confab_request *rq, void *ctx);
void op_invite(struct confab_request *rq, void *ctx);

/** The service's functions. */
extern const struct confab_accounts local_accounts;

#endif
