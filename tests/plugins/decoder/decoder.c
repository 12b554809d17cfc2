/**
 * decoder: helpers that decode, and helpers that misbehave in every way, called by the verb "call".
 *
 * SPDX-License-Identifier: MIT
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <confab/admin.h>
#include <confab/plugin.h>
#include <confab/task.h>

#define FLOOD 1000

/* Upper case, and behind it what the descriptor holds. */
static int upper(const struct confab_helper_input *in, struct confab_helper_output *out)
{
	char bytes[64];
	ssize_t n;

	for (size_t i = 0; i < in->len; i++) {
		char c = in->bytes[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		confab_helper_write(out, &c, 1);
	}
	while (in->fd >= 0 && (n = read(in->fd, bytes, sizeof(bytes))) > 0)
		confab_helper_write(out, bytes, (size_t)n);
	return 0;
}

static int refuse(const struct confab_helper_input *in, struct confab_helper_output *out)
{
	(void)in;
	(void)out;
	return CONFAB_EUNSUPPORTED;
}

static int never(const struct confab_helper_input *in, struct confab_helper_output *out)
{
	volatile size_t turns = in->len;

	(void)out;
	while (turns + 1 != 0)
		turns++;
	return 0;
}

static int crash(const struct confab_helper_input *in, struct confab_helper_output *out)
{
	(void)in;
	(void)out;
	abort();
}

static int peek(const struct confab_helper_input *in, struct confab_helper_output *out)
{
	(void)in;
	(void)out;
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? CONFAB_EPERM : 0;
}

static int flood(const struct confab_helper_input *in, struct confab_helper_output *out)
{
	(void)in;
	for (unsigned i = 0; i < 2 * FLOOD; i++)
		confab_helper_write(out, "x", 1);
	return 0;
}

static const struct confab_helper_row helpers[] = {
	{"upper", upper, .doc = "Makes letters large."},
	{"refuse", refuse, .doc = "Cannot."},
	{"never", never, .wall_ms = 300, .doc = "Answers never."},
	{"busy", never, .wall_ms = 60000, .cpu_s = 1, .doc = "Takes all the time there is."},
	{"long", never, .wall_ms = 600000, .cpu_s = 600, .doc = "Takes ten minutes."},
	{"crash", crash, .doc = "Dies."},
	{"peek", peek, .doc = "Looks at what is none of its business."},
	{"flood", flood, .output_bytes = FLOOD, .doc = "Says too much."},
};

static void called(void *arg, int rc, const char *bytes, size_t len)
{
	confab_verb_reply(arg,
		json_pack("{s:s, s:s%}", "rc", confab_code_name(rc), "said", bytes ? bytes : "",
			bytes ? len : 0));
}

static void call(struct confab_verb *v, const json_t *args, void *ctx)
{
	const char *name = json_string_value(json_object_get(args, "name"));
	const char *text = json_string_value(json_object_get(args, "text"));
	const char *beside = json_string_value(json_object_get(args, "beside"));
	int fd = beside ? memfd_create("beside", MFD_CLOEXEC) : -1;
	unsigned row = 0;

	while (row < sizeof(helpers) / sizeof(helpers[0]) && strcmp(helpers[row].name, name) != 0)
		row++;
	if (row == sizeof(helpers) / sizeof(helpers[0])) {
		confab_verb_refuse(v, "not_found", "no such helper");
		return;
	}
	if (beside && (write(fd, beside, strlen(beside)) < 0 || lseek(fd, 0, SEEK_SET) != 0))
		confab_verb_refuse(v, "failed", "no file");
	else if (confab_helper_call(
			 ctx, row, text ? text : "", text ? strlen(text) : 0, fd, called, v) != 0)
		confab_verb_refuse(v, "failed", "it cannot be called");
	if (fd >= 0)
		(void)close(fd);
}

static const struct confab_field call_args[] = {
	{.name = "name", .type = CONFAB_FIELD_STRING, .required = true},
	{.name = "text", .type = CONFAB_FIELD_STRING},
	{.name = "beside", .type = CONFAB_FIELD_STRING},
	{0},
};
static const struct confab_verb_row verbs[] = {
	{"call", call_args, "Call a helper.", call},
};

static int decoder_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = p;
	return 0;
}

CONFAB_PLUGIN("decoder", "1.0") = {
	CONFAB_HEAD("decoder", "1.0", "MIT"),
	.summary = "Decodes in a process of its own.",
	CONFAB_ROWS(helpers, helpers),
	CONFAB_ROWS(verbs, verbs),
	.load = decoder_load,
};
