/**
 * The host's record of a plugin; only for this folder.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_PLUGIN_INTERNAL_H
#define PLUGIN_PLUGIN_INTERNAL_H

#include <stdatomic.h>

#include "base/blame.h"
#include "base/log.h"
#include "chat/slot.h"
#include "loop/loop.h"
#include "pipeline/breaker.h"
#include "plugin/descriptor.h"
#include "plugin/host.h"
#include "plugin/ledger.h"
#include "plugin/loader.h"
#include "plugin/snapshot.h"

#define PLUGIN_MAGIC 0x706c7567u

struct account;
struct metrics;
struct unload;

struct confab_plugin {
	uint32_t magic;
	struct host *host;
	char name[MANIFEST_NAME_MAX + 1];
	char version[MANIFEST_VERSION_MAX + 1];
	struct image image; /* zeroed: its code is part of this program */
	struct descriptor desc;
	_Atomic enum plugin_state state;
	void *ctx;
	struct ledger ledger;
	struct blame blame;
	struct breaker breaker;
	struct account *account;     /* of its memory; lives for ever */
	struct snapshots *snapshots; /* in force; NULL before prepare */
	size_t purge_at;             /* so many channels in it: forget those that are gone */
	int64_t emit_second;         /* … in which it has started so many events */
	unsigned emits;
	struct metrics *metrics;  /* NULL: none asked for */
	unsigned hooks_added;     /* at run time, now */
	uint64_t hook_last;       /* number of the last one */
	unsigned exchanges;       /* requests of its routes under way */
	struct slot_owner *slots; /* its rows are the descriptor's */
	bool ready;               /* a provider said it may be used, or need not */
	unsigned generation;      /* 1 …: grows when its code is replaced */
	unsigned long unanswered; /* requests that it never answered */
	int64_t swap_us;          /* how long the swap took that brought it; 0: it was loaded */
	struct unload *unload;    /* while draining */
};

/** Around every call into a plugin's code: it is named to the log and the watchdog, and timed. The place
 *  is the same in both. Thread: logic. */
struct blame_call plugin_enter(struct confab_plugin *p, enum blame_place place);
void plugin_leave(struct confab_plugin *p, const struct blame_call *call, enum blame_place place,
	bool failed);

/** Check what came through a void pointer or from a plugin; aborts on anything else. */
struct confab_plugin *plugin_check(struct confab_plugin *p);

/** May it begin something (not draining, not gone)? A replaced one may, to finish what it has begun.
 *  Thread: any. */
bool plugin_open_for_work(const struct confab_plugin *p);

/** Something begins, within the plugin's bound. @return 0, or CONFAB_ELIMIT: refused, counted and logged.
 *  Thread: any. */
int plugin_flight_begin(struct confab_plugin *p, enum flight kind);

/** A bound (enum flight or enum bound) is reached: count it and say so. @return CONFAB_ELIMIT */
int plugin_refuse(struct confab_plugin *p, unsigned bound);

/** May it hold one thing more? @return 0, or CONFAB_ELIMIT: refused, counted and logged. Thread: logic. */
int plugin_hold_more(struct confab_plugin *p);

/** Does it hold a timer that fires once? Thread: logic. (task.c) */
bool single_timers(const struct confab_plugin *p);

/** Something in flight has ended: count, and go on unloading if that was what it waited for. */
void plugin_flight_ended(struct confab_plugin *p, enum flight kind);

/** Register its kinds, ops and hooks. What was registered before a failure stays until register_end.
 *  Thread: logic. (register.c) */
int register_plugin(struct confab_plugin *p, struct confab_error *err);
/** Its helpers are killed; their answers still come. (sandbox_call.c) */
void sandbox_cancel(struct confab_plugin *p);
/** Open the doors of its routes. (route.c) */
int routes_register(struct confab_plugin *p, struct confab_error *err);
/** Nothing new comes to it any more. */
void register_leave(struct confab_plugin *p);
/** The same, and requests of its routes that are under way are told to end. */
void register_remove(struct confab_plugin *p);
/** Have all events of its kinds ended? Requests that start events among them. */
bool register_ended(const struct confab_plugin *p);
/** Requests that it is to answer and has not. */
unsigned register_requests(const struct confab_plugin *p);
/** What is registered goes from one copy to the other. On failure the old one has it back, as it was. */
int register_swap(struct confab_plugin *old, struct confab_plugin *fresh, struct confab_error *err);

#endif
