/**
 * What an administrator sees of a plugin: its metrics in /metrics, its verbs in confabctl.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_ADMIN_H
#define CONFAB_ADMIN_H

#include <confab/op.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Metrics: table `metrics`. A row is one family, with one cell per set of label values. */

enum confab_metric_type {
	CONFAB_COUNTER = 1,   /* only grows */
	CONFAB_GAUGE = 2,     /* goes up and down */
	CONFAB_HISTOGRAM = 3, /* how often which sizes came, in buckets of powers of two */
};

/** Labels of a family at most, and cells; what comes beyond is counted in one whose labels are "other". */
#define CONFAB_METRIC_LABELS_MAX 3
#define CONFAB_METRIC_CELLS_MAX 64

struct confab_metric_row {
	const char *
		name; /* [a-z][a-z0-9_]{0,39}: confab_plugin_PLUGIN_NAME_UNIT in /metrics ("-" is "_") */
	enum confab_metric_type type;
	const char
		*unit; /* "bytes", "seconds" (told in microseconds, see below), …; NULL: a number */
	const char *labels; /* names, separated by spaces; NULL: none */
	const char *help;   /* one sentence */
	/** Of a histogram: its lowest and highest bucket are 2^from and 2^to, 0 ≤ from < to ≤ 38. */
	unsigned from, to;
};

/** One number (or histogram) of a family. Lives as long as the plugin. */
struct confab_metric;

/**
 * Find or make a cell; keep the pointer where it is changed often.
 *
 * @param row     of the plugin's table; one that is not there ends the process
 * @param labels  as many values as the row names labels, each ≤ 64 bytes (cut); NULL: it names none
 * @return never NULL
 * Thread: logic.  Cost: linear in the family's cells.
 */
struct confab_metric *confab_metric(
	struct confab_plugin *p, unsigned row, const char *const *labels);
/** Add to a counter (n ≥ 0) or gauge. With unit "seconds" n is microseconds. Thread: any; no lock. */
void confab_metric_add(struct confab_metric *m, int64_t n);
/** Set a gauge. Thread: any. */
void confab_metric_set(struct confab_metric *m, int64_t n);
/** Count one value in a histogram. Thread: logic. */
void confab_metric_observe(struct confab_metric *m, uint64_t value);

/* Verbs: table `verbs`. `confabctl PLUGIN VERB …` over the admin socket; who may open that may all. */

/** One call of a verb, until it is answered. */
struct confab_verb;

struct confab_verb_row {
	const char *name; /* [a-z][a-z0-9-]{0,31} */
	/** In the order in which they are written after the verb, those required first; NULL: none. Each may
	 *  also be written --NAME VALUE. Types: STRING, ID, INT, BOOL. */
	const struct confab_field *args;
	const char *help; /* one sentence */
	/** Answer by confab_verb_reply or confab_verb_refuse, now or later, once. args: borrowed until return,
	 *  as the fields say. */
	void (*run)(struct confab_verb *v, const json_t *args, void *ctx);
};

/** Answer; ok is taken. An object is shown as lines, lists of objects in it as tables. */
void confab_verb_reply(struct confab_verb *v, json_t *ok);
/** Say why not; code: a word ("not_found"). */
void confab_verb_refuse(struct confab_verb *v, const char *code, const char *fmt, ...)
	CONFAB_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
#endif
