/**
 * Copies of logs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/map.h"
#include "sim/run.h"
#include "sim/sight.h"
#include "sim/truth.h"

#define LAW_HOLES "no stream has a hole"
#define LAW_ROWS "what is shown is what was committed"
#define LAW_SIGHT "who may see it whole does, the others get a stub"
#define LAW_COMPLETE "a copy at a rev is complete"
#define LAW_KICK "nothing comes after the end of a subscription"

/** kind and id of a row as text; a message's id is its seq. */
static void row_names(const json_t *row, char kind[40], char id[140])
{
	const json_t *name = json_object_get(row, "id");

	snprintf(kind, 40, "%s", json_str(row, "kind") ? json_str(row, "kind") : "");
	if (json_is_integer(name)) {
		snprintf(id, 140, "%lld", (long long)json_integer_value(name));
	} else {
		snprintf(id, 140, "%s", json_string_value(name) ? json_string_value(name) : "");
	}
}

static void rows_free(struct copy *c)
{
	size_t pos = 0;
	void *held;

	while (strmap_next(c->rows, &pos, NULL, &held)) {
		free(held);
	}
	strmap_free(c->rows);
}

static void copy_free(struct copy *c)
{
	rows_free(c);
	free(c);
}

/** The newest whole message is named in a sync, so that the server sees another history. */
static void note_tail(struct copy *c, const json_t *row, bool hidden)
{
	const char *cid = json_str(row, "cid");
	uint64_t seq = (uint64_t)json_int(row, "id", 0);

	if (!hidden && cid && seq > c->tail_seq && json_is_integer(json_object_get(row, "id"))) {
		c->tail_seq = seq;
		snprintf(c->tail_cid, sizeof(c->tail_cid), "%s", cid);
	}
}

static void take_row(struct mirror *m, struct copy *c, const json_t *row, const char *when)
{
	char kind[40], id[140], key[200];
	struct held *held;
	uint64_t rev = (uint64_t)json_int(row, "rev", 0);
	bool hidden = json_bool(row, "hidden");

	mirror_row_check(m, c->id, row, when);
	row_names(row, kind, id);
	snprintf(key, sizeof(key), "%s:%s", kind, id);
	held = strmap_find(c->rows, key);
	if (!held) {
		held = alloc_zero(1, sizeof(*held));
		strmap_put(c->rows, key, held);
	}
	if (rev > held->rev || (rev == held->rev && held->hidden)) {
		held->rev = rev;
		held->hidden = hidden;
		note_tail(c, row, hidden);
	}
}

static void take_rows(struct mirror *m, struct copy *c, const json_t *rows, const char *when)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		take_row(m, c, row, when);
	}
}

/** ord, all and first of a frame are those of its last entry; `by` names every entry. */
static void check_numbers(struct mirror *m, const struct copy *c, const json_t *frame)
{
	struct truth_log *lg = truth_log(run_truth(m->run), c->id);
	uint64_t prev = (uint64_t)json_int(frame, "prev", 0);
	uint64_t rev = (uint64_t)json_int(frame, "rev", 0);
	const struct truth_entry *e = lg ? truth_entry(lg, rev) : NULL;
	const json_t *by = json_object_get(frame, "by");
	size_t i;
	json_t *one;

	if (!e) {
		law_broken(m->run, LAW_ROWS, "%s: %s was told of rev %llu, which is not there",
			c->id, m->user, (unsigned long long)rev);
		return;
	}
	if ((uint64_t)json_int(frame, "ord", 0) != e->ord ||
		(uint64_t)json_int(frame, "all", 0) != e->all ||
		(uint64_t)json_int(frame, "first", 0) != e->first) {
		law_broken(m->run, LAW_ROWS, "%s rev %llu: ord, all or first differ", c->id,
			(unsigned long long)rev);
	}
	if (by && json_array_size(by) != rev - prev) {
		law_broken(m->run, LAW_ROWS, "%s rev %llu: 'by' names %zu entries of %llu", c->id,
			(unsigned long long)rev, json_array_size(by),
			(unsigned long long)(rev - prev));
	}
	json_array_foreach(by, i, one)
	{
		e = truth_entry(lg, prev + 1 + i);
		if (!e || strcmp(json_str(one, "user"), e->sender) != 0 ||
			strcmp(json_str(one, "op"), e->op) != 0) {
			law_broken(m->run, LAW_ROWS, "%s rev %llu: 'by' names another entry", c->id,
				(unsigned long long)(prev + 1 + i));
		}
	}
}

/** A connection's changes of a log join each other, unless some were dropped as it read too slowly. */
static void follow_stream(struct mirror *m, struct copy *c, uint64_t prev, uint64_t rev)
{
	if (c->level < 2) {
		law_broken(m->run, LAW_KICK, "%s: %s gets rev %llu without a subscription", c->id,
			m->user, (unsigned long long)rev);
	} else if (prev != rev && prev != c->stream && m->dropped == run_dropped(m->run)) {
		law_broken(m->run, LAW_HOLES, "%s: %s heard of rev %llu, then of %llu to %llu",
			c->id, m->user, (unsigned long long)c->stream, (unsigned long long)prev,
			(unsigned long long)rev);
	}
	c->stream = rev;
}

/* -------------------------------------------------------------------------------------------- */

void mirror_init(struct mirror *m, struct run *run, const char *user)
{
	*m = (struct mirror){.run = run, .user = user, .copies = strmap_new()};
}

void mirror_fini(struct mirror *m)
{
	size_t pos = 0;
	void *c;

	while (strmap_next(m->copies, &pos, NULL, &c)) {
		copy_free(c);
	}
	strmap_free(m->copies);
}

struct copy *mirror_find(const struct mirror *m, const char *log)
{
	return strmap_find(m->copies, log);
}

struct copy *mirror_get(struct mirror *m, const char *log)
{
	struct copy *c = mirror_find(m, log);

	if (!c) {
		c = alloc_zero(1, sizeof(*c) + strlen(log) + 1);
		strcpy(c->id, log);
		c->rows = strmap_new();
		strmap_put(m->copies, log, c);
	}
	return c;
}

void mirror_reset(struct copy *c)
{
	rows_free(c);
	c->rows = strmap_new();
	c->rev = c->tail_seq = 0;
	c->tail_cid[0] = c->epoch[0] = '\0';
}

void mirror_drop(struct mirror *m, const char *log)
{
	struct copy *c = strmap_take(m->copies, log);

	if (c) {
		copy_free(c);
	}
}

void mirror_unwatch(struct mirror *m)
{
	size_t pos = 0;
	void *c;

	while (strmap_next(m->copies, &pos, NULL, &c)) {
		((struct copy *)c)->level = 0;
		((struct copy *)c)->stream = 0;
		((struct copy *)c)->syncing = false;
	}
}

void mirror_announce(struct mirror *m, struct copy *c, uint64_t rev, unsigned level)
{
	const struct truth_log *lg = truth_log(run_truth(m->run), c->id);

	if (rev && (!lg || rev > lg->n)) {
		law_broken(m->run, LAW_ROWS, "%s: a reply names rev %llu, which is not there",
			c->id, (unsigned long long)rev);
	}
	c->stream = rev;
	c->level = level;
	if (rev > c->seen) {
		c->seen = rev;
	}
}

void mirror_change(struct mirror *m, const json_t *frame)
{
	const char *log = json_str(frame, "channel");
	uint64_t prev = (uint64_t)json_int(frame, "prev", 0);
	uint64_t rev = (uint64_t)json_int(frame, "rev", 0);
	struct copy *c = mirror_get(m, log);

	follow_stream(m, c, prev, rev);
	if (rev > c->seen) {
		c->seen = rev;
	}
	if (prev == rev) {
		return; /* some were dropped: sync */
	}
	check_numbers(m, c, frame);
	if (rev <= c->rev || prev > c->rev) {
		return;
	}
	take_rows(m, c, json_object_get(frame, "rows"), "live");
	c->rev = rev;
}

void mirror_sync(struct mirror *m, struct copy *c, const json_t *item, uint64_t asked)
{
	const struct truth_log *lg = truth_log(run_truth(m->run), c->id);
	uint64_t rev = (uint64_t)json_int(item, "rev", 0);

	if (asked > c->rev) {
		return; /* the copy that this was asked for has been dropped since (bye) */
	}
	c->syncing = false;
	if (json_bool(item, "reset")) {
		m->run->verdict->resets++;
		if (lg && asked <= lg->n) {
			law_broken(m->run, "only another history is a reset",
				"%s: %s asked from rev %llu of %zu", c->id, m->user,
				(unsigned long long)asked, lg->n);
		}
		mirror_reset(c);
		return;
	}
	snprintf(c->epoch, sizeof(c->epoch), "%s", json_str(item, "epoch"));
	take_rows(m, c, json_object_get(item, "rows"), "sync");
	if (rev > c->rev) {
		c->rev = rev;
	}
	if (rev > c->seen) {
		c->seen = rev;
	}
	if (json_bool(item, "more")) {
		c->seen = rev + 1 > c->seen ? rev + 1 : c->seen;
	} else {
		mirror_check(m, c, "after a sync");
	}
}

bool mirror_behind(const struct copy *c)
{
	return c->seen > c->rev;
}

void mirror_row_check(struct mirror *m, const char *log, const json_t *row, const char *when)
{
	struct truth_log *lg = truth_log(run_truth(m->run), log);
	uint64_t rev = (uint64_t)json_int(row, "rev", 0);
	struct truth_row *t;
	enum sight_verdict may;
	char kind[40], id[140];
	bool hidden = json_bool(row, "hidden"), gone = json_bool(row, "gone");

	row_names(row, kind, id);
	t = lg ? truth_row_at(lg, kind, id, rev) : NULL;
	if (!t || t->rev != rev || gone != t->gone) {
		law_broken(m->run, LAW_ROWS, "%s: %s is shown %s %s rev %llu (%s)", log, m->user,
			kind, id, (unsigned long long)rev, when);
		return;
	}
	may = sight_of(run_truth(m->run), m->user, lg, t);
	if (may != SIGHT_EITHER && (may == SIGHT_STUB) != hidden) {
		law_broken(m->run, LAW_SIGHT, "%s: %s gets %s %s rev %llu %s (%s)", log, m->user,
			kind, id, (unsigned long long)rev, hidden ? "hidden" : "whole", when);
	}
	if (!hidden && !gone && !json_equal((json_t *)row, (json_t *)truth_json(t))) {
		law_broken(m->run, LAW_ROWS, "%s: %s %s rev %llu is another one (%s)", log, kind,
			id, (unsigned long long)rev, when);
	}
}

void mirror_check(struct mirror *m, struct copy *c, const char *when)
{
	const struct truth_log *lg = truth_log(run_truth(m->run), c->id);
	size_t pos = 0;
	const char *key;
	void *value;

	while (lg && strmap_next(lg->rows, &pos, &key, &value)) {
		struct truth_row *r = value;
		struct held *held = strmap_find(c->rows, key);

		while (r && r->rev > c->rev) {
			r = r->before;
		}
		if (r && !(r->gone && !held) && (!held || held->rev != r->rev)) {
			law_broken(m->run, LAW_COMPLETE,
				"%s: %s at rev %llu has %s of rev %llu, "
				"it is of rev %llu (%s)",
				c->id, m->user, (unsigned long long)c->rev, key,
				(unsigned long long)(held ? held->rev : 0),
				(unsigned long long)r->rev, when);
			return;
		}
	}
}
