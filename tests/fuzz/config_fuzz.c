/**
 * Fuzz: YAML configurations. What is taken has no errors, says the same when it is read again, and
 * differs from itself in nothing; what is refused says why, and the report can be printed.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include "config/config.h"
#include "config/diff.h"
#include "pieces.h"

static const struct confab_setting filter_rows[] = {
	{"pause", CONFAB_SETTING_DURATION, "5s", 1000, 60000, NULL,
		CONFAB_SCOPE_TYPE | CONFAB_SCOPE_CHANNEL, CONFAB_SETTING_RELOADABLE, NULL,
		"How long."},
	{"words", CONFAB_SETTING_LIST, NULL, 0, 3, NULL, CONFAB_SCOPE_TYPE,
		CONFAB_SETTING_RELOADABLE, NULL, "Words."},
	{"token", CONFAB_SETTING_SECRET, NULL, 0, 0, NULL, 0, 0, NULL, "Secret."},
	{"rules", CONFAB_SETTING_TREE, NULL, 0, 0, NULL, 0, CONFAB_SETTING_RELOADABLE, NULL,
		"Rules."},
	{"level", CONFAB_SETTING_ENUM, "low", 0, 0, NULL, CONFAB_SCOPE_TYPE,
		CONFAB_SETTING_RELOADABLE, "low, high", "Level."},
};
static const struct config_plugin_table tables[] = {
	{"filter", {filter_rows, 5, sizeof(filter_rows[0])}, false},
};
/* Secrets are kept as they are written: no file is opened and no variable is read. */
static const struct config_options options = {tables, 1, CONFIG_KEEP_SECRETS};

static void print_report(struct config_report *report)
{
	size_t len = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	HOLDS(out != NULL);
	config_report_print(report, out);
	HOLDS(fclose(out) == 0);
	HOLDS(config_report_errors(report) == 0 || len > 0);
	free(text);
}

static void same_again(const struct config *cfg)
{
	struct config_report *report = config_report_new("fuzz.yaml");
	struct config *again = config_with_plugins(cfg, &options, report);
	struct config_diff diff;

	HOLDS(again != NULL && config_listen(cfg, 0) != NULL);
	config_diff(&diff, cfg, again);
	HOLDS(diff.count == 0);
	config_diff_fini(&diff);
	config_unref(again);
	config_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_report *report = config_report_new("fuzz.yaml");
	struct config *cfg = config_parse("fuzz.yaml", (const char *)data, size, &options, report);

	HOLDS((cfg == NULL) == (config_report_errors(report) > 0));
	print_report(report);
	if (cfg != NULL)
		same_again(cfg);
	config_unref(cfg);
	config_report_free(report);
	return 0;
}
