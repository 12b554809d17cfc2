/**
 * What a plugin's decode answers becomes what net expects.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/plugin_codec.h"

#include "base/buf.h"
#include "net/net.h"

struct confab_out {
	struct buf *buf;
	bool used; /* an empty message is an answer too */
};

static enum codec_result decode(void *ctx, confab_conn_id conn, char *bytes, size_t len, bool text,
	struct buf *out, bool *out_text, uint16_t *close_code)
{
	const struct confab_codec_row *row = ctx;
	struct confab_out to = {.buf = out};
	size_t before = out->len;

	(void)conn;
	*out_text = text;
	int code = row->decode(bytes, len, out_text, &to);
	if (code != 0) {
		out->len = before; /* a close has no answer beside it */
		*close_code = (uint16_t)code;
		return CODEC_CLOSE;
	}
	return to.used ? CODEC_ANSWERED : CODEC_NOTHING;
}

static void opened(void *ctx, confab_conn_id conn, const char *peer, const char *token)
{
	(void)ctx;
	(void)conn;
	(void)peer;
	(void)token;
}

static void closed(void *ctx, confab_conn_id conn, uint16_t code)
{
	(void)ctx;
	(void)conn;
	(void)code;
}

static void drained(void *ctx, confab_conn_id conn, const uint32_t *topics, size_t n)
{
	(void)ctx;
	(void)conn;
	(void)topics;
	(void)n;
}

/* -------------------------------------------------------------------------------------------- */

void confab_out_add(struct confab_out *out, const void *bytes, size_t len)
{
	out->used = true;
	buf_add(out->buf, bytes, len);
}

void plugin_codec(const struct confab_codec_row *row, struct codec *out)
{
	*out = (struct codec){
		.subprotocol = row->subprotocol,
		.path = row->path,
		.max_message = row->max_message,
		.decode = decode,
		.opened = opened,
		.closed = closed,
		.drained = drained,
		.ctx = (void *)(uintptr_t)row,
	};
}
