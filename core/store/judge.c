/**
 * What every store refuses: a commit that does not continue its log, or rows out of their bounds.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/provider/store.h>

#include <string.h>

#define ROWS_MAX 1000 /* in one entry */
#define KIND_MAX 32
#define ID_MAX 128

static const char *row_fault(const struct confab_entry *e, const struct confab_row *r)
{
	if (r->rev != e->rev)
		return "a row has not its entry's rev";
	if (!*r->kind || strlen(r->kind) > KIND_MAX || !*r->id || strlen(r->id) > ID_MAX)
		return "a row's kind or id is too long or empty";
	if ((strcmp(r->kind, "message") == 0) != (r->seq != 0) || r->seq > e->seq)
		return "a message's row needs its seq, another none";
	return NULL;
}

static const char *entry_fault(const struct confab_head *before, const struct confab_entry *e)
{
	if (e->rev != before->rev + 1)
		return "revs do not follow each other";
	if (e->seq != before->seq + (e->message ? 1 : 0))
		return "seq does not follow";
	if (e->ord < before->ord || e->all < before->all || e->first < before->first ||
		e->ts < before->ts)
		return "ord, all, first or ts goes back";
	if (e->n_rows > ROWS_MAX)
		return "an entry touches more than 1,000 rows";
	for (size_t i = 0; i < e->n_rows; i++) {
		const char *fault = row_fault(e, &e->rows[i]);

		if (fault)
			return fault;
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------- */

void confab_head_raise(struct confab_head *head, const struct confab_entry *e)
{
	head->rev = e->rev;
	head->seq = e->seq;
	head->ord = e->ord;
	head->all = e->all;
	head->first = e->first;
	head->ts = e->ts;
}

const char *confab_commit_fault(const struct confab_commit *c, const struct confab_head *head)
{
	struct confab_head before = *head;

	if (c->n == 0)
		return "a commit without entries";
	if (!*c->log)
		return "a log without a name";
	for (size_t i = 0; i < c->n; i++) {
		const char *fault = entry_fault(&before, &c->entries[i]);

		if (fault)
			return fault;
		confab_head_raise(&before, &c->entries[i]);
	}
	return NULL;
}
