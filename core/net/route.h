/**
 * Routes compiled into a tree of path segments: literal children are tried before the parameter.
 *
 *      "/v1/channels/{channel}/messages"  ─▶  v1 ─ channels ─ {} ─ messages: GET, POST
 *
 * Pure; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include <stddef.h>
#include <confab/types.h>

struct http_route;
struct route_table;

#define ROUTE_PARAMS_MAX 8

enum route_verdict {
	ROUTE_FOUND = 0,
	ROUTE_NO_PATH = 1,        /* 404 */
	ROUTE_NO_METHOD = 2,      /* 405; allow is filled */
	ROUTE_NO_SUCH_METHOD = 3, /* 501: no method of HTTP that we know */
};

struct route_match {
	const struct http_route *route;
	const char *params[ROUTE_PARAMS_MAX]; /* inside the path given */
	char allow[64];                       /* "GET, HEAD, POST" */
};

/** @param routes  must live as long as the table  @return NULL with err filled: a path that does
 *  not begin with "/", too many parameters, two routes alike */
struct route_table *route_table_new(
	const struct http_route *routes, size_t n, struct confab_error *err) CONFAB_MUSTCHECK;
/** NULL is fine. */
void route_table_free(struct route_table *t);
/**
 * Find what serves a method and a decoded path. HEAD finds GET.
 * @param path  changed: each "/" behind a parameter becomes NUL, when found
 */
enum route_verdict route_find(
	const struct route_table *t, const char *method, char *path, struct route_match *out);

#endif
