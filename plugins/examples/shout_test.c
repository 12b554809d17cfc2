/**
 * shout in a server in memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/test.h>

int main(void)
{
	struct confab_test *t = confab_test_new(&confab_plugin, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	struct confab_test_client *bob = confab_test_client(t, "bob");
	confab_test_channel(ann, "general");
	confab_test_channel(bob, "general");

	CONFAB_TEST_IS(confab_test_say(ann, "general", "good morning"), "ok");
	CONFAB_TEST_IS(confab_test_hears(bob, 1000), "good morning");
	CONFAB_TEST_IS(confab_test_say(ann, "general", "good m\303\266rning!!"), "ok");
	CONFAB_TEST_IS(confab_test_hears(bob, 1000), "GOOD M\303\266RNING!!");
	CONFAB_TEST_IS(confab_test_say(ann, "general", "!"), "ok");
	CONFAB_TEST_IS(confab_test_hears(bob, 1000), "!");
	confab_test_free(t);
	return 0;
}
