/**
 * Values by row number: units, merging from server to channel, equality, secrets, wrong tables.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "config/secret.h"
#include "config/settings.h"
#include "config/units.h"
#include "config_case.h"

enum { ROW_PAUSE, ROW_WORDS, ROW_TOKEN, ROW_RULES, ROW_LEVEL };

static struct config *read_ok(const char *yaml)
{
	char *said;
	struct config *cfg = config_case_read(yaml, strlen(yaml), &said);

	assert_string_equal(said, "");
	free(said);
	return cfg;
}

static void units_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		enum units_result result;
		int64_t value;
		const char *back;
	} sizes[] =
		{
			{"0", UNITS_OK, 0, "0B"},
			{"1", UNITS_NO_UNIT, 1, NULL},
			{"512b", UNITS_OK, 512, "512B"},
			{"64KB", UNITS_OK, 65536, "64KB"},
			{"64 kib", UNITS_OK, 65536, "64KB"},
			{"1536KB", UNITS_OK, 1572864, "1536KB"},
			{"1024MB", UNITS_OK, 1073741824, "1GB"},
			{"1_000B", UNITS_OK, 1000, "1000B"},
			{"8388608TB", UNITS_BAD, 0, NULL},
			{"1.5MB", UNITS_BAD_UNIT, 1, NULL},
			{"", UNITS_BAD, 0, NULL},
		},
	  times[] = {
		  {"0", UNITS_OK, 0, "0s"},
		  {"500ms", UNITS_OK, 500, "500ms"},
		  {"90s", UNITS_OK, 90000, "90s"},
		  {"60s", UNITS_OK, 60000, "1m"},
		  {"24h", UNITS_OK, 86400000, "1d"},
		  {"2w", UNITS_OK, 1209600000, "14d"},
		  {"5M", UNITS_BAD_UNIT, 5, NULL},
	  };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int64_t value;
		struct buf b;

		assert_int_equal(units_size(sizes[i].text, &value), sizes[i].result);
		if (!sizes[i].back)
			continue;
		assert_int_equal(value, sizes[i].value);
		buf_init(&b);
		units_size_text(value, &b);
		assert_string_equal(b.bytes, sizes[i].back);
		buf_fini(&b);
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t value;
		struct buf b;

		assert_int_equal(units_duration(times[i].text, &value), times[i].result);
		if (!times[i].back)
			continue;
		assert_int_equal(value, times[i].value);
		buf_init(&b);
		units_duration_text(value, &b);
		assert_string_equal(b.bytes, times[i].back);
		buf_fini(&b);
	}
}

static void rates_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		struct confab_rate rate;
		const char *back; /* NULL: refused */
	} rows[] = {
		{"10/s", {10, 1000, 10}, "10/s"},
		{"100/m burst 20", {100, 60000, 20}, "100/m burst 20"},
		{"5/h  burst  5", {5, 3600000, 5}, "5/h"},
		{"1/d", {1, 86400000, 1}, "1/d"},
		{"off", {0, 1000, 0}, "off"},
		{"unlimited", {0, 1000, 0}, "off"},
		{"10/x", {0}, NULL},
		{"10/s burst 0", {0}, NULL},
		{"10/s burts 3", {0}, NULL},
		{"-1/s", {0}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct confab_rate rate;
		bool ok = units_rate(rows[i].text, &rate) == UNITS_OK;
		struct buf b;

		assert_int_equal(ok, rows[i].back != NULL);
		if (!ok)
			continue;
		assert_memory_equal(&rate, &rows[i].rate, sizeof(rate));
		buf_init(&b);
		units_rate_text(rate, &b);
		assert_string_equal(b.bytes, rows[i].back);
		buf_fini(&b);
	}
}

static void values_come_by_row(void **state)
{
	struct config *cfg = read_ok("plugins: {filter: {words: [a, b c], token: t, level: high, "
				     "rules: [{x: 1, y: '1', z: true}]}}\n");
	const struct confab_settings *s = config_plugin(cfg, "filter")->settings;
	struct confab_list words = confab_setting_list(s, ROW_WORDS);
	const json_t *rule = json_array_get(confab_setting_tree(s, ROW_RULES), 0);

	(void)state;
	assert_int_equal(confab_setting_duration_ms(s, ROW_PAUSE), 5000);
	assert_false(confab_setting_is_set(s, ROW_PAUSE));
	assert_int_equal(words.count, 2);
	assert_string_equal(words.items[1], "b c");
	assert_string_equal(confab_setting_str(s, ROW_TOKEN), "t");
	assert_string_equal(confab_setting_str(s, ROW_LEVEL), "high");
	assert_int_equal(confab_setting_int(s, ROW_LEVEL), 1);
	assert_int_equal(json_integer_value(json_object_get(rule, "x")), 1);
	assert_string_equal(json_string_value(json_object_get(rule, "y")), "1");
	assert_true(json_is_true(json_object_get(rule, "z")));
	config_unref(cfg);
}

static void settings_are_merged(void **state)
{
	struct config *cfg = read_ok("plugins: {filter: {pause: 2s, level: high}}\n"
				     "channel_types: {open: {plugins: {filter: {pause: 3s}}}}\n");
	const struct config_type *open = config_type(cfg, "open");
	const struct confab_settings *server = config_plugin_settings(cfg, "filter", NULL);
	const struct confab_settings *type = config_plugin_settings(cfg, "filter", open);
	const struct confab_settings *group = config_plugin_settings(
		cfg, "filter", config_type(cfg, "group"));
	json_t *row = json_pack("{s:s}", "pause", "4s"), *same = json_pack("{s:s}", "pause", "3s");
	struct confab_settings *channel = settings_merge(type, row, NULL);
	struct confab_settings *no_change = settings_merge(type, same, NULL);
	struct confab_settings *nothing = settings_merge(type, NULL, NULL);

	(void)state;
	assert_int_equal(confab_setting_duration_ms(server, ROW_PAUSE), 2000);
	assert_int_equal(confab_setting_duration_ms(type, ROW_PAUSE), 3000);
	assert_string_equal(confab_setting_str(type, ROW_LEVEL), "high");
	assert_int_equal(confab_setting_duration_ms(channel, ROW_PAUSE), 4000);
	assert_ptr_equal(nothing, type);
	assert_ptr_equal(group, server);
	assert_false(settings_equal(type, server));
	assert_false(settings_equal(channel, type));
	assert_true(settings_equal(no_change, type));
	assert_int_equal(settings_hash(no_change), settings_hash(type));
	assert_int_not_equal(settings_hash(channel), settings_hash(type));
	assert_null(config_plugin_settings(cfg, "nobody", open));
	settings_unref(channel);
	settings_unref(no_change);
	settings_unref(nothing);
	json_decref(row);
	json_decref(same);
	config_unref(cfg);
}

static void channels_are_refused(void **state)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
		{"{\"pause\":\"9m\"}", "channel:1:10: pause: '9m' is out of range (1s to 1m)"},
		{"{\"pause\":30}",
			"channel:1:10: pause: '30' needs a unit (ms, s, m, h, d, w), like 30s"},
		{"{\"level\":\"high\"}",
			"channel:1:2: level: may only be set for the whole server or a channel "
			"type"},
		{"{\"token\":\"x\"}", "channel:1:2: token: may only be set for the whole server"},
		{"{\"puase\":\"5s\"}", "channel:1:2: unknown key 'puase' (did you mean 'pause'?)"},
		{"{\"pause\":null}",
			"channel:1:10: pause: has no value; write one, or remove the line"},
		{"[1]", "settings of a channel must be an object"},
	};
	struct config *cfg = read_ok("plugins: {filter: }\n");
	const struct confab_settings *base = config_plugin_settings(cfg, "filter", NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct confab_error err = {0};
		json_t *row = json_loads(rows[i].json, 0, NULL);

		assert_non_null(row);
		assert_null(settings_merge(base, row, &err));
		assert_int_equal(err.code, CONFAB_EINVAL);
		assert_string_equal(err.text, rows[i].text);
		json_decref(row);
	}
	config_unref(cfg);
}

static void drop(void *built)
{
	(*(int *)built)++;
}

static void built_is_dropped_once(void **state)
{
	struct config *cfg = read_ok("plugins: {filter: }\n");
	const struct confab_settings *s = config_plugin_settings(cfg, "filter", NULL);
	struct confab_settings *kept = settings_ref(s);
	int drops = 0;

	(void)state;
	settings_build(s, &drops, drop);
	assert_ptr_equal(confab_settings_built(s), &drops);
	config_unref(cfg);
	assert_int_equal(drops, 0);
	settings_unref(kept);
	assert_int_equal(drops, 1);
}

static void secrets_are_read(void **state)
{
	char path[] = "/tmp/confab-secret-XXXXXX", why[200];
	int fd = mkstemp(path);
	char *s;

	(void)state;
	assert_true(fd >= 0);
	assert_null(secret_from_file(path, why, sizeof(why)));
	assert_non_null(strstr(why, "is empty"));
	assert_int_equal(write(fd, "s3cret\n\n", 8), 8);
	close(fd);
	s = secret_from_file(path, why, sizeof(why));
	assert_string_equal(s, "s3cret");
	free(s);
	unlink(path);
	assert_null(secret_from_file(path, why, sizeof(why)));
	assert_non_null(strstr(why, "No such file"));
	assert_null(secret_from_file("/tmp", why, sizeof(why)));
	assert_null(secret_from_file("/dev/zero", why, sizeof(why)));
	assert_null(secret_from_env("CONFAB_TEST_NOT_SET", why, sizeof(why)));
	setenv("CONFAB_TEST_SET", "x", 1);
	s = secret_from_env("CONFAB_TEST_SET", why, sizeof(why));
	assert_string_equal(s, "x");
	free(s);
}

static void wrong_tables_are_refused(void **state)
{
	static const struct {
		struct confab_setting row;
		const char *text;
	} rows[] = {
		{{.name = "Bad", .type = CONFAB_SETTING_INT},
			"setting 0, name 'Bad' is not [a-z][a-z0-9_]{0,31}"},
		{{.name = NULL, .type = CONFAB_SETTING_INT},
			"setting 0, name '' is not [a-z][a-z0-9_]{0,31}"},
		{{.name = "a", .type = 99}, "setting 'a', has an unknown type (99)"},
		{{.name = "a", .type = CONFAB_SETTING_DURATION, .dflt = "30"},
			"setting 'a', '30' needs a unit (ms, s, m, h, d, w), like 30s"},
		{{.name = "a", .type = CONFAB_SETTING_INT, .dflt = "9", .min = 1, .max = 5},
			"setting 'a', '9' is out of range (1 to 5)"},
		{{.name = "a", .type = CONFAB_SETTING_INT, .min = 5, .max = 1},
			"setting 'a', min is above max"},
		{{.name = "a", .type = CONFAB_SETTING_ENUM, .dflt = "x"},
			"setting 'a', an enum needs words and a default"},
		{{.name = "a", .type = CONFAB_SETTING_SECRET, .dflt = "x"},
			"setting 'a', secrets and trees have no default"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct confab_table table = {&rows[i].row, 1, sizeof(rows[i].row)};
		struct confab_error err = {0};

		assert_null(settings_table_new(&table, &err));
		assert_string_equal(err.text, rows[i].text);
	}
}

/* A plugin of another minor: its rows end earlier, or later, than ours. */
static void rows_of_other_minors_are_read(void **state)
{
	static const struct {
		struct confab_setting row;
		long later;
	} rows[] = {{{.name = "a", .type = CONFAB_SETTING_INT, .dflt = "7", .doc = "A."}, 1},
		{{.name = "b", .type = CONFAB_SETTING_BOOL, .dflt = "on", .doc = "B."}, 2}};
	struct confab_table longer = {rows, 2, sizeof(rows[0])};
	struct confab_table shorter = {rows, 1, offsetof(struct confab_setting, doc)};
	struct settings_table *t = settings_table_new(&longer, NULL);

	(void)state;
	assert_non_null(t);
	assert_int_equal(settings_table_find(t, "b"), 1);
	assert_int_equal(settings_table_default(t, 0)->num, 7);
	settings_table_unref(t);
	t = settings_table_new(&shorter, NULL);
	assert_non_null(t);
	assert_null(settings_table_row(t, 0)->doc);
	settings_table_unref(t);
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_read_and_written),
		cmocka_unit_test(rates_are_read_and_written),
		cmocka_unit_test(values_come_by_row),
		cmocka_unit_test(settings_are_merged),
		cmocka_unit_test(channels_are_refused),
		cmocka_unit_test(built_is_dropped_once),
		cmocka_unit_test(secrets_are_read),
		cmocka_unit_test(wrong_tables_are_refused),
		cmocka_unit_test(rows_of_other_minors_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
