/**
 * From settings to structs.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/sections.h"

static void bind_value(const struct section_row *row, const struct setting_value *v, char *field)
{
	const char *str = v->str ? v->str : "";
	struct confab_list list = {(const char *const *)v->items, v->count};
	bool truth = v->num != 0;
	int place = (int)v->num;
	unsigned octal;

	switch ((enum confab_setting_type)row->setting.type) {
	case CONFAB_SETTING_BOOL:
		memcpy(field, &truth, sizeof(truth));
		break;
	case CONFAB_SETTING_INT:
	case CONFAB_SETTING_SIZE:
	case CONFAB_SETTING_DURATION:
		memcpy(field, &v->num, sizeof(v->num));
		break;
	case CONFAB_SETTING_RATE:
		memcpy(field, &v->rate, sizeof(v->rate));
		break;
	case CONFAB_SETTING_ENUM:
		if (row->as == SECTION_AS_WORD) {
			memcpy(field, &str, sizeof(str));
		} else if (row->as == SECTION_AS_OCTAL) {
			octal = (unsigned)strtoul(str, NULL, 8);
			memcpy(field, &octal, sizeof(octal));
		} else {
			memcpy(field, &place, sizeof(place));
		}
		break;
	case CONFAB_SETTING_STRING:
	case CONFAB_SETTING_PATH:
	case CONFAB_SETTING_ADDRESS:
	case CONFAB_SETTING_SECRET:
		memcpy(field, &str, sizeof(str));
		break;
	case CONFAB_SETTING_LIST:
		memcpy(field, &list, sizeof(list));
		break;
	case CONFAB_SETTING_TREE:
		break; /* the core has none */
	}
}

/* ------------------------------------------------------------------------------------------- */

struct settings_table *section_table(const struct section *section)
{
	struct confab_table rows = {
		section->rows, (uint32_t)section->count, sizeof(struct section_row)};
	struct confab_error err = {0};
	struct settings_table *t = settings_table_new(&rows, &err);

	if (!t) {
		fprintf(stderr, "section '%s', %s\n", section->name, err.text);
		abort(); /* a bug: our own tables are const */
	}
	return t;
}

void section_bind(const struct section *section, const struct confab_settings *s, void *target)
{
	for (size_t i = 0; i < section->count; i++)
		bind_value(&section->rows[i], settings_value(s, i),
			(char *)target + section->rows[i].at);
}
