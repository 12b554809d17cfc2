/**
 * One value of a setting: read from what an administrator wrote, checked against its row, and
 * written back in the same form.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <confab/settings.h>
#include "config/report.h"

struct buf;
struct yaml_value;

/** A value of any type; which members count is said by its row. */
struct setting_value {
	struct config_place at; /* where it was written; line 0: it was not */
	bool set;               /* somebody chose it; else it is the default */
	int64_t num;            /* BOOL, INT, SIZE, DURATION, ENUM (place in words) */
	struct confab_rate rate;
	char *str;    /* STRING, PATH, ADDRESS, SECRET, ENUM (word); own; NULL: unset */
	char **items; /* LIST: count strings; own */
	size_t count;
	json_t *tree; /* TREE; own */
};

/** How to read secrets. */
enum value_secrets {
	VALUE_SECRETS_READ = 0, /* open files, ask the environment */
	VALUE_SECRETS_KEEP =
		1, /* only check how they are written: offline, unprivileged, fuzzing */
};

/** Longest sentence that says why a value is refused. */
#define VALUE_WHY_MAX 320

/**
 * Read a value as its row says.
 *
 * @param v    zeroed; holds memory for value_fini() only if true is returned
 * @param why  filled on failure: one sentence without the key's name
 * Thread: any.
 */
bool value_read(const struct confab_setting *row, const struct yaml_value *y,
	enum value_secrets secrets, struct setting_value *v, char why[VALUE_WHY_MAX]);

/** Read the row's default (NULL: unset, 0, empty). false: the row is wrong, why says how. */
bool value_read_default(
	const struct confab_setting *row, struct setting_value *v, char why[VALUE_WHY_MAX]);

/** Free what a value holds; it is zeroed. */
void value_fini(struct setting_value *v);
/** Make a deep copy. @param to  what it held is forgotten, not freed */
void value_copy(struct setting_value *to, const struct setting_value *from);

/** Same value? Where it was written does not count. */
bool value_equal(const struct confab_setting *row, const struct setting_value *a,
	const struct setting_value *b);
/** Mix into a hash; equal values mix equally. */
uint64_t value_hash(const struct confab_setting *row, const struct setting_value *v, uint64_t h);

/** Append the value as it could be written in YAML on one line; secrets as "(secret)". */
void value_text(const struct confab_setting *row, const struct setting_value *v, struct buf *b);

/** The same for a bare number of a row (its bounds). */
void value_num_text(const struct confab_setting *row, int64_t num, struct buf *b);

/** Append text as a YAML scalar: plain where that is safe, else in double quotes. */
void value_scalar_text(const char *s, struct buf *b);

#endif
