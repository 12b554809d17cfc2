/**
 * What the files of ops/ share among themselves.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_OPS_INTERNAL_H
#define OPS_OPS_INTERNAL_H

#include "ops/ops.h"

struct confab_verify;

/** Is it the op hello? */
bool session_is_hello(const struct confab_request *rq);
/** Run it. Takes the request. */
void session_hello(struct ops *o, struct confab_request *rq);
/** Answer a request whose token was refused. */
void session_refuse(struct confab_request *rq, const struct confab_verify *v);
/** Have a user's log READY, making the user at first sight. done: rc 0 or a code; may come at once. */
void session_user(struct ops *o, const char *user, const char *role,
	void (*done)(struct ops *o, void *arg, int rc), void *arg);
/** Is this session a living row of the user's log? */
bool session_alive(const struct user *u, const char *session);
/** Take in the server role that a token names. */
void session_role(struct user *u, const char *role);

/** It ends when its token does [Unix ms]; 0: never. */
void session_expiry(struct session *s, int64_t expires_ms);

/* Ports of the wire. */
void session_opened(void *ctx, confab_conn_id conn, const char *peer);
void session_closed(void *ctx, confab_conn_id conn, uint16_t code);
void session_drained(void *ctx, confab_conn_id conn, const uint32_t *topics, size_t n);

/** Why this actor may not read a log, or NULL. */
const char *ops_read_refusal(struct ops *o, struct confab_request *rq, struct chat_log *lg);

/** Run a todo of the core right after its commit; others go to the plugin host. */
void ops_todo_run(
	void *ctx, const char *log, uint64_t rev, unsigned n, const char *name, const char *body);

#endif
