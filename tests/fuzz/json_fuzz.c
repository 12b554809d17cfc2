/**
 * Fuzz: client JSON. What passes can be written and read again and is the same, hash included; its
 * text is UTF-8 however it is cut.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"
#include "pieces.h"

static bool utf8_in_pieces(struct pieces p)
{
	utf8_state state = 0;
	bool ok = true;
	size_t len;
	char *bytes;

	while (pieces_next(&p, &bytes, &len))
		ok = ok && utf8_feed(&state, bytes, len);
	return ok && utf8_complete(state);
}

static void written_again(json_t *value)
{
	struct confab_error err = {0};
	struct digest *digest = digest_new();
	uint8_t before[32], after[32];
	struct buf text;
	json_t *again;

	buf_init(&text);
	json_write(&text, value);
	again = json_parse_bounded(text.bytes, text.len, text.len, &err);
	HOLDS(again != NULL);
	HOLDS(json_equal(value, again));
	json_hash(value, digest, before);
	json_hash(again, digest, after);
	digest_free(digest);
	HOLDS(memcmp(before, after, sizeof(before)) == 0);
	json_decref(again);
	buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct confab_error err = {0};
	struct pieces p;
	json_t *value;
	bool utf8;

	if (size < PIECES_KEY)
		return 0;
	p = (struct pieces){
		.key = data, .bytes = (const char *)data + PIECES_KEY, .len = size - PIECES_KEY};
	utf8 = utf8_valid(p.bytes, p.len);
	HOLDS(utf8_in_pieces(p) == utf8);
	value = json_parse_bounded(p.bytes, p.len, 65536, &err);
	HOLDS((value == NULL) == (err.code != 0));
	if (value != NULL) {
		HOLDS(utf8);
		written_again(value);
	}
	json_decref(value);
	return 0;
}
