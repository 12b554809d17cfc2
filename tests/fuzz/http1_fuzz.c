/**
 * Fuzz: HTTP heads and bodies, whole and in pieces, must be read alike; a head that passes also
 * goes through the path decoder and the WebSocket handshake.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "net/http1.h"
#include "net/ws_upgrade.h"
#include "pieces.h"

static const struct http1_limits limits = {
	.line = 256, .head = 1024, .headers = 16, .trailer = 128, .extensions = 32, .body = 4096};

static void note_upgrade(const struct http1 *h, struct buf *said)
{
	static const char *const protocols[] = {"confab.v1", "echo"};
	static const struct ws_upgrade_rules rules = {protocols, 2, true};
	struct ws_upgrade up;
	int status;
	const char *why = ws_upgrade_check(h, &rules, &up, &status);

	HOLDS((why == NULL) == (status == 101));
	HOLDS(why != NULL || (up.deflate_bits >= 8 && up.deflate_bits <= 15));
	buf_fmt(said, " upgrade %d %s %s", status, why != NULL ? why : "", up.extensions);
}

static void note_head(const struct http1 *h, struct buf *said)
{
	const struct http1_request *rq = http1_request(h);
	const char *name, *value;
	char path[512];
	const char *why = http_path_decode(rq->path, path, sizeof(path));

	HOLDS(http_is_token(rq->method, strlen(rq->method)));
	HOLDS(why != NULL || strstr(path, "/../") == NULL);
	buf_fmt(said, "%s %s %s %s %d %d%d%d%d ", rq->method, rq->target, why != NULL ? why : path,
		rq->query, (int)rq->framing, rq->minor, rq->keep_alive, rq->expect_continue,
		rq->upgrade_websocket);
	buf_unum(said, rq->length);
	for (size_t i = 0; http1_field(h, i, &name, &value); i++) {
		HOLDS(http_is_token(name, strlen(name)));
		buf_fmt(said, "\n%s: %s", name, value);
	}
	if (rq->upgrade_websocket)
		note_upgrade(h, said);
	buf_char(said, '\n');
}

/* @return false when there is nothing more to feed */
static bool note_event(struct http1 *h, enum http1_event event, struct buf *said)
{
	switch (event) {
	case HTTP1_MORE:
		break;
	case HTTP1_HEAD:
		note_head(h, said);
		break;
	case HTTP1_BODY:
		HOLDS(http1_body(h).len > 0);
		buf_add(said, http1_body(h).at, http1_body(h).len);
		break;
	case HTTP1_DONE:
		buf_char(said, ';');
		http1_next(h);
		break;
	case HTTP1_REFUSED:
		HOLDS(http1_status(h) >= 400);
		buf_fmt(said, "!%d %s", http1_status(h), http1_reason(h));
		return false;
	}
	return true;
}

static char *run(struct pieces p, bool how)
{
	struct http1 *h = http1_new(&limits);
	size_t total = 0, len, n;
	struct buf said;
	bool on = true;
	char *bytes;

	(void)how;
	buf_init(&said);
	while (pieces_next(&p, &bytes, &len)) {
		enum http1_event event = HTTP1_DONE;

		for (size_t at = 0; on && event != HTTP1_MORE; at += n) {
			event = http1_feed(h, bytes + at, len - at, &n);
			HOLDS(n <= len - at);
			total += n;
			on = note_event(h, event, &said);
		}
	}
	buf_fmt(&said, " %zu", total);
	http1_free(h);
	return buf_take(&said, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= PIECES_KEY)
		pieces_alike(run, false, data, data + PIECES_KEY, size - PIECES_KEY);
	return 0;
}
