/**
 * The memory store behind lanes, with a witness.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/depot.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "loop/sim.h"
#include "loop/work.h"
#include "sim/run.h"
#include "sim/truth.h"
#include "store/arena.h"
#include "store/memory.h"
#include "store/memory_internal.h"
#include "store/store.h"

#define READERS 2

struct depot {
	struct run *run;
	struct memory *memory;
	struct truth *truth;
	struct lane *writer, *readers[READERS];
};

/** A call on its way through a lane. */
struct carry {
	struct work work;
	struct depot *depot;
	void *call;
};

static uint64_t rev_of(struct depot *d, const char *log)
{
	struct mem_log *lg = mem_log_find(d->memory, log);

	return lg ? lg->head.rev : 0;
}

/** Write down what a commit left in the log, whatever it said about it. */
static void witness(struct depot *d, const struct confab_commit *c, uint64_t before)
{
	uint64_t now = rev_of(d, c->log);

	for (uint64_t rev = before + 1; rev <= now; rev++) {
		const struct confab_entry *e = &c->entries[rev - c->at - 1];

		truth_add(d->truth, c->log, e);
		d->run->verdict->entries++;
		sim_trace_mix(&e->rev, sizeof(e->rev));
		sim_trace_mix(e->result, strlen(e->result));
		run_trace(d->run, "commit %s rev %llu %s by '%s' cid %s", c->log,
			(unsigned long long)rev, e->op, e->sender, e->cid);
	}
	if (c->result == CONFAB_COMMIT_REFUSED && c->call.rc == CONFAB_EINVAL) {
		law_broken(d->run, "the store understands every commit", "%s: %s", c->log,
			c->call.text);
	}
	if (c->result == CONFAB_COMMIT_MOVED) {
		d->run->verdict->moved++;
	}
	run_trace(d->run, "store %s at %llu + %zu: result %d", c->log, (unsigned long long)c->at,
		c->n, (int)c->result);
}

/* --- plants: ways in which a store could lie -------------------------------------------------- */

static bool planted(struct depot *d, enum plant plant, unsigned mille)
{
	return d->run->plan->plant == plant && odds(mille);
}

/** Entries whose cids are forgotten: the unique key is not there. */
static void forget_cids(struct confab_commit *c)
{
	struct confab_entry *e = (struct confab_entry *)c->entries;

	for (size_t i = 0; i < c->n; i++) {
		e[i].cid = "";
	}
}

/** Another letter where the text of a row begins. */
static void alter_bodies(struct confab_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *text = rows[i].body_len ? strstr(rows[i].body, "\"text\":\"") : NULL;

		if (text) {
			text[8] = text[8] == 'X' ? 'Y' : 'X';
		}
	}
}

static void commit_carried(struct depot *d, struct confab_commit *c)
{
	uint64_t before = rev_of(d, c->log);

	if (c->at && c->log[0] != '@' && planted(d, PLANT_ACK_FIRST, 20)) {
		c->result = CONFAB_COMMIT_DONE;
		c->call.rc = 0;
		c->head = (struct confab_head){.log = c->log, .rev = c->at + c->n, .epoch = ""};
		confab_call_done(&c->call);
		return;
	}
	if (planted(d, PLANT_CID, 300)) {
		forget_cids(c);
	}
	memory_store()->commit(d->memory, c);
	witness(d, c, before);
}

/** The head is read when the rows have been: what comes between is claimed and missing. */
static void rows_carried(struct depot *d, struct confab_rows *c)
{
	memory_store()->rows(d->memory, c);
	if (!c->call.rc && c->n > 1 && !c->more && planted(d, PLANT_HEAD_LATE, 300)) {
		c->n--;
	}
	for (size_t i = 0; i < c->n && d->run->plan->plant == PLANT_WHOLE; i++) {
		c->rows[i].audience = NULL;
	}
	if (!c->call.rc && planted(d, PLANT_BODY, 100)) {
		alter_bodies(c->rows, c->n);
	}
}

static void heads_carried(struct depot *d, struct confab_heads *c)
{
	memory_store()->heads(d->memory, c);
	for (size_t i = 0; i < c->n && d->run->plan->plant == PLANT_MARKS; i++) {
		c->heads[i].n_deleted = 0;
	}
}

static void list_carried(struct depot *d, struct confab_row_list *c)
{
	memory_store()->list(d->memory, c);
	if (d->run->plan->plant == PLANT_MARKS) {
		c->head.n_deleted = 0;
	}
}

/* --- carrying --------------------------------------------------------------------------------- */

static void carried(struct work *w, int rc)
{
	(void)rc;
	free(w);
}

static void carry(struct depot *d, struct lane *lane, int (*run)(struct work *w), void *call)
{
	struct carry *c = alloc_zero(1, sizeof(*c));

	c->work.run = run;
	c->work.done = carried;
	c->depot = d;
	c->call = call;
	lane_submit(lane, &c->work);
}

static struct lane *reader(struct depot *d)
{
	return d->readers[sim_draw(READERS)];
}

/* A function on the lane and one of the vtable, per row of the table of calls. */
#define CARRY(name, type, lane_, how) \
	static int run_##name(struct work *w) \
	{ \
		struct carry *c = (struct carry *)w; \
		how; \
		return 0; \
	} \
	static void depot_##name(void *ctx, struct type *call) \
	{ \
		struct depot *d = ctx; \
		carry(d, lane_, run_##name, call); \
	}
#define PLAINLY(name) memory_store()->name(c->depot->memory, c->call)

CARRY(commit, confab_commit, d->writer, commit_carried(c->depot, c->call))
CARRY(heads, confab_heads, reader(d), heads_carried(c->depot, c->call))
CARRY(changed, confab_changed, reader(d), PLAINLY(changed))
CARRY(known, confab_known, reader(d), PLAINLY(known))
CARRY(entries, confab_entries, reader(d), PLAINLY(entries))
CARRY(rows, confab_rows, reader(d), rows_carried(c->depot, c->call))
CARRY(row_get, confab_row_get, reader(d), PLAINLY(row_get))
CARRY(list, confab_row_list, reader(d), list_carried(c->depot, c->call))
CARRY(tagged, confab_tagged, reader(d), PLAINLY(tagged))
CARRY(page, confab_page, reader(d), PLAINLY(page))
CARRY(thread, confab_thread, reader(d), PLAINLY(thread))
CARRY(search, confab_search, reader(d), PLAINLY(search))
CARRY(cursor_put, confab_cursor_put, d->writer, PLAINLY(cursor_put))
CARRY(cursors, confab_cursors, reader(d), PLAINLY(cursors))
CARRY(purge, confab_purge, d->writer, PLAINLY(purge))
CARRY(todos, confab_todos, reader(d), PLAINLY(todos))
CARRY(todo_done, confab_todo_done, d->writer, PLAINLY(todo_done))
CARRY(lease, confab_lease, d->writer, PLAINLY(lease))
CARRY(doc, confab_doc_call, d->writer, PLAINLY(doc))
CARRY(backup, confab_backup, d->writer, PLAINLY(backup))

static void depot_stats(void *ctx, struct confab_store_stats *out)
{
	memory_store()->stats(((struct depot *)ctx)->memory, out);
}

static struct lane *lane_make(const char *name)
{
	struct confab_error err = {0};
	struct lane *lane = lane_new(name, &err);

	if (!lane) {
		abort(); /* no thread is made in a simulation */
	}
	return lane;
}

/* -------------------------------------------------------------------------------------------- */

struct depot *depot_new(struct run *run)
{
	struct depot *d = alloc_zero(1, sizeof(*d));

	d->run = run;
	d->memory = memory_new();
	d->truth = truth_new();
	d->writer = lane_make("writer");
	for (unsigned i = 0; i < READERS; i++) {
		d->readers[i] = lane_make("reader");
	}
	return d;
}

void depot_free(struct depot *d)
{
	if (!d) {
		return;
	}
	lane_free(d->writer);
	for (unsigned i = 0; i < READERS; i++) {
		lane_free(d->readers[i]);
	}
	memory_free(d->memory);
	truth_free(d->truth);
	free(d);
}

const struct confab_store *depot_store(void)
{
#define DEPOT_ROW(name, type) .name = depot_##name,
	static const struct confab_store store = {
		.size = sizeof(store),
		.name = "depot",
		STORE_CALLS(DEPOT_ROW).stats = depot_stats,
	};
	return &store;
}

void depot_faults_set(struct depot *d, const struct memory_faults *faults)
{
	static const struct memory_faults none;

	memory_faults_set(d->memory, faults ? faults : &none);
}

struct truth *depot_truth(struct depot *d)
{
	return d->truth;
}

struct memory *depot_memory(struct depot *d)
{
	return d->memory;
}

size_t depot_undone(const struct depot *d)
{
	return d->memory->todos.n;
}

bool depot_outside(struct depot *d, const char *log, const struct confab_entry *entry)
{
	struct confab_commit c = {.log = log, .at = entry->rev - 1, .entries = entry, .n = 1};
	bool done;

	c.call.arena = arena_new();
	exec_commit(d->memory, &c.call);
	done = c.result == CONFAB_COMMIT_DONE;
	if (done) {
		witness(d, &c, entry->rev - 1);
	}
	arena_free(c.call.arena);
	return done;
}
