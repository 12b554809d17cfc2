/**
 * WebSocket heads, masks and the handshake's key.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ws.h"

#include <string.h>

#include <openssl/evp.h>

int ws_head_get(struct ws_head *h, const uint8_t *bytes, size_t n)
{
	if (n < 2)
		return 0;
	if (bytes[0] & 0x70)
		return -1;
	h->fin = bytes[0] >> 7;
	h->opcode = bytes[0] & 0x0f;
	h->masked = bytes[1] >> 7;
	h->len = bytes[1] & 0x7f;
	size_t extra = h->len == 126 ? 2 : h->len == 127 ? 8 : 0;
	size_t size = 2 + extra + (h->masked ? 4u : 0u);
	if (n < size)
		return 0;
	if (extra > 0) {
		h->len = 0;
		for (size_t i = 0; i < extra; i++)
			h->len = h->len << 8 | bytes[2 + i];
	}
	if (h->masked)
		memcpy(h->mask, bytes + 2 + extra, 4);
	return (int)size;
}

size_t ws_head_put(uint8_t *out, enum ws_opcode opcode, uint64_t len, const uint8_t *mask)
{
	size_t extra = len < 126 ? 0 : len < 65536 ? 2 : 8;
	out[0] = (uint8_t)(0x80u | (unsigned)opcode);
	out[1] = (uint8_t)(extra == 0 ? len : extra == 2 ? 126 : 127);
	for (size_t i = 0; i < extra; i++)
		out[2 + i] = (uint8_t)(len >> (8 * (extra - 1 - i)));
	if (mask == NULL)
		return 2 + extra;
	out[1] |= 0x80;
	memcpy(out + 2 + extra, mask, 4);
	return 6 + extra;
}

void ws_mask(uint8_t *bytes, size_t n, const uint8_t mask[4])
{
	uint32_t m32;
	memcpy(&m32, mask, 4);
	uint64_t m64 = (uint64_t)m32 << 32 | m32;
	size_t i = 0;
	for (; i + 8 <= n; i += 8) {
		uint64_t v;
		memcpy(&v, bytes + i, 8);
		v ^= m64;
		memcpy(bytes + i, &v, 8);
	}
	for (; i < n; i++)
		bytes[i] ^= mask[i & 3];
}

void ws_accept(char out[WS_ACCEPT_LEN + 1], const char *key, size_t n)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char text[128 + sizeof guid];
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (n > 128)
		n = 128;
	memcpy(text, key, n);
	memcpy(text + n, guid, sizeof guid - 1);
	if (EVP_Digest(text, n + sizeof guid - 1, digest, &size, EVP_sha1(), NULL) != 1)
		size = 0;
	(void)EVP_EncodeBlock((unsigned char *)out, digest, (int)size);
}
