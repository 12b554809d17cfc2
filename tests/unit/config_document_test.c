/**
 * The printed documents: in step with the tree's copies, with the tables, and with the defaults.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "config/diff.h"
#include "config/document.h"
#include "config/entry.h"
#include "config/sections.h"
#include "config_case.h"

static void file_read(const char *name, struct buf *b)
{
	const char *top = getenv("CONFAB_SRCDIR");
	char path[4096], piece[4096];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", top ? top : ".", name);
	f = fopen(path, "r");
	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(b, piece, n);
	fclose(f);
}

static void in_step(const char *name, void (*print)(struct buf *, const struct config_options *))
{
	struct buf printed, kept;

	buf_init(&printed);
	buf_init(&kept);
	print(&printed, NULL);
	file_read(name, &kept);
	if (strcmp(printed.bytes, kept.bytes) != 0)
		fail_msg("%s is not what is printed: print it again", name);
	buf_fini(&printed);
	buf_fini(&kept);
}

static void copies_are_in_step(void **state)
{
	(void)state;
	in_step("etc/confab.yaml", config_print_sample);
	in_step("man/confab.yaml.5", config_print_manual);
}

/* Put every setting in force: take away a '#' that has no blank behind it. */
static void uncomment(const struct buf *from, struct buf *to)
{
	for (const char *line = from->bytes; *line;) {
		size_t len = strcspn(line, "\n") + 1;
		size_t blank = strspn(line, " ");

		if (line[blank] == '#' && line[blank + 1] != ' ' && line[blank + 1] != '\n') {
			buf_add(to, line, blank);
			buf_add(to, line + blank + 1, len - blank - 1);
		} else {
			buf_add(to, line, len);
		}
		line += len;
	}
}

static struct config *must_read(const struct buf *b)
{
	char *said;
	struct config *cfg = config_case_read(b->bytes, b->len, &said);

	assert_string_equal(said, "");
	free(said);
	return cfg;
}

static void same(const struct config *a, const struct config *b)
{
	struct config_diff diff;

	config_diff(&diff, a, b);
	if (diff.count)
		fail_msg("%s: %s, not %s", diff.changes[0].key, diff.changes[0].becomes,
			diff.changes[0].was);
	config_diff_fini(&diff);
}

/* The sample as it is, and with every setting in force, is the defaults; and it names every key. */
static void sample_is_the_defaults(void **state)
{
	struct buf sample, forced;
	struct config *as_is, *all, *defaults = must_read(&(struct buf){.bytes = (char[]){""}});
	struct config_entries entries;

	(void)state;
	buf_init(&sample);
	buf_init(&forced);
	file_read("etc/confab.yaml", &sample);
	uncomment(&sample, &forced);
	as_is = must_read(&sample);
	all = must_read(&forced);
	same(defaults, as_is);
	same(defaults, all);
	config_entries_init(&entries, all);
	for (size_t i = 0; i < entries.count; i++) {
		const struct config_entry *e = &entries.entries[i];

		if (!e->value->set && strcmp(e->row->name, "like") != 0)
			fail_msg("%s is not in the sample", e->key);
	}
	config_entries_fini(&entries);
	config_unref(defaults);
	config_unref(as_is);
	config_unref(all);
	buf_fini(&sample);
	buf_fini(&forced);
}

static void examples_are_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		struct config_report *report = config_report_new(sections[i].name);
		const char *example = sections[i].example ? sections[i].example : "";
		struct config *cfg = config_parse(
			"example", example, strlen(example), NULL, report);

		config_report_print(report, stderr);
		assert_non_null(cfg);
		config_unref(cfg);
		config_report_free(report);
	}
}

static void every_key_is_documented(void **state)
{
	(void)state;
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		for (size_t n = 0; n < sections[i].count; n++) {
			const char *doc = sections[i].rows[n].setting.doc;

			assert_non_null(doc);
			assert_true(strlen(doc) > 10);
		}
	}
}

/* The schema is JSON and knows each key that the sample does, plugins' too. */
static void schema_names_every_key(void **state)
{
	const json_t *properties, *filter, *limits;
	struct buf b;
	json_t *schema;

	(void)state;
	buf_init(&b);
	config_print_schema(&b, config_case_options());
	schema = json_loads(b.bytes, 0, NULL);
	assert_non_null(schema);
	assert_string_equal(
		json_str(schema, "$schema"), "https://json-schema.org/draft/2020-12/schema");
	properties = json_object_get(schema, "properties");
	assert_int_equal(json_object_size(properties), SECTION_COUNT);
	limits = json_object_get(json_object_get(properties, "limits"), "properties");
	assert_int_equal(json_object_size(limits), sections[SECTION_LIMITS].count);
	filter = json_object_get(json_object_get(properties, "plugins"), "properties");
	filter = json_object_get(json_object_get(filter, "filter"), "properties");
	assert_non_null(json_object_get(filter, "pause"));
	json_decref(schema);
	buf_fini(&b);
}

static void plugins_are_printed(void **state)
{
	struct buf sample, manual;

	(void)state;
	buf_init(&sample);
	buf_init(&manual);
	config_print_manual(&manual, config_case_options());
	assert_non_null(strstr(manual.bytes, ".SS plugins: filter\n.TP\n.B pause\n"));
	config_print_sample(&sample, config_case_options());
	assert_non_null(strstr(sample.bytes, "  #filter:\n    # How long. (duration, 1s to 1m)\n"));
	buf_fini(&sample);
	buf_fini(&manual);
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_are_in_step),
		cmocka_unit_test(sample_is_the_defaults),
		cmocka_unit_test(examples_are_right),
		cmocka_unit_test(every_key_is_documented),
		cmocka_unit_test(schema_names_every_key),
		cmocka_unit_test(plugins_are_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
