/**
 * A bounded list of sentences with places.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

struct complaint {
	struct config_place at;
	bool note;
	unsigned order; /* of arrival: sorting keeps it */
	char text[400];
};

struct config_report {
	char *file;
	struct complaint *complaints; /* count of them */
	size_t count;
	size_t errors; /* with those that were not kept */
};

static void add(struct config_report *r, struct config_place at, bool note, const char *fmt,
	va_list args) CONFAB_PRINTF(4, 0);

static void add(
	struct config_report *r, struct config_place at, bool note, const char *fmt, va_list args)
{
	struct complaint *c;

	if (!note)
		r->errors++;
	if (r->count == CONFIG_REPORT_MAX)
		return;
	c = &r->complaints[r->count];
	c->at = at;
	c->note = note;
	c->order = (unsigned)r->count++;
	(void)vsnprintf(c->text, sizeof(c->text), fmt, args); /* a cut sentence still says where */
}

static int by_place(const void *pa, const void *pb)
{
	const struct complaint *a = pa, *b = pb;

	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	if (a->at.column != b->at.column)
		return a->at.column < b->at.column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static void sort(struct config_report *r)
{
	if (r->count > 1)
		qsort(r->complaints, r->count, sizeof(*r->complaints), by_place);
}

static void line_add(const struct config_report *r, const struct complaint *c, struct buf *b)
{
	if (c->at.line)
		buf_fmt(b, "%s:%u:%u: %s%s", r->file, c->at.line, c->at.column,
			c->note ? "note: " : "", c->text);
	else
		buf_fmt(b, "%s: %s%s", r->file, c->note ? "note: " : "", c->text);
}

/* ------------------------------------------------------------------------------------------- */

struct config_report *config_report_new(const char *file)
{
	struct config_report *r = alloc_zero(1, sizeof(*r));

	r->file = alloc_str(file);
	r->complaints = alloc_zero(CONFIG_REPORT_MAX, sizeof(*r->complaints));
	return r;
}

void config_report_free(struct config_report *r)
{
	if (!r)
		return;
	free(r->complaints);
	free(r->file);
	free(r);
}

void config_report_add(struct config_report *r, struct config_place at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(r, at, false, fmt, args);
	va_end(args);
}

void config_report_note(struct config_report *r, struct config_place at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(r, at, true, fmt, args);
	va_end(args);
}

size_t config_report_errors(const struct config_report *r)
{
	return r->errors;
}

void config_report_print(struct config_report *r, FILE *out)
{
	size_t kept = 0;

	sort(r);
	for (size_t i = 0; i < r->count; i++) {
		struct buf b;

		buf_init(&b);
		line_add(r, &r->complaints[i], &b);
		fprintf(out, "%s\n", b.bytes);
		buf_fini(&b);
		kept += !r->complaints[i].note;
	}
	if (r->errors > kept)
		fprintf(out, "%s: and %zu more errors\n", r->file, r->errors - kept);
}

int config_report_error(struct config_report *r, struct confab_error *err)
{
	struct buf b;

	if (r->errors == 0)
		return CONFAB_OK;
	sort(r);
	buf_init(&b);
	for (size_t i = 0; i < r->count; i++) {
		if (!r->complaints[i].note) {
			line_add(r, &r->complaints[i], &b);
			break;
		}
	}
	if (r->errors > 1)
		buf_fmt(&b, " (and %zu more)", r->errors - 1);
	confab_error_set(err, CONFAB_EINVAL, "%s", b.len ? b.bytes : r->file);
	buf_fini(&b);
	return CONFAB_EINVAL;
}
