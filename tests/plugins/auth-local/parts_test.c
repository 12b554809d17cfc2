/**
 * auth-local: passwords, tokens and limits, each alone.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base64url.h"
#include "auth-local/limit.h"
#include "auth-local/password.h"
#include "auth-local/token.h"

static const uint8_t salt[PASSWORD_SALT_BYTES] = "0123456789abcdef";
static const uint8_t key[TOKEN_KEY_BYTES] = "0123456789abcdef0123456789abcde";

static void passwords(void **state)
{
	(void)state;
	const struct password_cost cost = {8192, 1, 1}, more = {8192, 2, 1};
	char hash[PASSWORD_HASH_SIZE];
	assert_int_equal(password_hash("correct horse", &cost, salt, hash), 0);
	assert_int_equal(strncmp(hash, "$argon2id$v=19$m=8192,t=1,p=1$", 30), 0);
	assert_true(password_check("correct horse", hash));
	assert_false(password_check("correct hors", hash));
	assert_false(password_check("", hash));
	assert_false(password_outdated(hash, &cost));
	assert_true(password_outdated(hash, &more));
	/* What is kept may be damaged, or meant to exhaust the server. */
	static const char *const bad[] = {
		"",
		"correct horse",
		"$argon2id$v=19$m=8192,t=1,p=1$",
		"$argon2id$v=16$m=8192,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAA",
		"$argon2id$v=19$m=99999999,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAA",
		"$argon2id$v=19$m=8192,t=999,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAA",
		"$argon2i$v=19$m=8192,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAA",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (password_check("correct horse", bad[i]))
			fail_msg("'%s' is right", bad[i]);
		assert_true(password_outdated(bad[i], &cost) || i == 2);
	}
}

/* The rows of RFC 4648, section 10, without padding, and two with the letters that differ. */
static void base64(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{"", ""},
		{"f", "Zg"},
		{"fo", "Zm8"},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg"},
		{"fooba", "Zm9vYmE"},
		{"foobar", "Zm9vYmFy"},
		{"\xfb\xff", "-_8"},
	};
	static const char *const bad[] = {"Z", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm9v\n",
		"Zm 9v", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	char text[64];
	uint8_t bytes[16];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].bytes);
		base64url_write(rows[i].bytes, len, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(base64url_read(text, strlen(text), bytes, sizeof(bytes)), len);
		assert_memory_equal(bytes, rows[i].bytes, len);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (base64url_read(bad[i], strlen(bad[i]), bytes, sizeof(bytes)) != -1)
			fail_msg("'%s' was read", bad[i]);
}

static void access_tokens(void **state)
{
	(void)state;
	const struct access ann = {"ann", "lAbC", "admin", 1000};
	uint8_t other[TOKEN_KEY_BYTES] = {1};
	char token[TOKEN_ACCESS_SIZE], wound[TOKEN_ACCESS_SIZE + 1];
	struct access got;
	access_sign(&ann, key, token);
	assert_true(access_is_ours(token));
	assert_false(access_is_ours("eyJhbGciOiJIUzI1NiJ9.e30.x"));
	assert_int_equal(access_verify(token, key, 999, &got), 0);
	assert_string_equal(got.user, "ann");
	assert_string_equal(got.session, "lAbC");
	assert_string_equal(got.role, "admin");
	assert_int_equal(got.expires_ms, 1000);
	assert_int_equal(access_verify(token, key, 1000, &got), CONFAB_ETIMEDOUT);
	assert_int_equal(access_verify(token, other, 999, &got), CONFAB_EPERM);
	/* Every character counts, and so does the length. */
	for (size_t i = 0; token[i] != '\0'; i++) {
		snprintf(wound, sizeof(wound), "%s", token);
		wound[i] = wound[i] == 'x' ? 'y' : 'x';
		assert_int_equal(access_verify(wound, key, 999, &got), CONFAB_EPERM);
		wound[i] = '\0';
		assert_int_equal(access_verify(wound, key, 999, &got), CONFAB_EPERM);
	}
	snprintf(wound, sizeof(wound), "%sA", token);
	assert_int_equal(access_verify(wound, key, 999, &got), CONFAB_EPERM);
	/* The longest user there can be. */
	struct access longest = {
		.session = "l12345678901234567890", .role = "admin", .expires_ms = INT64_MAX};
	memset(longest.user, 'u', CONFAB_ID_MAX);
	access_sign(&longest, key, token);
	assert_int_equal(access_verify(token, key, 999, &got), 0);
	assert_string_equal(got.user, longest.user);
}

static void refresh_tokens(void **state)
{
	(void)state;
	uint8_t secret[TOKEN_SECRET_BYTES] = {7};
	char token[TOKEN_REFRESH_SIZE], session[TOKEN_SESSION_SIZE], hash[TOKEN_HASH_SIZE];
	struct refresh got;
	session_id_write(secret, session);
	assert_int_equal(strlen(session), 21);
	refresh_write(session, secret, token);
	assert_int_equal(refresh_read(token, &got), 0);
	assert_string_equal(got.session, session);
	secret_hash(secret, sizeof(secret), hash);
	assert_true(secret_equal(got.hash, hash));
	assert_false(secret_equal(hash, hash + 1));
	static const char *const bad[] = {"", "cfr1.", "cfr1.abc", "cfr1..AAAA", "cfr1.abc.AAAA",
		"cfa1.abc.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"cfr1.abc.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!",
		"cfr1.abc.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"cfr1.abcabcabcabcabcabcabcabcabcabcabcabc.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (refresh_read(bad[i], &got) == 0)
			fail_msg("'%s' was read", bad[i]);
}

static void limits(void **state)
{
	(void)state;
	const struct limit_rule rule = {3, 1000, 8000, 60000};
	struct limit *l = limit_new(3);
	static const struct {
		int64_t now_ms, wait_ms;
	} rows[] = {
		{0, 0}, {0, 0}, {0, 0},  /* free */
		{1, 999}, {999, 1},      /* one second; asking does not make it longer */
		{1000, 0}, {1001, 1999}, /* two */
		{3000, 0}, {3000, 4000}, /* four */
		{7000, 0}, {7000, 8000}, /* eight, and no more */
		{15000, 0}, {15000, 8000}, {75000, 0}, {75000, 0}, /* forgotten */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t wait = limit_attempt(l, "ann", &rule, rows[i].now_ms);
		if (wait != rows[i].wait_ms)
			fail_msg("row %zu: %d ms", i, (int)wait);
	}
	limit_undo(l, "ann");
	assert_int_equal(limit_attempt(l, "ann", &rule, 75000), 0);
	assert_int_equal(limit_attempt(l, "ann", &rule, 75000), 0);
	assert_true(limit_attempt(l, "ann", &rule, 75000) > 0);
	limit_success(l, "ann");
	assert_int_equal(limit_count(l), 0);
	/* Full: the longest quiet one is forgotten, nobody else. */
	for (int i = 0; i < 100; i++) {
		char name[16];
		snprintf(name, sizeof(name), "user%d", i);
		assert_int_equal(limit_attempt(l, name, &rule, 80000 + i), 0);
	}
	assert_int_equal(limit_count(l), 3);
	limit_free(l);
	limit_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords),
		cmocka_unit_test(base64),
		cmocka_unit_test(access_tokens),
		cmocka_unit_test(refresh_tokens),
		cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
