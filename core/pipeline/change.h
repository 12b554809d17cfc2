/**
 * One change under construction, and the batch of changes that one commit carries.
 *
 * Rows are read as they stand with everything ahead in the batch counted as happened (the overlay),
 * then as held in memory. Nothing becomes true before the commit is done.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_CHANGE_H
#define PIPELINE_CHANGE_H

#include <confab/event.h>
#include <confab/provider/store.h>
#include "chat/chat.h"

struct batch;

/** The head as the batch under construction leaves it. */
struct tally {
	uint64_t seq, ord, all, first;
	int64_t ts;
};

struct confab_change {
	struct batch *batch;
	struct confab_event *ev;
	struct confab_entry entry; /* rows and todos grow in the batch's arena */
	struct confab_row *rows;
	size_t cap_rows;
	struct confab_todo *todos;
	size_t cap_todos;
	struct tally after;
	json_t *reply; /* members of the answer beside rev and ts */
	bool parsed;   /* touched a row whose parsed form others are judged by */
};

struct batch {
	struct chat_log *lg;
	struct confab_commit *call; /* its arena holds all texts */
	struct strmap *overlay;     /* "kind:id" → struct over */
	json_t *scrap;              /* parsed rows lent to builders */
	struct tally tally;         /* after the last change taken in */
	struct confab_event *events,
		**tail;                /* in order; those that made no entry are answered already */
	struct confab_change *changes; /* one per entry */
	size_t n, cap;
	bool closed; /* nothing more may follow the last change */
	int64_t sent_us;
	struct timer
		doubt;  /* it is unknown whether it was written: when the log is read back again */
	unsigned asked; /* how often it was */
};

/** An empty batch at the log's head. Never NULL. */
struct batch *batch_new(struct chat_log *lg);
/** Frees all but the events. The store's call goes with it unless it was sent. */
void batch_free(struct batch *b);

/** Begin a change for an event; rev = at + n + 1. */
struct confab_change *change_begin(struct batch *b, struct confab_event *ev);
/** It is part of the batch now; false: it set nothing and takes no rev. */
bool change_take(struct confab_change *c);
/** It failed to build: what it set is forgotten. */
void change_drop(struct confab_change *c);

/** A new message: the next seq. json is taken (without kind, id, rev, seq, ord, all, ts). */
struct change_message {
	json_t *json;
	const char *sender;      /* "" or NULL: the system */
	const char *audience;    /* JSON text or NULL */
	const char *tokens;      /* search words or NULL */
	uint64_t parent, n;      /* of a thread reply */
	bool counts, counts_all; /* as unread; mentions everybody */
};
/** @return the seq it takes */
uint64_t change_message_add(struct confab_change *c, const struct change_message *m);
/** A message's new state; json is the whole row as it was read, changed (taken). */
void change_message_set(struct confab_change *c, uint64_t seq, const struct change_message *m);
/** Message seq no longer counts as unread. */
void change_uncount(struct confab_change *c, uint64_t seq, bool all);
/** Raise the lowest seq that is kept. */
void change_first(struct confab_change *c, uint64_t first);
/** Any other row with a tag that lists find it by. */
int change_set_tagged(
	struct confab_change *c, const char *kind, const char *id, json_t *row, const char *tag);

/** Row as it stands in a batch (NULL: only as held). Lent until the batch or event ends. */
const json_t *batch_row(struct batch *b, const char *kind, const char *id, bool *known);

#endif
