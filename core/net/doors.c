/**
 * Snapshots of codecs and routes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/doors.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "net/net.h"
#include "net/route.h"

struct doors {
	_Atomic uint32_t refs;
	struct route_table *routes;
	size_t n_codecs;
	const struct codec *codecs[];
};

/* ------------------------------------------------------------------------------------------- */

struct doors *doors_new(const struct codec *const *codecs, size_t n_codecs,
	const struct http_route *routes, size_t n_routes, struct confab_error *err)
{
	struct route_table *table = route_table_new(routes, n_routes, err);

	if (!table)
		return NULL;
	struct doors *d = alloc_zero(1, sizeof(*d) + n_codecs * sizeof(d->codecs[0]));

	atomic_init(&d->refs, 1);
	d->routes = table;
	d->n_codecs = n_codecs;
	if (n_codecs > 0)
		memcpy(d->codecs, codecs, n_codecs * sizeof(d->codecs[0]));
	return d;
}

struct doors *doors_ref(struct doors *d)
{
	atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
	return d;
}

void doors_unref(struct doors *d)
{
	if (!d || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
		return;
	route_table_free(d->routes);
	free(d);
}

const struct route_table *doors_routes(const struct doors *d)
{
	return d->routes;
}

size_t doors_codecs(
	const struct doors *d, const char *path, const struct codec *out[DOORS_CODECS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_codecs && n < DOORS_CODECS_MAX; i++)
		if (strcmp(d->codecs[i]->path, path) == 0)
			out[n++] = d->codecs[i];
	return n;
}
