/**
 * permessage-deflate without context takeover (RFC 7692).
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/deflate.h"
#include "base/alloc.h"
#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#define WINDOW_BITS 15
#define PIECE 16384

/* Section 7.2.1: cut off by the sender, put back by the receiver. */
static const unsigned char tail[4] = {0x00, 0x00, 0xFF, 0xFF};

struct deflate {
	z_stream pack;
	z_stream unpack;
	bool pack_ready; /* each is made when first used: most threads need but one */
	bool unpack_ready;
	int level;
	unsigned char piece[PIECE];
};

static void pack_prepare(struct deflate *d)
{
	int rc;

	/* Negative bits: raw deflate, without zlib's frame (section 7.2.1). */
	if (!d->pack_ready)
		rc = deflateInit2(
			&d->pack, d->level, Z_DEFLATED, -WINDOW_BITS, 8, Z_DEFAULT_STRATEGY);
	else
		rc = deflateReset(&d->pack);
	if (rc != Z_OK)
		abort(); /* only without memory */
	d->pack_ready = true;
}

static void unpack_prepare(struct deflate *d)
{
	int rc = d->unpack_ready ? inflateReset(&d->unpack)
				 : inflateInit2(&d->unpack, -WINDOW_BITS);

	if (rc != Z_OK)
		abort(); /* only without memory */
	d->unpack_ready = true;
}

/* What may still be appended, capped by the piece; one byte more tells that there is too much. */
static unsigned room(size_t max, size_t have)
{
	return max - have < PIECE ? (unsigned)(max - have) + 1 : PIECE;
}

/*
 * One run of input. A block may carry the final bit (section 7.2.3.4): then the next one begins
 * anew.
 */
static int unpack_run(struct deflate *d, const void *bytes, size_t len, size_t from, size_t max,
	struct buf *out, struct confab_error *err)
{
	z_stream *z = &d->unpack;
	const unsigned char *p = bytes;

	z->next_in = p;
	z->avail_in = (unsigned)len;
	for (;;) {
		int rc;

		z->next_out = d->piece;
		z->avail_out = room(max, out->len - from);
		rc = inflate(z, Z_SYNC_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
			return confab_error_set(err, CONFAB_EPROTO, "deflate, %s",
				z->msg != NULL ? z->msg : "broken data");
		buf_add(out, d->piece, (size_t)(z->next_out - d->piece));
		if (out->len - from > max)
			return confab_error_set(err, CONFAB_ELIMIT,
				"deflate, a message that grows beyond %zu bytes", max);
		if (rc == Z_STREAM_END && inflateReset(z) != Z_OK)
			abort();
		if (z->avail_in == 0 && z->avail_out != 0)
			return 0;
		if (rc == Z_BUF_ERROR && z->avail_out != 0)
			return 0; /* no progress is possible: the input is used up */
	}
}

/* ------------------------------------------------------------------------------------------ */

struct deflate *deflate_new(int level)
{
	struct deflate *d = alloc_zero(1, sizeof(*d));

	assert(level >= 1 && level <= 9);
	d->level = level;
	return d;
}

void deflate_free(struct deflate *d)
{
	if (d == NULL)
		return;
	if (d->pack_ready)
		(void)deflateEnd(&d->pack); /* complains of unfinished data, which we never have */
	if (d->unpack_ready)
		(void)inflateEnd(&d->unpack);
	free(d);
}

bool deflate_pack(struct deflate *d, const void *bytes, size_t len, struct buf *out)
{
	size_t from = out->len;
	z_stream *z = &d->pack;

	if (len > UINT32_MAX)
		return false;
	pack_prepare(d);
	z->next_in = bytes;
	z->avail_in = (unsigned)len;
	do {
		z->next_out = d->piece;
		z->avail_out = PIECE;
		if (deflate(z, Z_SYNC_FLUSH) == Z_STREAM_ERROR)
			abort(); /* a bug: the stream is ours */
		buf_add(out, d->piece, (size_t)(z->next_out - d->piece));
	} while (z->avail_out == 0 && out->len - from <= len + sizeof(tail));
	if (out->len - from >= len + sizeof(tail)) {
		out->len = from;
		return false;
	}
	out->len -= sizeof(tail);
	assert(memcmp(out->bytes + out->len, tail, sizeof(tail)) == 0);
	return true;
}

int deflate_unpack(struct deflate *d, const void *bytes, size_t len, size_t max, struct buf *out,
	struct confab_error *err)
{
	size_t from = out->len;
	int rc = 0;

	if (len > UINT32_MAX)
		return confab_error_set(err, CONFAB_ELIMIT, "deflate, a message of %zu bytes", len);
	unpack_prepare(d);
	rc = unpack_run(d, bytes, len, from, max, out, err);
	/* After a final block that ends the message nothing is missing. */
	if (rc == 0 && d->unpack.total_in > 0)
		rc = unpack_run(d, tail, sizeof(tail), from, max, out, err);
	/* 128: at the start of a block; 7: bits left over. A message ends between two blocks. */
	if (rc == 0 && d->unpack.total_in > 0 && (d->unpack.data_type & (128 | 7)) != 128)
		rc = confab_error_set(
			err, CONFAB_EPROTO, "deflate, a message that ends in a block");
	if (rc != 0)
		out->len = from;
	return rc;
}

bool deflate_fits(size_t len, unsigned bits)
{
	return bits >= WINDOW_BITS || len <= (size_t)1 << bits;
}
