/**
 * wordfilter: a hook that judges. Messages with a listed word are masked, refused or held for review;
 * README.md says what a word is. Beside it the same filter in Lua and as a webhook.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include <confab/event.h>
#include <confab/settings.h>
#include <confab/text.h>

enum { ROW_WORDS, ROW_ACTION };
enum { ACTION_MASK, ACTION_REFUSE, ACTION_HOLD };

static const struct confab_setting settings[] = {
	[ROW_WORDS] = {"words", CONFAB_SETTING_LIST, NULL, 0, 10000, .scope = CONFAB_SCOPE_TYPE,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Words that are not to be said, in any case."},
	[ROW_ACTION] = {"action", CONFAB_SETTING_ENUM, "mask", 0, 0, .scope = CONFAB_SCOPE_TYPE,
		.flags = CONFAB_SETTING_RELOADABLE, .words = "mask, refuse, hold",
		.doc = "mask writes stars instead, refuse turns the message away, hold keeps it "
		       "for review."},
};

/* What prepare builds: the folded words, sorted. */
struct words {
	size_t count;
	char *folded[];
};

static int word_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void words_discard(void *built)
{
	struct words *words = built;
	for (size_t i = 0; words != NULL && i < words->count; i++)
		free(words->folded[i]);
	free(words);
}

/* On a worker, for each type of channel that has other words. */
static int words_prepare(const struct confab_settings *s, void **built, struct confab_error *err)
{
	struct confab_list list = confab_setting_list(s, ROW_WORDS);
	struct words *words = calloc(1, sizeof(*words) + list.count * sizeof(char *));
	if (words == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	for (size_t i = 0; i < list.count; i++) {
		const char *item = list.items[i];
		size_t len = strlen(item), at = 0, word, n;
		if (!confab_text_word(item, len, &at, &word, &n) || n != len) {
			words_discard(words);
			return confab_error_set(err, CONFAB_EINVAL,
				"words: '%.100s' is not one word (letters, marks and numbers only)",
				item);
		}
		words->folded[i] = confab_text_fold(item, len, NULL);
		words->count = i + 1;
	}
	qsort(words->folded, words->count, sizeof(char *), word_compare);
	*built = words;
	return 0;
}

/* One star for each character. Returns the new end of out. */
static size_t stars_add(char *out, size_t end, const char *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)word[i] & 0xc0) != 0x80) /* first byte of a character */
			out[end++] = '*';
	return end;
}

/* Look at each word; hits are written as stars into out, as long as text at most. Returns how many there
 * were; first is the folded first one. */
static size_t text_mask(const struct words *words, const char *text, size_t len, char *out,
	size_t *out_len, const char **first)
{
	size_t at = 0, word, n, copied = 0, end = 0, hits = 0;
	while (confab_text_word(text, len, &at, &word, &n)) {
		char *folded = confab_text_fold(text + word, n, NULL);
		char **hit = folded == NULL ? NULL
					    : bsearch(&folded, words->folded, words->count,
						      sizeof(char *), word_compare);
		free(folded);
		if (hit == NULL)
			continue;
		*first = hits++ == 0 ? *hit : *first;
		memcpy(out + end, text + copied, word - copied);
		end = stars_add(out, end + word - copied, text + word, n);
		copied = at;
	}
	memcpy(out + end, text + copied, len - copied);
	*out_len = end + len - copied;
	return hits;
}

static enum confab_verdict judge(struct confab_event *ev, void *ctx)
{
	(void)ctx;
	const struct words *words = confab_event_built(ev);
	struct confab_draft *draft = confab_event_draft(ev);
	size_t len = 0, out_len;
	const char *text = draft != NULL ? confab_draft_text(draft, &len) : NULL, *first = NULL;
	if (text == NULL || words == NULL || words->count == 0)
		return CONFAB_PASS;
	char *out = malloc(len + 1);
	if (out == NULL)
		return confab_reject(ev, "internal", "out of memory");

	enum confab_verdict verdict = CONFAB_PASS;
	if (text_mask(words, text, len, out, &out_len, &first) > 0) {
		switch (confab_setting_int(confab_event_settings(ev), ROW_ACTION)) {
		case ACTION_MASK:
			if (confab_draft_set_text(draft, out, out_len) != 0)
				verdict = confab_reject(ev, "internal", "the text was not taken");
			break;
		case ACTION_HOLD:
			verdict = confab_hold(ev, "words", json_pack("{s:s}", "word", first));
			break;
		default:
			verdict = confab_reject(ev, "word", "a word in it is not to be said here");
		}
	}
	free(out);
	return verdict;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "message.send message.edit", judge,
		"masks, refuses or holds messages with listed words"),
};

CONFAB_PLUGIN("wordfilter", "1.0") = {
	CONFAB_HEAD("wordfilter", "1.0", "MIT"),
	.summary = "Masks, refuses or holds messages with listed words.",
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(hooks, hooks),
	.prepare = words_prepare,
	.discard = words_discard,
};
