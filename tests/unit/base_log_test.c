/**
 * The log: how lines look, that nothing a stranger sends breaks out of its line, and what happens
 * when nobody writes what waits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_drain.h"
#include "base/log_text.h"
#include "loop/log_writer.h"
#include "loop/thread.h"

/* ---- how lines look ---- */

struct look {
	const char *name;
	struct log_entry entry;
	const char *line;
};

#define TEXT(s) .text = s, .len = sizeof(s) - 1

static const struct look looks[] = {
	{"text", {.real_ms = 1790000000123, TEXT("a, b"), .level = LOG_LEVEL_INFO},
		"2026-09-21T14:13:20.123Z info a, b\n"},
	{"error", {.real_ms = 999, TEXT("x"), .level = LOG_LEVEL_ERROR},
		"1970-01-01T00:00:00.999Z error x\n"},
	{"who", {.who = {0x3f, "s9", "typing"}, TEXT("x"), .level = LOG_LEVEL_WARNING},
		"1970-01-01T00:00:00.000Z warning [conn 3f, session s9, plugin typing] x\n"},
	{"plugin only", {.who = {0, "", "a\nb"}, TEXT("x"), .level = LOG_LEVEL_DEBUG},
		"1970-01-01T00:00:00.000Z debug [plugin a\\x0ab] x\n"},
	{"journal", {.who = {1, "", NULL}, TEXT("x"), .level = LOG_LEVEL_ERROR, .journal = true},
		"<3>[conn 1] x\n"},
	{"journal debug", {TEXT("x"), .level = LOG_LEVEL_DEBUG, .journal = true}, "<7>x\n"},
	{"controls", {TEXT("a\r\nb\x1b[2J\x7f\tc\0d"), .journal = true},
		"<3>a\\x0d\\x0ab\\x1b[2J\\x7f\\x09c\\x00d\n"},
	{"C1",
		{TEXT("a\xc2\x9b"
		      "2J\xc3\xa9"),
			.journal = true},
		"<3>a\\xc2\\x9b2J\xc3\xa9\n"},
	{"no UTF-8", {TEXT("\xc3\xa9\xff"), .journal = true}, "<3>\\xc3\\xa9\\xff\n"},
	{"json", {.real_ms = 1, TEXT("say \"hi\""), .format = LOG_FORMAT_JSON},
		"{\"time\":\"1970-01-01T00:00:00.001Z\",\"level\":\"error\","
		"\"text\":\"say \\\"hi\\\"\"}\n"},
	{"json who", {.who = {0xab, "s", "p"}, TEXT("x"), .format = LOG_FORMAT_JSON},
		"{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"error\",\"conn\":\"ab\","
		"\"session\":\"s\",\"plugin\":\"p\",\"text\":\"x\"}\n"},
};

static void lines_look_like_this(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out);
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		buf_clear(&out);
		log_text_write(&out, &looks[i].entry);
		if (strcmp(out.bytes, looks[i].line) != 0)
			fail_msg("%s: %s", looks[i].name, out.bytes);
	}
	buf_fini(&out);
}

static void json_stays_json_whatever_is_said(void **state)
{
	struct buf out;
	char text[256];
	json_t *line;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(255 - i);
	buf_init(&out);
	log_text_write(&out,
		&(struct log_entry){.text = text, .len = sizeof(text), .format = LOG_FORMAT_JSON});
	line = json_loads(out.bytes, 0, NULL);
	assert_non_null(line);
	json_decref(line);
	buf_fini(&out);
}

/* ---- the door ---- */

struct place {
	char folder[32];
	char path[64];
	char moved[64];
};

static int place_make(void **state)
{
	static struct place place;

	(void)snprintf(place.folder, sizeof(place.folder), "/tmp/confab-log-XXXXXX");
	if (mkdtemp(place.folder) == NULL)
		return -1;
	(void)snprintf(place.path, sizeof(place.path), "%s/log", place.folder);
	(void)snprintf(place.moved, sizeof(place.moved), "%s/log.1", place.folder);
	*state = &place;
	return 0;
}

static int place_remove(void **state)
{
	struct place *place = *state;

	log_close();
	log_level_set(LOG_LEVEL_INFO);
	(void)unlink(place->path);
	(void)unlink(place->moved);
	return rmdir(place->folder);
}

/* How many lines of a file hold a word; -1 if there is no file. */
static int count(const char *path, const char *word)
{
	FILE *f = fopen(path, "r");
	char line[8192];
	int n = 0;

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, word) != NULL;
	(void)fclose(f);
	return n;
}

static void the_level_decides(void **state)
{
	struct place *place = *state;

	assert_int_equal(log_open(place->path, LOG_FORMAT_TEXT, NULL), 0);
	log_debug("apple");
	log_info("pear");
	log_level_set(LOG_LEVEL_ERROR);
	log_warning("plum");
	log_error("fig");
	log_level_set(LOG_LEVEL_DEBUG);
	log_debug("quince");
	assert_int_equal(count(place->path, ""), 3);
	assert_int_equal(count(place->path, "pear"), 1);
	assert_int_equal(count(place->path, "fig"), 1);
	assert_int_equal(count(place->path, "quince"), 1);
	assert_int_equal(log_level(), LOG_LEVEL_DEBUG);
	assert_int_equal(log_level_parse("warning"), LOG_LEVEL_WARNING);
	assert_int_equal(log_level_parse("loud"), -1);
}

static void the_speaker_is_named_until_put_back(void **state)
{
	struct place *place = *state;
	struct log_who before;

	assert_int_equal(log_open(place->path, LOG_FORMAT_JSON, NULL), 0);
	before = log_who_set((struct log_who){0x77, "sess", NULL});
	log_info("one");
	before = log_who_set(before);
	assert_true(before.conn == 0x77);
	log_info("two");
	assert_int_equal(
		count(place->path, "\"conn\":\"77\",\"session\":\"sess\",\"text\":\"one\""), 1);
	assert_int_equal(count(place->path, "\"info\",\"text\":\"two\""), 1);
}

static void a_long_line_is_cut(void **state)
{
	struct place *place = *state;
	char text[10000];
	struct stat st;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(log_open(place->path, LOG_FORMAT_TEXT, NULL), 0);
	log_info("%s", text);
	assert_int_equal(stat(place->path, &st), 0);
	assert_true(st.st_size > 4000 && st.st_size < 4200);
}

static void reopening_follows_the_name(void **state)
{
	struct place *place = *state;

	assert_int_equal(log_open(place->path, LOG_FORMAT_TEXT, NULL), 0);
	log_info("old");
	assert_int_equal(rename(place->path, place->moved), 0);
	log_info("old");
	log_reopen();
	log_info("new");
	assert_int_equal(count(place->moved, "old"), 2);
	assert_int_equal(count(place->path, "new"), 1);
}

static void a_file_that_cannot_be_opened_is_an_error(void **state)
{
	struct confab_error err = {0};

	(void)state;
	assert_int_equal(log_open("/nonexistent/log", LOG_FORMAT_TEXT, &err), CONFAB_EIO);
	assert_non_null(strstr(err.text, "/nonexistent/log"));
}

static void a_full_queue_drops_and_says_so(void **state)
{
	struct place *place = *state;
	uint64_t before = log_dropped();

	assert_int_equal(log_open(place->path, LOG_FORMAT_TEXT, NULL), 0);
	log_drain_begin();
	for (int i = 0; i < LOG_QUEUE_LINES + 25; i++)
		log_info("apple");
	assert_int_equal(log_dropped() - before, 25);
	assert_int_equal(count(place->path, ""), 0);
	assert_true(log_drain());
	assert_int_equal(count(place->path, "apple"), LOG_QUEUE_LINES);
	assert_int_equal(count(place->path, "dropped (25, queue full)"), 1);
	log_info("pear");
	assert_true(log_drain());
	log_drain_end();
	assert_false(log_drain());
	assert_int_equal(count(place->path, "pear"), 1);
	assert_int_equal(count(place->path, "dropped"), 1);
}

#define SPEAKERS 4
#define SAYS 1000

static void speak(void *arg)
{
	(void)log_who_set((struct log_who){*(unsigned *)arg, "", NULL});
	for (int i = 0; i < SAYS; i++)
		log_info("apple");
}

static void a_writer_writes_everything_before_it_ends(void **state)
{
	struct place *place = *state;
	struct thread threads[SPEAKERS] = {0};
	unsigned numbers[SPEAKERS] = {1, 2, 3, 4};
	struct log_writer *writer;

	assert_int_equal(log_open(place->path, LOG_FORMAT_TEXT, NULL), 0);
	writer = log_writer_start(NULL);
	assert_non_null(writer);
	for (int i = 0; i < SPEAKERS; i++)
		assert_int_equal(thread_start(&threads[i], "speaker", speak, &numbers[i], NULL), 0);
	log_reopen();
	for (int i = 0; i < SPEAKERS; i++)
		thread_join(&threads[i]);
	log_writer_stop(writer);
	assert_int_equal(count(place->path, "apple"), SPEAKERS * SAYS);
	assert_int_equal(count(place->path, "[conn 3]"), SAYS);
	log_info("straight");
	assert_int_equal(count(place->path, "straight"), 1);
}

static void the_journal_is_known_by_its_stream(void **state)
{
	struct place *place = *state;
	FILE *f = fopen(place->path, "w");
	int before = dup(STDERR_FILENO);
	char stream[64];
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	(void)snprintf(
		stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	assert_true(dup2(fileno(f), STDERR_FILENO) >= 0);
	assert_int_equal(log_open(NULL, LOG_FORMAT_TEXT, NULL), 0);
	log_warning("apple");
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	assert_int_equal(log_open(NULL, LOG_FORMAT_TEXT, NULL), 0);
	log_warning("pear");
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	(void)close(before);
	(void)fclose(f);
	assert_int_equal(count(place->path, "<4>apple"), 1);
	assert_int_equal(count(place->path, "Z warning pear"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define DOOR_TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		cmocka_unit_test(lines_look_like_this),
		cmocka_unit_test(json_stays_json_whatever_is_said),
		DOOR_TEST(the_level_decides),
		DOOR_TEST(the_speaker_is_named_until_put_back),
		DOOR_TEST(a_long_line_is_cut),
		DOOR_TEST(reopening_follows_the_name),
		DOOR_TEST(a_file_that_cannot_be_opened_is_an_error),
		DOOR_TEST(a_full_queue_drops_and_says_so),
		DOOR_TEST(a_writer_writes_everything_before_it_ends),
		DOOR_TEST(the_journal_is_known_by_its_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
