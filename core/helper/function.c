/*
 * The table of functions. Those that are here by themselves try the walls: what a good helper does
 * (echo) and what a taken one would do.
 *
 * SPDX-License-Identifier: MIT
 */
#include "helper/function.h"

#include <confab/types.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/helper_reply.h"

#define CHUNK_BYTES (1024 * 1024)

/* The input, and behind it what the descriptor holds. */
static int run_echo(const struct helper_input *in, struct buf *out)
{
	char bytes[4096];
	ssize_t n = 0;

	buf_add(out, in->bytes, in->len);
	while (in->file >= 0 && (n = read(in->file, bytes, sizeof(bytes))) > 0)
		buf_add(out, bytes, (size_t)n);
	return n < 0 ? CONFAB_EIO : 0;
}

static int run_spin(const struct helper_input *in, struct buf *out)
{
	volatile size_t turns = in->len;

	(void)out;
	while (turns + 1 != 0)
		turns++;
	return 0;
}

static int run_crash(const struct helper_input *in, struct buf *out)
{
	(void)in;
	(void)out;
	abort();
}

/* Take memory until there is none. */
static int run_eat(const struct helper_input *in, struct buf *out)
{
	void *last = NULL;

	(void)in;
	(void)out;
	for (;;) {
		void **chunk = malloc(CHUNK_BYTES);

		if (chunk == NULL)
			break;
		memset(chunk, 1, CHUNK_BYTES);
		*chunk = last;
		last = chunk;
	}
	while (last != NULL) {
		void *next = *(void **)last;

		free(last);
		last = next;
	}
	return CONFAB_ENOMEM;
}

/* Promise more than is said. */
static int run_lie(const struct helper_input *in, struct buf *out)
{
	struct helper_reply head = {HELPER_REPLY_MAGIC, 0, 1000};

	(void)in;
	(void)out;
	if (write(HELPER_FD_OUT, &head, sizeof(head)) < 0)
		return CONFAB_EIO;
	_exit(0);
}

/* Talk without end. */
static int run_flood(const struct helper_input *in, struct buf *out)
{
	static const char bytes[65536];

	(void)in;
	(void)out;
	while (write(HELPER_FD_OUT, bytes, sizeof(bytes)) > 0)
		;
	return CONFAB_EIO;
}

/* Look at what is none of its business. */
static int run_open(const struct helper_input *in, struct buf *out)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	(void)in;
	buf_num(out, fd < 0 ? errno : 0);
	return 0;
}

/* Kill what started it. */
static int run_kill(const struct helper_input *in, struct buf *out)
{
	(void)in;
	buf_num(out, kill(getppid(), SIGKILL));
	return 0;
}

/* Sorted by name. */
static const struct helper_function functions[] = {
	{"crash", run_crash},
	{"eat", run_eat},
	{"echo", run_echo},
	{"flood", run_flood},
	{"kill", run_kill},
	{"lie", run_lie},
	{"open", run_open},
	{"spin", run_spin},
};

/* ------------------------------------------------------------------------------------------- */

const struct helper_function *helper_function_find(const char *name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strcmp(functions[i].name, name) == 0)
			return &functions[i];
	return NULL;
}
