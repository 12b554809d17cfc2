/**
 * Visibility and unread by their definitions, slowly.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/sight.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "sim/truth.h"

/** What each state of the reader's member row says, from when the row was written until now. */
struct range {
	bool yes, no;
};

static void range_add(struct range *r, bool sees)
{
	r->yes |= sees;
	r->no |= !sees;
}

static bool list_has(const json_t *list, const char *word)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (strcmp(json_string_value(item), word) == 0) {
			return true;
		}
	}
	return false;
}

/** As one state of the reader's member row (NULL: no member) has it. */
static bool sees_as(struct truth_row *member, const char *user, const struct truth_row *row,
	const json_t *audience)
{
	const json_t *m = member ? truth_json(member) : NULL;
	bool joined = m && json_bool(m, "joined");

	if (row->seq < (uint64_t)(m ? json_int(m, "floor", 0) : 0)) {
		return false;
	}
	if (!row->sender || strcmp(row->sender, user) == 0 || !audience) {
		return true;
	}
	if (json_object_get(audience, "users")) {
		return list_has(json_object_get(audience, "users"), user);
	}
	if (json_object_get(audience, "roles")) {
		return list_has(
			json_object_get(audience, "roles"), joined ? json_str(m, "role") : "guest");
	}
	return false;
}

/** Did he ever block the author? */
static bool ever_blocked(const struct truth *t, const char *user, const char *author)
{
	char own[80];
	struct truth_log *lg;

	snprintf(own, sizeof(own), "@%s", user);
	lg = truth_log(t, own);
	return lg && author && truth_row_at(lg, "block", author, UINT64_MAX);
}

static bool is_deleted(const struct truth_log *lg, uint64_t seq, uint64_t rev)
{
	for (uint64_t i = 0; i < rev && i < lg->n; i++) {
		if (lg->entries[i]->deleted == seq) {
			return true;
		}
	}
	return false;
}

/* -------------------------------------------------------------------------------------------- */

enum sight_verdict sight_of(
	const struct truth *t, const char *user, struct truth_log *lg, const struct truth_row *row)
{
	struct range range = {false, false};
	struct truth_row *member;
	json_t *audience;

	if (strcmp(row->kind, "message") != 0 || lg->id[0] == '@') {
		return SIGHT_WHOLE;
	}
	audience = row->audience ? json_loads(row->audience, 0, NULL) : NULL;
	member = truth_row_at(lg, "member", user, UINT64_MAX);
	range_add(&range, sees_as(member, user, row, audience));
	while (member && member->rev > row->rev) {
		member = member->before;
		range_add(&range, sees_as(member, user, row, audience));
	}
	json_decref(audience);
	if (ever_blocked(t, user, row->sender)) {
		range_add(&range, false);
	}
	return range.yes && range.no ? SIGHT_EITHER : range.yes ? SIGHT_WHOLE : SIGHT_STUB;
}

bool sight_joined(const struct truth_log *lg, const char *user, uint64_t rev)
{
	struct truth_row *m = truth_row_at(lg, "member", user, rev);

	return m && !m->gone && json_bool(truth_json(m), "joined");
}

uint64_t sight_unread(
	const struct truth_log *lg, const char *user, uint64_t rev, uint64_t read_seq, bool all)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < rev && i < lg->n; i++) {
		const struct truth_entry *e = lg->entries[i];

		count += e->message && e->counts && (!all || e->counts_all) && e->seq > read_seq &&
			strcmp(e->sender, user) != 0 && !is_deleted(lg, e->seq, rev);
	}
	return count;
}
