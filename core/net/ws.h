/**
 * WebSocket frames (RFC 6455), the server's side: a pure reader that is fed bytes it may write to,
 * and the writer of headers.
 *
 *      feed ─▶ DATA … DATA(last) · PING · PONG · CLOSE · FAIL (close code and sentence)
 *
 * Payloads are unmasked where they lie; nothing is copied but a control frame that comes in two
 * pieces. The same bytes give the same answer, whole or one at a time (pieces of data are cut as
 * they come). Fragments are counted, not limited: metering is the caller's.
 *
 * Thread: the owner's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_WS_H
#define NET_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Opcodes, RFC 6455, section 5.2. */
enum ws_opcode {
	WS_CONTINUATION = 0x0,
	WS_TEXT = 0x1,
	WS_BINARY = 0x2,
	WS_OP_CLOSE = 0x8,
	WS_OP_PING = 0x9,
	WS_OP_PONG = 0xA,
};

/** Close codes that the protocol itself gives, section 7.4.1. */
enum ws_close {
	WS_CLOSE_NORMAL = 1000,
	WS_CLOSE_AWAY = 1001,
	WS_CLOSE_PROTOCOL = 1002,
	WS_CLOSE_NO_CODE = 1005,  /* a close frame without a code; never sent */
	WS_CLOSE_ABNORMAL = 1006, /* no close frame; never sent */
	WS_CLOSE_BAD_TEXT = 1007,
	WS_CLOSE_POLICY = 1008,
	WS_CLOSE_TOO_BIG = 1009,
	WS_CLOSE_INTERNAL = 1011,
};

/** Longest payload of a control frame, section 5.5 [bytes]. */
#define WS_CONTROL_MAX 125

struct ws_limits {
	uint64_t frame;   /* one frame's payload [bytes] */
	uint64_t message; /* all payloads of a message, before inflating [bytes] */
	bool deflate;     /* permessage-deflate was negotiated: RSV1 may mark a message */
};

/** What lasts between feeds. All zero is the start. */
struct ws_reader {
	uint64_t left;          /* payload of the current frame still to come [bytes] */
	uint64_t message;       /* payload of the current message so far [bytes] */
	unsigned char *control; /* payload of a control frame that came in pieces, or NULL */
	uint32_t mask;          /* as it lies in memory, turned to the next byte */
	uint32_t utf8;          /* of a plain text message */
	unsigned char head[14];
	uint8_t head_len;
	uint8_t state;          /* private */
	uint8_t opcode;         /* of the current frame */
	uint8_t message_opcode; /* 0: no message is open */
	uint8_t flags;          /* private */
	uint8_t control_len;
};

_Static_assert(sizeof(struct ws_reader) <= 64, "an idle connection must stay small");

enum ws_event_type {
	WS_MORE = 0, /* all bytes are consumed */
	WS_DATA,     /* a piece of a message, plain text already checked to be UTF-8 */
	WS_PING,     /* answer with a pong of the same payload */
	WS_PONG,
	WS_CLOSE, /* `code` and the reason as payload; feed no more */
	WS_FAIL,  /* close with `code`; `why` is a static sentence; feed no more */
};

struct ws_event {
	enum ws_event_type type;
	char *bytes; /* inside the bytes just fed, or (control) the reader's until the next feed */
	size_t len;
	bool first;      /* DATA: the message begins here */
	bool last;       /* DATA: and ends here (may be an empty piece) */
	bool text;       /* DATA */
	bool compressed; /* DATA: to be inflated by deflate_unpack, then checked to be UTF-8 */
	uint16_t code;   /* CLOSE (WS_CLOSE_NO_CODE if it had none), FAIL */
	const char *why; /* FAIL */
	unsigned frames; /* frame headers read in this call: to be metered */
};

/**
 * Take in bytes, up to the next event; call again with what is behind *consumed until WS_MORE.
 *
 * @param bytes     changed in place where they are payload
 * @param limits    borrowed for the call; the same all through a message
 * @param consumed  set to the bytes taken, 0..len
 */
void ws_feed(struct ws_reader *r, const struct ws_limits *limits, char *bytes, size_t len,
	size_t *consumed, struct ws_event *out);

/** Is it between two messages, with nothing begun? */
bool ws_idle(const struct ws_reader *r);

/** Free what a control frame in pieces holds; the reader is as new. */
void ws_reader_fini(struct ws_reader *r);

/** Longest header of a server's frame [bytes]. */
#define WS_HEADER_MAX 10

enum ws_header_flags { WS_FIN = 1, WS_COMPRESSED = 2 };

/** Write the header of an unmasked frame. @return its length, 2, 4 or 10 */
size_t ws_header(
	unsigned char out[WS_HEADER_MAX], unsigned flags, enum ws_opcode opcode, uint64_t len);

/**
 * Write a whole close frame; the text is cut at a character's boundary to fit.
 *
 * @param code  valid on the wire, or 0 for a frame without code and text
 * @return its length
 */
size_t ws_close_frame(unsigned char out[2 + WS_CONTROL_MAX], uint16_t code, const char *text);

/** May a peer send this close code? Section 7.4: 1000–1003, 1007–1014, 3000–4999. */
bool ws_code_valid(uint16_t code);

/** XOR with a mask (four bytes as they lie in memory), section 5.3. @return the mask turned to the
 *  byte behind the last */
uint32_t ws_mask(char *bytes, size_t len, uint32_t mask);

#endif
