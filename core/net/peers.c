/**
 * Origins and proxies that are trusted.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/peers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "net/http1.h"

/** Fields of one name that are looked at. */
#define FIELDS_MAX 16

struct peers {
	struct addr_list proxies;
	size_t n_origins;
	char *origins[];
};

/** The nodes of a Forwarded field as a list of addresses. RFC 7239, sections 4 and 6. */
static void forwarded_nodes(const char *value, struct buf *out)
{
	struct http_slice rest = {value, strlen(value)}, element;

	while (http_list_next(&rest, &element)) {
		const char *end = element.at + element.len, *at = element.at;

		while (at + 4 <= end && strncasecmp(at, "for=", 4) != 0)
			at++;
		if (at + 4 > end)
			at = end;
		else
			at += 4;
		at += at < end && *at == '"';
		size_t len = 0;

		/* Quoted strings hold what is no token: brackets and ports. */
		while (at + len < end && at[len] != '"' && at[len] != ';')
			len++;
		if (out->len > 0)
			buf_str(out, ", ");
		buf_add(out, at, len);
	}
}

/** Values of a field, in order of arrival. @return how many, at most FIELDS_MAX (the last ones) */
static size_t fields_of(const struct http1 *rq, const char *wanted, const char *out[FIELDS_MAX])
{
	const char *name, *value;
	size_t n = 0;

	for (size_t i = 0; http1_field(rq, i, &name, &value); i++) {
		if (strcasecmp(name, wanted) != 0)
			continue;
		if (n == FIELDS_MAX)
			memmove(out, out + 1, --n * sizeof(*out));
		out[n++] = value;
	}
	return n;
}

/* ------------------------------------------------------------------------------------------- */

struct peers *peers_new(const char *const *origins, size_t n_origins, const char *const *proxies,
	size_t n_proxies, struct confab_error *err)
{
	struct peers *p = alloc_zero(1, sizeof(*p) + n_origins * sizeof(p->origins[0]));

	for (size_t i = 0; i < n_origins; i++) {
		size_t size = strlen(origins[i]) + 1;

		p->origins[p->n_origins++] = memcpy(alloc_resize(NULL, size), origins[i], size);
	}
	for (size_t i = 0; i < n_proxies; i++) {
		if (addr_list_add(&p->proxies, proxies[i], err) != 0) {
			peers_free(p);
			return NULL;
		}
	}
	return p;
}

void peers_free(struct peers *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_origins; i++)
		free(p->origins[i]);
	addr_list_fini(&p->proxies);
	free(p);
}

bool peers_origin_allowed(
	const struct peers *p, const char *origin, const char *host, size_t host_len)
{
	const char *own = strstr(origin, "://");

	if (own && host_len > 0 && http_same(host, host_len, own + 3))
		return true;
	for (size_t i = 0; i < p->n_origins; i++)
		if (strcmp(p->origins[i], "*") == 0 || strcasecmp(p->origins[i], origin) == 0)
			return true;
	return false;
}

void peers_client(const struct peers *p, const struct http1 *rq, struct addr *at)
{
	const char *values[FIELDS_MAX];
	size_t n;

	if (!addr_list_has(&p->proxies, at))
		return;
	n = fields_of(rq, "X-Forwarded-For", values);
	if (n > 0) {
		while (n > 0 && addr_forwarded(at, &p->proxies, values[n - 1]))
			n--;
		return;
	}
	for (n = fields_of(rq, "Forwarded", values); n > 0; n--) {
		struct buf nodes;

		buf_init(&nodes);
		forwarded_nodes(values[n - 1], &nodes);
		bool on = nodes.len > 0 && addr_forwarded(at, &p->proxies, nodes.bytes);

		buf_fini(&nodes);
		if (!on)
			return;
	}
}
