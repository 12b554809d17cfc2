/**
 * A client: somebody's device. It connects, says hello, mirrors what it watches, does deeds, and suffers:
 * it is cut off, reads slowly, comes back with its session and sends again what was not answered.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H

#include "loop/loop.h"
#include "sim/link.h"
#include "sim/mirror.h"

struct deed;
struct run;

enum ask_kind { ASK_HELLO, ASK_SYNC, ASK_WATCH, ASK_DEED, ASK_READ, ASK_PAGE };

/** A request without its answer. */
struct ask {
	struct ask *next;
	uint64_t id;
	enum ask_kind kind;
	struct deed *deed;
	json_t *args;
};

struct client {
	struct run *run;
	unsigned number;
	unsigned conns; /* so many connections so far */
	char user[16];
	char session[40];
	struct link link;
	struct mirror mirror;
	struct ask *asks;
	uint64_t last_id;
	unsigned n_asks;
	bool ready;   /* hello was answered */
	bool wanted;  /* it is to be connected */
	bool blind;   /* a change frame was lost by a plant */
	json_t *late; /* a change frame that a plant holds back */
	struct timer think;
};

/** A client of user number n; it begins to live when its think timer fires. */
struct client *client_new(struct run *run, unsigned number, const char *user);
void client_free(struct client *c);

/** Send a request; args (taken) have their op. @return it, or NULL when not connected */
struct ask *client_ask(struct client *c, enum ask_kind kind, json_t *args);
/** Send a deed, for the first time or again. */
void client_do(struct client *c, struct deed *d, bool again);
/** Watch a channel at a level: "none", "notice", "watch", "focus". */
void client_watch(struct client *c, const char *channel, const char *level);
/** Sync what is behind; one request for all of it. */
void client_catch_up(struct client *c);

/** Cut it off; close it; let it come back. */
void client_cut(struct client *c);
void client_close(struct client *c);
void client_connect(struct client *c);

/** Is everything answered and every copy up to what is known? */
bool client_settled(const struct client *c);

#endif
