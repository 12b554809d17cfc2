/**
 * The little of WebSocket that the load tool and the baselines share: heads, masks, handshake key.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_WS_H
#define BENCH_WS_H

#include <stddef.h>
#include <stdint.h>

enum ws_opcode { WS_MORE = 0, WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

#define WS_HEAD_MAX 14u
#define WS_ACCEPT_LEN 28u

struct ws_head {
	uint8_t opcode; /* enum ws_opcode */
	uint8_t fin;
	uint8_t masked;
	uint8_t mask[4];
	uint64_t len; /* of the payload */
};

/**
 * Read a frame's head. RFC 6455, section 5.2.
 *
 * @return bytes of the head, 0 when more are needed, -1 when it uses reserved bits
 */
int ws_head_get(struct ws_head *h, const uint8_t *bytes, size_t n);
/**
 * Write the head of a whole (final) frame. RFC 6455, section 5.2.
 *
 * @param out   room for WS_HEAD_MAX
 * @param mask  four bytes, or NULL for a server's frame
 * @return bytes written
 */
size_t ws_head_put(uint8_t *out, enum ws_opcode opcode, uint64_t len, const uint8_t *mask);
/** Apply a mask in place, to bytes that begin a payload. RFC 6455, section 5.3. */
void ws_mask(uint8_t *bytes, size_t n, const uint8_t mask[4]);
/** The Sec-WebSocket-Accept for a key, NUL-terminated. RFC 6455, section 4.2.2. */
void ws_accept(char out[WS_ACCEPT_LEN + 1], const char *key, size_t n);

#endif
