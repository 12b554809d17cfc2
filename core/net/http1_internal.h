/**
 * What the machine of http1.c and the judge of single fields, http1_field.c, share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_HTTP1_INTERNAL_H
#define NET_HTTP1_INTERNAL_H

#include "net/http1.h"

enum http1_state {
	HTTP1_AT_START = 0, /* an empty line may come first */
	HTTP1_AT_LINE,
	HTTP1_AT_FIELD,
	HTTP1_AT_BODY,        /* Content-Length */
	HTTP1_AT_CHUNK_FIRST, /* the first digit of a chunk's size */
	HTTP1_AT_CHUNK_SIZE,
	HTTP1_AT_CHUNK_EXTENSION,
	HTTP1_AT_CHUNK_LF, /* behind the size */
	HTTP1_AT_CHUNK,
	HTTP1_AT_CHUNK_END, /* CR behind the data */
	HTTP1_AT_CHUNK_END_LF,
	HTTP1_AT_TRAILER,
	HTTP1_AT_END,
	HTTP1_AT_REFUSED,
};

/* Places in the arena. */
struct http1_place {
	uint16_t name;
	uint16_t value;
};

/* Fields of which only one may be, and what the list of Connection said. */
enum http1_seen {
	HTTP1_SEEN_HOST = 1,
	HTTP1_SEEN_LENGTH = 2,
	HTTP1_SEEN_CODING = 4,
	HTTP1_SEEN_CLOSE = 8,
	HTTP1_SEEN_KEEP_ALIVE = 16,
	HTTP1_SEEN_UPGRADE = 32,   /* in Connection */
	HTTP1_SEEN_WEBSOCKET = 64, /* in Upgrade */
};

struct http1 {
	const struct http1_limits *limits;
	struct http1_request rq;
	struct http_slice body;
	const char *reason;
	uint64_t left;  /* of the body or the chunk [bytes] */
	uint64_t taken; /* decoded body so far [bytes] */
	uint64_t body_max;
	uint32_t head_len; /* bytes of the head so far, line ends included */
	uint32_t used;     /* of the arena */
	uint32_t line;     /* where the current line begins in the arena */
	uint32_t line_len; /* bytes of the current line so far, its end included */
	uint32_t trailer_len;
	uint32_t extension_len;
	uint32_t n_fields;
	uint16_t status;
	uint8_t state;  /* enum http1_state */
	uint8_t seen;   /* bits of enum http1_seen */
	uint8_t digits; /* of the chunk's size */
	bool cr;        /* the last byte was CR */
	bool begun;
	struct http1_place fields[HTTP1_HEADERS_MAX];
	char arena[]; /* limits head + trailer */
};

/* Remember the refusal, the first counts. @return false, so that a judge can return it */
bool http1_refuse(struct http1 *h, int status, const char *reason);

/* Judge the line arena[line..used), NUL-terminated in place: request line, field, trailer. */
bool http1_judge_line(struct http1 *h);
bool http1_judge_field(struct http1 *h);
bool http1_judge_trailer(struct http1 *h);

/* Behind the empty line: does the head hold together? Fills framing and the flags. */
bool http1_judge_head(struct http1 *h);

#endif
