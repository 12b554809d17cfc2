/**
 * wire/shape and wire/schema: what fields let through, what they say of the rest, how a query is typed, and
 * that the schema has the same bounds.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "wire/schema.h"
#include "wire/shape.h"

#define S16 "abcdefghijklmnop"
#define S64 S16 S16 S16 S16

static const struct confab_field inner[] = {
	{.name = "n", .type = CONFAB_FIELD_INT, .required = true, .min = 1, .max = 9},
	{0},
};
static const struct confab_field fields[] = {
	{.name = "text", .type = CONFAB_FIELD_STRING, .min = 1, .max = 4, .doc = "what it says"},
	{.name = "free", .type = CONFAB_FIELD_STRING},
	{.name = "word", .type = CONFAB_FIELD_STRING, .words = "none notice watch"},
	{.name = "id", .type = CONFAB_FIELD_ID},
	{.name = "cid", .type = CONFAB_FIELD_CID},
	{.name = "n", .type = CONFAB_FIELD_INT, .min = -2, .max = 10},
	{.name = "any_n", .type = CONFAB_FIELD_INT},
	{.name = "flag", .type = CONFAB_FIELD_BOOL},
	{.name = "object", .type = CONFAB_FIELD_OBJECT},
	{.name = "deep", .type = CONFAB_FIELD_OBJECT, .of = inner},
	{.name = "ids", .type = CONFAB_FIELD_IDS, .min = 0, .max = 2},
	{.name = "watch", .type = CONFAB_FIELD_IDS, .words = "all none", .max = 2},
	{.name = "list", .type = CONFAB_FIELD_LIST, .min = 1, .max = 2},
	{.name = "deeps", .type = CONFAB_FIELD_LIST, .of = inner},
	{.name = "any", .type = CONFAB_FIELD_ANY},
	{.name = "rows", .type = CONFAB_FIELD_ROWS},
	{0},
};

/** fault NULL: the shape is right. */
static const struct {
	const char *json, *fault;
} cases[] = {
	{"{}", NULL},
	{"{\"unknown\":1}", NULL},
	{"{\"text\":null,\"n\":null}", NULL},
	{"{\"text\":\"abcd\"}", NULL},
	{"{\"text\":\"\"}", "'text' must be 1 to 4 bytes long, not 0"},
	{"{\"text\":\"abcde\"}", "'text' must be 1 to 4 bytes long, not 5"},
	{"{\"text\":\"\xc3\xa4\xc3\xa4z\"}", "'text' must be 1 to 4 bytes long, not 5"},
	{"{\"text\":1}", "'text' must be a string"},
	{"{\"text\":[]}", "'text' must be a string"},
	{"{\"free\":\"\"}", NULL},
	{"{\"word\":\"watch\"}", NULL},
	{"{\"word\":\"notice\"}", NULL},
	{"{\"word\":\"note\"}", "'word' must be one of: none notice watch"},
	{"{\"word\":\"none notice\"}", "'word' must be one of: none notice watch"},
	{"{\"word\":\"\"}", "'word' must be one of: none notice watch"},
	{"{\"word\":true}", "'word' must be a string"},
	{"{\"id\":\"a.B:c-d_9\"}", NULL},
	{"{\"id\":\"@ann\"}", NULL},
	{"{\"id\":\"" S64 "\"}", NULL},
	{"{\"id\":\"" S64 "x\"}", "'id' must be an id (1 to 64 of A-Z a-z 0-9 _ . : -)"},
	{"{\"id\":\"\"}", "'id' must be an id"},
	{"{\"id\":\"@\"}", "'id' must be an id"},
	{"{\"id\":\"@@a\"}", "'id' must be an id"},
	{"{\"id\":\"a b\"}", "'id' must be an id"},
	{"{\"id\":7}", "'id' must be an id"},
	{"{\"cid\":\"" S16 "\"}", NULL},
	{"{\"cid\":\"" S64 "\"}", NULL},
	{"{\"cid\":\"abcdefghijklmno\"}", "'cid' must be 16 to 64 printable characters"},
	{"{\"cid\":\"" S64 "x\"}", "'cid' must be 16 to 64 printable characters"},
	{"{\"cid\":\"abcdefgh ijklmnop\"}", "'cid' must be 16 to 64 printable characters"},
	{"{\"cid\":1234567890123456}", "'cid' must be 16 to 64 printable characters"},
	{"{\"n\":-2}", NULL},
	{"{\"n\":10}", NULL},
	{"{\"n\":-3}", "'n' must be -2 to 10, not -3"},
	{"{\"n\":11}", "'n' must be -2 to 10, not 11"},
	{"{\"n\":1.0}", "'n' must be an integer"},
	{"{\"n\":\"1\"}", "'n' must be an integer"},
	{"{\"any_n\":9007199254740991}", NULL},
	{"{\"flag\":false}", NULL},
	{"{\"flag\":0}", "'flag' must be true or false"},
	{"{\"flag\":\"true\"}", "'flag' must be true or false"},
	{"{\"object\":{\"x\":1}}", NULL},
	{"{\"object\":[]}", "'object' must be an object"},
	{"{\"deep\":{\"n\":1}}", NULL},
	{"{\"deep\":{}}", "'n' is missing"},
	{"{\"deep\":{\"n\":0}}", "'n' must be 1 to 9, not 0"},
	{"{\"deep\":1}", "'deep' must be an object"},
	{"{\"ids\":[]}", NULL},
	{"{\"ids\":[\"a\",\"b\"]}", NULL},
	{"{\"ids\":[\"a\",\"b\",\"c\"]}", "'ids' must hold 0 to 2 items, not 3"},
	{"{\"ids\":[\"a\",\"@b\"]}", "'ids', item 1 must be an id"},
	{"{\"ids\":[1]}", "'ids', item 0 must be an id"},
	{"{\"ids\":\"a\"}", "'ids' must be a list"},
	{"{\"watch\":[\"a\"]}", NULL},
	{"{\"watch\":\"all\"}", NULL},
	{"{\"watch\":\"some\"}", "'watch' must be a list or one of: all none"},
	{"{\"watch\":1}", "'watch' must be a list or one of: all none"},
	{"{\"watch\":[\"a\",\"b\",\"c\"]}", "'watch' must hold 0 to 2 items, not 3"},
	{"{\"list\":[1,{}]}", NULL},
	{"{\"list\":[]}", "'list' must hold 1 to 2 items, not 0"},
	{"{\"list\":{}}", "'list' must be a list"},
	{"{\"deeps\":[{\"n\":1},{\"n\":2}]}", NULL},
	{"{\"deeps\":[{\"n\":1},2]}", "'deeps' must be a list of objects"},
	{"{\"deeps\":[{\"n\":1},{}]}", "'n' is missing"},
	{"{\"any\":[{\"x\":null}]}", NULL},
	{"{\"rows\":[]}", NULL},
	{"{\"rows\":1}", "'rows' must be a list"},
};

static void fields_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct confab_error err = {0};
		json_t *json = json_loads(cases[i].json, 0, NULL);
		int rc = shape_check(json, fields, &err);

		assert_non_null(json);
		if (cases[i].fault ? rc != CONFAB_EINVAL || !strstr(err.text, cases[i].fault)
				   : rc != 0) {
			fail_msg("%s: %d '%s'", cases[i].json, rc, err.text);
		}
		json_decref(json);
	}
}

static void what_is_required_must_be_there(void **state)
{
	struct confab_error err = {0};
	json_t *none = json_object(), *null = json_pack("{s:n}", "n");

	(void)state;
	assert_int_equal(shape_check(none, inner, &err), CONFAB_EINVAL);
	assert_string_equal(err.text, "'n' is missing");
	err = (struct confab_error){0};
	assert_int_equal(shape_check(null, inner, &err), CONFAB_EINVAL);
	assert_string_equal(err.text, "'n' is missing");
	assert_int_equal(shape_check(none, NULL, &err), 0);
	json_decref(none);
	json_decref(null);
}

/* --- queries --------------------------------------------------------------------------------- */

static const struct {
	const char *key, *text, *json;
} coerced[] = {
	{"n", "7", "7"},
	{"n", "-7", "-7"},
	{"n", "", "\"\""},
	{"n", "7x", "\"7x\""},
	{"n", " 7", "\" 7\""},
	{"n", "+7", "\"+7\""},
	{"n", "0x7", "\"0x7\""},
	{"n", "-", "\"-\""},
	{"n", "9007199254740991", "9007199254740991"},
	{"n", "99999999999999999999", "\"99999999999999999999\""},
	{"flag", "true", "true"},
	{"flag", "false", "false"},
	{"flag", "1", "\"1\""},
	{"ids", "a", "[\"a\"]"},
	{"ids", "a,b", "[\"a\",\"b\"]"},
	{"ids", "a,", "[\"a\"]"},
	{"ids", "a,,b", "[\"a\",\"\",\"b\"]"},
	{"ids", "", "[]"},
	{"list", "x,1", "[\"x\",\"1\"]"},
	{"text", "7", "\"7\""},
	{"id", "true", "\"true\""},
	{"unknown", "7", "\"7\""},
};

static void queries_are_typed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(coerced) / sizeof(coerced[0]); i++) {
		json_t *o = json_pack("{s:s}", coerced[i].key, coerced[i].text);
		json_t *wanted = json_loads(coerced[i].json, JSON_DECODE_ANY, NULL);

		shape_coerce(o, fields);
		assert_non_null(wanted);
		if (!json_equal(json_object_get(o, coerced[i].key), wanted)) {
			char *got = json_dumps(o, 0);

			fail_msg("%s=%s became %s", coerced[i].key, coerced[i].text, got);
		}
		json_decref(o);
		json_decref(wanted);
	}
}

/* --- schema ---------------------------------------------------------------------------------- */

static const struct {
	const char *field, *json;
} schemas[] = {
	{"text",
		"{\"type\":\"string\",\"minLength\":1,\"maxLength\":4,\"x-confab-bytes\":[1,4],"
		"\"description\":\"what it says\"}"},
	{"free", "{\"type\":\"string\"}"},
	{"word", "{\"type\":\"string\",\"enum\":[\"none\",\"notice\",\"watch\"]}"},
	{"id", "{\"type\":\"string\",\"pattern\":\"^@?[A-Za-z0-9_.:-]{1,64}$\"}"},
	{"cid", "{\"type\":\"string\",\"pattern\":\"^[!#-\\\\[\\\\]-~]{16,64}$\"}"},
	{"n", "{\"type\":\"integer\",\"minimum\":-2,\"maximum\":10}"},
	{"any_n",
		"{\"type\":\"integer\",\"minimum\":-9007199254740991,"
		"\"maximum\":9007199254740991}"},
	{"flag", "{\"type\":\"boolean\"}"},
	{"object", "{\"type\":\"object\"}"},
	{"deep",
		"{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":1,"
		"\"maximum\":9}},\"required\":[\"n\"]}"},
	{"ids",
		"{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":"
		"\"^[A-Za-z0-9_.:-]{1,64}$\"},\"minItems\":0,\"maxItems\":2}"},
	{"watch",
		"{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":"
		"\"^[A-Za-z0-9_.:-]{1,64}$\"},\"minItems\":0,\"maxItems\":2},"
		"{\"enum\":[\"all\",\"none\"]}]}"},
	{"list", "{\"type\":\"array\",\"minItems\":1,\"maxItems\":2}"},
	{"any", "{}"},
	{"rows", "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Row\"}}"},
};

static void schemas_have_the_same_bounds(void **state)
{
	json_t *schema = schema_of_fields(fields), *all = json_object_get(schema, "properties");

	(void)state;
	assert_int_equal(json_object_size(all), sizeof(fields) / sizeof(fields[0]) - 1);
	assert_null(json_object_get(schema, "required"));
	for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
		json_t *wanted = json_loads(schemas[i].json, 0, NULL);
		char *got = json_dumps(json_object_get(all, schemas[i].field), 0);

		assert_non_null(wanted);
		if (!json_equal(json_object_get(all, schemas[i].field), wanted)) {
			fail_msg("%s: %s", schemas[i].field, got);
		}
		free(got);
		json_decref(wanted);
	}
	json_decref(schema);
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_checked),
		cmocka_unit_test(what_is_required_must_be_there),
		cmocka_unit_test(queries_are_typed),
		cmocka_unit_test(schemas_have_the_same_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
