/**
 * Codes with their names and texts, and errors that keep the first reason.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/types.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct code_row {
	int code;
	const char *name;
	const char *text;
};

static const struct code_row code_rows[] = {
	{CONFAB_OK, "OK", "success"},
	{CONFAB_EINVAL, "EINVAL", "bad input"},
	{CONFAB_ENOMEM, "ENOMEM", "out of memory"},
	{CONFAB_ENOENT, "ENOENT", "no such thing"},
	{CONFAB_EEXIST, "EEXIST", "there already"},
	{CONFAB_EPERM, "EPERM", "not allowed"},
	{CONFAB_EBUSY, "EBUSY", "not done now, may be tried again"},
	{CONFAB_EUNKNOWN, "EUNKNOWN", "perhaps done, nobody could tell"},
	{CONFAB_EGONE, "EGONE", "too late, it is answered or gone"},
	{CONFAB_ECLOSED, "ECLOSED", "closed"},
	{CONFAB_ETIMEDOUT, "ETIMEDOUT", "the deadline passed"},
	{CONFAB_ELIMIT, "ELIMIT", "a limit was reached"},
	{CONFAB_EIO, "EIO", "the operating system refused"},
	{CONFAB_EPROTO, "EPROTO", "the peer broke the protocol"},
	{CONFAB_ECONFLICT, "ECONFLICT", "known with another content"},
	{CONFAB_EMOVED, "EMOVED", "the log has moved on"},
	{CONFAB_EABI, "EABI", "made for another ABI"},
	{CONFAB_ELOOP, "ELOOP", "too many events caused each other"},
	{CONFAB_EUNSUPPORTED, "EUNSUPPORTED", "not supported here"},
	{CONFAB_EINTERNAL, "EINTERNAL", "an internal error"},
};

static const struct code_row *code_row_find(int code)
{
	for (size_t i = 0; i < sizeof(code_rows) / sizeof(code_rows[0]); i++)
		if (code_rows[i].code == code)
			return &code_rows[i];
	return NULL;
}

/* Drop the bytes of a character that was cut off at the end of a full buffer. */
static void text_cut(char *text, size_t len)
{
	size_t start = len;
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	if (len - (start - 1) < need)
		text[start - 1] = '\0';
}

/* ------------------------------------------------------------------------------------------ */

const char *confab_code_name(int code)
{
	const struct code_row *row = code_row_find(code);
	return row != NULL ? row->name : "E?";
}

const char *confab_code_text(int code)
{
	const struct code_row *row = code_row_find(code);
	return row != NULL ? row->text : "a code that nobody knows";
}

int confab_error_set(struct confab_error *err, int code, const char *fmt, ...)
{
	assert(code != CONFAB_OK);
	if (err == NULL || err->code != CONFAB_OK)
		return code;
	err->code = code;
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	if (len < 0)
		err->text[0] = '\0';
	else if ((size_t)len >= sizeof(err->text))
		text_cut(err->text, sizeof(err->text) - 1);
	return code;
}
