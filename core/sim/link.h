/**
 * A client's connection in memory: the upgrade, WebSocket frames both ways; it may stop reading, and it
 * may be cut in the middle of a frame.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

struct loop;
struct memory_end;
struct net;

enum link_state { LINK_DOWN = 0, LINK_UPGRADING, LINK_UP, LINK_CLOSING };

struct link {
	struct memory_end *end;
	struct buf in, out;
	enum link_state state;
	bool lazy;     /* it does not read */
	uint16_t code; /* of the close frame that came; 0: none did */
	/** It may be spoken to now. */
	void (*up)(void *arg);
	/** A text came whole; NUL-terminated. */
	void (*heard)(void *arg, const char *text, size_t len);
	/** It is over; the link is down and may be opened again. */
	void (*down)(void *arg, uint16_t code);
	void *arg;
};

/** Connect; up() or down() follows. window: bytes on the way; fragment: see memory_options. */
void link_open(
	struct link *l, struct net *net, struct loop *loop, size_t window, unsigned fragment);
/** Send a text. */
void link_say(struct link *l, const char *text, size_t len);
/** Read again, or stop. */
void link_lazy(struct link *l, bool lazy);
/** End it without a word, with only so many bytes of what waits sent. down() is not called. */
void link_cut(struct link *l);
/** Close as the protocol wants it; down() follows. */
void link_close(struct link *l);

#endif
