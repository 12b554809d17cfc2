/**
 * Greedy line breaking.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/wrap.h"

#include <string.h>

#include "base/buf.h"

void wrap_text(struct buf *b, const char *prefix, unsigned width, const char *text)
{
	size_t at = 0; /* bytes in this line; 0: none begun */

	while (*(text += strspn(text, " \n"))) {
		size_t len = strcspn(text, " \n");

		if (at > 0 && at + 1 + len > width) {
			buf_char(b, '\n');
			at = 0;
		}
		if (at == 0) {
			buf_str(b, prefix);
			at = strlen(prefix);
		} else {
			buf_char(b, ' ');
			at++;
		}
		buf_add(b, text, len);
		at += len;
		text += len;
	}
	if (at > 0)
		buf_char(b, '\n');
}
