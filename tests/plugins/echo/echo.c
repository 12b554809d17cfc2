/**
 * echo: a codec at /echo that answers every message with itself, for protocol test suites.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/plugin.h>
#include <confab/provider/codec.h>

#include <string.h>
#include <time.h>

#define STALL_S 3

/* As binary or text, just as it came. */
static int echo_decode(const char *bytes, size_t len, bool *text, struct confab_out *out)
{
	(void)text;
	confab_out_add(out, bytes, len);
	return 0;
}

/* "stall" keeps its I/O thread for as long as no well-written codec would. */
static int stall_decode(const char *bytes, size_t len, bool *text, struct confab_out *out)
{
	if (len == 5 && memcmp(bytes, "stall", 5) == 0)
		(void)nanosleep(&(struct timespec){.tv_sec = STALL_S}, NULL);
	return echo_decode(bytes, len, text, out);
}

static const struct confab_codec_row codecs[] = {
	{.path = "/echo", .max_message = (size_t)16 * 1024 * 1024, .decode = echo_decode},
	{.path = "/stall", .max_message = 1024, .decode = stall_decode},
};

CONFAB_PLUGIN("echo", "1.0") = {
	CONFAB_HEAD("echo", "1.0", "MIT"),
	.summary = "Answers WebSocket messages at /echo with themselves.",
	CONFAB_ROWS(codecs, codecs),
};
