/**
 * turns in a server in memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/test.h>

static const char yaml[] = "channel_types:\n"
			   "  open: {plugins: {turns: {in_a_row: 1}}}\n"
			   "plugins: {turns: {in_a_row: 2}}\n";

int main(void)
{
	struct confab_test *t = confab_test_new(&confab_plugin, yaml, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	struct confab_test_client *bob = confab_test_client(t, "bob");
	confab_test_channel(ann, "general"); /* an open channel */
	confab_test_channel(bob, "general");
	CONFAB_TEST_IS(confab_test_word(confab_test_ask(ann, "channel.create",
			       json_pack("{s:s, s:s}", "channel", "club", "type", "group"))),
		"ok");

	CONFAB_TEST_IS(confab_test_say(ann, "general", "one"), "ok");
	CONFAB_TEST_IS(confab_test_say(ann, "general", "two"), "turn");
	CONFAB_TEST_IS(confab_test_say(bob, "general", "one"), "ok");
	CONFAB_TEST_IS(confab_test_say(ann, "general", "two"), "ok");
	CONFAB_TEST_IS(confab_test_say(ann, "club", "one"), "ok");
	CONFAB_TEST_IS(confab_test_say(ann, "club", "two"), "ok");
	CONFAB_TEST_IS(confab_test_say(ann, "club", "three"), "turn");
	confab_test_free(t);
	return 0;
}
