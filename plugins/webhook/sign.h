/**
 * Signatures of Standard Webhooks: HMAC-SHA256 over "id.timestamp.body", in base64.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WEBHOOK_SIGN_H
#define WEBHOOK_SIGN_H

#include <stddef.h>
#include <stdint.h>

#define SIGN_KEY_MIN 24
#define SIGN_KEY_MAX 64
#define SIGN_ID_SIZE 36     /* "msg_", 31 letters, NUL */
#define SIGN_HEADER_SIZE 80 /* "webhook-signature: v1,…" */

struct sign_key {
	unsigned char bytes[SIGN_KEY_MAX];
	size_t len;
};

/** Read "whsec_…" (base64 of 24 to 64 bytes). @return 0 or CONFAB_EINVAL */
int sign_key_read(struct sign_key *key, const char *secret);

/** A fresh name of a message. */
void sign_id(char id[SIGN_ID_SIZE]);

/** The header that signs a body at a time [s]. @return 0 or CONFAB_EINTERNAL */
int sign_header(char header[SIGN_HEADER_SIZE], const struct sign_key *key, const char *id,
	int64_t time_s, const char *body, size_t len);

#endif
