/**
 * Acknowledged is durable, once, and never something else.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/book.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "loop/sim.h"
#include "sim/run.h"
#include "sim/truth.h"

#define LAW_DURABLE "acknowledged is durable"
#define LAW_ONCE "a cid is done once and answered the same"
#define LAW_REFUSED "refused and busy are not written"
#define LAW_ANSWER "every answer is one of the protocol's"

/** Nobody waits for longer than this. */
#define PATIENCE_MS 5000

static const struct truth_entry *entry_of(const struct run *run, const struct deed *d)
{
	const struct truth_log *lg = truth_log(run_truth(run), d->log);

	return lg ? truth_cid(lg, d->user, json_str(d->args, "cid")) : NULL;
}

static json_t *without_again(const json_t *ok)
{
	json_t *copy = json_deep_copy(ok);

	json_object_del(copy, "again");
	return copy;
}

/** The entry keeps the answer; what the answer names is there. */
static void check_entry(struct run *run, const struct deed *d, const json_t *ok)
{
	const struct truth_entry *e = entry_of(run, d);
	const char *op = json_str(d->args, "op");
	json_t *result;

	if (!e) {
		/* what changed nothing takes no rev; what was said takes one */
		if (strcmp(op, "message.send") == 0 || json_object_get(ok, "ts")) {
			law_broken(run, LAW_DURABLE,
				"%s: %s of %s (%s) was acknowledged and is not there", d->log, op,
				d->user, json_str(d->args, "cid"));
		}
		return;
	}
	if ((uint64_t)json_int(ok, "rev", 0) != e->rev ||
		(e->message && (uint64_t)json_int(ok, "seq", 0) != e->seq)) {
		law_broken(run, LAW_DURABLE,
			"%s: %s of %s was acknowledged as rev %lld, it is rev %llu", d->log, op,
			d->user, (long long)json_int(ok, "rev", 0), (unsigned long long)e->rev);
	}
	result = json_loads(e->result, 0, NULL);
	if (!json_equal(result, (json_t *)ok)) {
		law_broken(run, LAW_ONCE, "%s rev %llu: the answer is not the one that was kept",
			d->log, (unsigned long long)e->rev);
	}
	json_decref(result);
}

static void take_ok(struct run *run, struct deed *d, const json_t *reply)
{
	json_t *ok = without_again(reply);

	if (d->unsure && !d->again && !json_object_get(ok, "ts")) {
		/* sent again as if it were new: it was done, and now it changes nothing */
		json_decref(ok);
		d->state = DEED_DONE;
		return;
	}
	if (!d->again && d->tries == 1 && json_bool(reply, "again")) {
		law_broken(run, LAW_ONCE, "%s: the first sending of %s is called a repetition",
			d->log, json_str(d->args, "cid"));
	}
	check_entry(run, d, ok);
	/* what changed nothing took no rev, and is not remembered: it is judged anew */
	if (d->ok && json_object_get(d->ok, "ts") && !json_equal(d->ok, ok)) {
		law_broken(run, LAW_ONCE, "%s: %s was answered twice, differently", d->log,
			json_str(d->args, "cid"));
	}
	d->first_answer = !json_bool(reply, "again") && d->state != DEED_DONE;
	json_decref(d->ok);
	d->ok = ok;
	d->state = DEED_DONE;
	run->verdict->acked++;
}

/** What no client of ours deserves: it never asks for what the protocol forbids. */
static bool is_never(const char *code)
{
	static const char *const never[] = {
		"internal", "bad_request", "unknown_op", "conflict", "no_hello", "loop"};

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (strcmp(never[i], code) == 0) {
			return true;
		}
	}
	return false;
}

static void take_error(struct run *run, struct deed *d, const json_t *error)
{
	const char *code = json_str(error, "code"), *retry = json_str(error, "retry");
	bool busy = strcmp(code, "busy") == 0, unknown = strcmp(code, "unknown") == 0;

	if (is_never(code)) {
		law_broken(run, LAW_ANSWER, "%s of %s in %s: %s (%s)", json_str(d->args, "op"),
			d->user, d->log, code, json_str(error, "text"));
	}
	if (!unknown && !d->unsure && entry_of(run, d)) {
		law_broken(run, LAW_REFUSED, "%s: %s of %s was answered '%s' and is there", d->log,
			json_str(d->args, "op"), d->user, code);
	}
	if (!unknown && !busy && d->again && d->there) {
		law_broken(run, LAW_ONCE, "%s: %s was done and is answered '%s' when sent again",
			d->log, json_str(d->args, "cid"), code);
	}
	if (d->state == DEED_DONE) {
		return; /* a repetition of what is known; its own answer does not matter */
	}
	run->verdict->busy += busy;
	run->verdict->unknown += unknown;
	run->verdict->refused += !busy && !unknown;
	d->unsure |= unknown;
	d->due_us = sim_now_us() + json_int(error, "retry_ms", 100) * 1000;
	if (json_int(error, "retry_ms", 0) > PATIENCE_MS) {
		d->state = DEED_REFUSED;
		return;
	}
	d->state = busy || unknown || (strcmp(retry, "later") == 0 && odds(500)) ? DEED_OPEN
										 : DEED_REFUSED;
	if (run->calm && busy && d->tries > 5) {
		d->state = DEED_REFUSED; /* a check that always takes too long */
	}
}

/* -------------------------------------------------------------------------------------------- */

struct book *book_new(void)
{
	return alloc_zero(1, sizeof(struct book));
}

void book_free(struct book *l)
{
	for (size_t i = 0; l && i < l->n; i++) {
		json_decref(l->deeds[i]->args);
		json_decref(l->deeds[i]->ok);
		free(l->deeds[i]);
	}
	if (l) {
		free(l->deeds);
		free(l);
	}
}

struct deed *book_add(struct book *l, const char *user, const char *log, json_t *args)
{
	struct deed *d = alloc_zero(1, sizeof(*d));

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 256;
		l->deeds = alloc_resize(l->deeds, l->cap * sizeof(struct deed *));
	}
	d->number = (unsigned)l->n;
	d->args = args;
	snprintf(d->user, sizeof(d->user), "%s", user);
	snprintf(d->log, sizeof(d->log), "%s", log);
	l->deeds[l->n++] = d;
	return d;
}

void deed_sent(struct run *run, struct deed *d, bool again)
{
	if (!d->tries++) {
		d->sent = ++run->book->sent;
	}
	d->again = again;
	d->unsure |= d->tries > 1 && d->state == DEED_SENT; /* both are under way */
	d->there = entry_of(run, d) != NULL;
	if (d->state != DEED_DONE) {
		d->state = DEED_SENT;
	}
}

void deed_answered(struct run *run, struct deed *d, const json_t *reply)
{
	const json_t *error = json_object_get(reply, "error");

	if (error) {
		take_error(run, d, error);
	} else {
		take_ok(run, d, json_object_get(reply, "ok"));
	}
}

void deed_lost(struct run *run, struct deed *d)
{
	run->verdict->lost++;
	d->unsure = true;
	if (d->state == DEED_SENT) {
		d->state = DEED_OPEN;
		d->due_us = sim_now_us();
	}
}

struct deed *book_open(const struct book *l, const char *user, int64_t now_us)
{
	for (size_t i = 0; i < l->n; i++) {
		struct deed *d = l->deeds[i];

		if (d->state == DEED_OPEN && d->due_us <= now_us && strcmp(d->user, user) == 0) {
			return d;
		}
	}
	return NULL;
}

size_t book_unended(const struct book *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		n += l->deeds[i]->state == DEED_OPEN || l->deeds[i]->state == DEED_SENT;
	}
	return n;
}
