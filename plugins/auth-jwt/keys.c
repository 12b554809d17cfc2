/**
 * JWK Sets become OpenSSL keys.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-jwt/keys.h"

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"

#define EC_COORDINATE 32
#define EC_SIGNATURE 64
#define ED25519_BYTES 32
#define RSA_BYTES_MAX 1024 /* 8,192 bits */
#define HS256_BYTES 32

struct keys {
	atomic_uint refs;
	size_t count;
	struct key items[KEYS_MAX];
};

static const char *const alg_names[] = {
	[KEY_HS256] = "HS256",
	[KEY_RS256] = "RS256",
	[KEY_ES256] = "ES256",
	[KEY_EDDSA] = "EdDSA",
};

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* @return bytes read, or -1 */
static ssize_t bytes_of(const json_t *jwk, const char *name, uint8_t *out, size_t max)
{
	const char *text = text_of(jwk, name);
	return text != NULL ? base64url_read(text, strlen(text), out, max) : -1;
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

/* RFC 7518, section 6.3.1. */
static EVP_PKEY *rsa_read(const json_t *jwk)
{
	uint8_t n[RSA_BYTES_MAX], e[8];
	ssize_t n_len = bytes_of(jwk, "n", n, sizeof(n)), e_len = bytes_of(jwk, "e", e, sizeof(e));
	if (n_len < KEYS_RSA_BITS_MIN / 8 || e_len < 1)
		return NULL;
	EVP_PKEY *key = NULL;
	BIGNUM *bn_n = BN_bin2bn(n, (int)n_len, NULL), *bn_e = BN_bin2bn(e, (int)e_len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	if (bn_n != NULL && bn_e != NULL && build != NULL &&
		BN_num_bits(bn_n) >= KEYS_RSA_BITS_MIN && BN_is_odd(bn_e) && !BN_is_one(bn_e) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn_n) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, bn_e))
		key = key_from("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(bn_n);
	BN_free(bn_e);
	return key;
}

/* RFC 7518, section 6.2.1: both coordinates in full length. OpenSSL checks that it is a point. */
static EVP_PKEY *ec_read(const json_t *jwk)
{
	uint8_t point[1 + 2 * EC_COORDINATE] = {4}; /* uncompressed */
	if (bytes_of(jwk, "x", point + 1, EC_COORDINATE) != EC_COORDINATE ||
		bytes_of(jwk, "y", point + 1 + EC_COORDINATE, EC_COORDINATE) != EC_COORDINATE)
		return NULL;
	EVP_PKEY *key = NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	if (build != NULL &&
		OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
		OSSL_PARAM_BLD_push_octet_string(
			build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
		key = key_from("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* RFC 8037, section 2. */
static EVP_PKEY *ed25519_read(const json_t *jwk)
{
	uint8_t x[ED25519_BYTES];
	if (bytes_of(jwk, "x", x, sizeof(x)) != (ssize_t)sizeof(x))
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, sizeof(x));
}

/* The one algorithm a key is for, by its sort; 0: none of ours. */
static enum key_alg alg_of(const json_t *jwk)
{
	const char *kty = text_of(jwk, "kty"), *crv = text_of(jwk, "crv");
	if (kty == NULL)
		return 0;
	if (strcmp(kty, "RSA") == 0)
		return KEY_RS256;
	if (strcmp(kty, "EC") == 0 && crv != NULL && strcmp(crv, "P-256") == 0)
		return KEY_ES256;
	return strcmp(kty, "OKP") == 0 && crv != NULL && strcmp(crv, "Ed25519") == 0 ? KEY_EDDSA
										     : 0;
}

/* Is it for verifying signatures, by what it says of itself (RFC 7517, sections 4.2 to 4.4)? */
static bool for_us(const json_t *jwk, enum key_alg alg)
{
	const char *use = text_of(jwk, "use"), *said = text_of(jwk, "alg");
	const json_t *ops = json_object_get(jwk, "key_ops");
	bool verify = !json_is_array(ops);
	for (size_t i = 0; i < json_array_size(ops) && !verify; i++) {
		const char *op = json_string_value(json_array_get(ops, i));
		verify = op != NULL && strcmp(op, "verify") == 0;
	}
	return verify && (use == NULL || strcmp(use, "sig") == 0) &&
		(said == NULL || strcmp(said, alg_names[alg]) == 0);
}

static const struct key *kid_find(const struct keys *keys, const char *kid)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->items[i].kid[0] != '\0' && strcmp(keys->items[i].kid, kid) == 0)
			return &keys->items[i];
	return NULL;
}

static int jwk_add(
	struct keys *keys, const json_t *jwk, unsigned *skipped, struct confab_error *err)
{
	const char *kid = text_of(jwk, "kid"), *kty = text_of(jwk, "kty");
	enum key_alg alg = alg_of(jwk);
	if (kty != NULL && strcmp(kty, "oct") == 0)
		return confab_error_set(err, CONFAB_EINVAL, "the key set holds a secret (kty oct)");
	if (kid == NULL)
		kid = "";
	if (alg == 0 || !for_us(jwk, alg)) {
		(*skipped)++;
		return 0;
	}
	if (keys->count == KEYS_MAX || strlen(kid) > KEYS_KID_MAX || kid_find(keys, kid) != NULL)
		return confab_error_set(err, CONFAB_EINVAL, "the key set has %s",
			keys->count == KEYS_MAX ? "too many keys"
						: "a kid that is too long or there twice");
	EVP_PKEY *public_key = alg == KEY_RS256 ? rsa_read(jwk)
		: alg == KEY_ES256              ? ec_read(jwk)
						: ed25519_read(jwk);
	if (public_key == NULL)
		return confab_error_set(
			err, CONFAB_EINVAL, "key '%.40s' is damaged or too weak", kid);
	struct key *key = &keys->items[keys->count++];
	snprintf(key->kid, sizeof(key->kid), "%s", kid);
	key->alg = alg;
	key->public_key = public_key;
	return 0;
}

static bool hmac_verify(const struct key *key, const char *text, size_t len,
	const uint8_t *signature, size_t signature_len)
{
	uint8_t mac[HS256_BYTES];
	unsigned mac_len = sizeof(mac);
	return signature_len == sizeof(mac) &&
		HMAC(EVP_sha256(), key->secret, (int)key->secret_len, (const uint8_t *)text, len,
			mac, &mac_len) != NULL &&
		CRYPTO_memcmp(mac, signature, sizeof(mac)) == 0;
}

/* RFC 7518, section 3.4: r and s side by side; OpenSSL wants them in DER. */
static int ec_signature_der(const uint8_t *raw, uint8_t **der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, EC_COORDINATE, NULL);
	BIGNUM *s = BN_bin2bn(raw + EC_COORDINATE, EC_COORDINATE, NULL);
	int len = -1;
	if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL; /* the signature's now */
		len = i2d_ECDSA_SIG(sig, der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return len;
}

static bool digest_verify(const struct key *key, const char *text, size_t len,
	const uint8_t *signature, size_t signature_len)
{
	const EVP_MD *digest = key->alg == KEY_EDDSA ? NULL : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool right = ctx != NULL &&
		EVP_DigestVerifyInit(ctx, NULL, digest, NULL, key->public_key) == 1 &&
		EVP_DigestVerify(ctx, signature, signature_len, (const uint8_t *)text, len) == 1;
	EVP_MD_CTX_free(ctx);
	return right;
}

/* ------------------------------------------------------------------------------------------ */

struct keys *keys_new(void)
{
	struct keys *keys = calloc(1, sizeof(*keys));
	if (keys == NULL)
		abort(); /* small and fixed */
	atomic_init(&keys->refs, 1);
	return keys;
}

struct keys *keys_ref(struct keys *keys)
{
	atomic_fetch_add(&keys->refs, 1);
	return keys;
}

void keys_unref(struct keys *keys)
{
	if (keys == NULL || atomic_fetch_sub(&keys->refs, 1) != 1)
		return;
	for (size_t i = 0; i < keys->count; i++) {
		EVP_PKEY_free(keys->items[i].public_key);
		OPENSSL_clear_free(keys->items[i].secret, keys->items[i].secret_len);
	}
	free(keys);
}

int keys_add_secret(struct keys *keys, const void *secret, size_t len, struct confab_error *err)
{
	if (len < KEYS_SECRET_MIN || keys->count == KEYS_MAX)
		return confab_error_set(err, CONFAB_EINVAL,
			"the secret has %zu bytes; HS256 needs %d or more", len, KEYS_SECRET_MIN);
	struct key *key = &keys->items[keys->count];
	key->secret = OPENSSL_memdup(secret, len);
	if (key->secret == NULL)
		abort();
	key->secret_len = len;
	key->alg = KEY_HS256;
	keys->count++;
	return 0;
}

int keys_add_set(struct keys *keys, const char *text, size_t len, unsigned *skipped,
	struct confab_error *err)
{
	json_error_t why;
	*skipped = 0;
	if (len > KEYS_BYTES_MAX)
		return confab_error_set(err, CONFAB_EINVAL, "the key set is too long");
	json_t *set = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	const json_t *list = json_object_get(set, "keys");
	int rc = 0;
	if (!json_is_array(list))
		rc = confab_error_set(err, CONFAB_EINVAL, "this is no key set (%s)",
			set == NULL ? why.text : "it has no list 'keys'");
	for (size_t i = 0; i < json_array_size(list) && rc == 0; i++)
		rc = jwk_add(keys, json_array_get(list, i), skipped, err);
	json_decref(set);
	return rc;
}

size_t keys_count(const struct keys *keys)
{
	return keys->count;
}

const struct key *keys_at(const struct keys *keys, size_t n)
{
	return n < keys->count ? &keys->items[n] : NULL;
}

const char *key_alg_name(enum key_alg alg)
{
	return alg >= KEY_HS256 && alg <= KEY_EDDSA ? alg_names[alg] : "none";
}

enum key_alg key_alg_find(const char *name)
{
	for (enum key_alg alg = KEY_HS256; alg <= KEY_EDDSA; alg++)
		if (strcmp(alg_names[alg], name) == 0)
			return alg;
	return 0;
}

bool key_verify(const struct key *key, const char *text, size_t len, const uint8_t *signature,
	size_t signature_len)
{
	if (key->alg == KEY_HS256)
		return hmac_verify(key, text, len, signature, signature_len);
	if (key->alg != KEY_ES256)
		return digest_verify(key, text, len, signature, signature_len);
	uint8_t *der = NULL;
	int der_len = signature_len == EC_SIGNATURE ? ec_signature_der(signature, &der) : -1;
	bool right = der_len > 0 && digest_verify(key, text, len, der, (size_t)der_len);
	OPENSSL_free(der);
	return right;
}
