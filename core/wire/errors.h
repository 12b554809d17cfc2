/**
 * The tables of error codes and of close codes: what they mean, what HTTP says, whether to try again.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_ERRORS_H
#define WIRE_ERRORS_H

#include <stddef.h>
#include <stdint.h>

/** May a client try again? */
enum wire_retry {
	RETRY_NEVER, /* the same request will be refused again */
	RETRY_LATER, /* after retry_ms */
	RETRY_SAME,  /* perhaps done: send the same cid again */
};

struct wire_error {
	const char *code;
	int status; /* HTTP */
	enum wire_retry retry;
	const char *text; /* for people, when nothing better is known */
};

/** Row by code; NULL if a plugin made it up (then 403, never). */
const struct wire_error *wire_error_find(const char *code);
/** Its text, or the code itself. */
const char *wire_error_text(const char *code);
/** Row n, NULL behind the last. */
const struct wire_error *wire_error_at(size_t n);
const char *wire_retry_name(enum wire_retry retry);

/** WebSocket close codes of confab.v1 (RFC 6455, section 7.4.2: 4000–4999 are private). */
enum wire_close {
	CLOSE_REFUSED = 4401,  /* hello was refused, or the session was revoked */
	CLOSE_NO_HELLO = 4402, /* no hello in time, or something else first */
	CLOSE_SLOW = 4408,     /* took no byte for too long */
	CLOSE_REPLACED = 4409, /* another connection resumed this session */
	CLOSE_RATE = 4429,     /* far beyond the limits */
	CLOSE_DRAIN = 4503,    /* the server is stopping: connect again after a random while */
};

struct wire_close_row {
	uint16_t code;
	const char *name;
	int reconnect; /* should a client connect again by itself? */
	const char *text;
};
const struct wire_close_row *wire_close_at(size_t n);

#endif
