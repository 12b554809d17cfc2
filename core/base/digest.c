/**
 * A digest that was fetched once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/alloc.h"

struct digest {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

/* ------------------------------------------------------------------------------------------ */

struct digest *digest_new(void)
{
	struct digest *d = alloc_zero(1, sizeof(*d));

	d->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	d->ctx = EVP_MD_CTX_new();
	if (!d->md || !d->ctx)
		abort();
	return d;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	EVP_MD_free(d->md);
	free(d);
}

void digest_sha256(struct digest *d, const void *bytes, size_t len, uint8_t out[32])
{
	if (!EVP_DigestInit_ex2(d->ctx, d->md, NULL) || !EVP_DigestUpdate(d->ctx, bytes, len) ||
		!EVP_DigestFinal_ex(d->ctx, out, NULL))
		abort();
}
