/**
 * One function per type that reads, and one switch each to copy, compare and print.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/value.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "config/nearest.h"
#include "config/secret.h"
#include "config/units.h"
#include "config/yaml.h"

#define SHOWN 60 /* of what was written, in sentences */

static bool refuse(char why[VALUE_WHY_MAX], const char *fmt, ...) CONFAB_PRINTF(2, 3);

static bool refuse(char why[VALUE_WHY_MAX], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(why, VALUE_WHY_MAX, fmt, args); /* a cut sentence is still one */
	va_end(args);
	return false;
}

/* "forever=0": is s the name of a number? */
static bool named_number(const struct confab_setting *row, const char *s, int64_t *num)
{
	size_t pos = 0;
	char name[64], value[64];

	while (words_next(row->words, &pos, name, value)) {
		if (strcmp(name, s) == 0)
			return units_int(value, num) == UNITS_OK;
	}
	return false;
}

static bool bounded(const struct confab_setting *row)
{
	return row->min != 0 || row->max != 0;
}

static bool in_range(
	const struct confab_setting *row, int64_t num, const char *text, char why[VALUE_WHY_MAX])
{
	struct buf b;

	if (!bounded(row) || (num >= row->min && num <= row->max))
		return true;
	buf_init(&b);
	value_num_text(row, row->min, &b);
	buf_str(&b, " to ");
	value_num_text(row, row->max, &b);
	(void)refuse(why, "'%.*s' is out of range (%s)", SHOWN, text, b.bytes);
	buf_fini(&b);
	return false;
}

/* How long a text. */
static bool length_fits(const struct confab_setting *row, size_t n, char why[VALUE_WHY_MAX])
{
	if ((int64_t)n < row->min)
		return n == 0 ? refuse(why, "must not be empty")
			      : refuse(why, "is too short (%zu bytes, at least %lld)", n,
					(long long)row->min);
	if (row->max && (int64_t)n > row->max)
		return refuse(why, "is too long (%zu bytes, at most %lld)", n, (long long)row->max);
	return true;
}

/* How many of a list. */
static bool count_fits(const struct confab_setting *row, size_t n, char why[VALUE_WHY_MAX])
{
	if ((int64_t)n < row->min)
		return n == 0 ? refuse(why, "must not be empty")
			      : refuse(why, "has too few entries (%zu, at least %lld)", n,
					(long long)row->min);
	if (row->max && (int64_t)n > row->max)
		return refuse(
			why, "has too many entries (%zu, at most %lld)", n, (long long)row->max);
	return true;
}

static bool read_bool(const char *s, int64_t *num, char why[VALUE_WHY_MAX])
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(s, words[i]) == 0) {
			*num = (int64_t)(i & 1);
			return true;
		}
	}
	return refuse(why, "'%.*s' is neither true nor false", SHOWN, s);
}

/* A number that is none: say what it should be, and the names it might have. */
static bool refuse_number(
	const struct confab_setting *row, const char *s, const char *is, char why[VALUE_WHY_MAX])
{
	struct nearest n;
	struct buf names;
	size_t pos = 0;
	char word[64], hint[128], name[64], value[64];

	if (!row->words)
		return refuse(why, "'%.*s' is not %s", SHOWN, s, is);
	nearest_init(&n, s);
	nearest_try_words(&n, row->words, word);
	buf_init(&names);
	while (words_next(row->words, &pos, name, value))
		buf_fmt(&names, ", %s", name);
	(void)refuse(why, "'%.*s' is neither %s nor one of: %s%s", SHOWN, s, is, names.bytes + 2,
		nearest_hint(&n, hint));
	buf_fini(&names);
	return false;
}

static bool read_number(
	const struct confab_setting *row, const char *s, int64_t *num, char why[VALUE_WHY_MAX])
{
	enum units_result result;
	const char *units = NULL, *example = NULL, *is = "a number";

	if (named_number(row, s, num))
		return true;
	if (row->type == CONFAB_SETTING_SIZE) {
		result = units_size(s, num);
		units = "B, KB, MB, GB";
		example = "64KB";
		is = "a size";
	} else if (row->type == CONFAB_SETTING_DURATION) {
		result = units_duration(s, num);
		units = "ms, s, m, h, d, w";
		example = "30s";
		is = "a duration";
	} else {
		result = units_int(s, num);
	}
	if (result == UNITS_OK)
		return in_range(row, *num, s, why);
	if (result == UNITS_NO_UNIT)
		return refuse(why, "'%.*s' needs a unit (%s), like %s", SHOWN, s, units, example);
	if (result == UNITS_BAD_UNIT && units)
		return refuse(why, "'%.*s' has an unknown unit (known: %s)", SHOWN, s, units);
	return refuse_number(row, s, is, why);
}

static bool read_rate(const struct confab_setting *row, const char *s, struct confab_rate *rate,
	char why[VALUE_WHY_MAX])
{
	if (units_rate(s, rate) != UNITS_OK)
		return refuse(
			why, "'%.*s' is not a rate; write 10/s, 100/m burst 20, or off", SHOWN, s);
	return rate->count == 0 || in_range(row, rate->count, s, why);
}

static bool one_of(
	const struct confab_setting *row, const char *s, int64_t *place, char why[VALUE_WHY_MAX])
{
	struct nearest n;
	char word[64], hint[128];
	int found = words_find(row->words, s);

	if (found >= 0) {
		*place = found;
		return true;
	}
	nearest_init(&n, s);
	nearest_try_words(&n, row->words, word);
	return refuse(
		why, "'%.*s' is not one of %s%s", SHOWN, s, row->words, nearest_hint(&n, hint));
}

static bool port_valid(const char *s)
{
	int64_t port;

	return units_int(s, &port) == UNITS_OK && port >= 0 && port <= 65535 && s[0] != '-' &&
		!strchr(s, '_');
}

static bool host_valid(const char *host, size_t len)
{
	char text[64];
	unsigned char bin[16];

	if (len == 0 || len >= sizeof(text))
		return false;
	memcpy(text, host, len);
	text[len] = '\0';
	if (strcmp(text, "*") == 0 || strcmp(text, "localhost") == 0)
		return true;
	if (text[0] == '[' && text[len - 1] == ']') {
		text[len - 1] = '\0';
		return inet_pton(AF_INET6, text + 1, bin) == 1;
	}
	return inet_pton(AF_INET, text, bin) == 1;
}

static bool address_valid(const char *s, char why[VALUE_WHY_MAX])
{
	const char *colon = strrchr(s, ':');

	if (strncmp(s, "unix:", 5) == 0) {
		if (s[5] != '\0' && strlen(s + 5) < 108)
			return true;
		return refuse(why, "'%.*s' needs a path of 1 to 107 bytes behind unix:", SHOWN, s);
	}
	if (colon && port_valid(colon + 1) && host_valid(s, (size_t)(colon - s)))
		return true;
	return refuse(why,
		"'%.*s' is not an address; write 127.0.0.1:8080, [::1]:8080, *:8080 or unix:/path",
		SHOWN, s);
}

static bool read_list(const struct confab_setting *row, const struct yaml_value *y,
	struct setting_value *v, char why[VALUE_WHY_MAX])
{
	int64_t place;
	size_t i = 0;

	if (y->shape != YAML_LIST)
		return refuse(
			why, "expected a list, like [a, b], but found %s", yaml_shape_name(y));
	if (!count_fits(row, y->count, why))
		return false;
	for (const struct yaml_value *item = y->first; item; item = item->next) {
		if (item->shape != YAML_SCALAR || yaml_is_null(item))
			return refuse(why, "expected text in the list, but found %s",
				yaml_shape_name(item));
		if (row->words && !one_of(row, item->text, &place, why))
			return false;
	}
	v->items = alloc_zero(y->count + 1, sizeof(*v->items));
	for (const struct yaml_value *item = y->first; item; item = item->next)
		v->items[i++] = alloc_str(item->text);
	v->count = y->count;
	return true;
}

/* {file: path} or {env: NAME}. */
static bool read_secret(const struct yaml_value *y, enum value_secrets secrets,
	struct setting_value *v, char why[VALUE_WHY_MAX])
{
	const struct yaml_value *from = y->first;
	bool file;

	if (y->shape == YAML_SCALAR) {
		v->str = alloc_str(y->text);
		return true;
	}
	if (y->shape != YAML_MAP || y->count != 1 || from->shape != YAML_SCALAR ||
		yaml_is_null(from) ||
		(strcmp(from->key, "file") != 0 && strcmp(from->key, "env") != 0))
		return refuse(why, "expected {file: /path}, {env: NAME} or text");
	file = strcmp(from->key, "file") == 0;
	if (secrets == VALUE_SECRETS_KEEP)
		v->str = alloc_str("");
	else if (file)
		v->str = secret_from_file(from->text, why, VALUE_WHY_MAX);
	else
		v->str = secret_from_env(from->text, why, VALUE_WHY_MAX);
	return v->str != NULL;
}

/* Plain scalars become what JSON would call them. */
static json_t *tree_scalar(const struct yaml_value *y)
{
	int64_t num;

	if (yaml_is_null(y))
		return json_null();
	if (!y->quoted && strcmp(y->text, "true") == 0)
		return json_true();
	if (!y->quoted && strcmp(y->text, "false") == 0)
		return json_false();
	if (!y->quoted && strlen(y->text) < 16 && units_int(y->text, &num) == UNITS_OK)
		return json_integer(num);
	return json_string(y->text);
}

/* Recursion is bounded by YAML_DEPTH_MAX. NULL: text that is not UTF-8 (libyaml lets none in). */
static json_t *tree_of(const struct yaml_value *y)
{
	json_t *j, *child;
	bool fine = true;

	if (y->shape == YAML_SCALAR)
		return tree_scalar(y);
	j = y->shape == YAML_LIST ? json_array() : json_object();
	for (y = y->first; y && fine; y = y->next) {
		child = tree_of(y);
		fine = child &&
			(y->key ? json_object_set_new(j, y->key, child)
				: json_array_append_new(j, child)) == 0;
	}
	if (!fine)
		json_decref(j);
	return fine ? j : NULL;
}

static bool read_text(const struct confab_setting *row, const char *s, struct setting_value *v,
	char why[VALUE_WHY_MAX])
{
	if (row->type == CONFAB_SETTING_ENUM) {
		if (!one_of(row, s, &v->num, why))
			return false;
	} else if (row->type == CONFAB_SETTING_ADDRESS) {
		if (!address_valid(s, why))
			return false;
	} else if (!length_fits(row, strlen(s), why)) {
		return false;
	}
	v->str = alloc_str(s);
	return true;
}

static bool read_scalar(const struct confab_setting *row, const char *s, struct setting_value *v,
	char why[VALUE_WHY_MAX])
{
	switch ((enum confab_setting_type)row->type) {
	case CONFAB_SETTING_BOOL:
		return read_bool(s, &v->num, why);
	case CONFAB_SETTING_INT:
	case CONFAB_SETTING_SIZE:
	case CONFAB_SETTING_DURATION:
		return read_number(row, s, &v->num, why);
	case CONFAB_SETTING_RATE:
		return read_rate(row, s, &v->rate, why);
	case CONFAB_SETTING_STRING:
	case CONFAB_SETTING_ENUM:
	case CONFAB_SETTING_PATH:
	case CONFAB_SETTING_ADDRESS:
		return read_text(row, s, v, why);
	case CONFAB_SETTING_LIST:
	case CONFAB_SETTING_SECRET:
	case CONFAB_SETTING_TREE:
		break;
	}
	return refuse(why, "has an unknown type (%u)", row->type);
}

static const char *type_wanted(unsigned type)
{
	static const char *const names[] = {"a value", "true or false", "a number", "a size",
		"a duration", "a rate", "text", "a word", "a list", "a path", "an address",
		"a secret"};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : names[0];
}

/* "a, b" as a list; words are borrowed from text, which is changed. */
static void list_default(char *text, struct setting_value *v)
{
	char *rest = text, *word;

	v->items = alloc_zero(strlen(text) / 2 + 2, sizeof(*v->items));
	while ((word = strtok_r(rest, ", ", &rest)))
		v->items[v->count++] = alloc_str(word);
}

/* ------------------------------------------------------------------------------------------- */

bool value_read(const struct confab_setting *row, const struct yaml_value *y,
	enum value_secrets secrets, struct setting_value *v, char why[VALUE_WHY_MAX])
{
	v->at = y->at;
	v->set = true;
	if (row->type == CONFAB_SETTING_TREE) {
		v->tree = tree_of(y);
		return v->tree ? true : refuse(why, "cannot be kept");
	}
	if (yaml_is_null(y))
		return refuse(why, "has no value; write one, or remove the line");
	if (row->type == CONFAB_SETTING_LIST)
		return read_list(row, y, v, why);
	if (row->type == CONFAB_SETTING_SECRET)
		return read_secret(y, secrets, v, why);
	if (y->shape != YAML_SCALAR)
		return refuse(why, "expected %s, but found %s", type_wanted(row->type),
			yaml_shape_name(y));
	return read_scalar(row, y->text, v, why);
}

bool value_read_default(
	const struct confab_setting *row, struct setting_value *v, char why[VALUE_WHY_MAX])
{
	memset(v, 0, sizeof(*v));
	if (row->type < CONFAB_SETTING_BOOL || row->type > CONFAB_SETTING_TREE)
		return refuse(why, "has an unknown type (%u)", row->type);
	if (row->type == CONFAB_SETTING_ENUM && (!row->words || !row->dflt))
		return refuse(why, "an enum needs words and a default");
	if (!row->dflt)
		return true;
	if (row->type == CONFAB_SETTING_LIST) {
		char *text = alloc_str(row->dflt);

		list_default(text, v);
		free(text);
		return true;
	}
	if (row->type == CONFAB_SETTING_SECRET || row->type == CONFAB_SETTING_TREE)
		return refuse(why, "secrets and trees have no default");
	if (row->dflt[0] == '\0' && row->type != CONFAB_SETTING_ADDRESS) {
		v->str = alloc_str("");
		return row->type == CONFAB_SETTING_STRING || row->type == CONFAB_SETTING_PATH;
	}
	return read_scalar(row, row->dflt, v, why);
}

void value_fini(struct setting_value *v)
{
	free(v->str);
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	json_decref(v->tree);
	memset(v, 0, sizeof(*v));
}

void value_copy(struct setting_value *to, const struct setting_value *from)
{
	*to = *from;
	to->str = from->str ? alloc_str(from->str) : NULL;
	to->tree = from->tree ? json_deep_copy(from->tree) : NULL;
	to->items = NULL;
	if (from->items) {
		to->items = alloc_zero(from->count + 1, sizeof(*to->items));
		for (size_t i = 0; i < from->count; i++)
			to->items[i] = alloc_str(from->items[i]);
	}
}
