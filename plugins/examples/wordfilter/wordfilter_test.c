/**
 * wordfilter in a server in memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/test.h>

static const char *const yaml = "plugins:\n"
				"  wordfilter: {words: [darn, Stra\u00dfe]}\n"
				"channel_types:\n"
				"  group: {plugins: {wordfilter: {action: refuse}}}\n";

int main(void)
{
	struct confab_test *t = confab_test_new(&confab_plugin, yaml, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	struct confab_test_client *bob = confab_test_client(t, "bob");
	confab_test_channel(ann, "general");
	confab_test_channel(bob, "general");

	CONFAB_TEST_IS(confab_test_say(ann, "general", "DARN, it is darned"), "ok");
	CONFAB_TEST_IS(confab_test_hears(bob, 1000), "****, it is darned");
	CONFAB_TEST_IS(confab_test_say(ann, "general", "die STRASSE"), "ok");
	CONFAB_TEST_IS(confab_test_hears(bob, 1000), "die *******");

	/* Another action is in force for what comes after the reload. */
	confab_test_configure(t, "plugins: {wordfilter: {words: [darn], action: hold}}\n", NULL);
	CONFAB_TEST_IS(confab_test_say(ann, "general", "darn"), "held");
	confab_test_configure(t, "plugins: {wordfilter: {words: [darn], action: refuse}}\n", NULL);
	CONFAB_TEST_IS(confab_test_say(ann, "general", "darn"), "word");

	/* A list that makes no sense changes nothing. */
	struct confab_error err = {0};
	CONFAB_TEST_TRUE(confab_test_configure(
				 t, "plugins: {wordfilter: {words: [two words]}}\n", &err) != 0);
	CONFAB_TEST_TRUE(strstr(err.text, "'two words' is not one word") != NULL);
	CONFAB_TEST_IS(confab_test_say(ann, "general", "darn"), "word");
	confab_test_free(t);
	return 0;
}
