/**
 * Runs a fuzz target over its corpus where libFuzzer is not: make check replays what was found.
 *
 * usage: NAME_fuzz [FILE|FOLDER]...      by default the folder tests/fuzz/corpus/NAME
 *
 * SPDX-License-Identifier: MIT
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static size_t replayed;

static void fail(const char *what, const char *path)
{
	fprintf(stderr, "replay: %s (%s)\n", what, path);
	exit(1);
}

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	if (file == NULL || fstat(fileno(file), &st) != 0)
		fail("cannot open", path);
	size_t len = (size_t)st.st_size;
	/* Exactly as long as the input, so that a sanitizer sees one byte too many. */
	uint8_t *bytes = malloc(len > 0 ? len : 1);
	if (bytes == NULL || fread(bytes, 1, len, file) != len)
		fail("cannot read", path);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, len);
	free(bytes);
	replayed++;
}

static void replay(const char *path)
{
	DIR *folder = opendir(path);
	if (folder == NULL) {
		replay_file(path);
		return;
	}
	struct dirent *entry;
	while ((entry = readdir(folder)) != NULL) {
		char inner[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		replay(inner);
	}
	closedir(folder);
}

/* The corpus of "…/lt-http1_fuzz" is "http1". */
static void replay_own_corpus(const char *program)
{
	const char *source = getenv("CONFAB_SRCDIR");
	const char *slash = strrchr(program, '/');
	const char *name = slash != NULL ? slash + 1 : program;
	if (strncmp(name, "lt-", 3) == 0)
		name += 3;
	const char *end = strstr(name, "_fuzz");
	if (end == NULL)
		fail("is no NAME_fuzz", program);
	char path[4096];
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%.*s", source != NULL ? source : ".",
		(int)(end - name), name);
	replay(path);
	if (replayed == 0)
		fail("the corpus is empty", path);
}

int main(int argc, char **argv)
{
	/* Nothing at all is an input too. */
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	if (argc == 1)
		replay_own_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%zu inputs replayed\n", replayed);
	return 0;
}
