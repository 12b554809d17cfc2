/**
 * dice in a server in memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/test.h>

static const json_t *roll(struct confab_test_client *c, const char *text)
{
	CONFAB_TEST_IS(confab_test_say(c, "general", text), "handled");
	return confab_test_event(c, "note", 1000);
}

int main(void)
{
	struct confab_test *t = confab_test_new(&confab_plugin, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	bool seen[7] = {false};
	confab_test_channel(ann, "general");

	for (int i = 0; i < 100; i++) {
		json_int_t sum = json_integer_value(json_object_get(roll(ann, "/roll"), "sum"));
		CONFAB_TEST_TRUE(sum >= 1 && sum <= 6);
		seen[sum] = true;
		confab_test_pass(t, 1000); /* people have limits */
	}
	for (int i = 1; i <= 6; i++)
		CONFAB_TEST_TRUE(seen[i]);
	json_int_t sum = json_integer_value(json_object_get(roll(ann, "/roll 20d1000"), "sum"));
	CONFAB_TEST_TRUE(sum >= 20 && sum <= 20000);
	const char *wrong[] = {"/roll 0d6", "/roll 21d6", "/roll 1d1", "/roll x", "/roll 1d6x"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CONFAB_TEST_TRUE(json_object_get(roll(ann, wrong[i]), "sum") == NULL);
	confab_test_free(t);
	return 0;
}
