/**
 * A table from libyaml's words to ours, and a look at the line for tabs and quotes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/yaml_problem.h"

#include <string.h>

struct sentence {
	const char *context; /* NULL: any */
	const char *problem; /* its beginning */
	const char *text;
};

static const struct sentence sentences[] = {
	{NULL, "mapping values are not allowed in this context",
		"a second ':' in this line, or its indentation does not fit the line above; "
		"quote text that contains ': '"},
	{"while parsing a block mapping", "did not find expected key",
		"the indentation does not fit the lines above, or a value is followed by more "
		"text"},
	{"while parsing a block collection", "did not find expected '-' indicator",
		"the list above has no '-' here; check the indentation"},
	{NULL, "block sequence entries are not allowed in this context",
		"a list must begin on its own line below its key"},
	{"while scanning a simple key", "could not find expected ':'",
		"a ':' is missing after this key, or the line above is not finished"},
	{"while scanning a quoted scalar", "found unexpected end of stream",
		"the quote that opens here is never closed"},
	{"while scanning a quoted scalar", "found unexpected document indicator",
		"the quote that opens here is never closed"},
	{"while parsing a quoted scalar", "found unknown escape character",
		"unknown escape in \"…\"; use '…' for text with backslashes"},
	{"while scanning a double-quoted scalar", "found unknown escape character",
		"unknown escape in \"…\"; use '…' for text with backslashes"},
	{"while parsing a flow sequence", "did not find expected ',' or ']'",
		"the '[' list is not closed by ']' or lacks a ','"},
	{"while parsing a flow mapping", "did not find expected ',' or '}'",
		"the '{' map is not closed by '}' or lacks a ','"},
	{NULL, "did not find expected <document start>",
		"this does not belong to the value above; check its indentation"},
	{"while scanning an anchor", "did not find expected alphabetic or numeric character",
		"anchors (&x) are not supported; quote text that begins with '&'"},
	{"while scanning an alias", "did not find expected alphabetic or numeric character",
		"aliases (*x) are not supported; quote text that begins with '*'"},
	{NULL, "control characters are not allowed", "control characters are not allowed"},
	{"while scanning a block scalar", "found a tab character",
		"a tab is used for indentation; YAML wants spaces"},
};

static struct config_place place_of(size_t offset, const char *bytes, size_t len)
{
	struct config_place at = {1, 1};

	for (size_t i = 0; i < offset && i < len; i++) {
		if (bytes[i] == '\n') {
			at.line++;
			at.column = 1;
		} else {
			at.column++;
		}
	}
	return at;
}

/* The beginning of a line (counted from 0), or NULL. */
static const char *line_start(size_t line, const char *bytes, size_t len)
{
	const char *s = bytes, *end = bytes + len;

	for (; line > 0 && s; line--) {
		s = memchr(s, '\n', (size_t)(end - s));
		s = s ? s + 1 : NULL;
	}
	return s;
}

/* Is there a tab in the blank beginning of a line? */
static bool tab_indents(size_t line, const char *bytes, size_t len)
{
	const char *s = line_start(line, bytes, len);

	for (; s && s < bytes + len && (*s == ' ' || *s == '\t'); s++) {
		if (*s == '\t')
			return true;
	}
	return false;
}

/* The byte at a mark, whose column counts characters; a blank if there is none. */
static char byte_at(yaml_mark_t mark, const char *bytes, size_t len)
{
	const char *s = line_start(mark.line, bytes, len);

	for (size_t column = 0; s && s < bytes + len; s++) {
		if (((unsigned char)*s & 0xC0) != 0x80 && column++ == mark.column)
			return *s;
	}
	return ' ';
}

static bool starts_with(const char *s, const char *beginning)
{
	return s && strncmp(s, beginning, strlen(beginning)) == 0;
}

static bool fits(const struct sentence *s, const yaml_parser_t *p)
{
	return starts_with(p->problem, s->problem) &&
		(!s->context || starts_with(p->context, s->context));
}

static void reader_problem(
	const yaml_parser_t *p, const char *bytes, size_t len, struct config_report *report)
{
	struct config_place at = place_of(p->problem_offset, bytes, len);

	if (starts_with(p->problem, "control characters"))
		config_report_add(report, at, "control characters are not allowed");
	else
		config_report_add(report, at, "not UTF-8 (%s)", p->problem);
}

/* The character a token cannot start with. */
static void token_problem(const yaml_parser_t *p, const char *bytes, size_t len,
	struct config_report *report, struct config_place at)
{
	char c = byte_at(p->problem_mark, bytes, len);

	if (c == '\t')
		config_report_add(report, at, "a tab is used for indentation; YAML wants spaces");
	else
		config_report_add(report, at, "text that begins with '%c' must be quoted", c);
}

/* ------------------------------------------------------------------------------------------- */

void yaml_problem_report(
	const yaml_parser_t *p, const char *bytes, size_t len, struct config_report *report)
{
	struct config_place at = {
		(unsigned)p->problem_mark.line + 1, (unsigned)p->problem_mark.column + 1};

	if (p->error == YAML_READER_ERROR) {
		reader_problem(p, bytes, len, report);
		return;
	}
	if (starts_with(p->problem, "found character that cannot start any token")) {
		token_problem(p, bytes, len, report, at);
		return;
	}
	if (tab_indents(p->problem_mark.line, bytes, len)) {
		config_report_add(report, at, "a tab is used for indentation; YAML wants spaces");
		return;
	}
	/* What was opened is where the mistake is; where it was noticed may be the file's end. */
	if (starts_with(p->context, "while scanning a quoted scalar") ||
		starts_with(p->context, "while parsing a flow") ||
		starts_with(p->context, "while scanning a simple key"))
		at = (struct config_place){
			(unsigned)p->context_mark.line + 1, (unsigned)p->context_mark.column + 1};
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		if (fits(&sentences[i], p)) {
			config_report_add(report, at, "%s", sentences[i].text);
			return;
		}
	}
	config_report_add(report, at, "not YAML: %s", p->problem ? p->problem : "cannot be read");
}
