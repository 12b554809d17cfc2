/**
 * The body of an event, shared inside pipeline/ and with plugin/'s public functions.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_EVENT_INTERNAL_H
#define PIPELINE_EVENT_INTERNAL_H

#include <confab/event.h>
#include "chat/chat.h"
#include "chat/permit.h"

struct pipeline;
struct kind;
struct strand;
struct text;
struct settings_wait;
struct slot;

/** Deepest chain of events that cause each other. */
#define EVENT_DEPTH_MAX 8

/** Flag of kind rows beside enum confab_kind_flag: the body is a message's draft. */
#define KIND_HAS_DRAFT 0x100
/** … the log of the user whom the body names (`user`) is loaded too, in the event's place in its strand. */
#define KIND_ABOUT_USER 0x200

/** … the body names a plugin and settings of it: they are prepared in the event's place in its strand. */
#define KIND_SETS_PLUGIN 0x400

/** Rows an event relies on: pinned while it lives. Most name none. */
struct confab_keys {
	struct key_row {
		const char *kind;
		char id[136];
		bool pinned;
	} * items;
	unsigned n;
};

/** What a message will be (message.send, message.edit). */
struct confab_draft {
	struct confab_event *ev;
	json_t *json;        /* text, parts, mentions, "plugin.x" … */
	int audience;        /* enum confab_audience */
	char *audience_json; /* text for the row; NULL: everybody */
	json_t *todos;       /* list of {name, body} or NULL */
};

/** A message, durable. */
struct confab_message {
	uint64_t seq, rev;
	const char *sender;
	json_t *json;
};

/** How an event ended, as its answer says it. */
struct outcome {
	enum { OUTCOME_NONE = 0, OUTCOME_OK, OUTCOME_ERROR } is;
	json_t *ok;    /* OUTCOME_OK; moved to the request */
	char code[33]; /* OUTCOME_ERROR */
	char *text;
	char plugin[33]; /* who refused, or "" */
	unsigned retry_ms;
};

enum event_place {
	EVENT_NEW = 0,
	EVENT_STRAND, /* waits for its turn in its strand */
	EVENT_WALKING,
	EVENT_WAITING, /* for a load, a lookup, a ticket */
	EVENT_QUEUED,  /* in its log's queue, before its commit */
	EVENT_BATCH,   /* in the commit under way */
	EVENT_DONE,
};

struct confab_event {
	struct pipeline *pl;
	const struct kind *kind;
	struct confab_actor actor;
	char channel_id[CONFAB_ID_MAX + 1];
	char log_id[CONFAB_ID_MAX + 2];
	struct chat_log *lg;      /* its log, pinned from resolve on */
	struct chat_log *user_lg; /* the actor's own, pinned from the start, or NULL */
	struct chat_log
		*about_lg; /* of the user whom it is about, pinned from the start, or NULL */
	json_t *body;
	char cid[CONFAB_CID_MAX + 1]; /* "": none */
	uint8_t hash[32];
	bool again;       /* the client says it is a resend */
	bool approved;    /* it was held, and a reviewer lets it pass */
	char *hold_queue; /* a hook asked to hold it */
	json_t *hold_why;
	bool cid_held;  /* its seen record points here */
	bool unchanged; /* it changed nothing and took no rev: only memory knows its cid */
	uint8_t step;   /* of the step table */
	uint8_t place;  /* enum event_place */
	uint8_t looked; /* known: 0 nothing yet, 1 channel's log asked, 2 both */
	uint8_t depth;
	bool answered;
	bool traced;                   /* somebody follows it */
	uint8_t doubts;                /* how often it was unknown whether it was written */
	bool refused_once;             /* its batch was refused once, for no cid that is known */
	bool doomed;                   /* ends busy once what it waits for has come */
	unsigned hook;                 /* next hook of the stage */
	const struct hook_list *hooks; /* snapshot of the stage it is in, counted */
	struct confab_keys keys;
	bool keys_asked;
	struct confab_draft *draft;
	struct confab_message message;
	struct log_waiter waiter;
	struct settings_wait *settings; /* it waits or has waited for settings; NULL: it need not */
	struct strand *strand;
	struct confab_event *strand_next;
	struct confab_event *next; /* in its log's queue or batch */
	uint64_t id;               /* 1 …, for traces and tickets */
	confab_ticket ticket;      /* waiting for it; 0: none */
	struct timer deadline;
	bool deadline_pass;
	struct outcome out;
	uint64_t rev; /* once committed; 0: changed nothing */
	int64_t ts;
	int64_t born_us;
	json_t *scrap;      /* list: parsed rows lent to hooks and kinds, freed at the end */
	struct slot *slots; /* of plugins */
	const struct hook *running; /* the hook being called, or whose answer it waits for */
	/** Who started it hears how it ended: once. The event is freed after. */
	void (*done)(struct confab_event *ev, void *arg);
	void *arg;
};

/** Longest name of a todo with its plugin's. */
#define TODO_NAME_MAX 72

/** The full name ("plugin.name") of a todo that the plugin whose hook runs, or else the one whose kind this
 *  is, calls by the name in its table; a name with a dot is full already. */
void event_todo_name(const struct confab_event *ev, const char *name, char full[TODO_NAME_MAX]);

#endif
