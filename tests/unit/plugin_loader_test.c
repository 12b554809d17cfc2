/**
 * plugin/manifest and loader: files that are loaded, and files that are refused before any of their
 * code runs. The good one is the test plugin plain; the bad ones are it with a wound.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "plugin/host.h"
#include "plugin/loader.h"

#define FILE_BYTES_MAX (4 * 1024 * 1024)

static char *good;
static size_t good_len;
static char dir[64];
static const char *dirs[2];

static void write_file(const char *name, const char *bytes, size_t len, mode_t mode)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s.so", dir, name);
	(void)unlink(path); /* it may not be there */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	const char *build = getenv("CONFAB_BUILDDIR");
	char path[512];
	snprintf(
		path, sizeof(path), "%s/tests/plugins/.libs/plain.so", build != NULL ? build : ".");
	int fd = open(path, O_RDONLY);
	if (fd < 0) {
		fprintf(stderr, "%s cannot be opened\n", path);
		return -1;
	}
	good = malloc(FILE_BYTES_MAX);
	ssize_t n = read(fd, good, FILE_BYTES_MAX);
	close(fd);
	good_len = n > 0 ? (size_t)n : 0;
	snprintf(dir, sizeof(dir), "/tmp/confab-loader-XXXXXX");
	dirs[0] = "/nowhere";
	dirs[1] = mkdtemp(dir);
	return good_len > 0 && good_len < FILE_BYTES_MAX ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof(command), "rm -r %s", dir);
	free(good);
	return system(command);
}

/* Where the note's text stands in the file. */
static size_t note_at(void)
{
	static const char text[] = "plain 1.0 1.0";
	char *at = memmem(good, good_len, text, sizeof(text));
	assert_non_null(at);
	return (size_t)(at - good);
}

static void refused(const char *label, const char *sentence)
{
	struct confab_error err = {0};
	struct image image;
	int rc = image_open(dirs, 2, "plain", &image, &err);
	if (rc == 0 || strstr(err.text, sentence) == NULL)
		fail_msg("%s: rc %d '%s', expected '%s'", label, rc, err.text, sentence);
	assert_int_equal(image.memfd, -1);
}

static void loads(void **state)
{
	(void)state;
	struct confab_error err = {0};
	struct image image, second;
	write_file("plain", good, good_len, 0644);
	if (image_open(dirs, 2, "plain", &image, &err) != 0)
		fail_msg("%s", err.text);
	assert_string_equal(image.manifest.name, "plain");
	assert_string_equal(image.manifest.version, "1.0");
	assert_int_equal(image.manifest.abi_major, 1);
	assert_string_equal(image.descriptor->name, "plain");
	/* Two generations at once, and the file may go. */
	write_file("plain", "gone", 4, 0644);
	assert_string_equal(image.descriptor->summary, "Does nothing.");
	write_file("plain", good, good_len, 0644);
	assert_int_equal(image_open(dirs, 2, "plain", &second, &err), 0);
	assert_true(second.handle != image.handle);
	assert_true(second.descriptor != image.descriptor);
	image_close(&image);
	assert_string_equal(second.descriptor->name, "plain");
	image_close(&second);
	image_close(&second);
}

static void names(void **state)
{
	(void)state;
	struct confab_error err = {0};
	static const char *const bad[] = {"", "Plain", "../plain", "a/b", "1plain", "plain.so",
		"abcdefghijklmnopqrstuvwxyzabcdefg"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		if (loader_find(dirs, 2, bad[i], &err) != CONFAB_EINVAL)
			fail_msg("'%s': '%s'", bad[i], err.text);
	}
	memset(&err, 0, sizeof(err));
	assert_int_equal(loader_find(dirs, 2, "nobody", &err), CONFAB_ENOENT);
	assert_non_null(strstr(err.text, "there is no nobody.so in /nowhere, /tmp/confab-loader-"));
}

static void modes(void **state)
{
	(void)state;
	char path[128];
	write_file("plain", good, good_len, 0664);
	refused("group may write", "may be written by others than its owner");
	write_file("plain", good, good_len, 0646);
	refused("others may write", "may be written by others than its owner");
	snprintf(path, sizeof(path), "%s/plain.so", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	refused("a directory", "is no regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused("a pipe", "is no regular file");
	assert_int_equal(unlink(path), 0);
	if (geteuid() == 0) {
		write_file("plain", good, good_len, 0644);
		assert_int_equal(chown(path, 12345, 0), 0);
		refused("a stranger's", "belongs to user 12345");
		assert_int_equal(unlink(path), 0);
	}
}

static void wounds(void **state)
{
	(void)state;
	static const struct {
		const char *label, *text, *sentence;
	} notes[] = {
		{"newer minor", "plain 1.0 1.9",
			"is made for ABI 1.9, but this server has ABI 1.0"},
		{"other major", "plain 1.0 2.0",
			"is made for ABI 2.0, but this server has ABI 1.0"},
		{"another name", "nialp 1.0 1.0", "calls itself 'nialp'"},
		{"no numbers", "plain 1.0 x.y", "has a note that cannot be read"},
		{"words missing", "plain-1.0-1.0", "has a note that cannot be read"},
		{"no name", "Plain 1.0 1.0", "has a note that cannot be read"},
	};
	char *copy = malloc(good_len);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		memcpy(copy, good, good_len);
		memcpy(copy + note_at(), notes[i].text, strlen(notes[i].text));
		write_file("plain", copy, good_len, 0644);
		refused(notes[i].label, notes[i].sentence);
	}
	memcpy(copy, good, good_len);
	memcpy(copy + note_at() - 8, "conflab", 8);
	write_file("plain", copy, good_len, 0644);
	refused("another owner of the note", "it has no confab note");
	memcpy(copy, good, good_len);
	copy[4] = 1;
	write_file("plain", copy, good_len, 0644);
	refused("32 bits", "another kind of machine");
	free(copy);
	write_file("plain", "#!/bin/sh\n", 10, 0644);
	refused("short", "is no shared object");
	char text[4096] = "hello";
	write_file("plain", text, sizeof(text), 0644);
	refused("text", "is no shared object");
	write_file("plain", "", 0, 0644);
	refused("empty", "is no shared object");
}

/* Cut at many places: refused each time, never SIGBUS. */
static void cut_off(void **state)
{
	(void)state;
	struct confab_error err = {0};
	struct image image;
	size_t step = good_len / 61 + 1;
	for (size_t len = 1; len < good_len; len += step) {
		write_file("plain", good, len, 0644);
		memset(&err, 0, sizeof(err));
		int rc = image_open(dirs, 2, "plain", &image, &err);
		if (rc != CONFAB_EPROTO)
			fail_msg("%zu bytes: rc %d '%s'", len, rc, err.text);
	}
}

/* Whole plugins that are refused, by the loader or by the host. */
static void enemies(void **state)
{
	(void)state;
	static const struct {
		const char *name, *sentence;
	} cases[] = {
		{"nosymbol", "plugin 'nosymbol', is no plugin (it has no symbol confab_plugin)"},
		{"threads",
			"plugin 'threads', calls pthread_create, which only a plugin with the flag"},
		{"stages", "plugin 'stages', table hooks, row 1: its stage is unknown"},
		{"twonames",
			"plugin 'twonames', its note says twonames 1.0, its descriptor twonames 2.0"},
		{"nobody", "plugin 'nobody', there is no nobody.so in "},
	};
	const char *build = getenv("CONFAB_BUILDDIR");
	char path[512];
	snprintf(path, sizeof(path), "%s/tests/plugins/.libs", build != NULL ? build : ".");
	const char *const where[] = {path};
	struct host *host = host_new(&(struct host_options){.dirs = where, .n_dirs = 1});
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct confab_error err = {0};
		int rc = host_open(host, cases[i].name, &err);
		if (rc == 0 || strncmp(err.text, cases[i].sentence, strlen(cases[i].sentence)) != 0)
			fail_msg("%s: '%s'", cases[i].name, err.text);
	}
	assert_int_equal(host_count(host), 0);
	struct confab_error err = {0};
	assert_int_equal(host_open(host, "plain", &err), 0);
	assert_int_equal(host_open(host, "plain", &err), CONFAB_EEXIST);
	host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads),
		cmocka_unit_test(names),
		cmocka_unit_test(modes),
		cmocka_unit_test(wounds),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(enemies),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
