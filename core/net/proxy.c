/**
 * The PROXY protocol, version 2.
 *
 *      0..11 signature · 12 version, command · 13 family, transport · 14..15 length
 *      16.. source, destination (and ports) · TLVs: type, length (2), value
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/proxy.h"

#include <string.h>

#define HEAD 16
#define TLV_HEAD 3
#define TLV_CRC32C 0x03

static const unsigned char signature[12] = {
	0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};

static unsigned big16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* RFC 3720, appendix B.4: Castagnoli's polynomial, reflected. Once per connection: no table. */
static uint32_t crc32c(const unsigned char *p, size_t len)
{
	uint32_t crc = 0xFFFFFFFF;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
	}
	return ~crc;
}

/* One byte of the fixed part, as it comes. */
static const char *judge_byte(const struct proxy *p, unsigned char c)
{
	if (p->have < sizeof(signature))
		return c == signature[p->have] ? NULL : "PROXY, no signature of version 2";
	switch (p->have) {
	case 12:
		if (c >> 4 != 2)
			return "PROXY, a version other than 2";
		return (c & 0x0F) <= 1 ? NULL : "PROXY, a command that is reserved";
	case 13:
		if (c >> 4 > 3 || (c & 0x0F) > 2)
			return "PROXY, a family or transport that is reserved";
		return NULL;
	default:
		return NULL;
	}
}

/* Section 2.2.3: the sum is taken with its own four bytes as zeros. */
static const char *judge_crc(struct proxy *p, size_t at)
{
	unsigned char *field = p->bytes + at;
	uint32_t said = (uint32_t)big16(field) << 16 | big16(field + 2);

	memset(field, 0, 4);
	return crc32c(p->bytes, p->have) == said ? NULL : "PROXY, a checksum that does not match";
}

static const char *judge_tlvs(struct proxy *p, size_t at)
{
	size_t crc_at = 0;

	while (at < p->have) {
		size_t len;

		if (p->have - at < TLV_HEAD)
			return "PROXY, a TLV that is cut off";
		len = big16(p->bytes + at + 1);
		if (p->have - at - TLV_HEAD < len)
			return "PROXY, a TLV that is cut off";
		if (p->bytes[at] == TLV_CRC32C) {
			if (len != 4 || crc_at != 0)
				return "PROXY, a checksum that is none";
			crc_at = at + TLV_HEAD;
		}
		at += TLV_HEAD + len;
	}
	return crc_at != 0 ? judge_crc(p, crc_at) : NULL;
}

static void take_v4(const unsigned char *p, struct addr *peer)
{
	memset(peer, 0, sizeof(*peer));
	peer->family = ADDR_V4;
	memcpy(peer->bytes, p, 4);
	peer->port = (uint16_t)big16(p + 8);
}

static void take_v6(const unsigned char *p, struct addr *peer)
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

	memset(peer, 0, sizeof(*peer));
	if (memcmp(p, mapped, sizeof(mapped)) == 0) {
		peer->family = ADDR_V4;
		memcpy(peer->bytes, p + 12, 4);
	} else {
		peer->family = ADDR_V6;
		memcpy(peer->bytes, p, 16);
	}
	peer->port = (uint16_t)big16(p + 32);
}

/* The header is whole. */
static const char *judge(struct proxy *p, struct addr *peer)
{
	/* Section 2.2: bytes of both addresses and ports, per family. */
	static const uint8_t sizes[] = {0, 12, 36, 216};
	const unsigned char *body = p->bytes + HEAD;
	unsigned family = p->bytes[13] >> 4, transport = p->bytes[13] & 0x0F;
	const char *why;

	if ((p->bytes[12] & 0x0F) == 0) /* LOCAL: the balancer itself, the rest is skipped */
		return NULL;
	if (p->have - HEAD < sizes[family])
		return "PROXY, addresses that are cut off";
	why = judge_tlvs(p, HEAD + (size_t)sizes[family]);
	if (why != NULL || transport != 1) /* not a stream: as if unknown */
		return why;
	if (family == 1)
		take_v4(body, peer);
	else if (family == 2)
		take_v6(body, peer);
	else if (family == 3)
		*peer = (struct addr){.family = ADDR_UNIX};
	return NULL;
}

static enum proxy_event refuse(const char **why, const char *text)
{
	*why = text;
	return PROXY_REFUSED;
}

/* ------------------------------------------------------------------------------------------ */

enum proxy_event proxy_feed(struct proxy *p, const char *bytes, size_t len, size_t *consumed,
	struct addr *peer, const char **why)
{
	const char *text;
	size_t need, n;

	*consumed = 0;
	for (; p->have < HEAD; (*consumed)++) {
		if (*consumed == len)
			return PROXY_MORE;
		text = judge_byte(p, (unsigned char)bytes[*consumed]);
		if (text != NULL)
			return refuse(why, text);
		p->bytes[p->have++] = (unsigned char)bytes[*consumed];
	}
	need = HEAD + big16(p->bytes + 14);
	if (need > PROXY_HEADER_MAX)
		return refuse(why, "PROXY, a header that is too long");
	n = need - p->have < len - *consumed ? need - p->have : len - *consumed;
	memcpy(p->bytes + p->have, bytes + *consumed, n);
	p->have = (uint16_t)(p->have + n);
	*consumed += n;
	if (p->have < need)
		return PROXY_MORE;
	text = judge(p, peer);
	return text == NULL ? PROXY_DONE : refuse(why, text);
}
