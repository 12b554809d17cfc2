/**
 * Verbs that need no server: is this file right, what does a key mean, what is this plugin?
 *
 * SPDX-License-Identifier: MIT
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/quarantine.h"
#include "config/config.h"
#include "config/describe.h"
#include "config/document.h"
#include "config/entry.h"
#include "config/explain.h"
#include "config/value.h"
#include "ctl/ctl.h"
#include "ctl/plugin_tables.h"
#include "ctl/present.h"

/* Lines of a text as a list. */
static json_t *lines_of(const char *text, size_t len)
{
	json_t *list = json_array();

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		if (line)
			json_array_append_new(list, json_stringn(text, line));
		line += end ? 1 : 0;
		text += line;
		len -= line;
	}
	return list;
}

static int run_check(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	const char *file = argc ? argv[0] : ctl_config_file(ctl);
	struct plugin_tables tables;
	char *text = NULL;
	size_t len = 0, errors;
	FILE *out = open_memstream(&text, &len);

	(void)verb;
	if (!out)
		return ctl_fail(ctl, CTL_FAILED, "out of memory");
	plugin_tables_init(&tables, file);
	for (size_t i = 0; i < tables.n_problems; i++)
		fprintf(out, "%s\n", tables.problems[i]);
	errors = tables.n_problems;
	errors += config_check(file, &tables.options, out);
	fclose(out);
	if (ctl->json)
		present_json(json_pack("{s:b, s:I, s:o}", "ok", errors == 0, "errors",
			(json_int_t)errors, "lines", lines_of(text, len)));
	else
		fputs(text, errors ? stderr : stdout);
	plugin_tables_fini(&tables);
	free(text);
	return errors ? CTL_FAILED : CTL_OK;
}

static json_t *entry_json(const struct config_entry *e)
{
	json_t *o = json_pack("{s:s, s:b}", "key", e->key, "set", e->value->set);
	struct buf b;

	buf_init(&b);
	value_text(e->row, e->value, &b);
	json_object_set_new(o, "value", json_string(b.bytes ? b.bytes : ""));
	buf_clear(&b);
	describe_type(e->row, &b);
	json_object_set_new(o, "type", json_string(b.bytes));
	buf_clear(&b);
	describe_default(e->row, &b);
	json_object_set_new(o, "default", json_string(b.bytes));
	json_object_set_new(o, "change", json_string(describe_change(e->row)));
	if (e->value->set && e->value->at.line)
		json_object_set_new(o, "line", json_integer(e->value->at.line));
	if (e->row->doc)
		json_object_set_new(o, "doc", json_string(e->row->doc));
	buf_fini(&b);
	return o;
}

/* The key itself, or all below it. */
static json_t *entries_json(const struct config *cfg, const char *key)
{
	struct config_entries list;
	json_t *out = json_array();
	size_t len = strlen(key);

	config_entries_init(&list, cfg);
	for (size_t i = 0; i < list.count; i++) {
		const char *name = list.entries[i].key;

		if (len == 0 ||
			(strncmp(name, key, len) == 0 && (name[len] == '.' || name[len] == '\0')))
			json_array_append_new(out, entry_json(&list.entries[i]));
	}
	config_entries_fini(&list);
	return out;
}

static int run_explain(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	const char *key = argc ? argv[0] : "";
	struct plugin_tables tables;
	struct config *cfg = ctl_config_whole(ctl, &tables);
	int status = CTL_OK;

	(void)verb;
	if (!cfg)
		return CTL_FAILED;
	if (ctl->json) {
		json_t *list = entries_json(cfg, key);

		if (json_array_size(list)) {
			present_json(list);
		} else {
			json_decref(list);
			status = ctl_fail(ctl, CTL_FAILED, "there is no key '%.100s'", key);
		}
	} else if (config_explain(cfg, key, stdout)) {
		status = CTL_FAILED;
	}
	config_unref(cfg);
	plugin_tables_fini(&tables);
	return status;
}

/* "sample", "manual", "schema": documents from the tables. */
static int run_document(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	const char *which = strchr(verb->name, ' ') + 1;
	struct plugin_tables tables;
	struct buf b;

	(void)argc;
	(void)argv;
	plugin_tables_init(&tables, ctl_config_file(ctl));
	buf_init(&b);
	if (strcmp(which, "sample") == 0)
		config_print_sample(&b, &tables.options);
	else if (strcmp(which, "manual") == 0)
		config_print_manual(&b, &tables.options);
	else
		config_print_schema(&b, &tables.options);
	if (ctl->json && strcmp(which, "schema") != 0)
		present_json(json_pack("{s:s%}", "text", b.bytes, b.len));
	else
		fwrite(b.bytes, 1, b.len, stdout);
	buf_fini(&b);
	plugin_tables_fini(&tables);
	return CTL_OK;
}

static int run_plugin_release(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	struct config *cfg = ctl_config_load(ctl);
	struct confab_error err = {0};
	int rc;

	(void)verb;
	(void)argc;
	if (!cfg)
		return CTL_FAILED;
	rc = quarantine_release(config_server(cfg)->data, argv[0], &err);
	config_unref(cfg);
	if (rc)
		return ctl_fail(ctl, CTL_FAILED, "%s", err.text);
	if (ctl->json)
		present_json(json_pack("{s:s}", "released", argv[0]));
	else
		printf("plugin '%s' is released: the next start or confabctl reload loads it\n",
			argv[0]);
	return CTL_OK;
}

/* ------------------------------------------------------------------------------------------- */

struct config *ctl_config_whole(const struct ctl *ctl, struct plugin_tables *tables)
{
	const char *file = ctl_config_file(ctl);
	struct config_report *report = config_report_new(file ? file : "built-in defaults");
	struct confab_error err = {0};
	struct config *cfg;

	plugin_tables_init(tables, file);
	tables->options.flags = CONFIG_KEEP_SECRETS;
	cfg = config_load(file, &tables->options, report);
	if (!cfg) {
		config_report_error(report, &err);
		ctl_fail(ctl, CTL_FAILED, "%s", err.text);
		plugin_tables_fini(tables);
	}
	config_report_free(report);
	return cfg;
}

const struct ctl_verb ctl_offline_verbs[] = {
	{"config check", "[FILE]", "is the configuration right, its plugins' settings too?", 0, 1,
		run_check},
	{"config explain", "[KEY]", "value in force, where it comes from, and what it means", 0, 1,
		run_explain},
	{"config sample", "", "print the commented sample file", 0, 0, run_document},
	{"config manual", "", "print confab.yaml(5)", 0, 0, run_document},
	{"config schema", "", "print a JSON Schema for editors", 0, 0, run_document},
	{"plugin info", "FILE.so", "what a plugin's file says about itself; nothing of it runs", 1,
		1, ctl_plugin_info},
	{"plugin lint", "FILE.so [--cycles N]",
		"what confab would say to it, loaded and unloaded N times", 1, -1, ctl_plugin_lint},
	{"plugin new", "NAME [--c|--cxx] [--dir D]",
		"a folder that builds a plugin, with its tests", 1, -1, ctl_plugin_new},
	{"plugin release", "NAME",
		"take a plugin out of quarantine: the next start or reload loads it again", 1, 1,
		run_plugin_release},
	{"restore", "FILE", "put a backup in place of the store of a server that is stopped", 1, 1,
		ctl_restore},
	{NULL, NULL, NULL, 0, 0, NULL},
};
