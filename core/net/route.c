/**
 * The tree of routes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/route.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "net/net.h"

static const char *const methods[] = {
	"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"};

struct node {
	const char *name; /* a literal segment, not NUL-terminated; NULL: a parameter */
	size_t name_len;
	struct node *children;
	struct node *next; /* sibling; the parameter is last */
	const struct http_route **routes;
	size_t n_routes;
};

struct route_table {
	struct node root;
};

/** Cut the next segment off a path that stands at "/". @return false at the end */
static bool segment_next(const char **at, const char **name, size_t *len)
{
	if (**at != '/')
		return false;
	*name = *at + 1;
	*len = strcspn(*name, "/");
	*at = *name + *len;
	return true;
}

static bool is_param(const char *name, size_t len)
{
	return len >= 2 && name[0] == '{' && name[len - 1] == '}';
}

static struct node *child_find(struct node *parent, const char *name, size_t len)
{
	for (struct node *n = parent->children; n; n = n->next)
		if (name ? n->name && n->name_len == len && memcmp(n->name, name, len) == 0
			 : !n->name)
			return n;
	return NULL;
}

static struct node *child_make(struct node *parent, const char *name, size_t len)
{
	struct node **link = &parent->children;
	struct node *n = child_find(parent, name, len);

	if (n)
		return n;
	n = alloc_zero(1, sizeof(*n));
	n->name = name;
	n->name_len = len;
	if (!name)
		while (*link)
			link = &(*link)->next;
	n->next = *link;
	*link = n;
	return n;
}

static const struct http_route *node_route(const struct node *n, const char *method)
{
	for (size_t i = 0; i < n->n_routes; i++)
		if (strcmp(n->routes[i]->method, method) == 0)
			return n->routes[i];
	return NULL;
}

static int table_add(struct route_table *t, const struct http_route *r, struct confab_error *err)
{
	const char *at = r->path, *name;
	struct node *n = &t->root;
	unsigned params = 0;
	size_t len;

	if (*at != '/')
		return confab_error_set(err, CONFAB_EINVAL,
			"route '%s %s', a path begins with a slash", r->method, r->path);
	while (segment_next(&at, &name, &len)) {
		bool param = is_param(name, len);

		params += param;
		n = child_make(n, param ? NULL : name, param ? 0 : len);
	}
	if (params > ROUTE_PARAMS_MAX)
		return confab_error_set(err, CONFAB_EINVAL,
			"route '%s %s', more than %d parameters", r->method, r->path,
			ROUTE_PARAMS_MAX);
	if (node_route(n, r->method))
		return confab_error_set(
			err, CONFAB_EEXIST, "route '%s %s' is there twice", r->method, r->path);
	n->routes = alloc_resize(n->routes, (n->n_routes + 1) * sizeof(*n->routes));
	n->routes[n->n_routes++] = r;
	return 0;
}

static void node_fini(struct node *n)
{
	while (n->children) {
		struct node *child = n->children;

		n->children = child->next;
		node_fini(child);
		free(child);
	}
	free(n->routes);
}

/** Params are collected by depth; a way that fails leaves nothing behind. */
static const struct node *walk(
	const struct node *n, const char *at, const char **params, unsigned depth)
{
	const char *name;
	size_t len;

	if (!segment_next(&at, &name, &len))
		return n->n_routes > 0 ? n : NULL;
	for (const struct node *child = n->children; child; child = child->next) {
		const struct node *found;

		if (child->name) {
			if (child->name_len != len || memcmp(child->name, name, len) != 0)
				continue;
			found = walk(child, at, params, depth);
		} else {
			if (len == 0 || depth == ROUTE_PARAMS_MAX)
				continue;
			params[depth] = name;
			found = walk(child, at, params, depth + 1);
			if (!found)
				params[depth] = NULL;
		}
		if (found)
			return found;
	}
	return NULL;
}

static void allow_write(const struct node *n, char *out, size_t size)
{
	out[0] = '\0';
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		bool head = strcmp(methods[i], "HEAD") == 0;

		if (!node_route(n, head ? "GET" : methods[i]) && strcmp(methods[i], "OPTIONS") != 0)
			continue;
		if (out[0])
			strncat(out, ", ", size - strlen(out) - 1);
		strncat(out, methods[i], size - strlen(out) - 1);
	}
}

static bool method_known(const char *method)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i], method) == 0)
			return true;
	return false;
}

/* ------------------------------------------------------------------------------------------- */

struct route_table *route_table_new(
	const struct http_route *routes, size_t n, struct confab_error *err)
{
	struct route_table *t = alloc_zero(1, sizeof(*t));

	for (size_t i = 0; i < n; i++) {
		if (table_add(t, &routes[i], err) != 0) {
			route_table_free(t);
			return NULL;
		}
	}
	return t;
}

void route_table_free(struct route_table *t)
{
	if (!t)
		return;
	node_fini(&t->root);
	free(t);
}

enum route_verdict route_find(
	const struct route_table *t, const char *method, char *path, struct route_match *out)
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

	memset(out, 0, sizeof(*out));
	if (!method_known(method))
		return ROUTE_NO_SUCH_METHOD;
	const struct node *n = walk(&t->root, path, out->params, 0);

	if (!n)
		return ROUTE_NO_PATH;
	out->route = node_route(n, wanted);
	if (!out->route) {
		allow_write(n, out->allow, sizeof(out->allow));
		return ROUTE_NO_METHOD;
	}
	for (unsigned i = 0; i < ROUTE_PARAMS_MAX && out->params[i]; i++)
		((char *)(uintptr_t)out->params[i])[strcspn(out->params[i], "/")] = '\0';
	return ROUTE_FOUND;
}
