/**
 * The table of kinds.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/kind.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

struct kinds {
	struct strmap *by_name;
	struct kind *gone; /* removed while events of them are under way */
	uint64_t next_id, version;
};

struct kinds *kinds_new(void)
{
	struct kinds *k = calloc(1, sizeof(*k));

	assert(k);
	k->by_name = strmap_new();
	return k;
}

void kinds_free(struct kinds *k)
{
	size_t pos = 0;
	void *value;

	if (!k) {
		return;
	}
	while (strmap_next(k->by_name, &pos, NULL, &value)) {
		free(value);
	}
	assert(!k->gone);
	strmap_free(k->by_name);
	free(k);
}

int kind_add(struct kinds *k, const struct confab_kind_row *row, void *ctx, const void *owner,
	const char *owner_name, struct confab_error *err)
{
	struct kind *kind = row->name ? strmap_find(k->by_name, row->name) : NULL;

	if (kind) {
		return confab_error_set(err, CONFAB_EEXIST,
			"kind '%s' is there already (it belongs to '%s')", row->name,
			kind->owner_name);
	}
	if (!row->name || (row->class_ == CONFAB_DURABLE && !row->build) ||
		(row->class_ == CONFAB_EPHEMERAL && !row->show)) {
		return confab_error_set(err, CONFAB_EINVAL,
			"kind '%s' is incomplete: a durable one needs build, an ephemeral one show",
			row->name ? row->name : "(no name)");
	}
	kind = calloc(1, sizeof(*kind));
	assert(kind);
	*kind = (struct kind){.row = row,
		.ctx = ctx,
		.owner = owner,
		.owner_name = owner_name,
		.id = ++k->next_id,
		.of = k};
	strmap_put(k->by_name, row->name, kind);
	k->version++;
	return 0;
}

void kind_remove_all(struct kinds *k, const void *owner)
{
	size_t pos = 0;
	const char *name;
	void *value;

	while (strmap_next(k->by_name, &pos, &name, &value)) {
		struct kind *kind = value;

		if (kind->owner != owner) {
			continue;
		}
		strmap_take(k->by_name, name);
		k->version++;
		if (kind->live == 0) {
			free(kind);
			continue;
		}
		kind->gone = true;
		kind->next_gone = k->gone;
		k->gone = kind;
	}
}

uint32_t kinds_live(const struct kinds *k, const void *owner)
{
	uint32_t n = 0;
	size_t pos = 0;
	void *value;

	while (strmap_next(k->by_name, &pos, NULL, &value)) {
		const struct kind *kind = value;

		n += kind->owner == owner ? kind->live : 0;
	}
	for (const struct kind *kind = k->gone; kind; kind = kind->next_gone) {
		n += kind->owner == owner ? kind->live : 0;
	}
	return n;
}

const struct kind *kind_find(const struct kinds *k, const char *name)
{
	return strmap_find(k->by_name, name);
}

const struct kind *kind_after(const struct kinds *k, const char *name)
{
	const struct kind *next = NULL;
	size_t pos = 0;
	void *value;

	while (strmap_next(k->by_name, &pos, NULL, &value)) {
		const struct kind *kind = value;

		if (strcmp(kind->row->name, name) > 0 &&
			(!next || strcmp(kind->row->name, next->row->name) < 0)) {
			next = kind;
		}
	}
	return next;
}

uint64_t kinds_version(const struct kinds *k)
{
	return k->version;
}

/* Kinds are handed out as const; how many events are under way is the table's own. */
void kind_begin(const struct kind *kind)
{
	((struct kind *)(uintptr_t)kind)->live++;
}

void kind_end(const struct kind *kind)
{
	struct kind *ended = (struct kind *)(uintptr_t)kind, **at = &ended->of->gone;

	if (--ended->live > 0 || !ended->gone) {
		return;
	}
	while (*at != ended) {
		at = &(*at)->next_gone;
	}
	*at = ended->next_gone;
	free(ended);
}

void kind_count(const struct kind *kind, enum kind_end end)
{
	((struct kind *)(uintptr_t)kind)->ends[end]++;
}

const char *kind_end_name(enum kind_end end)
{
	static const char *const names[KIND_ENDS] = {
		"ok", "repeat", "handled", "held", "refused", "busy", "unknown"};

	return names[end];
}

const struct kind *kind_next(const struct kinds *k, size_t *pos)
{
	void *kind;

	return strmap_next(k->by_name, pos, NULL, &kind) ? kind : NULL;
}
