/**
 * confab-helper: one function, once, behind walls. Started by the spawner as
 * `confab-helper --run FUNCTION MEMORY_BYTES [--file] [--code]`: reads all of its standard input, answers on
 * its standard output (base/helper_reply.h) and ends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "programs.h"

#include <confab/types.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/helper_reply.h"
#include "helper/function.h"
#include "helper/plugin_code.h"
#include "helper/sandbox.h"

#define EXIT_USAGE 2
#define EXIT_WALLS 3
#define EXIT_PIPE 4
#define EXIT_CODE 5

static bool read_all(struct buf *in)
{
	char bytes[16384];

	for (;;) {
		ssize_t n = read(HELPER_FD_IN, bytes, sizeof(bytes));

		if (n == 0)
			return true;
		if (n > 0)
			buf_add(in, bytes, (size_t)n);
		else if (errno != EINTR)
			return false;
	}
}

static bool write_all(const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = write(HELPER_FD_OUT, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Ends the process without the exit handlers of whatever was loaded. */
static _Noreturn void run(const char *name, size_t memory_bytes, int file, bool code)
{
	struct plugin_code plugin = {0};
	const struct helper_function *function = code ? NULL : helper_function_find(name);
	struct helper_reply reply = {HELPER_REPLY_MAGIC, CONFAB_ENOENT, 0};
	struct buf in, out;

	buf_init(&in);
	buf_init(&out);
	/* Before the walls, as it opens files; nothing of a stranger was read yet. */
	if (code && !plugin_code_load(HELPER_FD_CODE, name, &plugin))
		_exit(EXIT_CODE);
	if (sandbox_enter(memory_bytes) != 0)
		_exit(EXIT_WALLS);
	if (!read_all(&in))
		_exit(EXIT_PIPE);
	const char *bytes = in.bytes != NULL ? in.bytes : "";

	if (code)
		reply.rc = plugin_code_run(&plugin, bytes, in.len, file, &out);
	else if (function != NULL)
		reply.rc = function->run(&(struct helper_input){bytes, in.len, file}, &out);
	reply.len = out.len;
	if (!write_all(&reply, sizeof(reply)) || !write_all(out.bytes, out.len))
		_exit(EXIT_PIPE);
	_exit(0);
}

/* ------------------------------------------------------------------------------------------- */

int confab_private_helper_main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("confab-helper " PACKAGE_VERSION);
		return 0;
	}
	bool file = argc > 4 && strcmp(argv[4], "--file") == 0;
	bool code = argc > 4 && strcmp(argv[argc - 1], "--code") == 0;

	if (argc < 4 || argc != 4 + file + code || strcmp(argv[1], "--run") != 0) {
		fputs("confab-helper: started by confabd, not by hand\n", stderr);
		return EXIT_USAGE;
	}
	run(argv[2], (size_t)strtoull(argv[3], NULL, 10), file ? HELPER_FD_FILE : -1, code);
}
