/**
 * The manual page confab.yaml(5), as man(7) source.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/config_internal.h"
#include "config/describe.h"
#include "config/document.h"
#include "config/wrap.h"

static const char head[] =
	".\\\" Printed from the tables of settings by confabctl config manual.\n"
	".\\\" SPDX-License-Identifier: MIT\n"
	".TH CONFAB.YAML 5 \"\" confab \"File formats\"\n"
	".SH NAME\n"
	"confab.yaml \\- configuration of the chat server confab\n"
	".SH DESCRIPTION\n"
	"One YAML file configures\n"
	".BR confabd (8).\n"
	"Every key has a default; an empty file, or none, is a server that runs on loopback.\n"
	"A key that is unknown, given twice, or out of range is an error with file, line and "
	"column,\n"
	"and all errors of a file are printed at once.\n"
	"Anchors, aliases, merge keys and tags of YAML are not supported.\n"
	".PP\n"
	".B confabctl config check\n"
	"tells whether a file is right, without a running server;\n"
	".B confabctl config explain\n"
	".I KEY\n"
	"tells the value in force, where it comes from, and whether it can change without a "
	"restart.\n"
	"A reload takes over everything or nothing.\n"
	".SS Values\n"
	".TP\n"
	"duration\n"
	"A number with a unit: 500ms, 10s, 5m, 12h, 30d, 2w.\n"
	".TP\n"
	"size\n"
	"A number with a unit: 512B, 64KB, 1MB, 2GB; powers of 1024.\n"
	".TP\n"
	"rate\n"
	"So many in a second, minute, hour or day, and how many at once: 10/s, 100/m burst 20; or "
	"off.\n"
	"Rates hold per node.\n"
	".TP\n"
	"list\n"
	"[a, b], or one per line with \\(aq\\- \\(aq.\n"
	".TP\n"
	"secret\n"
	"{file: /path}: the content of a file without the newline at its end;\n"
	"{env: NAME}: a variable of the environment; or text.\n"
	".SH SECTIONS\n";

static const char tail[] = ".SH FILES\n"
			   ".TP\n"
			   ".I /etc/confab/confab.yaml\n"
			   "the file that is read if no other is named\n"
			   ".SH SEE ALSO\n"
			   ".BR confabd (8),\n"
			   ".BR confabctl (1),\n"
			   ".BR confab\\-protocol (7)\n";

/* Text in which troff sees no commands. */
static void escaped(struct buf *b, const char *s)
{
	bool line_start = b->len == 0 || b->bytes[b->len - 1] == '\n';

	for (; *s; s++) {
		if (line_start && (*s == '.' || *s == '\''))
			buf_str(b, "\\&");
		line_start = *s == '\n';
		if (*s == '\\')
			buf_str(b, "\\e");
		else if (*s == '-')
			buf_str(b, "\\-");
		else if (*s == '\'')
			buf_str(b, "\\(aq");
		else if (*s == '"')
			buf_str(b, "\\(dq");
		else if (strncmp(s, "→", strlen("→")) == 0) {
			buf_str(b, "\\(->");
			s += strlen("→") - 1;
		} else
			buf_char(b, *s);
	}
}

static void paragraph(struct buf *b, const char *text)
{
	struct buf lines;

	buf_init(&lines);
	wrap_text(&lines, "", 90, text);
	escaped(b, lines.bytes);
	buf_fini(&lines);
}

static void row_print(struct buf *b, const struct confab_setting *row, bool with_default)
{
	struct buf text;

	buf_fmt(b, ".TP\n.B %s\n", row->name);
	if (row->doc)
		paragraph(b, row->doc);
	buf_init(&text);
	describe_type(row, &text);
	if (with_default) {
		buf_str(&text, "; default ");
		describe_default(row, &text);
	}
	buf_fmt(&text, "; changed %s.", describe_change(row));
	buf_str(b, ".br\n");
	paragraph(b, text.bytes);
	buf_fini(&text);
}

static void table_print(struct buf *b, const struct settings_table *table, bool with_default)
{
	for (size_t i = 0; i < settings_table_count(table); i++)
		row_print(b, settings_table_row(table, i), with_default);
}

static void example(struct buf *b, const char *text)
{
	if (!text)
		return;
	buf_str(b, ".PP\nExample:\n.PP\n.EX\n");
	escaped(b, text);
	buf_str(b, ".EE\n");
}

static void grants(struct buf *b, enum grant_scope scope)
{
	for (size_t i = 0; grant_word(scope, i); i++) {
		buf_fmt(b, ".TP\n.B %s\n", grant_word(scope, i)->name);
		paragraph(b, grant_word(scope, i)->doc);
	}
}

/* What the four built-in types say differently from the rows' defaults, as YAML. */
static void types_print(struct buf *b, const struct settings_table *table)
{
	table_print(b, table, false);
	buf_str(b, ".TP\n.B roles\n");
	paragraph(b, section_type_roles.doc);
	buf_str(b, ".TP\n.B plugins\n");
	paragraph(b,
		"Settings of plugins for channels of this type, by the plugin's name; false "
		"switches one off there: its hooks are not called, its kinds and commands are "
		"refused.");
	buf_str(b, ".PP\nChannel roles:\n");
	for (size_t i = 0; i < section_type_roles.count; i++) {
		buf_fmt(b, ".TP\n.B %s\n", section_type_roles.rows[i].setting.name);
		paragraph(b, section_type_roles.rows[i].setting.doc);
	}
	buf_str(b, ".PP\nChannel grants (all means every one; PLUGIN.word is one of a plugin):\n");
	grants(b, GRANT_CHANNEL);
	buf_str(b,
		".PP\nThe built\\-in types, where they differ from a key's common default:\n"
		".PP\n.EX\n");
	escaped(b, section_types_builtin);
	buf_str(b, ".EE\n.PP\nThe common defaults:\n.PP\n.EX\n");
	for (size_t i = 0; i < settings_table_count(table); i++) {
		struct buf line;

		buf_init(&line);
		buf_fmt(&line, "%s: ", settings_table_row(table, i)->name);
		describe_default(settings_table_row(table, i), &line);
		escaped(b, line.bytes);
		buf_char(b, '\n');
		buf_fini(&line);
	}
	buf_str(b, ".EE\n");
}

static void plugins_print(struct buf *b, const struct config_options *options)
{
	for (size_t i = 0; options && i < options->plugin_count; i++) {
		struct settings_table *table = settings_table_new(
			&options->plugins[i].settings, NULL);

		if (!table)
			continue; /* its fault is told where plugins are loaded */
		buf_fmt(b, ".SS plugins: %s\n", options->plugins[i].name);
		table_print(b, table, true);
		settings_table_unref(table);
	}
}

static void section_print(struct buf *b, enum section_id id, const struct config_options *options)
{
	const struct section *section = &sections[id];
	struct settings_table *table = section_table(section);

	buf_fmt(b, ".SS %s\n", section->name);
	paragraph(b, section->doc);
	if (id == SECTION_CHANNEL_TYPES)
		types_print(b, table);
	else
		table_print(b, table, true);
	if (id == SECTION_GRANTS) {
		buf_str(b,
			".PP\nServer grants (all means every one; channels.create.TYPE there is "
			"for each channel type):\n");
		grants(b, GRANT_SERVER);
	}
	example(b, section->example);
	if (id == SECTION_PLUGINS)
		plugins_print(b, options);
	settings_table_unref(table);
}

/* ------------------------------------------------------------------------------------------- */

void config_print_manual(struct buf *b, const struct config_options *options)
{
	buf_str(b, head);
	for (int id = 0; id < SECTION_COUNT; id++)
		section_print(b, (enum section_id)id, options);
	buf_str(b, tail);
}
