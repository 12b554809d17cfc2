/**
 * What a plugin holds of the host, and what is in flight for it. Things held are swept when it goes;
 * what is in flight is waited for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_LEDGER_H
#define PLUGIN_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What may be in flight: begun for a plugin, and sure to end in a call into it. */
enum flight {
	FLIGHT_WORK,
	FLIGHT_LANE,
	FLIGHT_POST,
	FLIGHT_DOCUMENT,
	FLIGHT_EVENT,
	FLIGHT_TODO,
	FLIGHT_ROUTE,    /* a request of one of its routes */
	FLIGHT_TICKET,   /* an event waits for its answer */
	FLIGHT_CALL,     /* a question of the core to a service it provides */
	FLIGHT_HELPER,   /* a helper process works for it */
	FLIGHT_QUESTION, /* it asked a service of another */
	FLIGHT_KINDS,
};

/** What else is bounded; numbered behind the flights. */
enum bound {
	BOUND_HOLDING = FLIGHT_KINDS, /* timers, lanes, services in use … together */
	BOUND_RATE,                   /* events in a second */
	BOUNDS,
};

/** How much of a kind may be in flight for one plugin; 0: as much as the core itself begins. */
unsigned flight_max(enum flight kind);

/** One thing held, embedded in what is held. Thread: logic. */
struct holding {
	struct holding *prev, *next;
	const char *what;                 /* "timer", static */
	void (*sweep)(struct holding *h); /* give back and free; removes itself from the ledger */
	struct ledger *ledger;
};

/** How many things of one sort a plugin may hold (timers, services in use …). */
#define LEDGER_HOLDINGS_MAX 65536u

struct ledger {
	struct holding head; /* ring; newest behind it */
	unsigned n;          /* things held */
	atomic_uint flights[FLIGHT_KINDS];
	atomic_ulong refused[BOUNDS]; /* what was to begin beyond a bound, and did not */
};

/** An empty ledger, in the caller's memory; nothing is to be released. */
void ledger_init(struct ledger *l);

/** Write down, and cross out. Thread: logic. */
void ledger_add(
	struct ledger *l, struct holding *h, const char *what, void (*sweep)(struct holding *h));
void ledger_remove(struct holding *h);
bool ledger_empty(const struct ledger *l);

/**
 * Give back everything held, newest first, until a moment of clock_mono_us(); at least one thing.
 *
 * @return how many things were given back; more may be left (ledger_empty). Thread: logic.
 */
unsigned ledger_sweep(struct ledger *l, int64_t until_us);

/** Count what begins and ends. Thread: any. */
void ledger_begin(struct ledger *l, enum flight kind);
/** The same within the bound. @return false: not counted as begun, the bound is reached */
bool ledger_try(struct ledger *l, enum flight kind);
/** "work", "timer" …: what a bound is of. Static. bound: enum flight or enum bound. */
const char *bound_name(unsigned bound);
void ledger_end(struct ledger *l, enum flight kind);
/** How much is in flight. Thread: any. */
unsigned ledger_in_flight(const struct ledger *l);

/** The n-th sort of what is held or in flight. @return how many of it, 0: there is no n-th. Thread: logic. */
unsigned ledger_sort(const struct ledger *l, unsigned n, const char **what);

/** Who holds it, as words: "2 works, 1 timer"; "nothing". Cut to size. Thread: logic. */
void ledger_describe(const struct ledger *l, char *text, size_t size);

#endif
