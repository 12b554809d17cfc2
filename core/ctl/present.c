/**
 * JSON for people: lines, indented; lists of objects as tables.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ctl/present.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 12
#define CELL_MAX 200

/* Columns on a terminal: bytes that begin a character. */
static int text_width(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

/* One value in one line; no control character reaches the terminal. */
static void cell_text(const json_t *v, char *out, size_t size)
{
	char *dump;

	if (!v || json_is_null(v))
		snprintf(out, size, "-");
	else if (json_is_string(v))
		snprintf(out, size, "%s", json_string_value(v));
	else if (json_is_true(v) || json_is_false(v))
		snprintf(out, size, "%s", json_is_true(v) ? "yes" : "no");
	else {
		dump = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
		snprintf(out, size, "%s", dump ? dump : "-");
		free(dump);
	}
	for (char *p = out; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = '?';
	}
}

static void print_table(const json_t *list, int indent)
{
	const char *names[COLUMNS_MAX];
	int widths[COLUMNS_MAX];
	char cell[CELL_MAX];
	size_t columns = 0, i;
	const json_t *row;

	for (void *it = json_object_iter(json_array_get(list, 0)); it && columns < COLUMNS_MAX;
		it = json_object_iter_next(json_array_get(list, 0), it)) {
		names[columns] = json_object_iter_key(it);
		widths[columns] = text_width(names[columns]);
		columns++;
	}
	json_array_foreach(list, i, row)
	{
		for (size_t c = 0; c < columns; c++) {
			cell_text(json_object_get(row, names[c]), cell, sizeof(cell));
			if (text_width(cell) > widths[c])
				widths[c] = text_width(cell);
		}
	}
	printf("%*s", indent, "");
	for (size_t c = 0; c < columns; c++)
		printf("%s%*s", names[c],
			c + 1 < columns ? widths[c] - text_width(names[c]) + 2 : 0, "");
	putchar('\n');
	json_array_foreach(list, i, row)
	{
		printf("%*s", indent, "");
		for (size_t c = 0; c < columns; c++) {
			cell_text(json_object_get(row, names[c]), cell, sizeof(cell));
			printf("%s%*s", cell,
				c + 1 < columns ? widths[c] - text_width(cell) + 2 : 0, "");
		}
		putchar('\n');
	}
}

static void print_list(const json_t *list, int indent)
{
	char cell[CELL_MAX];
	const json_t *item;
	size_t i;

	if (json_array_size(list) == 0) {
		printf("%*snone\n", indent, "");
		return;
	}
	if (json_is_object(json_array_get(list, 0))) {
		print_table(list, indent);
		return;
	}
	json_array_foreach(list, i, item)
	{
		cell_text(item, cell, sizeof(cell));
		printf("%*s%s\n", indent, "", cell);
	}
}

static void print_object(const json_t *object, int indent)
{
	char cell[4 * CELL_MAX];

	for (void *it = json_object_iter((json_t *)object); it;
		it = json_object_iter_next((json_t *)object, it)) {
		const char *key = json_object_iter_key(it);
		const json_t *v = json_object_iter_value(it);

		if (json_is_object(v) || json_is_array(v)) {
			printf("%*s%s:\n", indent, "", key);
			if (json_is_object(v))
				print_object(v, indent + 2);
			else
				print_list(v, indent + 2);
			continue;
		}
		cell_text(v, cell, sizeof(cell));
		printf("%*s%s: %s\n", indent, "", key, cell);
	}
}

/* ------------------------------------------------------------------------------------------- */

void present_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
	putchar('\n');
	json_decref(value);
}

void present_text(const json_t *value)
{
	char cell[CELL_MAX];

	if (json_is_object(value)) {
		print_object(value, 0);
	} else if (json_is_array(value)) {
		print_list(value, 0);
	} else {
		cell_text(value, cell, sizeof(cell));
		puts(cell);
	}
}
