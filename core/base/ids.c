/**
 * Ids: which strings are one, and how the server makes them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ids.h"
#include "base/buf.h"
#include "base/chance.h"

#include <openssl/sha.h>
#include <string.h>

/* RFC 4648, section 6, in lower case. */
static const char base32[32] = {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
	'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6',
	'7'};

static bool id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '.' || c == ':' || c == '-';
}

/* Prefix, then the first 130 bits of SHA-256(first 0x0A second). */
static void id_of_pair(char out[ID_MADE_SIZE], char prefix, const char *first, const char *second)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	unsigned bits = 0, have = 0;
	size_t from = 0;
	struct buf b;

	buf_init(&b);
	buf_str(&b, first);
	buf_char(&b, '\n');
	buf_str(&b, second);
	(void)SHA256((const unsigned char *)b.bytes, b.len, digest); /* returns digest */
	buf_fini(&b);

	out[0] = prefix;
	out[1] = '.';
	for (size_t i = 2; i < ID_MADE_SIZE - 1; i++) {
		if (have < 5) {
			bits = bits << 8 | digest[from++];
			have += 8;
		}
		have -= 5;
		out[i] = base32[bits >> have & 31];
	}
	out[ID_MADE_SIZE - 1] = '\0';
}

/* ------------------------------------------------------------------------------------------ */

bool id_valid(const char *s)
{
	size_t len = 0;

	while (s[len] != '\0') {
		if (len == CONFAB_ID_MAX || !id_char(s[len]))
			return false;
		len++;
	}
	return len > 0;
}

bool cid_valid(const char *s)
{
	size_t len = 0;

	while (s[len] != '\0') {
		if (len == CONFAB_CID_MAX || s[len] <= ' ' || s[len] > '~' || s[len] == '"' ||
			s[len] == '\\')
			return false;
		len++;
	}
	return len >= CONFAB_CID_MIN;
}

void id_direct(char out[ID_MADE_SIZE], const char *user_a, const char *user_b)
{
	bool sorted = strcmp(user_a, user_b) <= 0;

	id_of_pair(out, 'd', sorted ? user_a : user_b, sorted ? user_b : user_a);
}

void id_made(char out[ID_MADE_SIZE], const char *creator, const char *cid)
{
	id_of_pair(out, 'c', creator, cid);
}

bool id_reserved(const char *s)
{
	return (s[0] == 'd' || s[0] == 'c') && s[1] == '.';
}

void id_number(char out[ID_NUMBER_SIZE], uint64_t n)
{
	out[buf_decimal(out, n)] = '\0';
}

void id_copy(char *out, size_t size, const char *name)
{
	size_t len = name ? strnlen(name, size - 1) : 0;

	if (len > 0)
		memcpy(out, name, len);
	out[len] = '\0';
}

void id_join(char *out, size_t size, const char *a, char between, const char *b)
{
	size_t len = strnlen(a, size - 2);

	memcpy(out, a, len);
	out[len] = between;
	id_copy(out + len + 1, size - len - 1, b);
}

void id_random(char *out, size_t len)
{
	chance_bytes(out, len);
	for (size_t i = 0; i < len; i++)
		out[i] = base32[(unsigned char)out[i] & 31];
	out[len] = '\0';
}
