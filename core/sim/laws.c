/**
 * Laws that one answer shows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/laws.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "sim/mirror.h"
#include "sim/run.h"
#include "sim/sight.h"
#include "sim/truth.h"

#define LAW_HEAD "a head is what its last entry left"
#define LAW_UNREAD "unread is what section 3 defines"
#define LAW_PAGE "a page names exactly its seqs"

/** The numbers of a head, as some answer tells them. @return the log, or NULL if it is wrong */
static struct truth_log *check_head(
	struct run *run, const char *user, const char *id, const json_t *head)
{
	struct truth_log *lg = truth_log(run_truth(run), id);
	const struct truth_entry *e = lg ? truth_entry(lg, (uint64_t)json_int(head, "rev", 0))
					 : NULL;

	if (!e || (uint64_t)json_int(head, "seq", 0) != e->seq ||
		(uint64_t)json_int(head, "ord", 0) != e->ord ||
		(uint64_t)json_int(head, "all", 0) != e->all) {
		law_broken(run, LAW_HEAD, "%s rev %lld, as %s is told", id,
			(long long)json_int(head, "rev", 0), user);
		return NULL;
	}
	return lg;
}

/** What ord (or all) was when a message was made. */
static uint64_t ord_at(const struct truth_log *lg, uint64_t seq, bool all)
{
	for (size_t i = 0; i < lg->n; i++) {
		if (lg->entries[i]->message && lg->entries[i]->seq == seq) {
			return all ? lg->entries[i]->all : lg->entries[i]->ord;
		}
	}
	return 0;
}

static void check_unread(struct run *run, const char *user, const struct truth_log *lg,
	const json_t *item, const json_t *read)
{
	uint64_t rev = (uint64_t)json_int(item, "rev", 0), seq = (uint64_t)json_int(read, "seq", 0);
	uint64_t unread = sight_unread(lg, user, rev, seq, false);
	uint64_t all = sight_unread(lg, user, rev, seq, true);

	if ((uint64_t)json_int(read, "ord", 0) != ord_at(lg, seq, false) ||
		(uint64_t)json_int(read, "all", 0) != ord_at(lg, seq, true)) {
		law_broken(run, LAW_UNREAD,
			"%s: %s has read %" PRIu64 ", its ord or all is another", lg->id, user,
			seq);
	}
	if ((uint64_t)json_int(item, "unread", 0) != unread) {
		law_broken(run, LAW_UNREAD,
			"%s rev %" PRIu64 ": %s has read %" PRIu64 ", %" PRIu64
			" are unread, %lld are told",
			lg->id, rev, user, seq, unread, (long long)json_int(item, "unread", 0));
	}
	if ((uint64_t)json_int(item, "mentions", 0) < all) {
		law_broken(run, LAW_UNREAD,
			"%s rev %" PRIu64 ": %s has read %" PRIu64 ", %" PRIu64
			" mention all, %lld mentions are told",
			lg->id, rev, user, seq, all, (long long)json_int(item, "mentions", 0));
	}
}

/* -------------------------------------------------------------------------------------------- */

void law_item(struct run *run, const char *user, const json_t *item)
{
	struct truth_log *lg = check_head(run, user, json_str(item, "id"), item);
	const json_t *read = json_object_get(item, "read");

	if (lg && read) {
		check_unread(run, user, lg, item, read);
	}
}

void law_totals(struct run *run, const char *user, const json_t *hello)
{
	const json_t *totals = json_object_get(hello, "totals");
	uint64_t unread = 0, mentions = 0;
	bool guest = false;
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(hello, "channels"), i, item)
	{
		const char *role = json_str(item, "role");

		guest |= role && strcmp(role, "guest") == 0;
		unread += (uint64_t)json_int(item, "unread", 0);
		mentions += (uint64_t)json_int(item, "mentions", 0);
	}
	if (!guest &&
		((uint64_t)json_int(totals, "unread", 0) != unread ||
			(uint64_t)json_int(totals, "mentions", 0) != mentions)) {
		law_broken(
			run, LAW_UNREAD, "the totals of %s are not the sums of his channels", user);
	}
}

void law_page(struct run *run, struct mirror *m, const json_t *args, const json_t *ok)
{
	const char *channel = json_str(args, "channel");
	struct truth_log *lg = truth_log(run_truth(run), channel);
	uint64_t seq = (uint64_t)json_int(ok, "from", 0), to = (uint64_t)json_int(ok, "to", 0);
	uint64_t rev = (uint64_t)json_int(ok, "rev", 0);
	size_t i;
	json_t *row;

	if (!ok) {
		return;
	}
	json_array_foreach(json_object_get(ok, "rows"), i, row)
	{
		struct truth_row *t;
		char id[24];

		snprintf(id, sizeof(id), "%" PRIu64, seq);
		t = lg ? truth_row_at(lg, "message", id, rev) : NULL;
		if (!t || (uint64_t)json_int(row, "id", 0) != seq ||
			(uint64_t)json_int(row, "rev", 0) != t->rev) {
			law_broken(run, LAW_PAGE, "%s: %s gets %lld of rev %lld at the place of %s",
				channel, m->user, (long long)json_int(row, "id", 0),
				(long long)json_int(row, "rev", 0), id);
			return;
		}
		mirror_row_check(m, channel, row, "page");
		seq++;
	}
	if (seq != to + 1 && seq <= to) {
		law_broken(run, LAW_PAGE, "%s: the page of %s ends at %" PRIu64 ", not %" PRIu64,
			channel, m->user, seq - 1, to);
	}
}

void law_notice(struct run *run, const char *user, const json_t *notice)
{
	(void)check_head(run, user, json_str(notice, "channel"), notice);
}
