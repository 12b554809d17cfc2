/**
 * A subprotocol of a plugin: what happens with WebSocket messages on one path. The only plugin code
 * that runs on I/O threads: a pure function of the message.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_PROVIDER_CODEC_H
#define CONFAB_PROVIDER_CODEC_H

#include <stdbool.h>
#include <confab/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where a codec writes its answer. */
struct confab_out;
/** Append bytes. I/O thread, inside decode only. */
void confab_out_add(struct confab_out *out, const void *bytes, size_t len);

struct confab_codec_row {
	const char *subprotocol; /* NULL: none is asked for */
	const char *path;        /* "/echo" */
	size_t max_message;      /* longest message, inflated [bytes], ≤ 16 MB */
	/**
	 * One whole message. Answer at once by appending to out (and *text: as text or binary), or not.
	 * @return 0, or a WebSocket close code (1000, 1003, 1007..1011, 3000..4999)
	 */
	int (*decode)(const char *bytes, size_t len, bool *text, struct confab_out *out);
};

#ifdef __cplusplus
}
#endif
#endif
