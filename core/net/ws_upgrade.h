/**
 * From HTTP to WebSocket: is the handshake right, and what was agreed (RFC 6455, section 4.2;
 * RFC 7692, section 7)?
 *
 * Compression is agreed without context takeover on both sides, so that one deflated frame serves
 * every reader and no connection keeps a window.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_WS_UPGRADE_H
#define NET_WS_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http1;

/** What the server can. */
struct ws_upgrade_rules {
	const char *const *protocols; /* subprotocols, the best first */
	size_t n_protocols;
	bool deflate; /* agree to permessage-deflate when it is offered */
};

struct ws_upgrade {
	char accept[29];        /* Sec-WebSocket-Accept */
	const char *protocol;   /* one of the rules, or NULL: none was offered that we know */
	bool protocols_offered; /* the client named some */
	bool deflate;
	uint8_t deflate_bits; /* what the client can read: window of 8..15 bits (deflate_fits) */
	char extensions[128]; /* Sec-WebSocket-Extensions to be answered, "" for none */
};

/**
 * Judge a request that has upgrade_websocket set. Whose Origin may come is not asked here.
 *
 * A smaller server_max_window_bits is agreed to, 8 too: zlib cannot deflate with a window of 8 bits
 * (it takes 9 instead), but what is shorter than the window needs none; the rest goes plain.
 * client_max_window_bits is not answered: we inflate any window.
 *
 * @param status  of the refusal: 400, or 426 (answer with Sec-WebSocket-Version: 13)
 * @return NULL, or the sentence that says why not (static)
 */
const char *ws_upgrade_check(const struct http1 *h, const struct ws_upgrade_rules *rules,
	struct ws_upgrade *out, int *status);

/** Sec-WebSocket-Accept of a key, section 4.2.2. */
void ws_accept_key(const char *key, char out[29]);

#endif
