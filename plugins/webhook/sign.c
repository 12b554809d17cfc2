/**
 * Signing by OpenSSL.
 *
 * SPDX-License-Identifier: MIT
 */
#include "webhook/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/task.h>

#define PREFIX "whsec_"
#define MAC_BYTES 32

int sign_key_read(struct sign_key *key, const char *secret)
{
	unsigned char bytes[SIGN_KEY_MAX + 3];
	if (strncmp(secret, PREFIX, strlen(PREFIX)) != 0)
		return CONFAB_EINVAL;
	secret += strlen(PREFIX);
	size_t len = strlen(secret), pad = 0;
	if (len == 0 || len % 4 != 0 || len / 4 * 3 > sizeof(bytes))
		return CONFAB_EINVAL;
	while (pad < 2 && secret[len - 1 - pad] == '=')
		pad++;
	int n = EVP_DecodeBlock(bytes, (const unsigned char *)secret, (int)len);
	if (n < 0 || (size_t)n - pad < SIGN_KEY_MIN || (size_t)n - pad > SIGN_KEY_MAX)
		return CONFAB_EINVAL;
	key->len = (size_t)n - pad;
	memcpy(key->bytes, bytes, key->len);
	return 0;
}

void sign_id(char id[SIGN_ID_SIZE])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char random[SIGN_ID_SIZE - 5];
	confab_random(random, sizeof(random));
	memcpy(id, "msg_", 4);
	for (size_t i = 0; i < sizeof(random); i++)
		id[4 + i] = letters[random[i] % 32];
	id[4 + sizeof(random)] = '\0';
}

int sign_header(char header[SIGN_HEADER_SIZE], const struct sign_key *key, const char *id,
	int64_t time_s, const char *body, size_t len)
{
	char start[SIGN_ID_SIZE + 24];
	unsigned char mac[MAC_BYTES], text[MAC_BYTES * 2];
	unsigned n = 0;
	int start_len = snprintf(start, sizeof(start), "%s.%lld.", id, (long long)time_s);
	unsigned char *all = malloc((size_t)start_len + len);
	if (all == NULL)
		return CONFAB_EINTERNAL;
	memcpy(all, start, (size_t)start_len);
	memcpy(all + start_len, body, len);
	const unsigned char *made = HMAC(
		EVP_sha256(), key->bytes, (int)key->len, all, (size_t)start_len + len, mac, &n);
	free(all);
	if (made == NULL || n != MAC_BYTES)
		return CONFAB_EINTERNAL;
	(void)EVP_EncodeBlock(text, mac, MAC_BYTES);
	snprintf(header, SIGN_HEADER_SIZE, "webhook-signature: v1,%.44s", (const char *)text);
	return 0;
}
