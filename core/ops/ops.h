/**
 * What clients may ask: one file per noun of the protocol, each with its rows of ops and kinds.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include <confab/op.h>
#include <confab/provider/auth.h>
#include "pipeline/pipeline.h"
#include "wire/wire.h"

struct auth_chain;
struct confab_accounts;
struct document_cache;
struct nummap;
struct confab_todo;
struct todos;

struct ops {
	struct chat *chat;
	struct pipeline *pl;
	struct wire *wire;
	struct net *net;
	struct auth_chain *auth;                /* who tells whose a token is */
	const struct confab_accounts *accounts; /* who keeps accounts with passwords, or NULL */
	void *accounts_ctx;
	struct nummap
		*greetings; /* connections without a hello → struct greeting; NULL: none yet */
	bool draining;      /* hello is refused: others shall serve */
	const char *server_name; /* of the configuration */
	const char *version;
	/** Todos of plugins that are to be run; false: nobody here has it. Or NULL. */
	bool (*todo_other)(void *ctx, const struct confab_todo *todo);
	void *todo_ctx;
	struct document_cache *documents; /* made at registering, for document_cache_free() */
	struct todos *todos;              /* who sweeps what was left */
};

/** Register all of the core's ops and kinds, and take the wire's ports. */
int ops_register(struct ops *o, struct confab_error *err);

/** Free what the core's ops hold, the auth chain too. Thread: the logic loop's, or when it has ended. */
void ops_fini(struct ops *o);

/* One per file: its rows. */
int ops_hello_register(struct ops *o, struct confab_error *err);
int ops_session_register(struct ops *o, struct confab_error *err);
int ops_sync_register(struct ops *o, struct confab_error *err);
int ops_message_register(struct ops *o, struct confab_error *err);
int ops_page_register(struct ops *o, struct confab_error *err);
int ops_channel_register(struct ops *o, struct confab_error *err);
int ops_own_register(struct ops *o, struct confab_error *err);
int ops_command_register(struct ops *o, struct confab_error *err);
int ops_search_register(struct ops *o, struct confab_error *err);
int ops_thread_register(struct ops *o, struct confab_error *err);
int ops_pin_register(struct ops *o, struct confab_error *err);
int ops_plugin_register(struct ops *o, struct confab_error *err);
int ops_block_register(struct ops *o, struct confab_error *err);
int ops_mine_register(struct ops *o, struct confab_error *err);
int ops_user_register(struct ops *o, struct confab_error *err);
int ops_setup_register(struct ops *o, struct confab_error *err);
int ops_server_info_register(struct ops *o, struct confab_error *err);
int ops_document_register(struct ops *o, struct confab_error *err);
int ops_held_register(struct ops *o, struct confab_error *err);
int ops_list_register(struct ops *o, struct confab_error *err);
int ops_member_register(struct ops *o, struct confab_error *err);
int ops_moderate_register(struct ops *o, struct confab_error *err);
int ops_invite_register(struct ops *o, struct confab_error *err);
int ops_link_register(struct ops *o, struct confab_error *err);

/** Register tables of ops and kinds at once. */
int ops_add(struct ops *o, const struct confab_op_row *rows, size_t n, struct confab_error *err);
int ops_add_kinds(
	struct ops *o, const struct confab_kind_row *rows, size_t n, struct confab_error *err);

/** The ops of a query's request: ctx of its row. The reader's loaded user is rq->actor->user. */

/** Run an event for a request: channel and body from its arguments (moved). The answer follows. */
void ops_event(struct ops *o, struct confab_request *rq, const char *kind, const char *channel_id);
/** The same, but `then` answers the request when the event went well (its outcome is in ev->out). */
void ops_event_then(struct ops *o, struct confab_request *rq, const char *kind,
	const char *channel_id,
	void (*then)(struct ops *o, struct confab_request *rq, struct confab_event *ev));
/** Answer a request with an event's outcome. */
void ops_answer(struct confab_request *rq, struct confab_event *ev);

/**
 * Have logs READY or ABSENT for a request, then call fn; a failing store is answered `busy`.
 * ids are copied.
 */
void ops_load(struct ops *o, struct confab_request *rq, const char *const *ids, size_t n,
	void (*fn)(struct ops *o, struct confab_request *rq));

/** The same for the own log of the user that the field `user` names. */
void ops_load_user(struct ops *o, struct confab_request *rq,
	void (*fn)(struct ops *o, struct confab_request *rq));

/** May the actor read this channel? Else the request is answered and false returned. */
struct chat_log *ops_readable(struct ops *o, struct confab_request *rq, const char *channel);

/** Is this token an administrator's? done comes once, on the logic thread, in a later turn; token and
 *  peer are copied. */
void ops_admin_verify(struct ops *o, const char *token, const char *peer,
	void (*done)(void *arg, bool is_admin), void *arg);

/** What a membership grants, for clients: ["send","react",…]. A new reference. */
json_t *ops_can(struct ops *o, const char *type, const char *role);

#endif
