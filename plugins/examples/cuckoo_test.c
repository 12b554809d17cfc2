/**
 * cuckoo in a server in memory, where an hour takes no time.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/test.h>

#define MINUTE 60000

int main(void)
{
	struct confab_test *t = confab_test_new(&confab_plugin, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	confab_test_channel(ann, "general");

	CONFAB_TEST_IS(confab_test_hears(ann, 59 * MINUTE), NULL);
	CONFAB_TEST_IS(confab_test_hears(ann, 2 * MINUTE), "cuckoo! It is 01:00 UTC.");
	CONFAB_TEST_IS(confab_test_hears(ann, 61 * MINUTE), "cuckoo! It is 02:00 UTC.");
	confab_test_configure(t, "plugins: {cuckoo: {every: 1m}}", NULL);
	CONFAB_TEST_IS(confab_test_hears(ann, 2 * MINUTE), "cuckoo! It is 02:01 UTC.");
	CONFAB_TEST_IS(confab_test_hears(ann, 2 * MINUTE), "cuckoo! It is 02:02 UTC.");
	confab_test_free(t);
	return 0;
}
