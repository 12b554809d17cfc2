/**
 * Run rows of configurations.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SECOND INT64_C(1000)
#define TYPE CONFAB_SCOPE_TYPE
#define CHANNEL CONFAB_SCOPE_CHANNEL
#define RELOAD CONFAB_SETTING_RELOADABLE

static const struct confab_setting filter_rows[] = {
	{"pause", CONFAB_SETTING_DURATION, "5s", SECOND, 60 * SECOND, NULL, TYPE | CHANNEL, RELOAD,
		NULL, "How long."},
	{"words", CONFAB_SETTING_LIST, NULL, 0, 3, NULL, TYPE, RELOAD, NULL, "Words."},
	{"token", CONFAB_SETTING_SECRET, NULL, 0, 0, NULL, 0, 0, NULL, "Secret."},
	{"rules", CONFAB_SETTING_TREE, NULL, 0, 0, NULL, 0, RELOAD, NULL, "Rules."},
	{"level", CONFAB_SETTING_ENUM, "low", 0, 0, NULL, TYPE, RELOAD, "low, high", "Level."},
};
static const struct confab_setting jwt_rows[] = {
	{"issuer", CONFAB_SETTING_STRING, NULL, 1, 50, NULL, 0, CONFAB_SETTING_REQUIRED, NULL,
		"Who made the tokens."},
};
static const struct config_plugin_table tables[] = {
	{"filter", {filter_rows, 5, sizeof(filter_rows[0])}, false},
	{"auth-jwt", {jwt_rows, 1, sizeof(jwt_rows[0])}, false},
	{"auth-local", {NULL, 0, sizeof(jwt_rows[0])}, false},
	{"store-sqlite", {NULL, 0, sizeof(jwt_rows[0])}, false},
	{"typing", {NULL, 0, sizeof(jwt_rows[0])}, false},
};
static const struct config_options options = {
	tables, 5, CONFIG_KEEP_SECRETS | CONFIG_PLUGINS_COMPLETE};

/* ------------------------------------------------------------------------------------------- */

const struct config_options *config_case_options(void)
{
	return &options;
}

struct config *config_case_read(const char *yaml, size_t len, char **said)
{
	struct config_report *report = config_report_new("f");
	struct config *cfg = config_parse("f", yaml, len, &options, report);
	size_t size;
	FILE *out = open_memstream(said, &size);

	assert_non_null(out);
	config_report_print(report, out);
	fclose(out);
	assert_true((cfg == NULL) == (config_report_errors(report) > 0));
	config_report_free(report);
	return cfg;
}

void config_cases_run(const struct config_case *cases, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		char *said;
		struct config *cfg = config_case_read(cases[i].yaml, strlen(cases[i].yaml), &said);

		if (strcmp(said, cases[i].report) != 0) {
			print_error("%s:\nexpected %sgot      %s", cases[i].name, cases[i].report,
				said);
			wrong++;
		}
		config_unref(cfg);
		free(said);
	}
	assert_int_equal(wrong, 0);
}
