/**
 * JSON from strangers: one pass over the bytes before jansson sees them, and a plain writer.
 *
 * The scan finds what could hurt (bad UTF-8, depth, NUL, numbers out of range); grammar is left to
 * jansson, which reads the same bytes right after.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json_read.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A double has at most 17 digits that count; this is generous and keeps strtod quick. */
#define REAL_BYTES_MAX 128
#define EXPONENT_MAX 308
#define EXPONENT_MIN \
	324 /* below 0: of the smallest number a double can be, as it is written again */

struct scan {
	const unsigned char *bytes;
	size_t len;
	size_t at;
	unsigned depth;
	struct confab_error *err;
};

static int refuse(struct scan *s, int code, size_t at, const char *why)
{
	return confab_error_set(s->err, code, "JSON, %s at byte %zu", why, at);
}

static bool digit(const struct scan *s, size_t at)
{
	return at < s->len && s->bytes[at] >= '0' && s->bytes[at] <= '9';
}

/*
 * Does the word hold a byte that ends a run of plain string bytes: a quote, a backslash, a control
 * or a byte of 0x80 and more? May say yes too often, never too rarely.
 */
static bool word_ends_run(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101ULL, high = 0x8080808080808080ULL;
	uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');

	return ((w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & high) != 0;
}

static size_t plain_run(const struct scan *s, size_t at)
{
	uint64_t word;

	while (s->len - at >= sizeof(word)) {
		memcpy(&word, s->bytes + at, sizeof(word));
		if (word_ends_run(word))
			break;
		at += sizeof(word);
	}
	return at;
}

/* Behind a backslash. */
static int scan_escape(struct scan *s)
{
	if (s->len - s->at >= 5 && memcmp(s->bytes + s->at, "u0000", 5) == 0)
		return refuse(s, CONFAB_EPROTO, s->at, "the character NUL is not allowed");
	if (s->at < s->len && s->bytes[s->at] < 0x80)
		s->at++; /* whatever it is, it does not end the string */
	return 0;
}

/* Behind the opening quote, to behind the closing one. */
static int scan_string(struct scan *s)
{
	size_t start = s->at;
	utf8_state utf8 = 0;

	while (s->at < s->len) {
		unsigned char c;

		if (utf8 == 0)
			s->at = plain_run(s, s->at);
		if (s->at == s->len)
			break;
		c = s->bytes[s->at];
		if (utf8 != 0 || c >= 0x80) {
			if (!utf8_feed(&utf8, &c, 1))
				return refuse(s, CONFAB_EPROTO, s->at, "bad UTF-8");
			s->at++;
			continue;
		}
		if (c < 0x20)
			return refuse(s, CONFAB_EPROTO, s->at, "a control character in a string");
		s->at++;
		if (c == '"')
			return 0;
		if (c == '\\' && scan_escape(s) != 0)
			return CONFAB_EPROTO;
	}
	return refuse(s, CONFAB_EPROTO, start - 1, "a string without end");
}

static int scan_exponent(struct scan *s, size_t start)
{
	unsigned exponent = 0, most = EXPONENT_MAX;

	s->at++;
	if (s->at < s->len && (s->bytes[s->at] == '+' || s->bytes[s->at] == '-'))
		most = s->bytes[s->at++] == '-' ? EXPONENT_MIN : EXPONENT_MAX;
	for (; digit(s, s->at); s->at++) {
		if (exponent <= most)
			exponent = exponent * 10 + (s->bytes[s->at] - '0');
	}
	if (exponent > most)
		return refuse(s, CONFAB_EPROTO, start, "a number out of range");
	return 0;
}

static int scan_number(struct scan *s)
{
	size_t start = s->at;
	uint64_t n = 0;
	bool real = false;

	if (s->bytes[s->at] == '-')
		s->at++;
	for (; digit(s, s->at); s->at++) {
		if (n <= JSON_INT_MAX)
			n = n * 10 + (s->bytes[s->at] - '0');
	}
	if (s->at < s->len && s->bytes[s->at] == '.') {
		real = true;
		s->at++;
		while (digit(s, s->at))
			s->at++;
	}
	if (s->at < s->len && (s->bytes[s->at] == 'e' || s->bytes[s->at] == 'E')) {
		real = true;
		if (scan_exponent(s, start) != 0)
			return CONFAB_EPROTO;
	}
	if (!real && n > JSON_INT_MAX)
		return refuse(s, CONFAB_EPROTO, start, "an integer beyond 2^53-1");
	if (real && s->at - start > REAL_BYTES_MAX)
		return refuse(s, CONFAB_EPROTO, start, "a number of too many digits");
	return 0;
}

/* One token that begins at s->at. */
static int scan_token(struct scan *s)
{
	unsigned char c = s->bytes[s->at];

	switch (c) {
	case '{':
	case '[':
		if (s->depth == JSON_DEPTH_MAX)
			return refuse(s, CONFAB_ELIMIT, s->at, "nested too deeply");
		s->depth++;
		s->at++;
		return 0;
	case '}':
	case ']':
		if (s->depth == 0)
			return refuse(s, CONFAB_EPROTO, s->at, "a bracket that was not opened");
		s->depth--;
		s->at++;
		return 0;
	case '"':
		s->at++;
		return scan_string(s);
	default:
		break;
	}
	if (c == '-' || digit(s, s->at))
		return scan_number(s);
	if (c == '\0')
		return refuse(s, CONFAB_EPROTO, s->at, "a NUL byte");
	if (c >= 0x80)
		return refuse(s, CONFAB_EPROTO, s->at, "a character outside of a string");
	s->at++;
	return 0;
}

static void write_object(struct buf *b, const json_t *object)
{
	json_t *shared = (json_t *)object; /* jansson's iterator is not const; nothing is changed */
	bool first = true;

	buf_char(b, '{');
	for (void *it = json_object_iter(shared); it != NULL;
		it = json_object_iter_next(shared, it)) {
		const char *key = json_object_iter_key(it);

		if (!first)
			buf_char(b, ',');
		first = false;
		buf_json_str(b, key, strlen(key));
		buf_char(b, ':');
		json_write(b, json_object_iter_value(it));
	}
	buf_char(b, '}');
}

static void write_array(struct buf *b, const json_t *array)
{
	size_t n = json_array_size(array);

	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_char(b, ',');
		json_write(b, json_array_get(array, i));
	}
	buf_char(b, ']');
}

static int add_piece(const char *bytes, size_t len, void *arg)
{
	buf_add(arg, bytes, len);
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_one_of(const char *key, const char *const *names)
{
	while (names != NULL && *names != NULL)
		if (strcmp(key, *names++) == 0)
			return true;
	return false;
}

static void write_sorted(struct buf *b, const json_t *value, const char *const *left_out);

static void write_sorted_object(struct buf *b, const json_t *object, const char *const *left_out)
{
	size_t n = 0, count = json_object_size(object);
	const char *few[16], **keys = count <= 16 ? few : alloc_resize(NULL, count * sizeof(*keys));
	json_t *parts = (json_t *)object; /* jansson's iterators want it changeable */

	for (void *it = json_object_iter(parts); it != NULL; it = json_object_iter_next(parts, it))
		if (!is_one_of(json_object_iter_key(it), left_out))
			keys[n++] = json_object_iter_key(it);
	qsort(keys, n, sizeof(*keys), by_key);
	buf_char(b, '{');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_char(b, ',');
		buf_json_str(b, keys[i], strlen(keys[i]));
		buf_char(b, ':');
		write_sorted(b, json_object_get(object, keys[i]), NULL);
	}
	buf_char(b, '}');
	if (keys != few)
		free(keys);
}

/* The canonical text of a value: keys sorted, no space. left_out: keys of the outermost object. */
static void write_sorted(struct buf *b, const json_t *value, const char *const *left_out)
{
	if (json_is_object(value)) {
		write_sorted_object(b, value, left_out);
		return;
	}
	if (!json_is_array(value)) {
		json_write(b, value);
		return;
	}
	buf_char(b, '[');
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (i > 0)
			buf_char(b, ',');
		write_sorted(b, json_array_get(value, i), NULL);
	}
	buf_char(b, ']');
}

/* ------------------------------------------------------------------------------------------ */

int json_scan(const char *bytes, size_t len, struct confab_error *err)
{
	struct scan s = {(const unsigned char *)bytes, len, 0, 0, err};

	while (s.at < len) {
		int rc = scan_token(&s);

		if (rc != 0)
			return rc;
	}
	return 0;
}

json_t *json_parse_bounded(
	const char *bytes, size_t len, size_t max_bytes, struct confab_error *err)
{
	json_error_t why;
	json_t *value;

	if (len > max_bytes) {
		confab_error_set(
			err, CONFAB_ELIMIT, "JSON, longer than %zu bytes (%zu)", max_bytes, len);
		return NULL;
	}
	if (json_scan(bytes, len, err) != 0)
		return NULL;
	value = json_read_checked(bytes, len);
	if (value == NULL) /* jansson reads what is rare, and says what is wrong */
		value = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (value == NULL)
		confab_error_set(err, CONFAB_EPROTO, "JSON, %s at byte %d", why.text, why.position);
	return value;
}

bool json_is_shared(const json_t *value)
{
	json_t *parts = (json_t *)value; /* jansson's iterators want it changeable */
	bool shared = value->refcount != 1 && value->refcount != (size_t)-1;

	for (size_t i = 0; !shared && json_is_array(value) && i < json_array_size(value); i++)
		shared = json_is_shared(json_array_get(value, i));
	for (void *it = json_object_iter(parts); it != NULL && !shared;
		it = json_object_iter_next(parts, it))
		shared = json_is_shared(json_object_iter_value(it));
	return shared;
}

void json_write(struct buf *b, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		write_object(b, value);
		break;
	case JSON_ARRAY:
		write_array(b, value);
		break;
	case JSON_STRING:
		buf_json_str(b, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		buf_num(b, json_integer_value(value));
		break;
	case JSON_REAL: /* rare; jansson knows about locales and shortest digits */
		(void)json_dump_callback(value, add_piece, b, JSON_ENCODE_ANY);
		break;
	case JSON_TRUE:
		buf_str(b, "true");
		break;
	case JSON_FALSE:
		buf_str(b, "false");
		break;
	case JSON_NULL:
		buf_str(b, "null");
		break;
	}
}

void json_hash(const json_t *object, struct digest *digest, uint8_t hash[32])
{
	static const char *const left_out[] = {"id", "again", "read", NULL};
	struct buf b;

	buf_init(&b);
	write_sorted(&b, object, left_out);
	digest_sha256(digest, b.bytes, b.len, hash);
	buf_fini(&b);
}

const char *json_str(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int64_t json_int(const json_t *object, const char *key, int64_t dflt)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : dflt;
}

int json_bool(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}
