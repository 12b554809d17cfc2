/**
 * Mistakes in YAML itself: each is refused at its place with a sentence that helps.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/yaml.h"
#include "config_case.h"

static const struct config_case cases[] = {
	{"top is a list", "- a\n",
		"f:1:1: expected sections (listen:, store:, \342\200\246), but found a list\n"},
	{"top is text", "hello\n",
		"f:1:1: expected sections (listen:, store:, \342\200\246), but found text\n"},
	{"no space behind a colon", "server:x\n",
		"f:1:1: expected sections (listen:, store:, \342\200\246), but found text (is a "
		"space missing behind ':'?)\n"},
	{"duplicate key",
		"server: {name: a}\n"
		"log: {level: info}\n"
		"server: {name: b}\n",
		"f:3:1: key 'server' is given twice (first in line 1)\n"},
	{"duplicate key below",
		"server:\n"
		"  name: a\n"
		"  name: b\n",
		"f:3:3: key 'name' is given twice (first in line 2)\n"},
	{"anchor", "server: &a {name: x}\n",
		"f:1:9: anchors (&a) are not supported; write the value where it is needed\n"},
	{"alias", "server: *a\n",
		"f:1:9: aliases (*a) are not supported; write the value out, and quote text that "
		"begins with '*'\n"},
	{"merge key", "server: {<<: {name: x}}\n",
		"f:1:10: merge keys (<<) are not supported; write the values out\n"},
	{"tag", "server: {name: !!str x}\n",
		"f:1:16: tags (tag:yaml.org,2002:str) are not supported; quote a value that begins "
		"with '!'\n"},
	{"second document",
		"server: {name: x}\n"
		"---\n"
		"log: {level: info}\n",
		"f:2:1: a second document begins here; a configuration is one document\n"},
	{"list as key", "[a]: b\n", "f:1:1: a key must be text, not a list or a map\n"},
	{"empty key", ": b\n",
		"f:1:1: the indentation does not fit the lines above, or a value is followed by "
		"more text\n"},
	{"tab",
		"server:\n"
		"\tname: x\n",
		"f:2:1: a tab is used for indentation; YAML wants spaces\n"},
	{"tab behind blanks",
		"server:\n"
		"  name: x\n"
		"  \tdata: y\n",
		"f:3:3: a tab is used for indentation; YAML wants spaces\n"},
	{"quote not closed", "server: {name: \"x}\n",
		"f:1:16: the quote that opens here is never closed\n"},
	{"bracket not closed",
		"http: {origins: [a, b\n"
		"log: {}\n",
		"f:1:17: the '[' list is not closed by ']' or lacks a ','\n"},
	{"unquoted star",
		"http:\n"
		"  origins: [*]\n",
		"f:2:14: aliases (*x) are not supported; quote text that begins with '*'\n"},
	{"unquoted at", "server: {name: @home}\n",
		"f:1:16: text that begins with '@' must be quoted\n"},
	{"unquoted percent",
		"server:\n"
		"  name: %x\n",
		"f:2:9: text that begins with '%' must be quoted\n"},
	{"second colon",
		"server:\n"
		"  name: a: b\n",
		"f:2:10: a second ':' in this line, or its indentation does not fit the line "
		"above; quote text that contains ': '\n"},
	{"indentation",
		"server:\n"
		"  name: a\n"
		" data: b\n",
		"f:3:2: the indentation does not fit the lines above, or a value is followed by "
		"more text\n"},
	{"colon missing",
		"server:\n"
		"  name: a\n"
		"  data\n"
		"  user: b\n",
		"f:3:3: a ':' is missing after this key, or the line above is not finished\n"},
	{"list on the key's line",
		"http:\n"
		"  origins: - a\n",
		"f:2:12: a list must begin on its own line below its key\n"},
	{"escape", "server: {name: \"a\\d\"}\n",
		"f:1:18: unknown escape in \"\342\200\246\"; use '\342\200\246' for text with "
		"backslashes\n"},
	{"too deep", "a: [[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]\n",
		"f:1:19: nested deeper than 16 levels\n"},
	{"NUL", "server: {name: \"a\\0b\"}\n", "f:1:16: a NUL character is not allowed\n"},
	{"control character", "server: \001\n", "f:1:9: control characters are not allowed\n"},
	{"not UTF-8", "server: \377\n", "f:1:9: not UTF-8 (invalid leading UTF-8 octet)\n"},
};

static void mistakes_are_told(void **state)
{
	(void)state;
	config_cases_run(cases, sizeof(cases) / sizeof(cases[0]));
}

/* Every beginning of every file is read or refused, never more (also for the sanitizers). */
static void cut_files_are_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t len = 0; len < strlen(cases[i].yaml); len++) {
			char *exact = malloc(len ? len : 1), *said;

			assert_non_null(exact);
			memcpy(exact, cases[i].yaml, len);
			config_unref(config_case_read(exact, len, &said));
			free(said);
			free(exact);
		}
	}
}

/* A file that repeats a piece n times. */
static char *repeated(const char *head, const char *piece, size_t n, size_t *len)
{
	size_t h = strlen(head), p = strlen(piece);
	char *bytes = malloc(h + n * p + 1);

	assert_non_null(bytes);
	memcpy(bytes, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(bytes + h + i * p, piece, p);
	*len = h + n * p;
	bytes[*len] = '\0';
	return bytes;
}

static void bounds_hold(void **state)
{
	static const struct {
		const char *head, *piece, *report;
		size_t n;
	} rows[] = {
		{"", "#", "f: the file is larger than 1048576 bytes\n", YAML_BYTES_MAX + 1},
		{"http: {origins: [", "a,", "more than 20000 values in one file", YAML_VALUES_MAX},
		{"a: ", "[", "nested deeper than 16 levels", 100000},
		{"a: ", "{? ", "a key must be text, not a list or a map", 100000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len;
		char *said, *bytes = repeated(rows[i].head, rows[i].piece, rows[i].n, &len);

		assert_null(config_case_read(bytes, len, &said));
		assert_non_null(strstr(said, rows[i].report));
		free(said);
		free(bytes);
	}
}

static void keys_are_bounded(void **state)
{
	char *bytes = malloc(32 * (YAML_KEYS_MAX + 10)), *end = bytes, *said;

	(void)state;
	assert_non_null(bytes);
	for (int i = 0; i <= YAML_KEYS_MAX; i++)
		end += sprintf(end, "k%d: 1\n", i);
	assert_null(config_case_read(bytes, (size_t)(end - bytes), &said));
	assert_non_null(strstr(said, "more than 1000 keys in one map"));
	free(said);
	free(bytes);
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(cut_files_are_harmless),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(keys_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
