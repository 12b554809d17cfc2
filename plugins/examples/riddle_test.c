/**
 * riddle in a server in memory.
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

	CONFAB_TEST_IS(confab_test_say(ann, "general", "12 #sum"), "ok");
	CONFAB_TEST_IS(confab_test_say(ann, "general", "13 #sum"), "riddle");
	CONFAB_TEST_IS(confab_test_say(ann, "general", "13, just so"), "ok");
	CONFAB_TEST_IS(confab_test_hears(bob, 1000), "12 #sum");
	CONFAB_TEST_IS(confab_test_hears(bob, 1000), "13, just so");
	confab_test_free(t);
	return 0;
}
