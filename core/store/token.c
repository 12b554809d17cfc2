/**
 * The search tokenizer: fold with ICU, then one walk over the characters by class.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/token.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/text.h"
#include "base/utf8.h"

enum class { CLASS_NONE, CLASS_WORD, CLASS_PAIRS, CLASS_ALONE, CLASS_SKIP };

/** A walk under way. */
struct walk {
	struct buf *out;
	struct strmap *seen;
	enum token_use use;
	size_t count, max;
	char word[TOKEN_BYTES_MAX + 1]; /* the word so far */
	size_t len;
	UChar32 before; /* last character of a run of pairs, 0: none */
	size_t run;     /* characters in that run */
};

static void token_add(struct walk *w, const char *token, size_t len)
{
	char key[TOKEN_BYTES_MAX + 1];

	if (len == 0 || w->count == w->max)
		return;
	memcpy(key, token, len);
	key[len] = '\0';
	if (strmap_put(w->seen, key, w))
		return;
	if (w->count++)
		buf_char(w->out, ' ');
	buf_add(w->out, key, len);
}

static void word_end(struct walk *w)
{
	token_add(w, w->word, w->len);
	w->len = 0;
}

static size_t put_utf8(char *at, UChar32 c)
{
	int32_t n = 0;
	U8_APPEND_UNSAFE((uint8_t *)at, n, c);
	return (size_t)n;
}

static void run_end(struct walk *w)
{
	char one[U8_MAX_LENGTH];

	if (w->run == 1 || (w->run > 1 && w->use == TOKEN_DOCUMENT))
		token_add(w, one, put_utf8(one, w->before));
	w->run = 0;
}

static void run_add(struct walk *w, UChar32 c)
{
	char two[2 * U8_MAX_LENGTH];

	if (w->run++) {
		size_t n = put_utf8(two, w->before);
		token_add(w, two, n + put_utf8(two + n, c));
	}
	w->before = c;
}

static void word_add(struct walk *w, UChar32 c)
{
	if (w->len + (size_t)U8_LENGTH(c) <= TOKEN_BYTES_MAX)
		w->len += put_utf8(w->word + w->len, c);
}

static bool without_spaces(UScriptCode script)
{
	switch (script) {
	case USCRIPT_HAN:
	case USCRIPT_HIRAGANA:
	case USCRIPT_KATAKANA:
	case USCRIPT_BOPOMOFO:
	case USCRIPT_YI:
	case USCRIPT_THAI:
	case USCRIPT_LAO:
	case USCRIPT_KHMER:
	case USCRIPT_MYANMAR:
	case USCRIPT_TIBETAN:
	case USCRIPT_JAVANESE:
		return true;
	default:
		return false;
	}
}

static enum class class_of(UChar32 c) {
	UErrorCode status = U_ZERO_ERROR;

	if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? CLASS_WORD
		: c == '\''                                                   ? CLASS_SKIP
									      : CLASS_NONE;
	if (c == 0x2019) return CLASS_SKIP;
	if (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK)){
		/* The long mark of kana belongs to two scripts. */
		if (c == 0x30fc ||
			without_spaces(uscript_getScript(c, &status))) return CLASS_PAIRS;
		return CLASS_WORD;}
return u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) ? CLASS_ALONE : CLASS_NONE;
}

static void walk_char(struct walk *w, UChar32 c)
{
	enum class class = class_of(c);

	if (class != CLASS_PAIRS)
		run_end(w);
	if (class != CLASS_WORD && class != CLASS_SKIP)
		word_end(w);
	switch (class) {
	case CLASS_WORD:
		word_add(w, c);
		break;
	case CLASS_PAIRS:
		run_add(w, c);
		break;
	case CLASS_ALONE:
		word_add(w, c);
		word_end(w);
		break;
	case CLASS_NONE:
	case CLASS_SKIP:
		break;
	}
}

static bool is_accent(UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;

	if (c < 0x300 || u_charType(c) != U_NON_SPACING_MARK || c == 0x3099 || c == 0x309a)
		return false;
	UScriptCode script = uscript_getScript(c, &status);
	return script == USCRIPT_INHERITED || script == USCRIPT_HEBREW || script == USCRIPT_ARABIC;
}

static void accents_drop(UChar *text, int32_t *len)
{
	int32_t from = 0, to = 0;

	while (from < *len) {
		int32_t start = from;
		UChar32 c;
		U16_NEXT(text, from, *len, c);
		if (is_accent(c))
			continue;
		for (; start < from; start++)
			text[to++] = text[start];
	}
	*len = to;
}

/* Any text: fold, strip, compose, walk. */
static void walk_unicode(struct walk *w, const char *text, size_t len)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t n = 0;
	UChar *wide = alloc_zero(len + 1, sizeof(*wide));

	u_strFromUTF8WithSub(wide, (int32_t)len + 1, &n, text, (int32_t)len, 0xfffd, NULL, &status);
	if (U_SUCCESS(status))
		wide = text_normalise(unorm2_getNFKCCasefoldInstance(&status), wide, &n, &status);
	if (U_SUCCESS(status))
		wide = text_normalise(unorm2_getNFDInstance(&status), wide, &n, &status);
	if (U_SUCCESS(status)) {
		accents_drop(wide, &n);
		wide = text_normalise(unorm2_getNFCInstance(&status), wide, &n, &status);
	}
	for (int32_t i = 0; U_SUCCESS(status) && i < n && w->count < w->max;) {
		UChar32 c;
		U16_NEXT(wide, i, n, c);
		walk_char(w, c);
	}
	free(wide);
}

/* What walk_unicode does, of a text that folds to itself but for its capitals. */
static void walk_ascii(struct walk *w, const char *text, size_t len)
{
	for (size_t i = 0; i < len && w->count < w->max; i++) {
		char c = text[i], low = (char)(c | 0x20);

		if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9')) {
			if (w->len < TOKEN_BYTES_MAX)
				w->word[w->len++] = c >= 'A' && c <= 'Z' ? low : c;
		} else if (c != '\'') {
			word_end(w);
		}
	}
}

static bool is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

/* ------------------------------------------------------------------------------------------- */

size_t token_text(struct buf *out, const char *text, size_t len, enum token_use use)
{
	struct walk w = {.out = out,
		.use = use,
		.max = use == TOKEN_DOCUMENT ? TOKENS_DOCUMENT : TOKENS_QUERY,
		.seen = strmap_new()};

	if (len > TOKEN_TEXT_MAX)
		len = utf8_cut(text, len, TOKEN_TEXT_MAX);
	if (is_ascii(text, len))
		walk_ascii(&w, text, len);
	else
		walk_unicode(&w, text, len);
	run_end(&w);
	word_end(&w);
	strmap_free(w.seen);
	return w.count;
}

size_t token_split(char *tokens, const char **words, size_t max)
{
	size_t n = 0;

	while (*tokens && n < max) {
		words[n++] = tokens;
		tokens += strcspn(tokens, " ");
		if (*tokens)
			*tokens++ = '\0';
	}
	return n;
}
