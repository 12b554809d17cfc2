/**
 * notes in a server in memory, also with a store in trouble.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/test.h>

static const char *put(struct confab_test_client *c, const char *text, int version)
{
	json_t *args = json_pack("{s:s}", "text", text);
	if (version >= 0)
		json_object_set_new(args, "version", json_integer(version));
	return confab_test_word(confab_test_ask(c, "note.put", args));
}

static const char *get(struct confab_test_client *c)
{
	const json_t *answer = confab_test_ask(c, "note.get", NULL);
	const json_t *text = json_object_get(json_object_get(answer, "ok"), "text");
	return text != NULL ? json_string_value(text) : confab_test_word(answer);
}

int main(void)
{
	struct confab_test *t = confab_test_new(&confab_plugin, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	struct confab_test_client *bob = confab_test_client(t, "bob");

	CONFAB_TEST_IS(get(ann), "not_found");
	CONFAB_TEST_IS(put(ann, "milk", 0), "ok");
	CONFAB_TEST_IS(put(ann, "bread", 0), "conflict");
	CONFAB_TEST_IS(put(ann, "bread", 1), "ok");
	CONFAB_TEST_IS(get(ann), "bread");
	CONFAB_TEST_IS(get(bob), "not_found");
	CONFAB_TEST_IS(confab_test_word(confab_test_ask(ann, "note.put", NULL)), "bad_request");

	confab_test_faults(t, &(struct confab_test_faults){.busy = 1000, .failed = 1000});
	CONFAB_TEST_IS(put(ann, "cheese", -1), "busy");
	CONFAB_TEST_IS(get(ann), "busy");
	confab_test_faults(t, NULL);
	CONFAB_TEST_IS(get(ann), "bread");
	confab_test_free(t);
	return 0;
}
