/**
 * A user's link to the server: hello, the stream rule (design, section 8), resending what was not
 * acknowledged, reconnecting with growing pauses. What happens is told by one function.
 *
 * Thread: main.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CTL_CHAT_LINK_H
#define CTL_CHAT_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>
#include "ctl/ws_client.h"

struct strmap;
struct ask;

struct chat_link {
	struct ws_client ws;
	struct ws_place place;
	char *token;
	char user[65];
	char session[64];
	struct strmap *logs; /* id → struct link_log */
	struct ask *asks;    /* not answered yet, in order */
	uint64_t next_id;
	int64_t retry_us; /* when to connect again; 0: connected */
	unsigned tries;
	bool ready;   /* hello was answered */
	bool refused; /* for good: the token is not taken, or somebody took the session */
	/** A new row of a log, a line for people, or an answer to link_ask. All borrowed. */
	void (*row)(void *ctx, const char *log, const json_t *row);
	void (*say)(void *ctx, const char *text);
	void (*answered)(void *ctx, const json_t *asked, const json_t *ok, const json_t *error);
	void *ctx;
};

/** Begin; token is copied; the functions and place are set already. */
void link_init(struct chat_link *l, const char *token);
void link_fini(struct chat_link *l);

/** Send a request (taken; without id). It is sent again, with "again", after a reconnect if it has
 *  a cid. */
void link_ask(struct chat_link *l, json_t *request);
/** Is anything not answered, or not caught up? */
bool link_busy(const struct chat_link *l);
/** Did an answer name a rev whose change has not come yet? */
bool link_behind(const struct chat_link *l);
/** Follow a log from where hello or channel.watch says that it stands; a known one catches up. */
void link_follow(struct chat_link *l, const char *log, const json_t *stand);

/** Take in what has arrived, or try to connect if it is time. */
void link_turn(struct chat_link *l);

#endif
