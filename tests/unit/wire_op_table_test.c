/**
 * wire/op_table: which rows are refused and why, how paths are matched, what is removed.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "wire/op_table.h"

static void run(struct confab_request *rq, void *ctx)
{
	(void)rq;
	(void)ctx;
}

#define NEED(name_, type_) \
	{ \
		.name = (name_), .type = (type_), .required = true \
	}

static const struct confab_field args[] = {
	NEED("channel", CONFAB_FIELD_ID),
	NEED("seq", CONFAB_FIELD_INT),
	{.name = "user", .type = CONFAB_FIELD_ID},
	{0},
};

#define AT(name_, method_, path_) \
	{ \
		.name = (name_), .actor = CONFAB_OP_USER, .method = (method_), .path = (path_), \
		.run = run, .args = args \
	}

/* --- op_add ---------------------------------------------------------------------------------- */

static const struct {
	struct confab_op_row row;
	const char *fault;
} refused[] = {
	{{.actor = CONFAB_OP_USER, .run = run}, "it has no name"},
	{{.name = "", .actor = CONFAB_OP_USER, .run = run}, "it has no name"},
	{{.name = "a.b", .actor = CONFAB_OP_USER}, "it needs either a kind or a function to run"},
	{{.name = "a.b", .actor = CONFAB_OP_USER, .run = run, .kind = "a.b"},
		"it needs either a kind or a function to run"},
	{{.name = "a.b", .actor = CONFAB_OP_USER, .run = run, .path = "/v1/a"},
		"it has only one of method and path"},
	{{.name = "a.b", .actor = CONFAB_OP_USER, .run = run, .method = "GET"},
		"it has only one of method and path"},
	{{.name = "a.b", .actor = CONFAB_OP_NONE, .run = run},
		"it is for anybody, so it needs a path and a function to run"},
	{{.name = "a.b", .actor = CONFAB_OP_NONE, .kind = "a.b", .method = "GET", .path = "/v1/a"},
		"it is for anybody, so it needs a path and a function to run"},
	{AT("a.b", "HEAD", "/v1/a"), "its method is none of GET, POST, PUT, PATCH, DELETE"},
	{AT("a.b", "get", "/v1/a"), "its method is none of GET, POST, PUT, PATCH, DELETE"},
	{AT("a.b", "GET", "/a"), "its path does not begin with /v1/"},
	{AT("a.b", "GET", "/v1"), "its path does not begin with /v1/"},
	{AT("a.b", "GET", "/v1/"), "its path has an empty segment"},
	{AT("a.b", "GET", "/v1/a//b"), "its path has an empty segment"},
	{AT("a.b", "GET", "/v1/a/"), "its path has an empty segment"},
	{AT("a.b", "GET", "/v1/{other}"), "a parameter of its path is no required argument"},
	{AT("a.b", "GET", "/v1/{user}"), "a parameter of its path is no required argument"},
	{AT("a.b", "GET", "/v1/{}"), "a parameter of its path is no required argument"},
	{AT("a.b", "GET", "/v1/{channel"), "a parameter of its path is no required argument"},
	{AT("a.b", "GET", "/v1/a/b/c/d/e/f/g"), "its path is too long"},
};

static void bad_rows_are_refused(void **state)
{
	struct op_table *t = op_table_new();

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct confab_error err = {0};
		int rc = op_add(t, &refused[i].row, NULL, NULL, "sample", &err);

		if (rc != CONFAB_EINVAL || !strstr(err.text, refused[i].fault)) {
			fail_msg("case %zu: %d '%s'", i, rc, err.text);
		}
		assert_non_null(strstr(err.text, "'sample'"));
	}
	assert_null(op_at(t, 0));
	assert_int_equal(op_table_version(t), 0);
	op_table_free(t);
}

static void add(struct op_table *t, const struct confab_op_row *row, const void *owner)
{
	struct confab_error err = {0};

	if (op_add(t, row, NULL, owner, owner ? "plugin" : "core", &err)) {
		fail_msg("%s", err.text);
	}
}

static void twice_is_refused(void **state)
{
	static const struct confab_op_row first = AT("a.b", "GET", "/v1/w/{channel}/y");
	static const struct confab_op_row same_name = {
		.name = "a.b", .actor = CONFAB_OP_USER, .run = run};
	static const struct confab_op_row same_path = AT("a.c", "GET", "/v1/w/{seq}/y");
	static const struct confab_op_row other_method = AT("a.d", "PUT", "/v1/w/{seq}/y");
	static const struct confab_op_row longer = AT("a.e", "GET", "/v1/w/{seq}/yy");
	static const struct confab_op_row literal = AT("a.f", "GET", "/v1/w/z/y");
	struct op_table *t = op_table_new();
	struct confab_error err = {0};

	(void)state;
	add(t, &first, NULL);
	assert_int_equal(op_add(t, &same_name, NULL, t, "plugin", &err), CONFAB_EEXIST);
	assert_non_null(strstr(err.text, "'a.b' of 'plugin'"));
	assert_non_null(strstr(err.text, "'a.b' of 'core'"));
	err = (struct confab_error){0};
	assert_int_equal(op_add(t, &same_path, NULL, t, "plugin", &err), CONFAB_EEXIST);
	assert_non_null(strstr(err.text, "'a.b' of 'core'"));
	add(t, &other_method, NULL);
	add(t, &longer, NULL);
	add(t, &literal, NULL);
	op_table_free(t);
}

/* --- the table ------------------------------------------------------------------------------- */

static void sorted_and_swept(void **state)
{
	static const struct confab_op_row rows[] = {
		{.name = "m", .actor = CONFAB_OP_USER, .run = run},
		{.name = "z", .actor = CONFAB_OP_USER, .run = run},
		{.name = "a", .actor = CONFAB_OP_USER, .kind = "a"},
		{.name = "n", .actor = CONFAB_OP_ADMIN, .run = run},
	};
	static const char *const sorted[] = {"a", "m", "n", "z"};
	struct op_table *t = op_table_new();
	uint64_t version;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		add(t, &rows[i], i % 2 ? t : NULL);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(op_at(t, i)->row->name, sorted[i]);
		assert_ptr_equal(op_find(t, sorted[i]), op_at(t, i));
	}
	assert_null(op_at(t, 4));
	assert_null(op_find(t, "b"));
	assert_null(op_find(t, ""));
	assert_null(op_find(t, "zz"));
	version = op_table_version(t);
	op_remove_all(t, t);
	assert_int_equal(op_table_version(t), version + 2);
	assert_null(op_find(t, "z"));
	assert_null(op_find(t, "n"));
	assert_string_equal(op_at(t, 1)->row->name, "m");
	assert_null(op_at(t, 2));
	op_remove_all(t, t);
	assert_int_equal(op_table_version(t), version + 2);
	op_table_free(t);
	op_table_free(NULL);
}

/* --- op_match -------------------------------------------------------------------------------- */

static const struct confab_op_row paths[] = {
	AT("list", "GET", "/v1/channels"),
	AT("make", "POST", "/v1/channels"),
	AT("one", "GET", "/v1/channels/{channel}"),
	AT("mine", "GET", "/v1/channels/mine"),
	AT("say", "POST", "/v1/channels/{channel}/messages"),
	AT("edit", "PATCH", "/v1/channels/{channel}/messages/{seq}"),
	AT("drop", "DELETE", "/v1/channels/{channel}/messages/{seq}"),
	{.name = "silent", .actor = CONFAB_OP_USER, .run = run},
};

static const struct {
	const char *method, *path, *op, *allow;
} matches[] = {
	{"GET", "/v1/channels", "list", ""},
	{"HEAD", "/v1/channels", "list", ""},
	{"POST", "/v1/channels", "make", ""},
	{"DELETE", "/v1/channels", NULL, "GET, HEAD, POST, OPTIONS"},
	{"GET", "/v1/channels/general", "one", ""},
	{"GET", "/v1/channels/mine", "mine", ""},
	{"PUT", "/v1/channels/mine", NULL, "GET, HEAD, OPTIONS"},
	{"POST", "/v1/channels/general/messages", "say", ""},
	{"HEAD", "/v1/channels/general/messages", NULL, "POST, OPTIONS"},
	{"PATCH", "/v1/channels/general/messages/7", "edit", ""},
	{"DELETE", "/v1/channels/general/messages/7", "drop", ""},
	{"GET", "/v1/channels/general/messages/7", NULL, "DELETE, PATCH, OPTIONS"},
	{"GET", "/v1/channels/", NULL, ""},
	{"GET", "/v1/channels//messages", NULL, ""},
	{"POST", "/v1/channels/general/messages/", NULL, ""},
	{"GET", "/v1/channelsx", NULL, ""},
	{"GET", "/v1/channel", NULL, ""},
	{"GET", "/v1", NULL, ""},
	{"GET", "", NULL, ""},
	{"GET", "v1/channels", NULL, ""},
	{"GET", "/v1/channels/a/b/c/d/e/f", NULL, ""},
	{"get", "/v1/channels", NULL, "GET, HEAD, POST, OPTIONS"},
};

static void paths_are_matched(void **state)
{
	struct op_table *t = op_table_new();

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		add(t, &paths[i], NULL);
	}
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		char allow[OP_ALLOW_SIZE] = "x";
		struct op *op = op_match(t, matches[i].method, matches[i].path, NULL, allow);

		if (!op != !matches[i].op || (op && strcmp(op->row->name, matches[i].op) != 0) ||
			strcmp(allow, matches[i].allow) != 0) {
			fail_msg("case %zu: %s, allow '%s'", i, op ? op->row->name : "none", allow);
		}
	}
	op_table_free(t);
}

static void parameters_become_arguments(void **state)
{
	struct op_table *t = op_table_new();
	char allow[OP_ALLOW_SIZE];
	json_t *into = json_pack("{s:s,s:s}", "channel", "elsewhere", "text", "hi");

	(void)state;
	add(t, &paths[5], NULL);
	assert_non_null(op_match(t, "PATCH", "/v1/channels/general/messages/12", into, allow));
	assert_string_equal(json_str(into, "channel"), "general");
	assert_string_equal(json_str(into, "text"), "hi");
	assert_string_equal(json_str(into, "seq"), "12");
	assert_non_null(op_match(t, "PATCH", "/v1/channels/g/messages/x", NULL, allow));
	assert_non_null(op_match(t, "PATCH", "/v1/channels/g/messages/x", into, allow));
	assert_string_equal(json_str(into, "seq"), "x");
	/* a path that does not match leaves nothing behind */
	assert_null(op_match(t, "PATCH", "/v1/channels/other/messages", into, allow));
	assert_string_equal(json_str(into, "channel"), "g");
	json_decref(into);
	op_table_free(t);
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_rows_are_refused),
		cmocka_unit_test(twice_is_refused),
		cmocka_unit_test(sorted_and_swept),
		cmocka_unit_test(paths_are_matched),
		cmocka_unit_test(parameters_become_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
