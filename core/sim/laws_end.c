/**
 * Laws of the whole: what was committed, in order, by whom it might be; and that all clients agree.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "sim/client.h"
#include "sim/laws.h"
#include "sim/book.h"
#include "sim/run.h"
#include "sim/sight.h"
#include "sim/truth.h"

#define LAW_DENSE "the numbers are dense and mean what they say"
#define LAW_AT "a change is judged at its rev"
#define LAW_ONCE "a cid is done once"
#define LAW_ORDER "a session's changes keep their order"
#define LAW_SAME "everybody ends with the same"
#define LAW_SETTLES "everything ends"

/* --- one log ---------------------------------------------------------------------------------- */

static void check_numbers(struct run *run, const struct truth_log *lg)
{
	uint64_t seq = 0, ord = 0, all = 0;
	int64_t ts = 0;

	for (size_t i = 0; i < lg->n; i++) {
		const struct truth_entry *e = lg->entries[i];

		seq += e->message;
		ord += e->message && e->counts;
		all += e->message && e->counts && e->counts_all;
		if (e->rev != i + 1 || e->seq != seq || e->ord != ord || e->all != all ||
			e->ts < ts) {
			law_broken(run, LAW_DENSE, "%s rev %" PRIu64, lg->id, e->rev);
			return;
		}
		ts = e->ts;
		if (e->next_of_cid) {
			law_broken(run, LAW_ONCE, "%s: %s of %s is rev %" PRIu64 " and %" PRIu64,
				lg->id, e->cid, e->sender, e->next_of_cid->rev, e->rev);
		}
	}
}

static bool is_speech(const char *op)
{
	return strcmp(op, "message.send") == 0 || strcmp(op, "message.edit") == 0 ||
		strcmp(op, "message.delete") == 0;
}

static void check_permitted(
	struct run *run, const struct truth_log *lg, const struct truth_entry *e)
{
	struct truth_row *row = truth_row_at(lg, "member", e->sender, e->rev - 1);
	const json_t *m = row ? truth_json(row) : NULL;
	int64_t muted = json_int(m, "muted_until", 0);
	const char *role = json_str(m, "role");

	if (!m || !json_bool(m, "joined")) {
		law_broken(run, LAW_AT, "%s rev %" PRIu64 ": %s by %s, who is no member", lg->id,
			e->rev, e->op, e->sender);
		return;
	}
	if (strcmp(e->op, "message.send") != 0) {
		return;
	}
	if (role && strcmp(role, "reader") == 0) {
		law_broken(run, LAW_AT, "%s rev %" PRIu64 ": %s may only read and speaks", lg->id,
			e->rev, e->sender);
	}
	if (muted < 0 || muted > e->ts) {
		law_broken(run, LAW_AT, "%s rev %" PRIu64 ": %s is muted and speaks", lg->id,
			e->rev, e->sender);
	}
	row = truth_row_at(lg, "channel", lg->id, e->rev - 1);
	if (row && json_bool(truth_json(row), "locked") && role && strcmp(role, "member") == 0) {
		law_broken(run, LAW_AT, "%s rev %" PRIu64 ": %s speaks in a locked channel", lg->id,
			e->rev, e->sender);
	}
}

/** Is the sender of an entry one whom slow mode binds, as things stand before it? @return how long, or 0 */
static int64_t slow_holds(const struct truth_log *lg, const struct truth_entry *e)
{
	struct truth_row *channel = truth_row_at(lg, "channel", lg->id, e->rev - 1);
	struct truth_row *member = truth_row_at(lg, "member", e->sender, e->rev - 1);
	const char *role = member ? json_str(truth_json(member), "role") : NULL;

	return channel && role && strcmp(role, "member") == 0
		? json_int(truth_json(channel), "slow_ms", 0)
		: 0;
}

/** Is a message one that not everybody sees? */
static bool is_restricted(const struct truth_entry *e)
{
	for (size_t i = 0; i < e->n_rows; i++) {
		if (strcmp(e->rows[i]->kind, "message") == 0 && e->rows[i]->seq == e->seq) {
			return e->rows[i]->audience != NULL;
		}
	}
	return false;
}

/** Two messages of one member are at least as far apart as the slow mode of the later one's rev. When a
 *  restricted one was sent is nowhere stored: it binds by the node's memory, which is no law. */
static void check_slow(struct run *run, const struct truth_log *lg, size_t at)
{
	const struct truth_entry *e = lg->entries[at];
	int64_t slow = slow_holds(lg, e);

	if (!slow) {
		return;
	}
	for (size_t i = at; i-- > 0;) {
		const struct truth_entry *before = lg->entries[i];

		if (!before->message || strcmp(before->sender, e->sender) != 0 ||
			is_restricted(before)) {
			continue;
		}
		if (e->ts - before->ts < slow && slow_holds(lg, before)) {
			law_broken(run, LAW_AT,
				"%s rev %" PRIu64 ": %s sends %lld ms after rev %" PRIu64
				", slow mode is %lld",
				lg->id, e->rev, e->sender, (long long)(e->ts - before->ts),
				before->rev, (long long)slow);
		}
		return;
	}
}

/** Each change of a message's content is one version more; an edit made of ver n makes n + 1. */
static void check_versions(struct run *run, const struct truth_log *lg, const struct truth_entry *e)
{
	for (size_t i = 0; i < e->n_rows; i++) {
		struct truth_row *r = e->rows[i];
		int64_t was = r->before ? json_int(truth_json(r->before), "ver", 0) : 0;
		int64_t is = json_int(truth_json(r), "ver", 0);
		bool content = strcmp(e->op, "message.send") != 0 || !r->before;

		if (strcmp(r->kind, "message") == 0 && is != was + content) {
			law_broken(run, LAW_DENSE,
				"%s rev %" PRIu64 ": message %s goes from ver %lld to %lld", lg->id,
				e->rev, r->id, (long long)was, (long long)is);
		}
	}
}

static void check_log(struct run *run, const struct truth_log *lg)
{
	check_numbers(run, lg);
	for (size_t i = 0; i < lg->n && lg->id[0] != '@'; i++) {
		const struct truth_entry *e = lg->entries[i];

		if (is_speech(e->op) && e->sender[0] == 'u') {
			check_permitted(run, lg, e);
			check_versions(run, lg, e);
		}
		if (e->message) {
			check_slow(run, lg, i);
		}
	}
}

/* --- the book -------------------------------------------------------------------------------- */

static const struct truth_entry *entry_of(const struct run *run, const struct deed *d)
{
	const struct truth_log *lg = truth_log(run_truth(run), d->log);

	return lg ? truth_cid(lg, d->user, json_str(d->args, "cid")) : NULL;
}

/** What the same connection changed in the same log right before, at its first try; NULL: nothing. */
static const struct truth_entry *entry_before(const struct run *run, const struct deed *d)
{
	const struct truth_entry *found = NULL, *e;
	uint64_t sent = 0;

	for (size_t i = 0; i < run->book->n; i++) {
		const struct deed *other = run->book->deeds[i];

		if (other->client != d->client || other->conn != d->conn ||
			strcmp(other->log, d->log) != 0 || !other->first_answer ||
			other->tries != 1 || other->sent >= d->sent || other->sent < sent) {
			continue;
		}
		e = entry_of(run, other);
		found = e ? e : found;
		sent = e ? other->sent : sent;
	}
	return found;
}

/** Changes of one connection in one log, done at their first try, are in the order of sending. */
static void check_order(struct run *run, const struct deed *d)
{
	const struct truth_entry *e = entry_of(run, d), *before = entry_before(run, d);

	if (e && before && before->rev > e->rev) {
		law_broken(run, LAW_ORDER,
			"%s: %s sent %s after %s, they are rev %" PRIu64 " and %" PRIu64, d->log,
			d->user, e->cid, before->cid, e->rev, before->rev);
	}
}

static void check_book(struct run *run)
{
	const struct book *l = run->book;

	for (size_t i = 0; i < l->n; i++) {
		const struct deed *d = l->deeds[i];
		const struct truth_log *lg = truth_log(run_truth(run), d->log);
		const struct truth_entry *e = lg ? truth_cid(lg, d->user, json_str(d->args, "cid"))
						 : NULL;

		if (d->state == DEED_SENT || d->state == DEED_OPEN) {
			law_broken(run, LAW_SETTLES, "%s: %s of %s (%s) never got its answer",
				d->log, json_str(d->args, "op"), d->user, json_str(d->args, "cid"));
		}
		if (d->state == DEED_DONE && d->first_answer && d->tries == 1) {
			check_order(run, d);
		}
		if (e && d->state == DEED_DONE && strcmp(e->op, "message.edit") == 0 &&
			json_int(d->ok, "ver", 0) != json_int(d->args, "ver", 0) + 1) {
			law_broken(run, LAW_AT, "%s: an edit of ver %lld made ver %lld", d->log,
				(long long)json_int(d->args, "ver", 0),
				(long long)json_int(d->ok, "ver", 0));
		}
	}
}

/* --- everybody ---------------------------------------------------------------------------------- */

static void check_membership(struct run *run, struct client *c, struct truth_log *lg)
{
	char own[20];
	struct truth_log *own_log;
	struct truth_row *r;
	bool joined = sight_joined(lg, c->user, UINT64_MAX), listed;

	snprintf(own, sizeof(own), "@%s", c->user);
	own_log = truth_log(run_truth(run), own);
	r = own_log ? truth_row_at(own_log, "membership", lg->id, UINT64_MAX) : NULL;
	listed = r && !r->gone;
	if (joined != listed) {
		law_broken(run, LAW_SAME, "%s: %s is %s, his own log says he is %s", lg->id,
			c->user, joined ? "a member" : "no member", listed ? "one" : "none");
	}
	if (joined && listed && !mirror_find(&c->mirror, lg->id)) {
		law_broken(run, LAW_SAME, "%s: %s is a member and does not know of it", lg->id,
			c->user);
	}
}

static void check_client(struct run *run, struct client *c)
{
	struct truth_log *lg;
	size_t pos = 0;
	void *value;

	while (strmap_next(c->mirror.copies, &pos, NULL, &value)) {
		struct copy *copy = value;

		lg = truth_log(run_truth(run), copy->id);
		if (copy->level >= 2 && lg && copy->rev != lg->n) {
			law_broken(run, LAW_SAME, "%s: %s is at rev %" PRIu64 " of %zu", copy->id,
				c->user, copy->rev, lg->n);
		} else if (copy->level >= 2) {
			mirror_check(&c->mirror, copy, "at the end");
		}
	}
	pos = 0;
	while ((lg = truth_next(run_truth(run), &pos)) != NULL) {
		if (lg->id[0] != '@') {
			check_membership(run, c, lg);
		}
	}
}

/* -------------------------------------------------------------------------------------------- */

void laws_end(struct run *run)
{
	const struct truth_log *lg;
	size_t pos = 0;

	while ((lg = truth_next(run_truth(run), &pos)) != NULL) {
		check_log(run, lg);
	}
	check_book(run);
	for (unsigned i = 0; i < run->n_clients; i++) {
		check_client(run, run->clients[i]);
	}
}
