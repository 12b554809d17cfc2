/**
 * Shapes of arguments.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/shape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/json.h"

static bool bounded(const struct confab_field *f)
{
	return f->min != 0 || f->max != 0;
}

static bool word_of(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; *at; at += *at == ' ') {
		size_t n = strcspn(at, " ");

		if (n == len && n > 0 && memcmp(at, word, n) == 0) {
			return true;
		}
		at += n;
	}
	return false;
}

/** An integer as JSON writes it, small enough to be one of the protocol (2^53-1 has 16 digits). */
static bool number_text(const char *s)
{
	size_t digits = strspn(s + (*s == '-'), "0123456789");

	return digits > 0 && digits <= 16 && s[(*s == '-') + digits] == '\0';
}

static int wrong(struct confab_error *err, const struct confab_field *f, const char *what)
{
	return confab_error_set(err, CONFAB_EINVAL, "'%s' must be %s", f->name, what);
}

static int string_check(const json_t *v, const struct confab_field *f, struct confab_error *err)
{
	size_t len = json_string_length(v);

	if (!json_is_string(v)) {
		return wrong(err, f, "a string");
	}
	if (f->words && !word_of(f->words, json_string_value(v))) {
		return confab_error_set(
			err, CONFAB_EINVAL, "'%s' must be one of: %s", f->name, f->words);
	}
	if (bounded(f) && ((int64_t)len < f->min || (int64_t)len > f->max)) {
		return confab_error_set(err, CONFAB_EINVAL,
			"'%s' must be %" PRId64 " to %" PRId64 " bytes long, not %zu", f->name,
			f->min, f->max, len);
	}
	return 0;
}

static int int_check(const json_t *v, const struct confab_field *f, struct confab_error *err)
{
	if (!json_is_integer(v)) {
		return wrong(err, f, "an integer");
	}
	if (bounded(f) && (json_integer_value(v) < f->min || json_integer_value(v) > f->max)) {
		return confab_error_set(err, CONFAB_EINVAL,
			"'%s' must be %" PRId64 " to %" PRId64 ", not %" JSON_INTEGER_FORMAT,
			f->name, f->min, f->max, json_integer_value(v));
	}
	return 0;
}

static int list_check(const json_t *v, const struct confab_field *f, struct confab_error *err)
{
	size_t i, n = json_array_size(v);
	json_t *item;

	if (f->words && json_is_string(v) && word_of(f->words, json_string_value(v))) {
		return 0;
	}
	if (f->words && !json_is_array(v)) {
		return confab_error_set(
			err, CONFAB_EINVAL, "'%s' must be a list or one of: %s", f->name, f->words);
	}
	if (!json_is_array(v)) {
		return wrong(err, f, "a list");
	}
	if (bounded(f) && ((int64_t)n < f->min || (int64_t)n > f->max)) {
		return confab_error_set(err, CONFAB_EINVAL,
			"'%s' must hold %" PRId64 " to %" PRId64 " items, not %zu", f->name, f->min,
			f->max, n);
	}
	json_array_foreach(v, i, item)
	{
		if (f->type == CONFAB_FIELD_IDS &&
			(!json_is_string(item) || !id_valid(json_string_value(item)))) {
			return confab_error_set(err, CONFAB_EINVAL,
				"'%s', item %zu must be an id (1 to 64 of A-Z a-z 0-9 _ . : -)",
				f->name, i);
		}
		if (f->of && f->type == CONFAB_FIELD_LIST) {
			int rc = json_is_object(item) ? shape_check(item, f->of, err)
						      : wrong(err, f, "a list of objects");

			if (rc) {
				return rc;
			}
		}
	}
	return 0;
}

static int field_check(const json_t *v, const struct confab_field *f, struct confab_error *err)
{
	switch (f->type) {
	case CONFAB_FIELD_STRING:
		return string_check(v, f, err);
	case CONFAB_FIELD_ID:
		return json_is_string(v) &&
				(id_valid(json_string_value(v)) ||
					(*json_string_value(v) == '@' &&
						id_valid(json_string_value(v) + 1)))
			? 0
			: wrong(err, f, "an id (1 to 64 of A-Z a-z 0-9 _ . : -)");
	case CONFAB_FIELD_CID:
		return json_is_string(v) && cid_valid(json_string_value(v))
			? 0
			: wrong(err, f, "16 to 64 printable characters, random and used once");
	case CONFAB_FIELD_INT:
		return int_check(v, f, err);
	case CONFAB_FIELD_BOOL:
		return json_is_boolean(v) ? 0 : wrong(err, f, "true or false");
	case CONFAB_FIELD_PLACE:
		return string_check(v, f, err);
	case CONFAB_FIELD_ROW:
	case CONFAB_FIELD_OBJECT:
		if (!json_is_object(v)) {
			return wrong(err, f, "an object");
		}
		return f->of ? shape_check(v, f->of, err) : 0;
	case CONFAB_FIELD_IDS:
	case CONFAB_FIELD_LIST:
	case CONFAB_FIELD_ROWS:
		return list_check(v, f, err);
	case CONFAB_FIELD_ANY:
		break;
	}
	return 0;
}

/* -------------------------------------------------------------------------------------------- */

int shape_check(const json_t *object, const struct confab_field *fields, struct confab_error *err)
{
	for (const struct confab_field *f = fields; f && f->name; f++) {
		const json_t *v = json_object_get(object, f->name);
		int rc;

		if (!v || json_is_null(v)) {
			if (f->required) {
				return confab_error_set(
					err, CONFAB_EINVAL, "'%s' is missing", f->name);
			}
			continue;
		}
		rc = field_check(v, f, err);
		if (rc) {
			return rc;
		}
	}
	return 0;
}

void shape_coerce(json_t *object, const struct confab_field *fields)
{
	for (const struct confab_field *f = fields; f && f->name; f++) {
		const char *s = json_str(object, f->name);

		if (!s) {
			continue;
		}
		if (f->type == CONFAB_FIELD_INT) {
			if (number_text(s)) {
				json_object_set_new(
					object, f->name, json_integer(strtoll(s, NULL, 10)));
			}
		} else if (f->type == CONFAB_FIELD_BOOL) {
			if (strcmp(s, "true") == 0 || strcmp(s, "false") == 0) {
				json_object_set_new(object, f->name, json_boolean(*s == 't'));
			}
		} else if (f->type == CONFAB_FIELD_IDS || f->type == CONFAB_FIELD_LIST) {
			json_t *list = json_array();

			for (const char *at = s; *at;) {
				size_t len = strcspn(at, ",");

				json_array_append_new(list, json_stringn(at, len));
				at += len + (at[len] == ',');
			}
			json_object_set_new(object, f->name, list);
		}
	}
}
