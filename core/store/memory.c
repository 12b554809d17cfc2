/**
 * The memory store's front: its functions, when a call is carried out, and how it goes wrong.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/chance.h"
#include "base/ids.h"
#include "loop/loop.h"
#include "store/memory_internal.h"

/** What a call came to. */
enum fate { FATE_FINE, FATE_BUSY, FATE_LOST, FATE_APPLIED, FATE_PARTIAL, FATE_FAILED };

/** A call that is answered late. */
struct late {
	struct timer timer;
	struct memory *m;
	struct confab_call *call;
	void (*exec)(struct memory *m, struct confab_call *call);
	enum store_verb verb;
};

static bool verb_writes(enum store_verb verb)
{
	switch (verb) {
	case STORE_VERB_commit:
	case STORE_VERB_cursor_put:
	case STORE_VERB_purge:
	case STORE_VERB_todo_done:
	case STORE_VERB_lease:
		return true;
	default:
		return false;
	}
}

static bool call_writes(enum store_verb verb, const struct confab_call *call)
{
	if (verb != STORE_VERB_doc)
		return verb_writes(verb);
	const struct confab_doc_call *doc = (const struct confab_doc_call *)(const void *)call;
	return doc->verb == CONFAB_DOC_PUT || doc->verb == CONFAB_DOC_DELETE;
}

static bool by_chance(unsigned mille)
{
	return mille && chance_below(1000) < mille;
}

static enum fate fate_draw(struct memory *m, enum store_verb verb, const struct confab_call *call)
{
	const struct memory_faults *f = &m->faults;
	if (!call_writes(verb, call))
		return by_chance(f->failed) ? FATE_FAILED : FATE_FINE;
	if (by_chance(f->busy))
		return FATE_BUSY;
	if (by_chance(f->lost))
		return FATE_LOST;
	if (by_chance(f->applied))
		return FATE_APPLIED;
	return verb == STORE_VERB_commit && by_chance(f->partial) ? FATE_PARTIAL : FATE_FINE;
}

static void call_fail(enum store_verb verb, struct confab_call *call, int rc, const char *text)
{
	call->rc = rc;
	snprintf(call->text, sizeof(call->text), "%s", text);
	if (verb == STORE_VERB_commit) {
		struct confab_commit *c = (struct confab_commit *)(void *)call;
		c->result = rc == CONFAB_EBUSY ? CONFAB_COMMIT_BUSY : CONFAB_COMMIT_UNKNOWN;
	}
}

/* Another node was faster after our first entries: write those, and say so. */
static void commit_partly(struct memory *m, struct confab_call *call)
{
	struct confab_commit *c = (struct confab_commit *)(void *)call;
	size_t n = c->n;
	if (n > 1) {
		c->n = 1 + (size_t)chance_below(n - 1);
		exec_commit(m, call);
		c->n = n;
	}
	if (n < 2 || c->result == CONFAB_COMMIT_DONE)
		exec_commit(m, call);
}

static void call_carry_out(struct memory *m, enum store_verb verb, struct confab_call *call,
	void (*exec)(struct memory *m, struct confab_call *call))
{
	switch (fate_draw(m, verb, call)) {
	case FATE_FINE:
		exec(m, call);
		break;
	case FATE_BUSY:
		m->stats.busy++;
		call_fail(verb, call, CONFAB_EBUSY, "busy by a planted fault");
		break;
	case FATE_APPLIED:
		exec(m, call);
		/* fallthrough */
	case FATE_LOST:
		m->stats.unknown++;
		call_fail(verb, call, CONFAB_EUNKNOWN, "unknown by a planted fault");
		break;
	case FATE_PARTIAL:
		commit_partly(m, call);
		break;
	case FATE_FAILED:
		call_fail(verb, call, CONFAB_EIO, "unreadable by a planted fault");
		break;
	}
}

static void late_arrive(void *arg)
{
	struct late *late = arg;
	if (late->exec)
		call_carry_out(late->m, late->verb, late->call, late->exec);
	confab_call_done(late->call);
	free(late);
}

static void call_take(struct memory *m, enum store_verb verb, struct confab_call *call,
	void (*exec)(struct memory *m, struct confab_call *call))
{
	if (!by_chance(m->faults.delayed) || m->faults.delay_max_us <= 0) {
		call_carry_out(m, verb, call, exec);
		confab_call_done(call);
		return;
	}
	struct late *late = alloc_zero(1, sizeof(*late));
	late->m = m;
	late->call = call;
	late->verb = verb;
	if (chance_below(2))
		late->exec = exec;
	else
		call_carry_out(m, verb, call, exec);
	timer_init(&late->timer, late_arrive, late);
	timer_start(loop_current(), &late->timer,
		(int64_t)chance_below((uint64_t)m->faults.delay_max_us) + 1);
}

#define CALL_DEFINE(name, type) \
	static void memory_##name(void *ctx, struct type *c) \
	{ \
		call_take(ctx, STORE_VERB_##name, &c->call, exec_##name); \
	}
STORE_CALLS(CALL_DEFINE)

static void memory_stats(void *ctx, struct confab_store_stats *out)
{
	*out = ((struct memory *)ctx)->stats;
}

/* ------------------------------------------------------------------------------------------- */

struct memory *memory_new(void)
{
	struct memory *m = alloc_zero(1, sizeof(*m));
	m->logs = strmap_new();
	m->leases = strmap_new();
	return m;
}

void memory_free(struct memory *m)
{
	if (!m)
		return;
	size_t pos = 0;
	void *log;
	while (strmap_next(m->logs, &pos, NULL, &log))
		mem_log_free(log);
	strmap_free(m->logs);
	mem_side_free(m);
	free(m);
}

const struct confab_store *memory_store(void)
{
#define CALL_ROW(name, type) .name = memory_##name,
	static const struct confab_store store = {
		.size = sizeof(store),
		.name = "memory",
		STORE_CALLS(CALL_ROW).stats = memory_stats,
	};
	return &store;
}

void memory_faults_set(struct memory *m, const struct memory_faults *faults)
{
	m->faults = *faults;
}

void memory_epoch_renew(struct memory *m)
{
	size_t pos = 0;
	void *log;
	while (strmap_next(m->logs, &pos, NULL, &log))
		id_random(((struct mem_log *)log)->epoch, 16);
}
