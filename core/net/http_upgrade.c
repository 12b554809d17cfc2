/**
 * From HTTP to a codec, and who may come: origins, CORS, tokens, the client's address.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "net/conn.h"
#include "net/doors.h"
#include "net/net_internal.h"
#include "net/peers.h"
#include "net/ws_upgrade.h"
#include "net/wsconn.h"

static bool origin_allowed(const struct conn *c, const char *origin)
{
	struct http_slice host = http1_request(c->as.http->parser)->host;

	return peers_origin_allowed(c->io->rules->peers, origin, host.at, host.len);
}

static const struct codec *codec_pick(
	const struct codec *const *codecs, size_t n, const struct ws_upgrade *up)
{
	for (size_t i = 0; i < n; i++) {
		const char *wanted = codecs[i]->subprotocol;

		if (!wanted ? !up->protocol : up->protocol && strcmp(wanted, up->protocol) == 0)
			return codecs[i];
	}
	return NULL;
}

static void answer_101(struct conn *c, const struct ws_upgrade *up, const struct codec *codec)
{
	struct buf *out = c->io->scratch;

	buf_clear(out);
	buf_fmt(out,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n",
		up->accept);
	if (codec->subprotocol)
		buf_fmt(out, "Sec-WebSocket-Protocol: %s\r\n", codec->subprotocol);
	if (up->extensions[0])
		buf_fmt(out, "Sec-WebSocket-Extensions: %s\r\n", up->extensions);
	buf_str(out, "\r\n");
	conn_send(c, parcel_of_bytes(out->bytes, out->len, NULL, 0), PARCEL_PLAIN, OUTQ_REPLY, 0);
}

/** What is agreed to leaves HTTP: the token and the address survive it. */
static void attach(struct conn *c, const struct codec *codec, const struct ws_upgrade *up)
{
	char token_copy[4096] = "", peer[ADDR_TEXT_SIZE];
	const char *token = http_token(c);

	(void)snprintf(peer, sizeof(peer), "%s", http_peer(c));
	if (token && strlen(token) < sizeof(token_copy))
		(void)snprintf(token_copy, sizeof(token_copy), "%s", token);
	c->pauses &= (uint8_t)~CONN_PAUSE_REQUEST;
	wsconn_attach(c, codec, up->deflate ? up->deflate_bits : 0, peer,
		token_copy[0] ? token_copy : NULL);
}

/* ------------------------------------------------------------------------------------------- */

bool http_upgrade(struct conn *c)
{
	struct http *h = c->as.http;
	const struct codec *codecs[DOORS_CODECS_MAX];
	const char *protocols[DOORS_CODECS_MAX];
	size_t n = doors_codecs(c->io->doors, h->path, codecs);
	struct ws_upgrade_rules rules = {
		.protocols = protocols,
		.deflate = c->io->rules->limits.deflate_min > 0,
	};
	struct ws_upgrade up;
	int status = 400;
	const char *origin = http_field(c, "Origin");

	if (n == 0) {
		http_error(c, 404, "there is no WebSocket here", NULL);
		return false;
	}
	if (origin && !origin_allowed(c, origin)) {
		http_error(c, 403, "pages of this origin may not connect", NULL);
		return false;
	}
	if (c->io->draining) {
		http_error(c, 503, "this server is draining; connect again, to another",
			"Retry-After: 1\r\n");
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (codecs[i]->subprotocol)
			protocols[rules.n_protocols++] = codecs[i]->subprotocol;
	const char *bad = ws_upgrade_check(h->parser, &rules, &up, &status);

	if (bad) {
		http_error(c, status, bad, status == 426 ? "Sec-WebSocket-Version: 13\r\n" : NULL);
		return false;
	}
	const struct codec *codec = codec_pick(codecs, n, &up);

	if (!codec) {
		http_error(c, 400, "none of the subprotocols is spoken here", NULL);
		return false;
	}
	answer_101(c, &up, codec);
	attach(c, codec, &up);
	return true;
}

void http_cors_write(struct conn *c, struct buf *out)
{
	const char *origin = http_field(c, "Origin");

	if (!origin || !origin_allowed(c, origin))
		return;
	buf_fmt(out,
		"Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n"
		"Access-Control-Expose-Headers: Allow, ETag, Location, Retry-After\r\n",
		origin);
}

void http_options(struct conn *c, const char *allow)
{
	struct http_head head = {.status = 204};
	const char *origin = http_field(c, "Origin");
	char headers[512];

	if (origin && http_field(c, "Access-Control-Request-Method") && origin_allowed(c, origin))
		(void)snprintf(headers, sizeof(headers),
			"Allow: %s\r\nAccess-Control-Allow-Methods: %s\r\n"
			"Access-Control-Allow-Headers: Authorization, Content-Type, "
			"Confab-Session, If-None-Match, Range\r\n"
			"Access-Control-Max-Age: 600\r\n",
			allow, allow);
	else
		(void)snprintf(headers, sizeof(headers), "Allow: %s\r\n", allow);
	head.headers = headers;
	http_reply(c, &head, NULL, 0);
}

const char *http_token(const struct conn *c)
{
	const char *value = http_field(c, "Authorization");

	/* RFC 6750, section 2.1; the scheme in any case (RFC 9110, section 11.1). */
	if (!value || strncasecmp(value, "Bearer ", 7) != 0)
		return NULL;
	value += 7 + strspn(value + 7, " ");
	return *value ? value : NULL;
}

const char *http_peer(struct conn *c)
{
	struct http *h = c->as.http;
	struct addr client = c->peer;

	peers_client(c->io->rules->peers, h->parser, &client);
	return addr_text(&client, h->peer);
}
