/**
 * Sentences about a file and about its keys.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/explain.h"

#include <string.h>

#include "base/buf.h"
#include "config/describe.h"
#include "config/entry.h"
#include "config/nearest.h"
#include "config/settings.h"

static void print_origin(const struct config *cfg, const struct config_entry *e, FILE *out)
{
	const char *file = config_file(cfg) ? config_file(cfg) : "configuration";

	if (e->value->set && e->value->at.line)
		fprintf(out, "  from:     %s:%u\n", file, e->value->at.line);
	else if (e->builtin_type)
		fprintf(out, "  from:     built-in default of the channel type '%s'\n",
			e->builtin_type);
	else
		fprintf(out, "  from:     built-in default\n");
}

static void print_key(const struct config *cfg, const struct config_entry *e, FILE *out)
{
	struct buf b;

	buf_init(&b);
	value_text(e->row, e->value, &b);
	fprintf(out, "%s: %s\n", e->key, b.bytes);
	print_origin(cfg, e, out);
	buf_clear(&b);
	describe_type(e->row, &b);
	fprintf(out, "  type:     %s\n", b.bytes);
	if (!e->builtin_type) {
		buf_clear(&b);
		describe_default(e->row, &b);
		fprintf(out, "  default:  %s\n", b.bytes);
	}
	fprintf(out, "  change:   %s\n", describe_change(e->row));
	if (e->row->doc)
		fprintf(out, "  %s\n", e->row->doc);
	buf_fini(&b);
}

/* "limits" names "limits.ping_interval". */
static bool below(const char *key, const char *section)
{
	size_t len = strlen(section);

	return len == 0 || (strncmp(key, section, len) == 0 && key[len] == '.');
}

static size_t print_below(const struct config_entries *list, const char *section, FILE *out)
{
	size_t n = 0;
	struct buf b;

	buf_init(&b);
	for (size_t i = 0; i < list->count; i++) {
		const struct config_entry *e = &list->entries[i];

		if (!below(e->key, section))
			continue;
		buf_clear(&b);
		value_text(e->row, e->value, &b);
		fprintf(out, "%s: %s%s\n", e->key, b.bytes, e->value->set ? "" : "   # default");
		n++;
	}
	buf_fini(&b);
	return n;
}

/* The nearest key: as a whole, or one whose last word is the same. */
static void print_unknown(const struct config_entries *list, const char *key, FILE *out)
{
	const char *last = strrchr(key, '.') ? strrchr(key, '.') + 1 : key;
	struct nearest near;
	char hint[128];

	nearest_init(&near, key);
	for (size_t i = 0; i < list->count; i++)
		nearest_try(&near, list->entries[i].key);
	for (size_t i = 0; i < list->count && !near.best; i++) {
		if (strcmp(list->entries[i].row->name, last) == 0)
			near.best = list->entries[i].key;
	}
	fprintf(out, "there is no key '%.100s'%s\n", key, nearest_hint(&near, hint));
}

static void note_unread(const struct config *cfg, struct config_report *report)
{
	const struct config_plugin *plugin;

	for (size_t i = 0; (plugin = config_plugin_at(cfg, i)); i++) {
		if (!plugin->read)
			config_report_note(report, (struct config_place){0, 0},
				"settings of plugin '%s' were not checked", plugin->name);
	}
}

/* ------------------------------------------------------------------------------------------- */

size_t config_check(const char *path, const struct config_options *options, FILE *out)
{
	const char *name = path ? path : "built-in defaults";
	struct config_options offline = options ? *options : (struct config_options){0};
	struct config_report *report = config_report_new(name);
	struct config *cfg;
	size_t errors;

	offline.flags |= CONFIG_KEEP_SECRETS;
	cfg = config_load(path, &offline, report);
	if (cfg)
		note_unread(cfg, report);
	config_report_print(report, out);
	errors = config_report_errors(report);
	if (errors == 0)
		fprintf(out, "%s: no errors\n", name);
	config_unref(cfg);
	config_report_free(report);
	return errors;
}

int config_explain(const struct config *cfg, const char *key, FILE *out)
{
	const char *wanted = key ? key : "";
	const struct config_entry *e;
	struct config_entries list;
	int rc = CONFAB_OK;

	config_entries_init(&list, cfg);
	e = config_entries_find(&list, wanted);
	if (e) {
		print_key(cfg, e, out);
	} else if (print_below(&list, wanted, out) == 0) {
		print_unknown(&list, wanted, out);
		rc = CONFAB_ENOENT;
	}
	config_entries_fini(&list);
	return rc;
}
