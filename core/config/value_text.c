/**
 * Values compared, hashed and written.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/json.h"
#include "config/nearest.h"
#include "config/units.h"
#include "config/value.h"

static uint64_t mix(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;

	/* FNV-1a: the administrator's own values, no stranger chooses them. */
	for (size_t i = 0; i < len; i++)
		h = (h ^ s[i]) * UINT64_C(0x100000001b3);
	return h;
}

static bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Equal trees give equal text, in whatever order their keys were written. */
static void tree_canonical(const json_t *tree, struct buf *b)
{
	char *text = json_dumps(tree, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);

	if (text)
		buf_str(b, text);
	free(text);
}

static bool list_equal(const struct setting_value *a, const struct setting_value *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	}
	return true;
}

/* May it stand without quotes, and be read as the same text again? */
static bool plain(const char *s)
{
	static const char *const words[] = {"true", "false", "null", "yes", "no", "on", "off"};
	size_t len = strlen(s);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(s, words[i]) == 0)
			return false;
	}
	return len > 0 && s[len - 1] != ':' && s[0] != ':' && s[0] != '-' &&
		strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:-") ==
		len;
}

static void list_text(const struct setting_value *v, struct buf *b)
{
	buf_char(b, '[');
	for (size_t i = 0; i < v->count; i++) {
		if (i > 0)
			buf_str(b, ", ");
		value_scalar_text(v->items[i], b);
	}
	buf_char(b, ']');
}

static const char *number_name(const struct confab_setting *row, int64_t num, char name[64])
{
	size_t pos = 0;
	char value[64];
	int64_t n;

	while (words_next(row->words, &pos, name, value)) {
		if (units_int(value, &n) == UNITS_OK && n == num)
			return name;
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------- */

bool value_equal(const struct confab_setting *row, const struct setting_value *a,
	const struct setting_value *b)
{
	switch ((enum confab_setting_type)row->type) {
	case CONFAB_SETTING_BOOL:
	case CONFAB_SETTING_INT:
	case CONFAB_SETTING_SIZE:
	case CONFAB_SETTING_DURATION:
		return a->num == b->num;
	case CONFAB_SETTING_RATE:
		return a->rate.count == b->rate.count && a->rate.per_ms == b->rate.per_ms &&
			a->rate.burst == b->rate.burst;
	case CONFAB_SETTING_STRING:
	case CONFAB_SETTING_ENUM:
	case CONFAB_SETTING_PATH:
	case CONFAB_SETTING_ADDRESS:
	case CONFAB_SETTING_SECRET:
		return str_equal(a->str, b->str);
	case CONFAB_SETTING_LIST:
		return list_equal(a, b);
	case CONFAB_SETTING_TREE:
		return a->tree == b->tree || json_equal(a->tree, b->tree);
	}
	return false;
}

uint64_t value_hash(const struct confab_setting *row, const struct setting_value *v, uint64_t h)
{
	struct buf b;

	if (row->type == CONFAB_SETTING_SECRET)
		return v->str ? mix(h, v->str, strlen(v->str) + 1) : mix(h, "", 1);
	buf_init(&b);
	if (v->tree)
		tree_canonical(v->tree, &b);
	else
		value_text(row, v, &b);
	h = mix(h, b.bytes ? b.bytes : "", b.len + 1);
	buf_fini(&b);
	return h;
}

void value_num_text(const struct confab_setting *row, int64_t num, struct buf *b)
{
	char name[64];

	if (number_name(row, num, name))
		buf_str(b, name);
	else if (row->type == CONFAB_SETTING_SIZE)
		units_size_text(num, b);
	else if (row->type == CONFAB_SETTING_DURATION)
		units_duration_text(num, b);
	else
		buf_num(b, num);
}

void value_text(const struct confab_setting *row, const struct setting_value *v, struct buf *b)
{
	switch ((enum confab_setting_type)row->type) {
	case CONFAB_SETTING_BOOL:
		buf_str(b, v->num ? "true" : "false");
		break;
	case CONFAB_SETTING_INT:
	case CONFAB_SETTING_SIZE:
	case CONFAB_SETTING_DURATION:
		value_num_text(row, v->num, b);
		break;
	case CONFAB_SETTING_RATE:
		units_rate_text(v->rate, b);
		break;
	case CONFAB_SETTING_STRING:
	case CONFAB_SETTING_ENUM:
	case CONFAB_SETTING_PATH:
	case CONFAB_SETTING_ADDRESS:
		value_scalar_text(v->str ? v->str : "", b);
		break;
	case CONFAB_SETTING_SECRET:
		buf_str(b, v->str ? "(secret)" : "\"\"");
		break;
	case CONFAB_SETTING_LIST:
		list_text(v, b);
		break;
	case CONFAB_SETTING_TREE:
		if (v->tree)
			json_write(b, v->tree);
		else
			buf_str(b, "null");
		break;
	}
}

void value_scalar_text(const char *s, struct buf *b)
{
	if (plain(s))
		buf_str(b, s);
	else
		buf_json_str(b, s, strlen(s));
}
