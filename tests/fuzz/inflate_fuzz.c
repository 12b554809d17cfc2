/**
 * Fuzz: inflating what strangers send stays under its cap and does not depend on what the stream
 * was used for before; what it gives can be deflated and inflated again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "net/deflate.h"
#include "pieces.h"

#define CAP 65536

static void round_trip(struct deflate *d, const struct buf *plain)
{
	struct buf packed, again;

	buf_init(&packed);
	buf_init(&again);
	if (deflate_pack(d, plain->bytes, plain->len, &packed)) {
		HOLDS(packed.len < plain->len);
		HOLDS(deflate_unpack(d, packed.bytes, packed.len, plain->len, &again, NULL) == 0);
		HOLDS(again.len == plain->len);
		HOLDS(memcmp(again.bytes, plain->bytes, plain->len) == 0);
	}
	buf_fini(&packed);
	buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct deflate *used = deflate_new(1), *fresh = deflate_new(1);
	size_t half = size > 0 ? data[0] % size : 0;
	struct buf a, b;
	int rc;

	buf_init(&a);
	buf_init(&b);
	/* Something else first, cut off anywhere. */
	rc = deflate_unpack(used, data, half, CAP, &a, NULL);
	HOLDS(rc <= 0);
	buf_clear(&a);
	rc = deflate_unpack(used, data, size, CAP, &a, NULL);
	HOLDS(a.len <= CAP && (rc == 0 || a.len == 0));
	HOLDS(deflate_unpack(fresh, data, size, CAP, &b, NULL) == rc);
	HOLDS(a.len == b.len && (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0));
	if (rc == 0)
		round_trip(used, &a);
	buf_fini(&a);
	buf_fini(&b);
	deflate_free(used);
	deflate_free(fresh);
	return 0;
}
