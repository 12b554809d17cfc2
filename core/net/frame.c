/**
 * Frames: one allocation for count, head and payload; the deflated twin is made once, by whoever
 * needs it first.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/frame_wire.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "net/deflate.h"
#include "net/ws.h"

/** Shorter payloads are not worth a deflated twin [bytes]. */
#define FRAME_DEFLATE_MIN 128

enum twin_state { TWIN_NONE = 0, TWIN_MAKING = 1, TWIN_READY = 2, TWIN_USELESS = 3 };

struct frame {
	_Atomic uint32_t refs;
	_Atomic uint32_t twin_state; /* enum twin_state */
	char *twin;                  /* valid when ready */
	size_t twin_len;
	size_t len;
	uint8_t head_len;
	char bytes[]; /* WS_HEADER_MAX of room, the head at its end, then the payload */
};

/** Deflate the payload and put a head before it. @return whether it is worth it */
static bool twin_make(struct frame *f, struct deflate *d)
{
	unsigned char head[WS_HEADER_MAX];
	struct buf b;

	buf_init(&b);
	if (!deflate_pack(d, f->bytes + WS_HEADER_MAX, f->len, &b)) {
		buf_fini(&b);
		return false;
	}
	size_t head_len = ws_header(head, WS_FIN | WS_COMPRESSED, WS_TEXT, b.len);

	f->twin_len = head_len + b.len;
	f->twin = alloc_resize(NULL, f->twin_len);
	memcpy(f->twin, head, head_len);
	memcpy(f->twin + head_len, b.bytes, b.len);
	buf_fini(&b);
	return true;
}

/* ------------------------------------------------------------------------------------------- */

struct frame *frame_new(const void *payload, size_t len)
{
	unsigned char head[WS_HEADER_MAX];
	struct frame *f = alloc_resize(NULL, sizeof(*f) + WS_HEADER_MAX + len);

	atomic_init(&f->refs, 1);
	atomic_init(&f->twin_state, TWIN_NONE);
	f->twin = NULL;
	f->twin_len = 0;
	f->len = len;
	f->head_len = (uint8_t)ws_header(head, WS_FIN, WS_TEXT, len);
	memcpy(f->bytes + WS_HEADER_MAX - f->head_len, head, f->head_len);
	if (len > 0)
		memcpy(f->bytes + WS_HEADER_MAX, payload, len);
	return f;
}

struct frame *frame_ref(struct frame *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}

void frame_unref(struct frame *f)
{
	if (!f || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
		return;
	free(f->twin);
	free(f);
}

const char *frame_payload(const struct frame *f, size_t *len)
{
	*len = f->len;
	return f->bytes + WS_HEADER_MAX;
}

const char *frame_wire(const struct frame *f, size_t *len)
{
	*len = f->head_len + f->len;
	return f->bytes + WS_HEADER_MAX - f->head_len;
}

const char *frame_wire_deflated(struct frame *f, struct deflate *d, size_t *len)
{
	uint32_t state = atomic_load_explicit(&f->twin_state, memory_order_acquire);

	if (state == TWIN_NONE && f->len >= FRAME_DEFLATE_MIN) {
		uint32_t none = TWIN_NONE;

		if (!atomic_compare_exchange_strong_explicit(&f->twin_state, &none, TWIN_MAKING,
			    memory_order_acquire, memory_order_relaxed))
			return NULL;
		state = twin_make(f, d) ? TWIN_READY : TWIN_USELESS;
		atomic_store_explicit(&f->twin_state, state, memory_order_release);
	}
	if (state != TWIN_READY)
		return NULL;
	*len = f->twin_len;
	return f->twin;
}
