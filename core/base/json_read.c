/**
 * A quick reader that makes jansson's values: jansson's own takes a string a character at a time.
 *
 * It accepts nothing that jansson would refuse. What it cannot say yes to, numbers with a fraction, a
 * doubled key or an error, is given to jansson.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json_read.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

/** Deeper is jansson's. */
#define DEPTH_MAX 64
/** An integer of so many digits fits into 64 bits. */
#define DIGITS_MAX 18
/** Keys up to here are put together on the stack. */
#define FEW 256

struct reader {
	const char *at, *end;
	unsigned depth;
	char *text; /* where strings with escapes are put together, or NULL */
};

static json_t *read_value(struct reader *r);

/** Has the word a quote, a backslash or a control character? May say yes too often, never too rarely. */
static bool word_ends(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101ULL, high = 0x8080808080808080ULL;
	uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');

	return (((w - ones * 0x20) | (quote - ones) | (slash - ones)) & ~w & high) != 0;
}

static void skip_space(struct reader *r)
{
	while (r->at < r->end &&
		(*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
		r->at++;
}

/** After spaces: is this the next byte? Then it is taken. */
static bool take(struct reader *r, char c)
{
	skip_space(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool hex4(struct reader *r, uint32_t *out)
{
	uint32_t value = 0;

	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = *r->at++;

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
			value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xC0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*out++ = (char)(0xE0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	} else {
		*out++ = (char)(0xF0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3F));
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	}
	return out;
}

/** Behind \u: RFC 8259, section 7, with surrogate pairs. @return NULL if it is none of ours */
static char *read_unicode(struct reader *r, char *out)
{
	uint32_t c, low;

	if (!hex4(r, &c) || c == 0 || (c >= 0xDC00 && c < 0xE000))
		return NULL;
	if (c >= 0xD800 && c < 0xDC00) {
		if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
			return NULL;
		r->at += 2;
		if (!hex4(r, &low) || low < 0xDC00 || low >= 0xE000)
			return NULL;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	return put_utf8(out, c);
}

static char *read_escape(struct reader *r, char *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *which;

	if (r->at == r->end || *r->at == '\0')
		return NULL;
	if (*r->at == 'u') {
		r->at++;
		return read_unicode(r, out);
	}
	which = strchr(from, *r->at++);
	if (which == NULL)
		return NULL;
	*out++ = to[which - from];
	return out;
}

/** Behind a plain beginning that ends before a backslash: the rest, put together. */
static bool read_escaped(struct reader *r, const char *from, const char **bytes, size_t *len)
{
	char *out;

	if (r->text == NULL) /* no string is longer when it is read */
		r->text = alloc_resize(NULL, (size_t)(r->end - from));
	memcpy(r->text, from, (size_t)(r->at - from));
	out = r->text + (r->at - from);
	while (r->at < r->end) {
		char c = *r->at++;

		if (c == '"') {
			*bytes = r->text;
			*len = (size_t)(out - r->text);
			return true;
		}
		if ((unsigned char)c < 0x20)
			return false;
		if (c != '\\')
			*out++ = c;
		else if ((out = read_escape(r, out)) == NULL)
			return false;
	}
	return false;
}

/** Behind the quote. The bytes are good until the next string. */
static bool read_string(struct reader *r, const char **bytes, size_t *len)
{
	const char *from = r->at;

	r->at = json_plain_end(r->at, r->end);
	if (r->at == r->end || (unsigned char)*r->at < 0x20)
		return false;
	if (*r->at == '\\')
		return read_escaped(r, from, bytes, len);
	*bytes = from;
	*len = (size_t)(r->at++ - from);
	return true;
}

static json_t *read_number(struct reader *r)
{
	const char *from = r->at;
	bool minus = *from == '-';
	json_int_t n = 0;

	r->at += minus;
	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		if (r->at - from >= DIGITS_MAX)
			return NULL;
		n = n * 10 + (*r->at - '0');
	}
	if (r->at == from + minus || (from[minus] == '0' && r->at > from + minus + 1))
		return NULL;
	if (r->at < r->end && (*r->at == '.' || *r->at == 'e' || *r->at == 'E'))
		return NULL;
	return json_integer(minus ? -n : n);
}

static json_t *read_word(struct reader *r)
{
	static const struct {
		const char *text;
		size_t len;
	} words[] = {{"true", 4}, {"false", 5}, {"null", 4}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((size_t)(r->end - r->at) >= words[i].len &&
			memcmp(r->at, words[i].text, words[i].len) == 0) {
			r->at += words[i].len;
			return i == 0 ? json_true() : i == 1 ? json_false() : json_null();
		}
	}
	return NULL;
}

static json_t *read_array(struct reader *r)
{
	json_t *array = json_array();

	if (take(r, ']'))
		return array;
	do {
		if (json_array_append_new(array, read_value(r)) != 0)
			goto fail;
	} while (take(r, ','));
	if (take(r, ']'))
		return array;
fail:
	json_decref(array);
	return NULL;
}

/** "key":value, once. */
static bool read_member(struct reader *r, json_t *object)
{
	const char *bytes;
	char few[FEW], *key = few;
	size_t len, before = json_object_size(object);
	int rc;

	if (!take(r, '"') || !read_string(r, &bytes, &len))
		return false;
	if (len >= sizeof(few))
		key = alloc_resize(NULL, len + 1);
	memcpy(key, bytes, len); /* the next string takes its place */
	key[len] = '\0';
	rc = take(r, ':') ? json_object_set_new_nocheck(object, key, read_value(r)) : -1;
	if (key != few)
		free(key);
	return rc == 0 && json_object_size(object) > before;
}

static json_t *read_object(struct reader *r)
{
	json_t *object = json_object();

	if (take(r, '}'))
		return object;
	do {
		if (!read_member(r, object))
			goto fail;
	} while (take(r, ','));
	if (take(r, '}'))
		return object;
fail:
	json_decref(object);
	return NULL;
}

static json_t *read_value(struct reader *r)
{
	const char *bytes;
	json_t *value = NULL;
	size_t len;

	skip_space(r);
	if (r->at == r->end || r->depth == DEPTH_MAX)
		return NULL;
	r->depth++;
	switch (*r->at) {
	case '{':
		r->at++;
		value = read_object(r);
		break;
	case '[':
		r->at++;
		value = read_array(r);
		break;
	case '"':
		r->at++;
		if (read_string(r, &bytes, &len))
			value = json_stringn_nocheck(bytes, len);
		break;
	case 't':
	case 'f':
	case 'n':
		value = read_word(r);
		break;
	default:
		value = read_number(r);
		break;
	}
	r->depth--;
	return value;
}

/* ------------------------------------------------------------------------------------------ */

const char *json_plain_end(const char *at, const char *end)
{
	uint64_t word;

	while (end - at >= (ptrdiff_t)sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		if (word_ends(word))
			break;
		at += sizeof(word);
	}
	while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
		at++;
	return at;
}

json_t *json_read_checked(const char *bytes, size_t len)
{
	struct reader r = {.at = bytes, .end = bytes + len};
	json_t *value = read_value(&r);

	skip_space(&r);
	free(r.text);
	if (value != NULL && r.at != r.end) {
		json_decref(value);
		value = NULL;
	}
	return value;
}

json_t *json_read(const char *bytes, size_t len)
{
	json_t *value = utf8_valid(bytes, len) ? json_read_checked(bytes, len) : NULL;

	if (!json_is_object(value) && !json_is_array(value)) {
		json_decref(value);
		value = json_loadb(bytes, len, 0, NULL);
	}
	return value;
}
