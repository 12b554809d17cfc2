/**
 * auth-jwt: the RFCs' own examples, and tokens that must not be believed.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <cmocka.h>

#include "auth-jwt/cache.h"
#include "auth-jwt/claims.h"
#include "auth-jwt/jwt.h"
#include "base64url.h"

/* RFC 7515, appendix A: one payload, signed in three ways; it expires at 1300819380. */
#define JOE \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define JOE_EXPIRES_MS 1300819380000
#define JOE_HS256 \
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE \
	".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define JOE_SECRET \
	"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
#define RSA_N \
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt" \
	"0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX" \
	"ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5" \
	"IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define JOE_RS256 \
	"eyJhbGciOiJSUzI1NiJ9." JOE \
	".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W" \
	"2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS" \
	"jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv" \
	"Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define JOE_ES256 \
	"eyJhbGciOiJFUzI1NiJ9." JOE \
	".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
/* RFC 8037, appendix A: its payload is no JSON. */
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_TEXT "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define ED_SIGNATURE \
	"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

#define JWK_RSA "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\""
#define JWK_EC "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\""
#define JWK_ED "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\""
#define SET(...) "{\"keys\":[" __VA_ARGS__ "]}"

static const char secret[] = "a secret that is long enough for it";

static struct keys *keys_of(const char *set)
{
	struct keys *keys = keys_new();
	struct confab_error err = {0};
	unsigned skipped;
	if (keys_add_set(keys, set, strlen(set), &skipped, &err) != 0)
		fail_msg("%s", err.text);
	return keys;
}

static enum jwt_result judge(const char *token, const struct keys *keys, int64_t now_ms)
{
	const struct jwt_policy policy = {.issuer = "joe"};
	json_t *claims;
	int64_t expires_ms;
	char why[160];
	enum jwt_result result = jwt_verify(
		token, keys, &policy, now_ms, &claims, &expires_ms, why);
	assert_true((result == JWT_GOOD) == (claims != NULL));
	json_decref(claims);
	return result;
}

static void rfc_examples(void **state)
{
	(void)state;
	uint8_t bytes[64], signature[64];
	struct confab_error err = {0};
	struct keys *hs = keys_new();
	assert_int_equal(base64url_read(JOE_SECRET, strlen(JOE_SECRET), bytes, 64), 64);
	assert_int_equal(keys_add_secret(hs, bytes, 64, &err), 0);
	struct keys *set = keys_of(SET(JWK_RSA "}," JWK_EC "}," JWK_ED "}"));
	assert_int_equal(judge(JOE_HS256, hs, JOE_EXPIRES_MS - 1), JWT_GOOD);
	assert_int_equal(judge(JOE_HS256, hs, JOE_EXPIRES_MS), JWT_EXPIRED);
	assert_int_equal(judge(JOE_RS256, set, JOE_EXPIRES_MS - 1), JWT_GOOD);
	assert_int_equal(judge(JOE_ES256, set, JOE_EXPIRES_MS - 1), JWT_GOOD);
	assert_int_equal(base64url_read(ED_SIGNATURE, strlen(ED_SIGNATURE), signature, 64), 64);
	assert_true(key_verify(keys_at(set, 2), ED_TEXT, strlen(ED_TEXT), signature, 64));
	signature[5] ^= 1;
	assert_false(key_verify(keys_at(set, 2), ED_TEXT, strlen(ED_TEXT), signature, 64));
	/* Another sort of key is no key for it. */
	assert_int_equal(judge(JOE_HS256, set, 0), JWT_UNKNOWN_KEY);
	assert_int_equal(judge(JOE_RS256, hs, 0), JWT_UNKNOWN_KEY);
	keys_unref(hs);
	keys_unref(set);
}

/* One changed character anywhere: never good. */
static void every_character_counts(void **state)
{
	(void)state;
	struct keys *set = keys_of(SET(JWK_EC "}"));
	char wound[sizeof(JOE_ES256) + 1];
	for (size_t i = 0; i < sizeof(JOE_ES256) - 1; i++) {
		memcpy(wound, JOE_ES256, sizeof(JOE_ES256));
		wound[i] = wound[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(judge(wound, set, 0), JWT_GOOD);
		wound[i] = '\0';
		assert_int_not_equal(judge(wound, set, 0), JWT_GOOD);
	}
	memcpy(wound, JOE_ES256 "A", sizeof(wound));
	assert_int_not_equal(judge(wound, set, 0), JWT_GOOD);
	keys_unref(set);
}

/* ---- tokens of our own making, signed with HS256 ------------------------------------------ */

static void sign(const char *header, const char *claims, char out[2048])
{
	uint8_t mac[32];
	unsigned mac_len = sizeof(mac);
	base64url_write(header, strlen(header), out);
	strcat(out, ".");
	base64url_write(claims, strlen(claims), out + strlen(out));
	HMAC(EVP_sha256(), secret, (int)strlen(secret), (uint8_t *)out, strlen(out), mac, &mac_len);
	strcat(out, ".");
	base64url_write(mac, sizeof(mac), out + strlen(out));
}

#define HS "{\"alg\":\"HS256\"}"
#define EXP "\"exp\":2000"

struct token_case {
	const char *header, *claims;
	enum jwt_result result;
};

static const struct token_case token_cases[] = {
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_GOOD},
	{HS, "{\"iss\":\"joe\",\"aud\":[\"x\",\"chat\"]," EXP "}", JWT_GOOD},
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\",\"exp\":2000.5,\"nbf\":999}", JWT_GOOD},
	{"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\"}",
		"{\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_GOOD},
	{HS, "{\"iss\":\"eve\",\"aud\":\"chat\"," EXP "}", JWT_NOT_OURS},
	{HS, "{\"aud\":\"chat\"," EXP "}", JWT_NOT_OURS},
	{HS, "{\"iss\":\"joe\"," EXP "}", JWT_BAD},
	{HS, "{\"iss\":\"joe\",\"aud\":\"mail\"," EXP "}", JWT_BAD},
	{HS, "{\"iss\":\"joe\",\"aud\":[\"mail\",7]," EXP "}", JWT_BAD},
	{HS, "{\"iss\":\"joe\",\"aud\":{\"chat\":1}," EXP "}", JWT_BAD},
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\"}", JWT_BAD},
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\",\"exp\":\"2000\"}", JWT_BAD},
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\",\"exp\":1e300}", JWT_BAD},
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\",\"exp\":998}", JWT_EXPIRED},
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\",\"exp\":999}", JWT_GOOD}, /* leeway */
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP ",\"nbf\":1003}", JWT_BAD},
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP ",\"nbf\":1002}", JWT_GOOD}, /* leeway */
	{HS, "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP ",\"nbf\":\"x\"}", JWT_BAD},
	{HS, "[\"iss\",\"joe\"]", JWT_BAD},
	{HS, "{\"iss\":\"joe\",\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_BAD},
	{"{\"alg\":\"none\"}", "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_BAD},
	{"{\"alg\":\"hs256\"}", "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_BAD},
	{"{\"alg\":\"HS512\"}", "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_BAD},
	{"{\"alg\":\"RS256\"}", "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_UNKNOWN_KEY},
	{"{\"alg\":[\"HS256\"]}", "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_BAD},
	{"{}", "{\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_BAD},
	{"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
		"{\"iss\":\"joe\",\"aud\":\"chat\"," EXP "}", JWT_BAD},
	{HS,
		"{\"iss\":\"joe\",\"aud\":\"chat\"," EXP ",\"x\":"
		"[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}",
		JWT_BAD},
};

static void claims_are_judged(void **state)
{
	(void)state;
	static const char *const audiences[] = {"web", "chat"};
	const struct jwt_policy policy = {"joe", audiences, 2, 2000};
	struct confab_error err = {0};
	struct keys *keys = keys_new();
	char token[2048];
	assert_int_equal(keys_add_secret(keys, secret, strlen(secret), &err), 0);
	for (size_t i = 0; i < sizeof(token_cases) / sizeof(token_cases[0]); i++) {
		const struct token_case *c = &token_cases[i];
		json_t *claims;
		int64_t expires_ms;
		char why[160] = "";
		sign(c->header, c->claims, token);
		enum jwt_result result = jwt_verify(
			token, keys, &policy, 1000500, &claims, &expires_ms, why);
		if (result != c->result)
			fail_msg("%s %s: %d (%s), expected %d", c->header, c->claims, result, why,
				c->result);
		json_decref(claims);
	}
	keys_unref(keys);
}

/* The public key of RS256 as a secret of HS256: the classic. */
static void algorithms_are_not_confused(void **state)
{
	(void)state;
	struct keys *set = keys_of(SET(JWK_RSA ",\"kid\":\"r\"}," JWK_EC ",\"kid\":\"e\"}"));
	char token[2048];
	sign("{\"alg\":\"HS256\",\"kid\":\"r\"}", "{\"iss\":\"joe\",\"exp\":2000}", token);
	assert_int_equal(judge(token, set, 0), JWT_BAD);
	sign("{\"alg\":\"ES256\",\"kid\":\"r\"}", "{\"iss\":\"joe\",\"exp\":2000}", token);
	assert_int_equal(judge(token, set, 0), JWT_BAD);
	sign("{\"alg\":\"ES256\",\"kid\":\"new\"}", "{\"iss\":\"joe\",\"exp\":2000}", token);
	assert_int_equal(judge(token, set, 0), JWT_UNKNOWN_KEY);
	keys_unref(set);
}

static void forms(void **state)
{
	(void)state;
	struct keys *keys = keys_new();
	char big[JWT_BYTES_MAX + 64];
	static const char *const not_ours[] = {"", "x", "a.b", "a.b.c.d", ".b.c", "a..c"};
	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		assert_int_equal(judge(not_ours[i], keys, 0), JWT_NOT_OURS);
	assert_int_equal(judge("a.b.", keys, 0), JWT_BAD);
	memset(big, 'A', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	big[10] = big[20] = '.';
	assert_int_equal(judge(big, keys, 0), JWT_NOT_OURS);
	assert_true(jwt_looks_like(JOE_HS256));
	assert_false(jwt_looks_like("cfa1.x.y"));
	keys_unref(keys);
}

static void sets(void **state)
{
	(void)state;
	static const struct {
		const char *set, *fault; /* NULL: good */
		unsigned keys, skipped;
	} cases[] = {
		{SET(), NULL, 0, 0},
		{SET(JWK_RSA "}"), NULL, 1, 0},
		{SET(JWK_RSA ",\"alg\":\"RS256\",\"use\":\"sig\",\"key_ops\":[\"verify\"]}"), NULL,
			1, 0},
		{SET(JWK_RSA ",\"use\":\"enc\"}," JWK_EC ",\"alg\":\"ES384\"}"), NULL, 0, 2},
		{SET(JWK_RSA ",\"key_ops\":[\"sign\"]}"), NULL, 0, 1},
		{SET("{\"kty\":\"EC\",\"crv\":\"P-521\"},{\"kty\":\"new\"},{},7"), NULL, 0, 4},
		{"{}", "no list 'keys'", 0, 0},
		{"{\"keys\":{}}", "no list 'keys'", 0, 0},
		{"hello", "this is no key set", 0, 0},
		{SET("{\"kty\":\"oct\",\"k\":\"AAAA\"}"), "holds a secret", 0, 0},
		{SET(JWK_EC ",\"kid\":\"a\"}," JWK_ED ",\"kid\":\"a\"}"), "twice", 0, 0},
		{SET("{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}"), "damaged or too weak", 0,
			0},
		{SET("{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQ\"}"), "damaged or too weak",
			0, 0},
		{SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_Y "\",\"y\":\"" EC_X "\"}"),
			"damaged or too weak", 0, 0}, /* not on the curve */
		{SET("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQAB\"}"), "damaged", 0, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct keys *keys = keys_new();
		struct confab_error err = {0};
		unsigned skipped;
		int rc = keys_add_set(keys, cases[i].set, strlen(cases[i].set), &skipped, &err);
		if ((rc == 0) != (cases[i].fault == NULL) ||
			(rc != 0 && strstr(err.text, cases[i].fault) == NULL))
			fail_msg("set %zu: '%s'", i, err.text);
		if (rc == 0) {
			assert_int_equal(keys_count(keys), cases[i].keys);
			assert_int_equal(skipped, cases[i].skipped);
		}
		keys_unref(keys);
	}
	struct confab_error err = {0};
	struct keys *keys = keys_new();
	assert_int_equal(keys_add_secret(keys, "short", 5, &err), CONFAB_EINVAL);
	keys_unref(keys);
}

static void claims_become_users(void **state)
{
	(void)state;
	static const struct {
		const char *claims;
		struct claims_rule rule;
		const char *user, *role; /* user NULL: refused */
	} cases[] = {
		{"{\"sub\":\"ann\"}", {"sub", NULL, "admin", NULL}, "ann", "user"},
		{"{\"sub\":\"ann\",\"r\":\"admin\"}", {"sub", "r", "admin", NULL}, "ann", "admin"},
		{"{\"sub\":\"ann\",\"r\":[\"x\",\"admin\"]}", {"sub", "r", "admin", NULL}, "ann",
			"admin"},
		{"{\"sub\":\"ann\",\"r\":\"visitor\"}", {"sub", "r", "admin", "visitor"}, "ann",
			"guest"},
		{"{\"sub\":\"ann\",\"r\":\"\"}", {"sub", "r", "", ""}, "ann", "user"},
		{"{\"sub\":\"ann\",\"admin\":true}", {"sub", "admin", "true", NULL}, "ann", "user"},
		{"{\"a\":{\"b\":{\"c\":\"x\"}}}", {"a.b.c", NULL, "", NULL}, "x", "user"},
		{"{\"https://e.org/u\":\"x\"}", {"https://e.org/u", NULL, "", NULL}, "x", "user"},
		{"{\"https://e.org/u\":{\"id\":\"x\"}}", {"https://e.org/u.id", NULL, "", NULL},
			"x", "user"},
		{"{\"sub\":7}", {"sub", NULL, "", NULL}, NULL, NULL},
		{"{}", {"sub", NULL, "", NULL}, NULL, NULL},
		{"{\"sub\":\"\"}", {"sub", NULL, "", NULL}, NULL, NULL},
		{"{\"sub\":\"ann smith\"}", {"sub", NULL, "", NULL}, NULL, NULL},
		{"{\"sub\":\"@ann\"}", {"sub", NULL, "", NULL}, NULL, NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *claims = json_loads(cases[i].claims, 0, NULL);
		struct verified got = {.user = ""};
		char why[160];
		int rc = claims_read(claims, &cases[i].rule, &got, why);
		json_decref(claims);
		assert_true((rc == 0) == (cases[i].user != NULL));
		if (rc == 0) {
			assert_string_equal(got.user, cases[i].user);
			assert_string_equal(got.role, cases[i].role);
		}
	}
}

static void cache(void **state)
{
	(void)state;
	struct cache *c = cache_new(2);
	struct verified ann = {"ann", "user", 100}, bob = {"bob", "user", 200};
	cache_put(c, "t1", &ann);
	cache_put(c, "t2", &bob);
	assert_string_equal(cache_find(c, "t1", 99)->user, "ann");
	assert_null(cache_find(c, "t3", 99));
	cache_put(c, "t3", &bob); /* t2 is the longest unused one */
	assert_null(cache_find(c, "t2", 99));
	assert_non_null(cache_find(c, "t1", 99));
	assert_null(cache_find(c, "t1", 100));
	assert_int_equal(cache_count(c), 1);
	cache_clear(c);
	assert_int_equal(cache_count(c), 0);
	cache_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_examples),
		cmocka_unit_test(every_character_counts),
		cmocka_unit_test(claims_are_judged),
		cmocka_unit_test(algorithms_are_not_confused),
		cmocka_unit_test(forms),
		cmocka_unit_test(sets),
		cmocka_unit_test(claims_become_users),
		cmocka_unit_test(cache),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
