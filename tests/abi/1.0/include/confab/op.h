/**
 * Ops: the verbs of the protocol are rows of a table. WebSocket, HTTP, confabctl and the AsyncAPI and
 * OpenAPI documents all come from the same rows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_OP_H
#define CONFAB_OP_H

#include <stdbool.h>
#include <confab/event.h>

#ifdef __cplusplus
extern "C" {
#endif

struct confab_request;

enum confab_op_actor {
	CONFAB_OP_NONE = 0, /* anybody; HTTP only */
	CONFAB_OP_USER = 1,
	CONFAB_OP_ADMIN = 2, /* server role admin */
};

/** Type of a field of arguments or replies. */
enum confab_field_type {
	CONFAB_FIELD_STRING = 1, /* min..max bytes */
	CONFAB_FIELD_ID,         /* user or channel id */
	CONFAB_FIELD_CID,
	CONFAB_FIELD_INT, /* min..max */
	CONFAB_FIELD_BOOL,
	CONFAB_FIELD_OBJECT, /* `of` says more, or anything */
	CONFAB_FIELD_IDS,    /* list of ids, min..max of them */
	CONFAB_FIELD_LIST,   /* list of anything or of objects `of`, min..max of them */
	CONFAB_FIELD_ANY,
	CONFAB_FIELD_ROWS,  /* list of rows, as in `change` */
	CONFAB_FIELD_ROW,   /* one of them */
	CONFAB_FIELD_PLACE, /* of answers: where the next page goes on, null at the end */
};

/** One field. A table of fields ends with name NULL. */
struct confab_field {
	const char *name;
	enum confab_field_type type;
	bool required;
	int64_t min, max; /* 0, 0: the type's own bounds */
	const char *
		words; /* of a string: the allowed words, separated by spaces; of a list: words that may
			      stand instead of it; or NULL */
	const struct confab_field *of; /* of an object, or of the objects in a list */
	const char *doc;               /* one sentence */
};

struct confab_op_row {
	const char *name; /* "message.send" */
	enum confab_op_actor actor;
	const char *method, *path; /* HTTP twin: "POST", "/v1/channels/{channel}/messages"; path
	                                     parameters are arguments. NULL: none */
	const char *kind;          /* event kind it starts; NULL: a query */
	/** Of a query (kind NULL): answer the request, now or later, once. */
	void (*run)(struct confab_request *rq, void *ctx);
	const struct confab_field *args; /* without op, id; NULL: none */
	/** Shape of the answer, for the documents; NULL: {}. What every change answers (rev, ts, again,
	 *  held, handled) is added where args have a cid. */
	const struct confab_field *reply;
	unsigned cost;   /* of the user's bucket; 0 means 1 */
	const char *doc; /* one sentence */
	/**
	 * Grants that are asked for, for the documents and the permission table; NULL: none. Words
	 * separated by spaces, all of them needed: of the channel's type, or "server:" and a grant of the
	 * server role; "a|b": a for what is one's own, b for what is others'; "{type}" stands for that
	 * argument.
	 */
	const char *grant;
};

/** Arguments. Borrowed until the request is answered. */
const json_t *confab_request_args(const struct confab_request *rq);
const struct confab_actor *confab_request_actor(const struct confab_request *rq);
/** Address of the peer as text. */
const char *confab_request_peer(const struct confab_request *rq);
/** Answer, once; ok is taken, parts of it may be held elsewhere. Logic thread (from others by confab_post). One
 *  that is not answered within pipeline.answer_timeout is answered `internal` for the plugin, and counted; the
 *  pointer stays good until the plugin answers all the same, which then is without effect. */
void confab_reply(struct confab_request *rq, json_t *ok);
void confab_reply_error(struct confab_request *rq, const char *code, const char *text);
/** An error that may be tried again after retry_ms. */
void confab_reply_later(
	struct confab_request *rq, const char *code, const char *text, unsigned retry_ms);

/** `/name …` typed by people. The entry that remembers the cid is written first, then run. Names are 1 to
 *  32 of [a-z0-9_]; arguments are what follows, without leading blanks. */
struct confab_command_row {
	const char *name;
	const char *help;  /* one line */
	const char *grant; /* or NULL */
	/** Answer to the one who typed it: a new reference, an object with `text`, shown as a note; or NULL. */
	json_t *(*run)(struct confab_event *ev, const char *args, void *ctx);
};

#ifdef __cplusplus
}
#endif
#endif
