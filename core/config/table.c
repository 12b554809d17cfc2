/**
 * Deep copies of rows with their defaults read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/table.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct settings_table {
	atomic_uint refs;
	size_t count;
	struct confab_setting *rows;
	struct setting_value *defaults;
};

static const char *copy(const char *s)
{
	return s ? alloc_str(s) : NULL;
}

static bool name_valid(const char *name)
{
	size_t len = name ? strlen(name) : 0;

	return len >= 1 && len <= 32 && name[0] >= 'a' && name[0] <= 'z' &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

/* The row as this host knows it, with its own strings. */
static void row_take(struct confab_setting *row, const struct confab_table *from, size_t n)
{
	const char *bytes = (const char *)from->rows + n * from->row_size;
	size_t size = from->row_size < sizeof(*row) ? from->row_size : sizeof(*row);

	memcpy(row, bytes, size);
	row->name = copy(row->name);
	row->dflt = copy(row->dflt);
	row->unit = copy(row->unit);
	row->words = copy(row->words);
	row->doc = copy(row->doc);
}

static int row_check(struct settings_table *t, size_t n, struct confab_error *err)
{
	const struct confab_setting *row = &t->rows[n];
	char why[VALUE_WHY_MAX] = "its default is not allowed";

	if (!name_valid(row->name))
		return confab_error_set(err, CONFAB_EINVAL,
			"setting %zu, name '%s' is not [a-z][a-z0-9_]{0,31}", n,
			row->name ? row->name : "");
	for (size_t i = 0; i < n; i++) {
		if (strcmp(t->rows[i].name, row->name) == 0)
			return confab_error_set(
				err, CONFAB_EINVAL, "setting '%s', is there twice", row->name);
	}
	if (row->max && row->min > row->max)
		return confab_error_set(
			err, CONFAB_EINVAL, "setting '%s', min is above max", row->name);
	if (!value_read_default(row, &t->defaults[n], why))
		return confab_error_set(err, CONFAB_EINVAL, "setting '%s', %s", row->name, why);
	return CONFAB_OK;
}

/* ------------------------------------------------------------------------------------------- */

struct settings_table *settings_table_new(const struct confab_table *from, struct confab_error *err)
{
	struct settings_table *t;
	int rc = CONFAB_OK;

	if (from->n > SETTINGS_ROWS_MAX) {
		confab_error_set(err, CONFAB_EINVAL, "more than %d settings", SETTINGS_ROWS_MAX);
		return NULL;
	}
	t = alloc_zero(1, sizeof(*t));
	atomic_init(&t->refs, 1);
	t->count = from->n;
	t->rows = alloc_zero(t->count + 1, sizeof(*t->rows));
	t->defaults = alloc_zero(t->count + 1, sizeof(*t->defaults));
	for (size_t i = 0; i < t->count; i++)
		row_take(&t->rows[i], from, i);
	for (size_t i = 0; i < t->count && rc == CONFAB_OK; i++)
		rc = row_check(t, i, err);
	if (rc == CONFAB_OK)
		return t;
	settings_table_unref(t);
	return NULL;
}

struct settings_table *settings_table_ref(struct settings_table *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

void settings_table_unref(struct settings_table *t)
{
	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < t->count; i++) {
		const struct confab_setting *row = &t->rows[i];

		value_fini(&t->defaults[i]);
		free((char *)row->name);
		free((char *)row->dflt);
		free((char *)row->unit);
		free((char *)row->words);
		free((char *)row->doc);
	}
	free(t->rows);
	free(t->defaults);
	free(t);
}

bool settings_table_equal(const struct settings_table *a, const struct settings_table *b)
{
	if (a == b)
		return true;
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct confab_setting *ra = &a->rows[i], *rb = &b->rows[i];

		if (ra->type != rb->type || strcmp(ra->name, rb->name) != 0 ||
			strcmp(ra->words ? ra->words : "", rb->words ? rb->words : "") != 0)
			return false;
	}
	return true;
}

size_t settings_table_count(const struct settings_table *t)
{
	return t->count;
}

const struct confab_setting *settings_table_row(const struct settings_table *t, size_t n)
{
	return &t->rows[n];
}

const struct setting_value *settings_table_default(const struct settings_table *t, size_t n)
{
	return &t->defaults[n];
}

int settings_table_find(const struct settings_table *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++) {
		if (strcmp(t->rows[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}
