/**
 * A node without doors for tests of the pipeline: a logic loop in a simulation, a memory store, people with
 * sessions, a kind that says something, a hook that does what a message asks for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_PIPELINE_WORLD_H
#define TESTS_UNIT_PIPELINE_WORLD_H

#include <stdbool.h>
#include <confab/event.h>
#include "chat/session.h"
#include "loop/sim.h"
#include "chat/seen.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "store/memory.h"
#include "store/store.h"

struct net;

struct pipeline_world {
	struct loop *loop;
	struct memory *memory;
	struct store *store;
	struct config *config;
	struct chat *chat;
	struct pipeline *pl;
	unsigned waiting;          /* events that the hook has deferred */
	confab_ticket tickets[16]; /* theirs */
	unsigned deadline_ms;
	unsigned told; /* how many were told how they ended */
};

/** How an event ended. */
struct told {
	struct pipeline_world *w;
	bool done;
	unsigned place; /* 1 …: who was told first */
	char code[33];  /* "ok", or of the error */
	int64_t rev, seq;
	bool again;
};

/** Begin in a simulation of its own; loop NULL: makes it all, else over a loop and a net that are there. */
void pipeline_world_begin(struct pipeline_world *w, struct loop *loop, struct net *net);
/** All sessions end. */
void pipeline_world_leave(struct pipeline_world *w);
void pipeline_world_end(struct pipeline_world *w, bool own_loop);

/** Run something on the logic loop, now. */
void pipeline_world_run(struct pipeline_world *w, void (*fn)(void *arg), void *arg);
/** Let the flag become true within a virtual minute. */
void pipeline_world_until(const bool *flag);
/** Let so many virtual ms pass. */
void pipeline_world_pass(unsigned ms);

/** Somebody with a loaded log and a session of that id. */
struct session *pipeline_world_person(struct pipeline_world *w, const char *user, const char *id);

/** Somebody blocks another user. */
void pipeline_world_block(struct pipeline_world *w, struct session *s, const char *user);

/** Say something: "wait" defers it, "again" makes it a resend, anything else is said. told is filled in when it ends. */
void pipeline_world_say(struct pipeline_world *w, struct session *s, const char *log,
	const char *cid, const char *text, struct told *told);

#endif
