/**
 * stream: what breaks the stream rule is counted, what keeps it is not, for every reader.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stream.h"

#include <stdio.h>
#include <string.h>

#define BODY 16u

/* What a server says: a change with one message, or what its flags make of it. */
struct say {
	uint64_t prev, rev, seq;
	int number; /* of the message in the ledger; -1: another's */
	char how; /* ' ' whole, 't' another text, 'm' a member row, 'e' none (shed), 'x' no JSON */
	int reader;
};

static struct ledger ledger;
static struct stream st;
static struct reader readers[2];

static int begin(void **state)
{
	(void)state;
	ledger_init(&ledger);
	stream_init(&st, "general", &ledger, 2, BODY);
	for (uint32_t i = 0; i < 6; i++)
		(void)ledger_add(&ledger, 0, i % 2, 1000 + i);
	for (int i = 0; i < 2; i++)
		readers[i] = (struct reader){.rev = 10, .seq = 5};
	return 0;
}

static int end(void **state)
{
	(void)state;
	stream_fini(&st);
	ledger_fini(&ledger);
	return 0;
}

static void row_text(char *out, size_t size, const struct say *s)
{
	char cid[LEDGER_CID_LEN + 1] = "0123456789abcdefghijklmn", digits[9] = "";

	if (s->how == 'm') {
		(void)snprintf(out, size, "{\"kind\":\"member\",\"id\":\"ann\",\"rev\":%llu}",
			(unsigned long long)s->rev);
		return;
	}
	if (s->number >= 0) {
		ledger_cid(&ledger, (uint32_t)s->number, cid);
		ledger_hex(digits, (uint32_t)s->number + (s->how == 't'));
	}
	(void)snprintf(out, size,
		"{\"kind\":\"message\",\"id\":%llu,\"rev\":%llu,\"ver\":1,\"cid\":\"%s\",\"text\":"
		"\"%sxxxxxxxx\"}",
		(unsigned long long)s->seq, (unsigned long long)s->rev, cid, digits);
}

static uint32_t hear(const struct say *s)
{
	char row[256] = "", text[512];

	if (s->how != 'e')
		row_text(row, sizeof row, s);
	(void)snprintf(text, sizeof text,
		"{\"ev\":\"change\",\"channel\":\"general\",\"prev\":%llu,\"rev\":%llu,\"rows\":[%"
		"s]}%s",
		(unsigned long long)s->prev, (unsigned long long)s->rev, row,
		s->how == 'x' ? "}" : "");
	const struct change *c = stream_read(&st, &readers[s->reader], text, strlen(text));
	return c != NULL ? c->count : 0;
}

static void hear_all(const struct say *list, size_t n, uint32_t want)
{
	uint32_t got = 0;
	for (size_t i = 0; i < n; i++)
		got += hear(&list[i]);
	assert_int_equal(got, want);
}

#define HEAR(list, want) hear_all(list, sizeof list / sizeof list[0], want)

static void kept(void **state)
{
	static const struct say list[] = {
		{10, 11, 6, 0, ' ', 0},
		{10, 11, 6, 0, ' ', 1},
		{11, 12, 0, -1, 'm', 0},
		{12, 13, 7, 1, ' ', 0},
		{11, 12, 0, -1, 'm', 1},
		{12, 13, 7, 1, ' ', 1},
		{13, 14, 8, -1, ' ', 0},
	};
	(void)state;
	HEAR(list, 5);
	assert_int_equal(faults_total(&st.faults), 0);
	assert_int_equal(readers[0].rev, 14);
	assert_int_equal(readers[0].seq, 8);
	assert_int_equal(ledger.sent[1].seen_seq, 7);
}

static void repeated(void **state)
{
	static const struct say list[] = {{10, 11, 6, 0, ' ', 0}, {10, 11, 6, 0, ' ', 0}};
	(void)state;
	HEAR(list, 1);
	assert_int_equal(st.faults.repeated, 1);
}

static void missing(void **state)
{
	static const struct say list[] = {{10, 11, 6, 0, ' ', 0}, {12, 13, 8, 2, ' ', 0}};
	(void)state;
	HEAR(list, 2);
	assert_int_equal(st.faults.missing, 1);
}

static void missing_for_the_second_reader_only(void **state)
{
	static const struct say list[] = {
		{10, 11, 6, 0, ' ', 0}, {11, 12, 7, 1, ' ', 0}, {11, 12, 7, 1, ' ', 1}};
	(void)state;
	HEAR(list, 3);
	assert_int_equal(st.faults.missing, 1);
	assert_int_equal(faults_total(&st.faults), 1);
}

static void shed(void **state)
{
	static const struct say list[] = {
		{10, 11, 6, 0, ' ', 0}, {15, 15, 0, -1, 'e', 0}, {15, 16, 11, 1, ' ', 0}};
	(void)state;
	HEAR(list, 2);
	assert_int_equal(st.faults.shed, 4);
	assert_int_equal(faults_total(&st.faults), 0);
}

static void seq_skipped(void **state)
{
	static const struct say list[] = {{10, 11, 7, 0, ' ', 0}};
	(void)state;
	HEAR(list, 1);
	assert_int_equal(st.faults.unordered, 1);
}

static void sender_overtaken_by_itself(void **state)
{
	static const struct say list[] = {{10, 11, 6, 2, ' ', 0}, {11, 12, 7, 0, ' ', 0}};
	(void)state;
	HEAR(list, 2);
	assert_int_equal(st.faults.unordered, 1);
}

static void stored_twice(void **state)
{
	static const struct say list[] = {{10, 11, 6, 0, ' ', 0}, {11, 12, 7, 0, ' ', 0}};
	(void)state;
	HEAR(list, 2);
	assert_int_equal(st.faults.altered, 1);
}

static void another_text(void **state)
{
	static const struct say list[] = {{10, 11, 6, 0, 't', 0}};
	(void)state;
	HEAR(list, 1);
	assert_int_equal(st.faults.altered, 1);
}

static void differs_between_readers(void **state)
{
	static const struct say list[] = {{10, 11, 6, 0, ' ', 0}, {10, 11, 6, 0, 't', 1}};
	(void)state;
	HEAR(list, 2);
	assert_int_equal(st.faults.altered, 1);
}

static void no_json(void **state)
{
	static const struct say list[] = {{10, 11, 6, 0, 'x', 0}};
	(void)state;
	HEAR(list, 0);
	assert_int_equal(st.faults.malformed, 1);
}

static void acknowledgements(void **state)
{
	static const struct say list[] = {{10, 11, 6, 0, ' ', 0}, {11, 12, 7, 1, ' ', 0}};
	(void)state;
	HEAR(list, 2);
	stream_ack(&st, 0, 6);
	assert_int_equal(faults_total(&st.faults), 0);
	stream_ack(&st, 0, 6);
	assert_int_equal(st.faults.repeated, 1);
	stream_ack(&st, 1, 8);
	assert_int_equal(st.faults.altered, 1);
	stream_ack(&st, 99, 8);
	assert_int_equal(st.faults.malformed, 1);
	assert_int_equal(ledger.acked, 2);
}

static void far_behind(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 2 * STREAM_RING; i++) {
		struct say s = {10 + i, 11 + i, 6 + i, -1, ' ', 0};
		assert_int_equal(hear(&s), 1);
	}
	for (uint64_t i = 0; i < 2 * STREAM_RING; i++) {
		struct say s = {10 + i, 11 + i, 6 + i, -1, ' ', 1};
		assert_int_equal(hear(&s), 1);
	}
	assert_int_equal(faults_total(&st.faults), 0);
}

static void names(void **state)
{
	char cid[LEDGER_CID_LEN + 1];

	(void)state;
	ledger_cid(&ledger, 5, cid);
	assert_int_equal(strlen(cid), LEDGER_CID_LEN);
	assert_int_equal(ledger_find(&ledger, cid, LEDGER_CID_LEN), 5);
	assert_int_equal(ledger_find(&ledger, cid, LEDGER_CID_LEN - 1), LEDGER_NONE);
	ledger_cid(&ledger, 6, cid);
	assert_int_equal(ledger_find(&ledger, cid, LEDGER_CID_LEN), LEDGER_NONE);
	cid[0] = cid[0] == 'a' ? 'b' : 'a';
	assert_int_equal(ledger_find(&ledger, cid, LEDGER_CID_LEN), LEDGER_NONE);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(kept),
		ROW(repeated),
		ROW(missing),
		ROW(missing_for_the_second_reader_only),
		ROW(shed),
		ROW(seq_skipped),
		ROW(sender_overtaken_by_itself),
		ROW(stored_twice),
		ROW(another_text),
		ROW(differs_between_readers),
		ROW(no_json),
		ROW(acknowledgements),
		ROW(far_behind),
		ROW(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
