/**
 * A ring of things held and a count of things in flight.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/ledger.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static const char *const flight_names[FLIGHT_KINDS] = {
	[FLIGHT_WORK] = "work",
	[FLIGHT_LANE] = "lane call",
	[FLIGHT_POST] = "post",
	[FLIGHT_DOCUMENT] = "document call",
	[FLIGHT_EVENT] = "event",
	[FLIGHT_TODO] = "todo",
	[FLIGHT_ROUTE] = "request",
	[FLIGHT_TICKET] = "deferred event",
	[FLIGHT_CALL] = "question to its service",
	[FLIGHT_HELPER] = "helper",
	[FLIGHT_QUESTION] = "question",
};

static const unsigned flight_bounds[FLIGHT_KINDS] = {
	[FLIGHT_WORK] = 4096,
	[FLIGHT_LANE] = 65536,
	[FLIGHT_POST] = 65536,
	[FLIGHT_DOCUMENT] = 16384,
	[FLIGHT_EVENT] = 4096,
	[FLIGHT_TICKET] = 10000,
	[FLIGHT_HELPER] = 64,
	[FLIGHT_QUESTION] = 4096,
};

static void describe_add(char *text, size_t size, unsigned n, const char *what)
{
	size_t len = strlen(text);
	if (n > 0)
		snprintf(text + len, size - len, "%s%u %s%s", len > 0 ? ", " : "", n, what,
			n > 1 ? "s" : "");
}

/* ------------------------------------------------------------------------------------------ */

unsigned flight_max(enum flight kind)
{
	return flight_bounds[kind];
}

void ledger_init(struct ledger *l)
{
	memset(l, 0, sizeof(*l));
	l->head.prev = l->head.next = &l->head;
	l->head.what = "";
}

void ledger_add(
	struct ledger *l, struct holding *h, const char *what, void (*sweep)(struct holding *h))
{
	h->what = what;
	h->sweep = sweep;
	h->ledger = l;
	l->n++;
	h->prev = &l->head;
	h->next = l->head.next;
	h->next->prev = h;
	l->head.next = h;
}

void ledger_remove(struct holding *h)
{
	h->prev->next = h->next;
	h->next->prev = h->prev;
	h->prev = h->next = h;
	h->ledger->n--;
}

bool ledger_empty(const struct ledger *l)
{
	return l->head.next == &l->head;
}

unsigned ledger_sweep(struct ledger *l, int64_t until_us)
{
	unsigned n = 0;
	while (!ledger_empty(l)) {
		struct holding *h = l->head.next;
		h->sweep(h);
		assert(l->head.next != h);
		if ((++n & 15) == 0 && clock_mono_us() >= until_us)
			break;
	}
	return n;
}

void ledger_begin(struct ledger *l, enum flight kind)
{
	atomic_fetch_add(&l->flights[kind], 1);
}

bool ledger_try(struct ledger *l, enum flight kind)
{
	if (atomic_fetch_add(&l->flights[kind], 1) < flight_bounds[kind])
		return true;
	ledger_end(l, kind);
	return false;
}

const char *bound_name(unsigned bound)
{
	if (bound < FLIGHT_KINDS)
		return flight_names[bound];
	return bound == BOUND_HOLDING ? "thing held" : "event a second";
}

void ledger_end(struct ledger *l, enum flight kind)
{
	unsigned before = atomic_fetch_sub(&l->flights[kind], 1);
	assert(before > 0);
	(void)before;
}

unsigned ledger_in_flight(const struct ledger *l)
{
	unsigned n = 0;
	for (unsigned i = 0; i < FLIGHT_KINDS; i++)
		n += atomic_load(&l->flights[i]);
	return n;
}

unsigned ledger_sort(const struct ledger *l, unsigned n, const char **what)
{
	for (unsigned i = 0; i < FLIGHT_KINDS; i++) {
		unsigned count = atomic_load(&l->flights[i]);
		*what = flight_names[i];
		if (count > 0 && n-- == 0)
			return count;
	}
	/* Each sort of thing once, where it is met first. */
	for (const struct holding *h = l->head.next; h != &l->head; h = h->next) {
		unsigned count = 0;
		const struct holding *k = l->head.next;
		while (k != h && strcmp(k->what, h->what) != 0)
			k = k->next;
		if (k != h || n-- > 0)
			continue;
		for (; k != &l->head; k = k->next)
			count += strcmp(k->what, h->what) == 0;
		*what = h->what;
		return count;
	}
	return 0;
}

void ledger_describe(const struct ledger *l, char *text, size_t size)
{
	const char *what;
	unsigned n;
	text[0] = '\0';
	for (unsigned i = 0; (n = ledger_sort(l, i, &what)) > 0; i++)
		describe_add(text, size, n, what);
	if (text[0] == '\0')
		snprintf(text, size, "nothing");
}
