/**
 * The doors that are open: codecs by path, routes in a compiled table. An immutable snapshot,
 * counted; a plugin that comes or goes makes a new one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_DOORS_H
#define NET_DOORS_H

#include <stddef.h>
#include <confab/types.h>

struct codec;
struct http_route;
struct route_table;

/** Codecs on one path, each with a subprotocol of its own. */
#define DOORS_CODECS_MAX 64

struct doors;

/** @return one reference, or NULL with err filled (two routes alike, a bad path) */
struct doors *doors_new(const struct codec *const *codecs, size_t n_codecs,
	const struct http_route *routes, size_t n_routes,
	struct confab_error *err) CONFAB_MUSTCHECK;
/** Thread: any. */
struct doors *doors_ref(struct doors *d);
/** NULL is fine. Thread: any. */
void doors_unref(struct doors *d);

/** Borrowed for the snapshot's life. Thread: any. */
const struct route_table *doors_routes(const struct doors *d);
/** The codecs of a path, in order. @return how many were put into out */
size_t doors_codecs(
	const struct doors *d, const char *path, const struct codec *out[DOORS_CODECS_MAX]);

#endif
