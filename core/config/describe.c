/**
 * One sentence per type.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/describe.h"

#include <string.h>

#include "base/buf.h"
#include "config/nearest.h"
#include "config/units.h"
#include "config/value.h"

static const char *const type_names[] = {
	[CONFAB_SETTING_BOOL] = "true or false",
	[CONFAB_SETTING_INT] = "number",
	[CONFAB_SETTING_SIZE] = "size",
	[CONFAB_SETTING_DURATION] = "duration",
	[CONFAB_SETTING_RATE] = "rate, like 10/s, 100/m burst 20, or off",
	[CONFAB_SETTING_STRING] = "text",
	[CONFAB_SETTING_ENUM] = "one of ",
	[CONFAB_SETTING_LIST] = "list",
	[CONFAB_SETTING_PATH] = "path",
	[CONFAB_SETTING_ADDRESS] = "address",
	[CONFAB_SETTING_SECRET] = "secret: {file: /path}, {env: NAME} or text",
	[CONFAB_SETTING_TREE] = "any YAML",
};

/* Is the lowest value one that has a name ("unlimited=0")? Then its number says nothing. */
static bool lowest_is_named(const struct confab_setting *row)
{
	size_t pos = 0;
	char name[64], value[64];
	int64_t num;

	while (words_next(row->words, &pos, name, value)) {
		if (units_int(value, &num) == UNITS_OK && num == row->min)
			return true;
	}
	return false;
}

static void number(const struct confab_setting *row, struct buf *b)
{
	size_t pos = 0;
	char name[64], value[64];

	if (row->unit)
		buf_fmt(b, " of %s", row->unit);
	if (row->min || row->max) {
		if (lowest_is_named(row)) {
			buf_str(b, ", at most ");
		} else {
			buf_str(b, ", ");
			value_num_text(row, row->min, b);
			buf_str(b, " to ");
		}
		value_num_text(row, row->max, b);
	}
	while (words_next(row->words, &pos, name, value))
		buf_fmt(b, ", or %s", name);
}

static void text(const struct confab_setting *row, const char *unit, struct buf *b)
{
	if (row->min > 1)
		buf_fmt(b, ", at least %lld %s", (long long)row->min, unit);
	if (row->max)
		buf_fmt(b, ", at most %lld %s", (long long)row->max, unit);
	if (row->type == CONFAB_SETTING_LIST && row->words)
		buf_fmt(b, ", of %s", row->words);
}

/* ------------------------------------------------------------------------------------------- */

void describe_type(const struct confab_setting *row, struct buf *b)
{
	buf_str(b, type_names[row->type]);
	switch ((enum confab_setting_type)row->type) {
	case CONFAB_SETTING_INT:
	case CONFAB_SETTING_SIZE:
	case CONFAB_SETTING_DURATION:
		number(row, b);
		break;
	case CONFAB_SETTING_STRING:
		text(row, "bytes", b);
		break;
	case CONFAB_SETTING_LIST:
		text(row, "entries", b);
		break;
	case CONFAB_SETTING_ENUM:
		buf_str(b, row->words);
		break;
	case CONFAB_SETTING_BOOL:
	case CONFAB_SETTING_RATE:
	case CONFAB_SETTING_PATH:
	case CONFAB_SETTING_ADDRESS:
	case CONFAB_SETTING_SECRET:
	case CONFAB_SETTING_TREE:
		break;
	}
}

void describe_default(const struct confab_setting *row, struct buf *b)
{
	struct setting_value v;
	char why[VALUE_WHY_MAX];

	if (row->flags & CONFAB_SETTING_REQUIRED) {
		buf_str(b, "none, it must be set");
	} else if (row->type == CONFAB_SETTING_SECRET || row->type == CONFAB_SETTING_TREE) {
		buf_str(b, "unset");
	} else if (value_read_default(row, &v, why)) {
		value_text(row, &v, b);
		value_fini(&v);
	}
}

const char *describe_change(const struct confab_setting *row)
{
	return row->flags & CONFAB_SETTING_RELOADABLE ? "by a reload" : "by a restart";
}
