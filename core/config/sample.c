/**
 * The sample file: prose wrapped in comments, every key with its default.
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
#include "config/nearest.h"
#include "config/wrap.h"

#define WIDTH 96

static const char intro[] =
	"# Configuration of confab, a real-time chat server.\n"
	"#\n"
	"# Everything here is commented out and shows its default: confab runs without this file. "
	"To\n"
	"# change something, take away the '#' right before its key and change the value. Lines "
	"that\n"
	"# begin with '# ' are explanations.\n"
	"#\n"
	"#   confabctl config check FILE      is it right? every mistake with its line\n"
	"#   confabctl config explain KEY     what is in force, and where it comes from\n"
	"#   confabctl reload                 take it over: everything, or nothing and say why\n"
	"#\n"
	"# How values are written:\n"
	"#   durations   500ms, 10s, 5m, 12h, 30d, 2w      a number alone is refused, but for 0\n"
	"#   sizes       512B, 64KB, 1MB, 2GB              powers of 1024\n"
	"#   rates       10/s, 100/m burst 20, off         /s, /m, /h, /d; burst: how many at "
	"once\n"
	"#   lists       [a, b], or one per line with '- '\n"
	"#   secrets     {file: /path} or {env: NAME}, so that this file holds none\n"
	"# Quote text that begins with one of * & ! @ % [ { or holds ': ' or ' #'. Indent by "
	"spaces.\n"
	"# Keys marked (restart) are taken over by a restart only, all others by a reload.\n";

static void indented(struct buf *b, unsigned indent, const char *text)
{
	buf_fmt(b, "%*s%s", (int)indent, "", text);
}

static void prose(struct buf *b, unsigned indent, const char *text)
{
	char prefix[32];

	(void)snprintf(prefix, sizeof(prefix), "%*s# ", (int)indent, "");
	wrap_text(b, prefix, WIDTH, text);
}

/* What a row means, with type and range where that says something. */
static void explain(struct buf *b, unsigned indent, const struct confab_setting *row)
{
	struct buf text;

	buf_init(&text);
	buf_str(&text, row->doc ? row->doc : row->name);
	switch ((enum confab_setting_type)row->type) {
	case CONFAB_SETTING_INT:
	case CONFAB_SETTING_SIZE:
	case CONFAB_SETTING_DURATION:
	case CONFAB_SETTING_ENUM:
		buf_str(&text, " (");
		describe_type(row, &text);
		buf_str(&text, ")");
		break;
	default:
		break;
	}
	if (!(row->flags & CONFAB_SETTING_RELOADABLE))
		buf_str(&text, " (restart)");
	prose(b, indent, text.bytes);
	buf_fini(&text);
}

static void setting(
	struct buf *b, unsigned indent, const char *lead, const struct confab_settings *s, size_t n)
{
	const struct confab_setting *row = settings_table_row(settings_table(s), n);

	indented(b, indent, "#");
	buf_fmt(b, "%s%s: ", lead, row->name);
	value_text(row, settings_value(s, n), b);
	buf_char(b, '\n');
}

/* All rows of one map, each explained. A list's item begins with "- ". */
static void rows(struct buf *b, unsigned indent, const struct confab_settings *s, bool item)
{
	for (size_t i = 0; i < settings_table_count(settings_table(s)); i++) {
		bool first = item && i == 0;

		explain(b, indent, settings_table_row(settings_table(s), i));
		setting(b, first ? indent - 2 : indent, first ? "- " : "", s, i);
	}
}

static void example(struct buf *b, const char *text)
{
	if (!text)
		return;
	buf_str(b, "# Example:\n");
	while (*text) {
		size_t len = strcspn(text, "\n");

		buf_str(b, "#   ");
		buf_add(b, text, len + 1);
		text += len + 1;
	}
}

static void types_explained(struct buf *b, const struct confab_settings *s)
{
	struct buf text;

	for (size_t i = 0; i < settings_table_count(settings_table(s)); i++) {
		const struct confab_setting *row = settings_table_row(settings_table(s), i);

		buf_fmt(b, "# %s\n", row->name);
		buf_init(&text);
		buf_fmt(&text, "%s (", row->doc);
		describe_type(row, &text);
		buf_str(&text, ")");
		wrap_text(b, "#     ", WIDTH, text.bytes);
		buf_fini(&text);
	}
	buf_str(b, "# roles\n");
	wrap_text(b, "#     ", WIDTH,
		"Role → grants. A role that is named has exactly the grants given; roles that are "
		"not named keep theirs. owner, moderator, member and reader are roles of members, "
		"guest is everybody else with an account. \"all\" is every grant, \"PLUGIN.word\" "
		"one that a plugin brought, and the others are:");
	for (size_t i = 0; grant_word(GRANT_CHANNEL, i); i++)
		buf_fmt(b, "#       %-12s %s\n", grant_word(GRANT_CHANNEL, i)->name,
			grant_word(GRANT_CHANNEL, i)->doc);
	buf_str(b, "# plugins\n");
	wrap_text(b, "#     ", WIDTH,
		"Settings of plugins for channels of this type, as far as a plugin allows it: "
		"plugins: {NAME: {KEY: VALUE}}; or {NAME: false}: it is off there (its hooks are "
		"not called, its kinds and commands are refused).");
}

static void types(struct buf *b, const struct config *cfg)
{
	types_explained(b, cfg->types[0].rows);
	buf_str(b, "channel_types:\n");
	for (size_t i = 0; i < cfg->type_count; i++) {
		const struct type_part *t = &cfg->types[i];

		buf_fmt(b, "  %s:\n", t->name);
		for (size_t n = 1; n < settings_table_count(settings_table(t->rows)); n++)
			setting(b, 4, "", t->rows, n);
		buf_str(b, "    roles:\n");
		for (size_t n = 0; n < settings_table_count(settings_table(t->roles)); n++)
			setting(b, 6, "", t->roles, n);
	}
}

/* A plugin that runs only if somebody says so: its name is put out of force too. */
static void plugin_offered(struct buf *b, const struct config_plugin_table *offer)
{
	struct settings_table *table = settings_table_new(&offer->settings, NULL);
	struct confab_settings *s;

	if (!table)
		return; /* its fault is told where plugins are loaded */
	s = settings_new(table);
	buf_fmt(b, "  #%s:\n", offer->name);
	rows(b, 4, s, false);
	settings_unref(s);
	settings_table_unref(table);
}

static void plugins(struct buf *b, const struct config *cfg, const struct config_options *options)
{
	buf_str(b, "plugins:\n");
	for (size_t i = 0; i < cfg->plugin_count; i++) {
		const struct plugin_part *part = &cfg->plugins[i];

		if (part->settings && settings_table_count(settings_table(part->settings))) {
			buf_fmt(b, "  %s:\n", part->name);
			rows(b, 4, part->settings, false);
		} else {
			buf_fmt(b, "  #%s: true\n", part->name);
		}
	}
	for (size_t i = 0; i < options->plugin_count; i++) {
		if (!config_plugin(cfg, options->plugins[i].name))
			plugin_offered(b, &options->plugins[i]);
	}
}

static void server_grants(struct buf *b)
{
	prose(b, 0,
		"Grants of this server (\"all\" is every one, channels.create.TYPE there is for "
		"each "
		"channel type):");
	for (size_t i = 0; grant_word(GRANT_SERVER, i); i++)
		buf_fmt(b, "#   %-26s %s\n", grant_word(GRANT_SERVER, i)->name,
			grant_word(GRANT_SERVER, i)->doc);
}

static void section_print(struct buf *b, const struct config *cfg, enum section_id id,
	const struct config_options *options)
{
	const struct section *section = &sections[id];

	buf_fmt(b, "\n# ---- %s ", section->name);
	for (size_t n = strlen(section->name); n < WIDTH - 8; n++)
		buf_char(b, '-');
	buf_char(b, '\n');
	prose(b, 0, section->doc);
	if (id == SECTION_GRANTS)
		server_grants(b);
	example(b, section->example);
	if (id == SECTION_CHANNEL_TYPES) {
		types(b, cfg);
	} else if (id == SECTION_PLUGINS) {
		plugins(b, cfg, options);
	} else if (id == SECTION_LISTEN) {
		buf_fmt(b, "%s:\n", section->name);
		rows(b, 4, cfg->listeners[0].settings, true);
	} else {
		buf_fmt(b, "%s:\n", section->name);
		rows(b, 2, cfg->one[id], false);
	}
}

/* ------------------------------------------------------------------------------------------- */

void config_print_sample(struct buf *b, const struct config_options *options)
{
	struct config_report *report = config_report_new("built-in defaults");
	struct config_options tables = options ? *options : (struct config_options){0};
	struct config *cfg;

	tables.flags = CONFIG_KEEP_SECRETS;
	cfg = config_load(NULL, &tables, report);
	if (!cfg) {
		config_report_print(report, stderr);
		abort(); /* a bug: the defaults are our own */
	}
	buf_str(b, intro);
	for (int id = 0; id < SECTION_COUNT; id++)
		section_print(b, cfg, (enum section_id)id, &tables);
	config_unref(cfg);
	config_report_free(report);
}
