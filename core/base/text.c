/**
 * Words and folding by ICU; ASCII is done by hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/text.h>

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include "base/alloc.h"
#include "base/text.h"

#define FOLD_BYTES_MAX ((size_t)1 << 20)

static bool in_word(UChar32 c)
{
	return c >= 0 && (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK)) != 0;
}

/* Fold ASCII into out; false: it is not all ASCII. */
static bool fold_ascii(char *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] >= 0x80)
			return false;
		out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
	}
	out[len] = '\0';
	return true;
}

static UChar *casefold(UChar *in, int32_t *len, UErrorCode *status)
{
	/* One character becomes three at most. */
	int32_t room = *len * 3 + 1;
	UChar *out = alloc_zero((size_t)room, sizeof(*out));
	*len = u_strFoldCase(out, room, in, *len, U_FOLD_CASE_DEFAULT, status);
	free(in);
	return out;
}

static char *fold_unicode(const char *text, size_t len, size_t *folded_len)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&status);
	UChar *wide = alloc_zero(len + 1, sizeof(*wide));
	int32_t n = 0, bytes = 0;
	u_strFromUTF8WithSub(wide, (int32_t)len + 1, &n, text, (int32_t)len, 0xfffd, NULL, &status);
	wide = text_normalise(nfd, wide, &n, &status);
	wide = casefold(wide, &n, &status);
	wide = text_normalise(nfd, wide, &n, &status);
	/* A unit is three bytes of UTF-8 at most. */
	char *out = alloc_zero((size_t)n * 3 + 1, 1);
	u_strToUTF8(out, n * 3 + 1, &bytes, wide, n, &status);
	free(wide);
	if (U_FAILURE(status)) {
		free(out);
		return NULL;
	}
	*folded_len = (size_t)bytes;
	return out;
}

/* ------------------------------------------------------------------------------------------ */

UChar *text_normalise(const UNormalizer2 *form, UChar *in, int32_t *len, UErrorCode *status)
{
	int32_t room = *len * 4 + 16;
	UChar *out = alloc_zero((size_t)room, sizeof(*out));
	int32_t n = unorm2_normalize(form, in, *len, out, room, status);

	if (*status == U_BUFFER_OVERFLOW_ERROR) {
		*status = U_ZERO_ERROR;
		out = alloc_resize(out, (size_t)n * sizeof(*out));
		n = unorm2_normalize(form, in, *len, out, n, status);
	}
	free(in);
	*len = n;
	return out;
}

bool confab_text_word(const char *text, size_t len, size_t *at, size_t *word, size_t *n)
{
	size_t i = *at, from = 0;
	bool inside = false;
	while (i < len) {
		size_t next = i;
		UChar32 c;
		U8_NEXT(text, next, len, c);
		if (in_word(c) != inside) {
			if (inside)
				break;
			inside = true;
			from = i;
		}
		i = next;
	}
	*at = i;
	*word = from;
	*n = inside ? i - from : 0;
	return inside;
}

char *confab_text_fold(const char *text, size_t len, size_t *folded_len)
{
	if (len > FOLD_BYTES_MAX)
		return NULL;
	size_t n = len;
	char *folded = alloc_zero(len + 1, 1);
	if (!fold_ascii(folded, text, len)) {
		free(folded);
		folded = fold_unicode(text, len, &n);
	}
	if (folded != NULL && folded_len != NULL)
		*folded_len = n;
	return folded;
}
