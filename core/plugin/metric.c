/**
 * Metrics of plugins: families from their tables, cells by the values of labels, OpenMetrics text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/metric.h"

#include <confab/admin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/histogram.h"
#include "base/log.h"
#include "base/utf8.h"
#include "plugin/host_internal.h"

#define VALUE_MAX_BYTES 64
#define FULL_NAME_MAX 128

struct label_values {
	char of[CONFAB_METRIC_LABELS_MAX][VALUE_MAX_BYTES + 1];
};

struct confab_metric {
	struct confab_metric *next;
	const struct metric_family *family;
	_Atomic int64_t n;
	struct histogram *histogram; /* of one, else NULL */
	struct label_values values;
};

struct metric_family {
	const struct confab_metric_row *row;
	unsigned n_labels, n_cells;
	char names[CONFAB_METRIC_LABELS_MAX][VALUE_MAX_BYTES + 1];
	struct confab_metric *cells; /* newest first */
	struct confab_metric *other; /* of what came beyond CELLS_MAX; NULL: nothing has */
};

struct metrics {
	uint32_t n;
	struct metric_family families[];
};

/* confab_plugin_NAME_ROW_UNIT, with _ for - */
static void full_name(const struct confab_plugin *p, const struct confab_metric_row *row,
	char name[FULL_NAME_MAX])
{
	(void)snprintf(name, FULL_NAME_MAX, "confab_plugin_%s_%s%s%s", p->name, row->name,
		row->unit != NULL ? "_" : "", row->unit != NULL ? row->unit : "");
	for (char *c = name; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
}

static void labels_read(struct metric_family *f)
{
	size_t len;

	for (const char *at = f->row->labels; at != NULL && *at != '\0';
		at += len, at += *at == ' ') {
		len = strcspn(at, " ");
		(void)snprintf(f->names[f->n_labels++], sizeof(f->names[0]), "%.*s", (int)len, at);
	}
}

static struct metrics *metrics_of(struct confab_plugin *p)
{
	uint32_t n = p->desc.d.metrics.n;

	if (p->metrics != NULL)
		return p->metrics;
	p->metrics = alloc_zero(1, sizeof(*p->metrics) + n * sizeof(p->metrics->families[0]));
	p->metrics->n = n;
	for (uint32_t i = 0; i < n; i++) {
		p->metrics->families[i].row = &p->desc.metrics[i];
		labels_read(&p->metrics->families[i]);
	}
	return p->metrics;
}

/* Cut at a character's boundary; what is no text is told as such. */
static void values_read(
	const struct metric_family *f, const char *const *labels, struct label_values *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < f->n_labels; i++) {
		size_t len = utf8_cut(labels[i], strlen(labels[i]), VALUE_MAX_BYTES);
		bool text = utf8_valid(labels[i], len);

		memcpy(out->of[i], text ? labels[i] : "invalid", text ? len : sizeof("invalid"));
	}
}

static struct confab_metric *cell_new(struct metric_family *f, const struct label_values *values)
{
	struct confab_metric *m = alloc_zero(1, sizeof(*m));

	m->family = f;
	m->values = *values;
	if (f->row->type == CONFAB_HISTOGRAM)
		m->histogram = alloc_zero(1, sizeof(*m->histogram));
	return m;
}

static void cell_free(struct confab_metric *m)
{
	free(m->histogram);
	free(m);
}

/* {a="x",b="y",le="…"}; nothing if there is nothing in it. */
static void labels_write(const struct confab_metric *m, const char *le, struct buf *out)
{
	const struct metric_family *f = m->family;
	const char *comma = "{";

	for (unsigned i = 0; i < f->n_labels; i++) {
		buf_fmt(out, "%s%s=\"", comma, f->names[i]);
		for (const char *c = m->values.of[i]; *c != '\0'; c++) {
			if (*c == '\n')
				buf_str(out, "\\n");
			else if (*c == '"' || *c == '\\')
				buf_fmt(out, "\\%c", *c);
			else
				buf_char(out, *c);
		}
		buf_char(out, '"');
		comma = ",";
	}
	if (le != NULL) {
		buf_fmt(out, "%sle=\"%s\"", comma, le);
		comma = ",";
	}
	if (*comma == ',')
		buf_char(out, '}');
}

/* A number; of seconds, which are counted in microseconds, with six digits. */
static void amount(int64_t n, bool seconds, char text[32])
{
	uint64_t size = n < 0 ? (uint64_t)-n : (uint64_t)n;

	if (seconds)
		(void)snprintf(text, 32, "%s%llu.%06llu", n < 0 ? "-" : "",
			(unsigned long long)(size / 1000000), (unsigned long long)(size % 1000000));
	else
		(void)snprintf(text, 32, "%lld", (long long)n);
}

static void sample(const struct confab_metric *m, const char *name, const char *suffix,
	const char *le, const char *value, struct buf *out)
{
	buf_fmt(out, "%s%s", name, suffix);
	labels_write(m, le, out);
	buf_fmt(out, " %s\n", value);
}

static void histogram_write(
	const struct confab_metric *m, const char *name, bool seconds, struct buf *out)
{
	const struct confab_metric_row *row = m->family->row;
	char le[40], text[32];

	for (unsigned i = row->from; i <= row->to; i++) {
		amount((int64_t)1 << i, seconds, text);
		(void)snprintf(le, sizeof(le), "%s%s", text, seconds ? "" : ".0");
		amount((int64_t)histogram_upto(m->histogram, i), false, text);
		sample(m, name, "_bucket", le, text, out);
	}
	amount((int64_t)m->histogram->count, false, text);
	sample(m, name, "_bucket", "+Inf", text, out);
	sample(m, name, "_count", NULL, text, out);
	amount((int64_t)m->histogram->sum, seconds, text);
	sample(m, name, "_sum", NULL, text, out);
}

static void cell_write(const struct confab_metric *m, const char *name, struct buf *out)
{
	const struct confab_metric_row *row = m->family->row;
	bool seconds = row->unit != NULL && strcmp(row->unit, "seconds") == 0;
	char text[32];

	if (m->histogram != NULL) {
		histogram_write(m, name, seconds, out);
		return;
	}
	amount(m->n, seconds, text);
	sample(m, name, row->type == CONFAB_COUNTER ? "_total" : "", NULL, text, out);
}

static void family_write(const struct metric_family *f, const char *name, struct buf *out)
{
	static const char *const types[] = {[CONFAB_COUNTER] = "counter",
		[CONFAB_GAUGE] = "gauge",
		[CONFAB_HISTOGRAM] = "histogram"};

	buf_fmt(out, "# TYPE %s %s\n", name, types[f->row->type]);
	if (f->row->unit != NULL)
		buf_fmt(out, "# UNIT %s %s\n", name, f->row->unit);
	buf_fmt(out, "# HELP %s %s\n", name, f->row->help);
	for (const struct confab_metric *m = f->cells; m != NULL; m = m->next)
		cell_write(m, name, out);
	if (f->other != NULL)
		cell_write(f->other, name, out);
}

/* ------------------------------------------------------------------------------------------ */

int metrics_register(struct confab_plugin *p, struct confab_error *err)
{
	char name[FULL_NAME_MAX], other[FULL_NAME_MAX];

	for (uint32_t i = 0; i < p->desc.d.metrics.n; i++) {
		full_name(p, &p->desc.metrics[i], name);
		for (size_t k = 0; k < p->host->n_plugins; k++) {
			const struct confab_plugin *q = p->host->plugins[k];

			/* The copy before it has the same ones. */
			bool other_plugin = strcmp(q->name, p->name) != 0;
			for (uint32_t r = 0;
				q->metrics != NULL && other_plugin && r < q->metrics->n; r++) {
				full_name(q, q->metrics->families[r].row, other);
				if (strcmp(name, other) == 0)
					return confab_error_set(err, CONFAB_EEXIST,
						"its metric '%s' is already one of plugin '%s'",
						name, q->name);
			}
		}
	}
	if (p->desc.d.metrics.n > 0)
		(void)metrics_of(p);
	return 0;
}

void metrics_free(struct confab_plugin *p)
{
	for (uint32_t i = 0; p->metrics != NULL && i < p->metrics->n; i++) {
		struct metric_family *f = &p->metrics->families[i];

		while (f->cells != NULL) {
			struct confab_metric *m = f->cells;

			f->cells = m->next;
			cell_free(m);
		}
		if (f->other != NULL)
			cell_free(f->other);
	}
	free(p->metrics);
	p->metrics = NULL;
}

void plugin_metrics_write(const struct confab_plugin *p, struct buf *out)
{
	char name[FULL_NAME_MAX];

	for (uint32_t i = 0; p->metrics != NULL && i < p->metrics->n; i++) {
		full_name(p, p->metrics->families[i].row, name);
		family_write(&p->metrics->families[i], name, out);
	}
}

struct confab_metric *confab_metric(
	struct confab_plugin *p, unsigned row, const char *const *labels)
{
	struct metrics *all = metrics_of(plugin_check(p));

	if (row >= all->n || (labels == NULL && all->families[row].n_labels > 0)) {
		log_error("plugin '%s', asks for metric %u, which it has not or not without labels",
			p->name, row);
		abort();
	}
	static const char *const other[CONFAB_METRIC_LABELS_MAX] = {"other", "other", "other"};
	struct metric_family *f = &all->families[row];
	struct confab_metric *m = f->cells;
	struct label_values values;

	values_read(f, labels, &values);
	while (m != NULL && memcmp(&m->values, &values, sizeof(values)) != 0)
		m = m->next;
	if (m != NULL)
		return m;
	if (f->n_cells == CONFAB_METRIC_CELLS_MAX) {
		values_read(f, other, &values);
		if (f->other == NULL)
			f->other = cell_new(f, &values);
		return f->other;
	}
	m = cell_new(f, &values);
	m->next = f->cells;
	f->cells = m;
	f->n_cells++;
	return m;
}

void confab_metric_add(struct confab_metric *m, int64_t n)
{
	if (n >= 0 || m->family->row->type == CONFAB_GAUGE)
		atomic_fetch_add_explicit(&m->n, n, memory_order_relaxed);
}

void confab_metric_set(struct confab_metric *m, int64_t n)
{
	if (m->family->row->type == CONFAB_GAUGE)
		atomic_store_explicit(&m->n, n, memory_order_relaxed);
}

void confab_metric_observe(struct confab_metric *m, uint64_t value)
{
	if (m->histogram != NULL)
		histogram_add(m->histogram, value, 1);
}
