/**
 * Parcels: what output queues hold.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/parcel.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "net/deflate.h"
#include "net/frame_wire.h"

static struct parcel *parcel_new(size_t room)
{
	struct parcel *p = alloc_resize(NULL, sizeof(*p) + room);

	memset(p, 0, sizeof(*p));
	p->refs = 1;
	return p;
}

/* ------------------------------------------------------------------------------------------- */

struct parcel *parcel_of_frame(struct frame *f)
{
	struct parcel *p = parcel_new(0);

	p->frame = f;
	p->part[PARCEL_PLAIN].bytes = frame_wire(f, &p->part[PARCEL_PLAIN].len);
	return p;
}

struct parcel *parcel_of_bytes(const void *a, size_t a_len, const void *b, size_t b_len)
{
	struct parcel *p = parcel_new(a_len + b_len);

	if (a_len > 0)
		memcpy(p->inline_bytes, a, a_len);
	if (b_len > 0)
		memcpy(p->inline_bytes + a_len, b, b_len);
	p->part[PARCEL_PLAIN].bytes = p->inline_bytes;
	p->part[PARCEL_PLAIN].len = a_len + b_len;
	return p;
}

struct parcel *parcel_of_owned(char *bytes, size_t len)
{
	struct parcel *p = parcel_new(0);

	p->own = bytes;
	p->part[PARCEL_PLAIN].bytes = bytes;
	p->part[PARCEL_PLAIN].len = len;
	return p;
}

bool parcel_deflated_for(struct parcel *p, struct deflate *d, unsigned bits)
{
	if (!p->twin_asked && p->frame) {
		p->twin_asked = 1;
		p->part[PARCEL_DEFLATED].bytes = frame_wire_deflated(
			p->frame, d, &p->part[PARCEL_DEFLATED].len);
	}
	/* The plain part's length is the payload's and its head's. */
	return p->part[PARCEL_DEFLATED].bytes &&
		(bits == 15 || deflate_fits(p->part[PARCEL_PLAIN].len, bits));
}

void parcel_unref(struct parcel *p)
{
	if (!p || --p->refs > 0)
		return;
	frame_unref(p->frame);
	free(p->own);
	free(p);
}
