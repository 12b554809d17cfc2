/**
 * Kinds of events: one table for the core's rows and every plugin's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_KIND_H
#define PIPELINE_KIND_H

#include <stdbool.h>
#include <confab/event.h>

struct kinds;

/** How events end, for counting. */
enum kind_end {
	KIND_END_OK,
	KIND_END_REPEAT,  /* a resend got its first result */
	KIND_END_HANDLED, /* stopped by a hook that did it all */
	KIND_END_HELD,    /* kept for review */
	KIND_END_REFUSED,
	KIND_END_BUSY,
	KIND_END_UNKNOWN,
	KIND_ENDS
};

/** A registered kind. */
struct kind {
	const struct confab_kind_row *row;
	void *ctx;              /* the plugin's; the core's: the pipeline */
	const void *owner;      /* who registered it (the plugin's record), NULL: the core */
	const char *owner_name; /* "core", or the plugin's name */
	uint64_t id;            /* 1 … */
	uint32_t live;          /* events of it under way */
	uint64_t ends[KIND_ENDS];
	struct kinds *of;
	struct kind *next_gone; /* not found any more, but events of it are under way */
	bool gone;
};

/** No kinds yet. Never NULL; kinds_free() takes it. */
struct kinds *kinds_new(void);
void kinds_free(struct kinds *k);

/** @return 0, or CONFAB_EEXIST with the name of who has it, CONFAB_EINVAL if the row is incomplete */
int kind_add(struct kinds *k, const struct confab_kind_row *row, void *ctx, const void *owner,
	const char *owner_name, struct confab_error *err);
/** Remove all of an owner: no event of these kinds begins any more. Those under way keep their row. */
void kind_remove_all(struct kinds *k, const void *owner);
/** Events under way of an owner's kinds, removed ones too. */
uint32_t kinds_live(const struct kinds *k, const void *owner);
/** An event of this kind begins, and ends; the last one frees a kind that was removed. */
void kind_begin(const struct kind *kind);
void kind_end(const struct kind *kind);
/** Count how one ended. */
void kind_count(const struct kind *kind, enum kind_end end);
/** "ok", … Static. */
const char *kind_end_name(enum kind_end end);
/** The next kind, in no order; *pos begins with 0. NULL: that was all. */
const struct kind *kind_next(const struct kinds *k, size_t *pos);
const struct kind *kind_find(const struct kinds *k, const char *name);
/** The next one in order of names behind this name ("": the first), NULL: none. Linear. */
const struct kind *kind_after(const struct kinds *k, const char *name);
/** Grows with every kind that comes or goes. */
uint64_t kinds_version(const struct kinds *k);

#endif
