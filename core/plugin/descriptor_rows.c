/**
 * Rows of routes, metrics, verbs, helpers and collections: what may be in them.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "plugin/descriptor.h"
#include "plugin/descriptor_internal.h"

#define ROUTE_SEGMENTS_MAX 8
#define ROUTE_HEADERS_MAX 16
#define WALL_MS_MAX 600000
#define CPU_S_MAX 600
#define BUCKET_MAX 38

static bool one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (word != NULL && strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* Segments behind the first slash: literal, or a name in braces. */
static const char *path_fault(const char *path)
{
	unsigned segments = 0;

	if (path == NULL || path[0] != '/')
		return "its path does not begin with /";
	for (const char *at = path; *at == '/'; segments++) {
		size_t len = strcspn(++at, "/");

		if (len == 0)
			return "its path has an empty segment";
		if ((at[0] == '{') != (at[len - 1] == '}') || (at[0] == '{' && len < 3))
			return "a parameter of its path is not {name}";
		at += len;
	}
	/* v1, x and the plugin's name come first. */
	return segments > 3 + ROUTE_SEGMENTS_MAX ? "its path has more than 8 segments" : NULL;
}

/* Does a metric's name end as OpenMetrics ends names of samples? */
static bool ends_reserved(const char *name)
{
	static const char *const ends[] = {"total", "count", "sum", "bucket", "created", "info"};
	const char *last = strrchr(name, '_');

	return one_of(last != NULL ? last + 1 : name, ends, sizeof(ends) / sizeof(ends[0]));
}

static const char *labels_fault(const char *labels)
{
	unsigned n = 0;
	size_t len;

	for (const char *at = labels; at != NULL && *at != '\0'; at += len, at += *at == ' ') {
		char word[33];

		len = strcspn(at, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)(len < 32 ? len : 32), at);
		if (len > 32 || !word_valid(word, 32, WORD_SNAKE) || strcmp(word, "le") == 0)
			return "a label is not 1 to 32 of a-z, 0-9 and _, or is 'le'";
		if (++n > CONFAB_METRIC_LABELS_MAX)
			return "it has more than 3 labels";
	}
	return NULL;
}

/* How many words, separated by spaces; NULL: none. */
static unsigned words_count(const char *words)
{
	unsigned n = 0;

	for (const char *at = words; at != NULL && *(at += strspn(at, " ")) != '\0'; n++)
		at += strcspn(at, " ");
	return n;
}

static bool same_route(const struct confab_route_row *a, const struct confab_route_row *b)
{
	const char *p = a->path, *q = b->path;

	if (strcmp(a->method, b->method) != 0)
		return false;
	while (*p != '\0' && *p == *q) {
		bool param = *p == '{';

		p += param ? strcspn(p, "}") : 1;
		q += param ? strcspn(q, "}") : 1;
	}
	return *p == '\0' && *q == '\0';
}

/* ------------------------------------------------------------------------------------------ */

const char *route_fault(const void *row)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
	const struct confab_route_row *r = row;
	bool stream = r->body == CONFAB_HTTP_STREAM;

	if (!one_of(r->method, methods, sizeof(methods) / sizeof(methods[0])))
		return "its method is none of GET, POST, PUT, PATCH, DELETE";
	if (path_fault(r->path) != NULL)
		return path_fault(r->path);
	if (words_count(r->headers) > ROUTE_HEADERS_MAX)
		return "it names more than 16 fields of the head";
	if (r->actor < CONFAB_OP_NONE || r->actor > CONFAB_OP_ADMIN)
		return "its actor is unknown";
	if (r->body < CONFAB_HTTP_NONE || r->body > CONFAB_HTTP_STREAM)
		return "where its body goes is unknown";
	if ((r->body == CONFAB_HTTP_NONE) != (r->max_body == 0))
		return "it must have max_body if it takes a body, and else none";
	if (r->max_body >
		(r->body < CONFAB_HTTP_FILE ? CONFAB_HTTP_MEMORY_MAX : CONFAB_HTTP_BODY_MAX))
		return "its max_body is above 1 MB in memory, or 1 TB";
	if (r->idle_ms > WALL_MS_MAX)
		return "it may do nothing for longer than ten minutes";
	if (r->run == NULL)
		return "it has no run function";
	return stream != (r->piece != NULL) ? "it must have a piece function for a stream only"
					    : NULL;
}

const char *metric_fault(const void *row)
{
	const struct confab_metric_row *m = row;

	if (!word_valid(m->name, 40, WORD_SNAKE) || ends_reserved(m->name))
		return "its name is not 1 to 40 of a-z, 0-9 and _, or ends with total, count, sum, "
		       "bucket, created or info";
	if (m->type < CONFAB_COUNTER || m->type > CONFAB_HISTOGRAM)
		return "its type is unknown";
	if (m->unit != NULL && (!word_valid(m->unit, 20, WORD_SNAKE) || ends_reserved(m->unit)))
		return "its unit is not 1 to 20 of a-z, 0-9 and _";
	if (m->help == NULL || strpbrk(m->help, "\n\\\"") != NULL)
		return "it has no help, or one with a line break, quote or backslash";
	if (m->type == CONFAB_HISTOGRAM && (m->from >= m->to || m->to > BUCKET_MAX))
		return "its buckets are not 2^from to 2^to with from < to and to at most 38";
	return labels_fault(m->labels);
}

const char *verb_fault(const void *row)
{
	const struct confab_verb_row *v = row;
	bool optional = false;

	if (!word_valid(v->name, 32, WORD_SNAKE "-") || strchr(v->name, '_') != NULL)
		return "its name is not 1 to 32 of a-z, 0-9 and -";
	if (v->help == NULL || v->run == NULL)
		return "it lacks a help line or a run function";
	for (const struct confab_field *f = v->args; f != NULL && f->name != NULL; f++) {
		if (f->type != CONFAB_FIELD_STRING && f->type != CONFAB_FIELD_ID &&
			f->type != CONFAB_FIELD_INT && f->type != CONFAB_FIELD_BOOL)
			return "an argument is none of string, id, int, bool";
		if (f->required && optional)
			return "a required argument stands behind an optional one";
		optional = !f->required;
	}
	return NULL;
}

const char *helper_fault(const void *row)
{
	const struct confab_helper_row *h = row;

	if (!word_valid(h->name, 32, WORD_SNAKE))
		return "its name is not 1 to 32 of a-z, 0-9 and _";
	if (h->run == NULL)
		return "it has no run function";
	if (h->wall_ms > WALL_MS_MAX || h->cpu_s > CPU_S_MAX)
		return "its time is above 600 seconds";
	return NULL;
}

const char *collection_fault(const void *row)
{
	const struct confab_collection_row *c = row;

	if (!word_valid(c->name, 32, WORD_SNAKE))
		return "its name is not 1 to 32 of a-z, 0-9 and _";
	return c->index != NULL && c->index[0] == '\0' ? "the member it is indexed by has no name"
						       : NULL;
}

int routes_check(const struct descriptor *d, struct confab_error *err)
{
	char prefix[64];
	size_t len = (size_t)snprintf(prefix, sizeof(prefix), "/v1/x/%s/", d->d.name);

	if (d->d.routes.n > 0 && (d->d.caps & CONFAB_CAP_HTTP_ROUTE) == 0)
		return confab_error_set(err, CONFAB_EPERM,
			"has routes but does not ask for the capability http.route "
			"(.caps = CONFAB_CAP_HTTP_ROUTE)");
	for (uint32_t i = 0; i < d->d.routes.n; i++) {
		const struct confab_route_row *r = &d->routes[i];

		if (strncmp(r->path, prefix, len) != 0)
			return confab_error_set(err, CONFAB_EINVAL,
				"table routes, row %u: its path '%s' does not begin with %s", i + 1,
				r->path, prefix);
		for (uint32_t k = 0; k < i; k++)
			if (same_route(r, &d->routes[k]))
				return confab_error_set(err, CONFAB_EEXIST,
					"table routes has '%s %s' twice", r->method, r->path);
	}
	return 0;
}
