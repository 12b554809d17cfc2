/**
 * Fuzz: PROXY headers, whole and in pieces, must name the same client and end at the same byte.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/proxy.h"
#include "pieces.h"

struct result {
	enum proxy_event event;
	size_t consumed;
	struct addr peer;
	const char *why;
};

static struct result run(struct pieces p)
{
	struct proxy *proxy = calloc(1, sizeof(*proxy));
	struct result r = {0};
	size_t len, n;
	char *bytes;

	HOLDS(proxy != NULL);
	while (pieces_next(&p, &bytes, &len)) {
		if (r.event != PROXY_MORE)
			continue;
		r.event = proxy_feed(proxy, bytes, len, &n, &r.peer, &r.why);
		HOLDS(n <= len && (r.event != PROXY_MORE || n == len));
		r.consumed += n;
	}
	free(proxy);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[ADDR_TEXT_SIZE];
	struct result a, b;
	struct pieces p;

	if (size < PIECES_KEY)
		return 0;
	p = (struct pieces){.bytes = (const char *)data + PIECES_KEY, .len = size - PIECES_KEY};
	a = run(p);
	p.key = data;
	b = run(p);
	HOLDS(a.event == b.event && a.consumed == b.consumed && a.why == b.why);
	HOLDS(memcmp(&a.peer, &b.peer, sizeof(a.peer)) == 0);
	HOLDS(addr_text(&a.peer, text) != NULL);
	return 0;
}
