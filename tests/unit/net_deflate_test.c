/**
 * net/deflate: the examples of RFC 7692, round trips, bombs and broken data.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "net/deflate.h"

struct row {
	const char *in;
	size_t len;
	int code;
	const char *out;
};

#define ROW(in, code, out) \
	{ \
		in, sizeof(in) - 1, code, out \
	}

static const struct row rows[] = {
	/* section 7.2.3.1, one block */
	ROW("\xf2\x48\xcd\xc9\xc9\x07\x00", 0, "Hello"),
	/* section 7.2.3.3, a block without compression */
	ROW("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 0, "Hello"),
	/* section 7.2.3.4, a block with the final bit */
	ROW("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 0, "Hello"),
	/* section 7.2.3.5, two blocks */
	ROW("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 0, "Hello"),
	/* section 7.2.3.6, the empty message */
	ROW("\x00", 0, ""),
	ROW("", 0, ""),
	ROW("\xf3\x48\xcd\xc9\xc9\x07\x00", 0, "Hello"),
	/* two final blocks after each other */
	ROW("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 0, "HelloHello"),
	ROW("\xf2\x48\xcd\xc9\xc9", CONFAB_EPROTO, NULL),
	ROW("\xf2\x48\xcd", CONFAB_EPROTO, NULL),
	ROW("\xff\xff\xff", CONFAB_EPROTO, NULL),
	ROW("\x06", CONFAB_EPROTO, NULL),                      /* block type 3 */
	ROW("\x00\x05\x00\x00\x00Hello", CONFAB_EPROTO, NULL), /* length and its complement */
	ROW("\x00\x05\x00\xfa\xffHell", CONFAB_EPROTO, NULL),
	/* section 7.2.3.2, the second "Hello" with the first one's window: not without it */
	ROW("\xf2\x00\x11\x00\x00", CONFAB_EPROTO, NULL),
};

static void rows_hold(void **state)
{
	struct deflate *d = deflate_new(1);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct confab_error err = {0};
		struct buf out;
		int rc;

		buf_init(&out);
		buf_str(&out, "+");
		rc = deflate_unpack(d, rows[i].in, rows[i].len, 1000, &out, &err);
		if (rc != rows[i].code)
			fail_msg("row %zu: %d %s", i, rc, err.text);
		assert_string_equal(out.len == 1 ? "" : out.bytes + 1, rc == 0 ? rows[i].out : "");
		buf_fini(&out);
	}
	deflate_free(d);
}

/* xorshift: the same noise in every run */
static void noise(unsigned char *p, size_t len)
{
	uint32_t x = 2463534242U;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		p[i] = (unsigned char)x;
	}
}

static void round_trips(void **state)
{
	static const size_t sizes[] = {20, 200, 16384, 65536, 300000};
	struct deflate *d = deflate_new(6);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *text = malloc(sizes[i]);
		struct buf packed, out;

		for (size_t k = 0; k < sizes[i]; k++)
			text[k] = "so it goes, "[k % 12];
		buf_init(&packed);
		buf_init(&out);
		assert_true(deflate_pack(d, text, sizes[i], &packed));
		assert_true(packed.len < sizes[i]);
		assert_int_equal(
			deflate_unpack(d, packed.bytes, packed.len, sizes[i], &out, NULL), 0);
		assert_int_equal(out.len, sizes[i]);
		assert_memory_equal(out.bytes, text, sizes[i]);
		buf_clear(&out);
		assert_int_equal(
			deflate_unpack(d, packed.bytes, packed.len, sizes[i] - 1, &out, NULL),
			CONFAB_ELIMIT);
		assert_int_equal(out.len, 0);
		buf_fini(&packed);
		buf_fini(&out);
		free(text);
	}
	deflate_free(d);
}

static void noise_stays_plain(void **state)
{
	struct deflate *d = deflate_new(6);
	unsigned char bytes[50000];
	struct buf out;

	(void)state;
	noise(bytes, sizeof(bytes));
	buf_init(&out);
	buf_str(&out, "+");
	assert_false(deflate_pack(d, bytes, sizeof(bytes), &out));
	assert_false(deflate_pack(d, "", 0, &out));
	assert_false(deflate_pack(d, "a", 1, &out));
	assert_int_equal(out.len, 1);
	assert_true(deflate_pack(d, "aaaaaaaaaaaaaaaaaaaaaaa", 23, &out)); /* and goes on */
	buf_fini(&out);
	deflate_free(d);
}

/* 64 MB of zeros in 64 KB: no more than the cap and one piece is ever made of it. */
static void bombs(void **state)
{
	struct deflate *d = deflate_new(9);
	size_t size = 64 << 20;
	char *zeros = calloc(1, size);
	struct buf bomb, out;

	(void)state;
	buf_init(&bomb);
	buf_init(&out);
	assert_true(deflate_pack(d, zeros, size, &bomb));
	free(zeros);
	assert_true(bomb.len < 100000);
	assert_int_equal(
		deflate_unpack(d, bomb.bytes, bomb.len, 262144, &out, NULL), CONFAB_ELIMIT);
	assert_true(out.cap < 1 << 20);
	assert_int_equal(deflate_unpack(d, bomb.bytes, bomb.len, 0, &out, NULL), CONFAB_ELIMIT);
	buf_fini(&bomb);
	buf_fini(&out);
	deflate_free(d);
	deflate_free(NULL);
}

static void fits(void **state)
{
	(void)state;
	assert_true(deflate_fits(1 << 20, 15));
	assert_true(deflate_fits(256, 8));
	assert_false(deflate_fits(257, 8));
	assert_true(deflate_fits(16384, 14));
	assert_false(deflate_fits(16385, 14));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(noise_stays_plain),
		cmocka_unit_test(bombs),
		cmocka_unit_test(fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
