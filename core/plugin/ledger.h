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

/** What may be in flight: begun for a plugin, and sure to end in a call into it. */
enum flight {
	FLIGHT_WORK,
	FLIGHT_LANE,
	FLIGHT_POST,
	FLIGHT_DOCUMENT,
	FLIGHT_EVENT,
	FLIGHT_TODO,
	FLIGHT_ROUTE,
	FLIGHT_KINDS,
};

/** One thing held, embedded in what is held. Thread: logic. */
struct holding {
	struct holding *prev, *next;
	const char *what;                 /* "timer", static */
	void (*sweep)(struct holding *h); /* give back and free; removes itself from the ledger */
};

struct ledger {
	struct holding head; /* ring; newest behind it */
	atomic_uint flights[FLIGHT_KINDS];
};

/** An empty ledger, in the caller's memory; nothing is to be released. */
void ledger_init(struct ledger *l);

/** Write down, and cross out. Thread: logic. */
void ledger_add(
	struct ledger *l, struct holding *h, const char *what, void (*sweep)(struct holding *h));
void ledger_remove(struct holding *h);
bool ledger_empty(const struct ledger *l);

/** Give back everything held, newest first. @return how many things there were. Thread: logic. */
unsigned ledger_sweep(struct ledger *l);

/** Count what begins and ends. Thread: any. */
void ledger_begin(struct ledger *l, enum flight kind);
void ledger_end(struct ledger *l, enum flight kind);
/** How much is in flight. Thread: any. */
unsigned ledger_in_flight(const struct ledger *l);

/** The n-th sort of what is held or in flight. @return how many of it, 0: there is no n-th. Thread: logic. */
unsigned ledger_sort(const struct ledger *l, unsigned n, const char **what);

/** Who holds it, as words: "2 works, 1 timer"; "nothing". Cut to size. Thread: logic. */
void ledger_describe(const struct ledger *l, char *text, size_t size);

#endif
