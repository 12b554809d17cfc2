/**
 * ops: whatever reads the store asks for rights again when the store has answered, and says busy when it
 * does not.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <confab/test.h>

#define ROUNDS 12 /* of each op; the store answers late by chance */

static const struct confab_descriptor nothing = {
	CONFAB_HEAD("nothing", "1.0", "MIT"),
};

static const struct read {
	const char *op;
	const char *args; /* beside the channel */
	bool channel;
} reads[] = {
	{"history", "{}", true},
	{"message.get", "{\"seq\":1}", true},
	{"thread.page", "{\"parent\":1}", true},
	{"pin.list", "{}", true},
	{"message.search", "{\"text\":\"hello\"}", true},
	{"member.list", "{}", true},
	{"invite.list", "{}", true},
	{"link.list", "{}", true},
	{"channel.find", "{}", false},
	{"user.list", "{}", false},
	{"user.get", "{\"users\":[\"nobody\"]}", false},
};
#define N_READS (sizeof(reads) / sizeof(reads[0]))

static json_t *arguments(const struct read *r, const char *channel)
{
	json_t *args = json_loads(r->args, 0, NULL);

	assert_non_null(args);
	if (r->channel)
		json_object_set_new(args, "channel", json_string(channel));
	return args;
}

static void expect_ok(struct confab_test_client *c, const char *op, json_t *args)
{
	assert_string_equal(confab_test_word(confab_test_ask(c, op, args)), "ok");
}

/** A group of both with a message, a reply and a pin. */
static void room(struct confab_test_client *ann, const char *channel)
{
	expect_ok(ann, "channel.create",
		json_pack(
			"{s:s,s:s,s:[s]}", "type", "group", "channel", channel, "members", "bob"));
	expect_ok(ann, "message.send", json_pack("{s:s,s:s}", "channel", channel, "text", "hello"));
	expect_ok(ann, "message.send",
		json_pack("{s:s,s:s,s:i}", "channel", channel, "text", "hello again", "parent", 1));
	expect_ok(ann, "pin.add", json_pack("{s:s,s:i}", "channel", channel, "seq", 1));
}

/** No such channel, or a search that found nothing. */
static bool tells_nothing(const json_t *answer)
{
	const json_t *found = json_object_get(json_object_get(answer, "ok"), "found");

	return strcmp(confab_test_word(answer), "no_channel") == 0 ||
		(found && json_array_size(found) == 0);
}

/**
 * bob asks, ann kicks him while the store is thinking.
 *
 * @return whether the kick was first: then bob must get nothing
 */
static bool kicked_meanwhile(struct confab_test *t, struct confab_test_client *ann,
	struct confab_test_client *bob, const struct read *r, const char *channel)
{
	const json_t *answer;
	int kick, asked;
	bool first;

	confab_test_faults(t, &(struct confab_test_faults){.slow_ms = 400});
	asked = confab_test_send(bob, r->op, arguments(r, channel));
	kick = confab_test_send(
		ann, "member.kick", json_pack("{s:s,s:s}", "channel", channel, "user", "bob"));
	assert_string_equal(confab_test_word(confab_test_answer(ann, kick, 5000)), "ok");
	first = !confab_test_answer(bob, asked, 5);
	if (first) {
		answer = confab_test_answer(bob, asked, 5000);
		if (!tells_nothing(answer))
			fail_msg("%s after a kick: %s", r->op, json_dumps(answer, 0));
	}
	confab_test_faults(t, NULL);
	return first;
}

static void nothing_is_read_after_a_kick(void **state)
{
	struct confab_test *t = confab_test_new(&nothing, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	struct confab_test_client *bob = confab_test_client(t, "bob");
	char channel[16];

	(void)state;
	for (size_t i = 0; i < N_READS; i++) {
		unsigned first = 0;

		for (unsigned round = 0; reads[i].channel && round < ROUNDS; round++) {
			snprintf(channel, sizeof(channel), "room%zu.%u", i, round);
			room(ann, channel);
			first += kicked_meanwhile(t, ann, bob, &reads[i], channel);
			confab_test_pass(t, 1000); /* within the rates again */
		}
		if (reads[i].channel && first == 0)
			fail_msg("%s: the kick never came first", reads[i].op);
	}
	confab_test_free(t);
}

static void a_store_that_does_not_answer_makes_busy(void **state)
{
	struct confab_test *t = confab_test_new(&nothing, NULL, NULL);
	struct confab_test_client *ann = confab_test_client(t, "ann");
	struct confab_test_client *admin = confab_test_client(t, "admin");

	(void)state;
	(void)confab_test_client(t, "bob");
	room(ann, "room");
	confab_test_faults(t, &(struct confab_test_faults){.failed = 1000});
	for (size_t i = 0; i < N_READS; i++) {
		struct confab_test_client *who = strcmp(reads[i].op, "user.list") == 0 ? admin
										       : ann;
		const json_t *answer = confab_test_ask(
			who, reads[i].op, arguments(&reads[i], "room"));

		if (strcmp(confab_test_word(answer), "busy") != 0)
			fail_msg("%s without a store: %s", reads[i].op, json_dumps(answer, 0));
	}
	confab_test_faults(t, NULL);
	for (size_t i = 0; i < N_READS; i++)
		expect_ok(admin, reads[i].op, arguments(&reads[i], "room"));
	confab_test_free(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_read_after_a_kick),
		cmocka_unit_test(a_store_that_does_not_answer_makes_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
