/**
 * The order checker: parse once, compare bytes for everybody else.
 *
 * SPDX-License-Identifier: MIT
 */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(object, key));
	return v > 0 ? (uint64_t)v : 0;
}

static void *grown(void *mem, uint32_t *cap, uint32_t want, size_t size)
{
	if (want <= *cap)
		return mem;
	uint32_t bigger = want * 2;
	void *more = realloc(mem, bigger * size);
	if (more == NULL)
		abort();
	*cap = bigger;
	return more;
}

/* The text must begin with the message's number and have the length it was sent with. */
static bool text_is_own(const struct stream *st, const json_t *row, uint32_t number)
{
	const json_t *text = json_object_get(row, "text");
	char digits[8];

	if (st->body < sizeof digits)
		return true;
	ledger_hex(digits, number);
	return json_is_string(text) && json_string_length(text) == st->body &&
		memcmp(json_string_value(text), digits, sizeof digits) == 0;
}

/* Hold one of our messages against the ledger, at its first sight. */
static void check_own(
	struct stream *st, const json_t *row, uint32_t number, uint64_t seq, bool fresh)
{
	struct sent *sent = &st->ledger->sent[number];

	if (!text_is_own(st, row, number))
		st->faults.altered++;
	if (sent->seen_seq != 0 && sent->seen_seq != seq)
		st->faults.altered++;
	if (sent->acked_seq != 0 && sent->acked_seq != seq)
		st->faults.altered++;
	sent->seen_seq = seq;
	if (!fresh || sent->sender >= st->senders)
		return;
	if (number < st->sender_next[sent->sender])
		st->faults.unordered++;
	st->sender_next[sent->sender] = number + 1;
}

static void take_row(struct stream *st, struct change *c, const json_t *row, bool fresh)
{
	const char *kind = json_string_value(json_object_get(row, "kind"));
	const json_t *cid = json_object_get(row, "cid");
	uint64_t seq = number_of(row, "id");

	c->rows++;
	if (kind == NULL || strcmp(kind, "message") != 0 || seq == 0 || number_of(row, "ver") > 1)
		return;
	if (c->count > 0 && seq != c->last_seq + 1)
		st->faults.unordered++;
	if (c->count == 0)
		c->first_seq = seq;
	c->last_seq = seq;
	uint32_t number = LEDGER_NONE;
	if (json_is_string(cid))
		number = ledger_find(st->ledger, json_string_value(cid), json_string_length(cid));
	if (number != LEDGER_NONE)
		check_own(st, row, number, seq, fresh);
	c->numbers = grown(c->numbers, &c->numbers_cap, c->count + 1, sizeof *c->numbers);
	c->numbers[c->count++] = number;
}

static bool is_change_of(const struct stream *st, const json_t *event)
{
	const char *ev = json_string_value(json_object_get(event, "ev"));
	const char *channel = json_string_value(json_object_get(event, "channel"));
	return ev != NULL && channel != NULL && strcmp(ev, "change") == 0 &&
		strcmp(channel, st->channel) == 0;
}

/* Parse a frame into its slot. NULL: not a change of this channel. */
static struct change *parse(struct stream *st, const char *text, size_t len)
{
	json_t *event = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	struct change *c = NULL;
	const json_t *row;
	size_t i;

	if (!json_is_object(event)) {
		st->faults.malformed++;
		goto done;
	}
	if (!is_change_of(st, event))
		goto done;
	uint64_t prev = number_of(event, "prev");
	uint64_t rev = number_of(event, "rev");
	if (rev == 0 || rev < prev) {
		st->faults.malformed++;
		goto done;
	}
	c = &st->ring[prev % STREAM_RING];
	c->prev = prev;
	c->rev = rev;
	c->rows = 0;
	c->count = 0;
	c->first_seq = 0;
	c->last_seq = 0;
	c->bytes = grown(c->bytes, &c->bytes_cap, (uint32_t)len, 1);
	memcpy(c->bytes, text, len);
	c->len = (uint32_t)len;
	bool fresh = rev > st->parsed_rev;
	if (fresh)
		st->parsed_rev = rev;
	json_array_foreach(json_object_get(event, "rows"), i, row) take_row(st, c, row, fresh);
done:
	json_decref(event);
	return c;
}

/* Move a reader on. @return whether the change was for it */
static bool apply(struct stream *st, struct reader *rd, const struct change *c)
{
	if (c->rows == 0 && c->prev == c->rev) {
		if (c->rev > rd->rev) {
			st->faults.shed += c->rev - rd->rev;
			rd->rev = c->rev;
			rd->seq = 0;
		}
		return false;
	}
	if (c->rev <= rd->rev) {
		st->faults.repeated++;
		return false;
	}
	if (c->prev > rd->rev) {
		st->faults.missing += c->prev - rd->rev;
		rd->seq = 0;
	}
	rd->rev = c->rev;
	if (c->count == 0)
		return false;
	if (rd->seq != 0 && c->first_seq != rd->seq + 1)
		st->faults.unordered++;
	rd->seq = c->last_seq;
	return true;
}

/* ---------------------------------------------------------------------------------------- */

void stream_init(struct stream *st, const char *channel, struct ledger *ledger, uint32_t senders,
	uint32_t body)
{
	memset(st, 0, sizeof *st);
	st->channel = channel;
	st->ledger = ledger;
	st->senders = senders;
	st->body = body;
	st->ring = calloc(STREAM_RING, sizeof *st->ring);
	st->sender_next = calloc(senders + 1u, sizeof *st->sender_next);
	if (st->ring == NULL || st->sender_next == NULL)
		abort();
}

void stream_fini(struct stream *st)
{
	for (uint32_t i = 0; i < STREAM_RING; i++) {
		free(st->ring[i].bytes);
		free(st->ring[i].numbers);
	}
	free(st->ring);
	free(st->sender_next);
	memset(st, 0, sizeof *st);
}

const struct change *stream_read(struct stream *st, struct reader *rd, const char *text, size_t len)
{
	struct change *c = &st->ring[rd->rev % STREAM_RING];

	if (c->len != len || c->prev != rd->rev || memcmp(c->bytes, text, len) != 0) {
		c = parse(st, text, len);
		if (c == NULL)
			return NULL;
	}
	return apply(st, rd, c) ? c : NULL;
}

void stream_ack(struct stream *st, uint32_t number, uint64_t seq)
{
	if (number >= st->ledger->count || seq == 0) {
		st->faults.malformed++;
		return;
	}
	struct sent *sent = &st->ledger->sent[number];
	if (sent->acked_seq != 0) {
		st->faults.repeated++;
		return;
	}
	if (sent->seen_seq != 0 && sent->seen_seq != seq)
		st->faults.altered++;
	sent->acked_seq = seq;
	st->ledger->acked++;
}

uint64_t faults_total(const struct faults *f)
{
	return f->repeated + f->missing + f->unordered + f->altered + f->malformed;
}

void faults_merge(struct faults *f, const struct faults *from)
{
	f->repeated += from->repeated;
	f->missing += from->missing;
	f->unordered += from->unordered;
	f->altered += from->altered;
	f->malformed += from->malformed;
	f->shed += from->shed;
}

json_t *faults_json(const struct faults *f)
{
	return json_pack("{s:I s:I s:I s:I s:I s:I}", "repeated", (json_int_t)f->repeated,
		"missing", (json_int_t)f->missing, "unordered", (json_int_t)f->unordered, "altered",
		(json_int_t)f->altered, "malformed", (json_int_t)f->malformed, "shed",
		(json_int_t)f->shed);
}
