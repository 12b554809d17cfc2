/**
 * The table of ops, kept sorted by name.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/op_table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Where the twins live; net hands everything below it to wire. And what is left to plugins' routes. */
#define PATH_ROOT "/v1/"
#define PATH_ROUTES "/v1/x/"

struct op_table {
	struct op **ops;
	size_t n, cap;
	struct op *gone; /* removed while requests are not answered */
	struct confab_request *husks;
	uint64_t version;
};

static const struct confab_field *field_of(
	const struct confab_op_row *row, const char *name, size_t len)
{
	for (const struct confab_field *f = row->args; f && f->name; f++) {
		if (strlen(f->name) == len && memcmp(f->name, name, len) == 0) {
			return f;
		}
	}
	return NULL;
}

static void add_param(
	json_t *args, const char *name, size_t len, const char *value, size_t value_len)
{
	char key[64];

	if (!args || len >= sizeof(key)) {
		return;
	}
	memcpy(key, name, len);
	key[len] = '\0';
	json_object_set_new(args, key, json_stringn(value, value_len));
}

/** Does a path fit a pattern? Segments in braces take anything that is not empty. */
static bool fits(const struct confab_op_row *row, const char *path, json_t *args)
{
	const char *p = row->path, *s = path;

	while (*p && *s) {
		size_t plen, slen;

		if (*p++ != '/' || *s++ != '/') {
			return false;
		}
		plen = strcspn(p, "/");
		slen = strcspn(s, "/");
		if (plen > 2 && *p == '{') {
			if (!slen) {
				return false;
			}
			add_param(args, p + 1, plen - 2, s, slen);
		} else if (plen != slen || memcmp(p, s, plen) != 0) {
			return false;
		}
		p += plen;
		s += slen;
	}
	return !*p && !*s;
}

/** Same method, and paths that differ at most in the names of parameters? */
static bool same_path(const struct confab_op_row *a, const struct confab_op_row *b)
{
	const char *p = a->path, *q = b->path;

	if (!p || !q || strcmp(a->method, b->method) != 0) {
		return false;
	}
	while (*p && *p == *q) {
		bool param = *p == '{';

		p += param ? strcspn(p, "}") : 1;
		q += param ? strcspn(q, "}") : 1;
	}
	return !*p && !*q;
}

static bool method_known(const char *method)
{
	static const char *const known[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i], method) == 0) {
			return true;
		}
	}
	return false;
}

/** What is wrong with a path, or NULL: segments are literal or a {parameter} that is an argument. */
static const char *path_fault(const struct confab_op_row *row)
{
	const char *at = row->path + strlen(PATH_ROOT) - 1;
	unsigned segments = 0;

	if (strncmp(row->path, PATH_ROOT, strlen(PATH_ROOT)) != 0) {
		return "its path does not begin with " PATH_ROOT;
	}
	if (strncmp(row->path, PATH_ROUTES, strlen(PATH_ROUTES)) == 0) {
		return "its path begins with " PATH_ROUTES ", below which only routes are";
	}
	for (; *at == '/'; segments++) {
		size_t len = strcspn(++at, "/");
		const struct confab_field *f;

		if (!len) {
			return "its path has an empty segment";
		}
		if (*at == '{') {
			f = len > 2 && at[len - 1] == '}' ? field_of(row, at + 1, len - 2) : NULL;
			if (!f || !f->required) {
				return "a parameter of its path is no required argument";
			}
		}
		at += len;
	}
	return segments > OP_PATH_SEGMENTS ? "its path is too long" : NULL;
}

/** What is wrong with a row, or NULL. */
static const char *row_fault(const struct confab_op_row *row)
{
	if (!row->name || !*row->name) {
		return "it has no name";
	}
	if ((row->kind == NULL) == (row->run == NULL)) {
		return "it needs either a kind or a function to run";
	}
	if ((row->method == NULL) != (row->path == NULL)) {
		return "it has only one of method and path";
	}
	if (row->actor == CONFAB_OP_NONE && (!row->path || !row->run)) {
		return "it is for anybody, so it needs a path and a function to run";
	}
	if (row->method && !method_known(row->method)) {
		return "its method is none of GET, POST, PUT, PATCH, DELETE";
	}
	return row->path ? path_fault(row) : NULL;
}

/** Is this one of the methods in a list like "GET, HEAD"? */
static bool allow_has(const char *allow, const char *method)
{
	size_t len = strlen(method);

	for (const char *at = allow; *at; at += strspn(at, ", ")) {
		size_t n = strcspn(at, ",");

		if (n == len && memcmp(at, method, len) == 0) {
			return true;
		}
		at += n;
	}
	return false;
}

static void allow_add(char allow[OP_ALLOW_SIZE], const char *method)
{
	size_t used = strlen(allow);

	if (allow_has(allow, method)) {
		return;
	}
	snprintf(allow + used, OP_ALLOW_SIZE - used, "%s%s%s", used ? ", " : "", method,
		strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

/* -------------------------------------------------------------------------------------------- */

struct op_table *op_table_new(void)
{
	struct op_table *t = calloc(1, sizeof(*t));

	assert(t);
	return t;
}

void op_table_free(struct op_table *t)
{
	if (!t) {
		return;
	}
	for (size_t i = 0; i < t->n; i++) {
		free(t->ops[i]);
	}
	for (struct op *op = t->gone, *next; op; op = next) {
		next = op->next_gone;
		free(op);
	}
	free(t->ops);
	free(t);
}

int op_add(struct op_table *t, const struct confab_op_row *row, void *ctx, const void *owner,
	const char *owner_name, struct confab_error *err)
{
	const char *fault = row_fault(row);
	struct op *op;
	size_t at = 0;

	if (fault) {
		return confab_error_set(err, CONFAB_EINVAL, "op '%s' of '%s' is refused: %s",
			row->name ? row->name : "", owner_name, fault);
	}
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->ops[i]->row->name, row->name) == 0 ||
			same_path(t->ops[i]->row, row)) {
			return confab_error_set(err, CONFAB_EEXIST,
				"op '%s' of '%s' is there already "
				"(it or its path belongs to '%s' of '%s')",
				row->name, owner_name, t->ops[i]->row->name, t->ops[i]->owner_name);
		}
	}
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 32;
		t->ops = realloc(t->ops, t->cap * sizeof(*t->ops));
		assert(t->ops);
	}
	while (at < t->n && strcmp(t->ops[at]->row->name, row->name) < 0) {
		at++;
	}
	op = calloc(1, sizeof(*op));
	assert(op);
	*op = (struct op){
		.row = row, .ctx = ctx, .owner = owner, .owner_name = owner_name, .of = t};
	memmove(t->ops + at + 1, t->ops + at, (t->n - at) * sizeof(*t->ops));
	t->ops[at] = op;
	t->n++;
	t->version++;
	return 0;
}

void op_remove_all(struct op_table *t, const void *owner)
{
	size_t left = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct op *op = t->ops[i];

		if (op->owner != owner) {
			t->ops[left++] = op;
			continue;
		}
		t->version++;
		if (op->live == 0) {
			free(op);
			continue;
		}
		op->gone = true;
		op->next_gone = t->gone;
		t->gone = op;
	}
	t->n = left;
}

void op_hold(struct op *op)
{
	op->live++;
}

void op_drop(struct op *op)
{
	struct op **at = &op->of->gone;

	if (--op->live > 0 || !op->gone) {
		return;
	}
	while (*at != op) {
		at = &(*at)->next_gone;
	}
	*at = op->next_gone;
	free(op);
}

/** Requests that a plugin answers itself hang on their op; what starts an event is answered by its end. */
static uint32_t unanswered(const struct op *op, const void *owner)
{
	return op->owner == owner && op->row->run ? op->live : 0;
}

uint32_t op_table_unanswered(const struct op_table *t, const void *owner)
{
	uint32_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		n += unanswered(t->ops[i], owner);
	}
	for (const struct op *op = t->gone; op; op = op->next_gone) {
		n += unanswered(op, owner);
	}
	return n;
}

struct op *op_table_waited_for(const struct op_table *t, const struct op *op)
{
	size_t i = 0;

	while (op && i < t->n && t->ops[i++] != op) {
	}
	for (; i < t->n; i++) {
		if (t->ops[i]->owner && unanswered(t->ops[i], t->ops[i]->owner)) {
			return t->ops[i];
		}
	}
	for (struct op *gone = op && op->gone ? op->next_gone : t->gone; gone;
		gone = gone->next_gone) {
		if (gone->owner && unanswered(gone, gone->owner)) {
			return gone;
		}
	}
	return NULL;
}

struct confab_request **op_table_husks(struct op_table *t)
{
	return &t->husks;
}

struct confab_request *op_table_request(const struct op_table *t, const void *owner)
{
	for (size_t i = 0; i < t->n; i++) {
		if (unanswered(t->ops[i], owner)) {
			return t->ops[i]->requests;
		}
	}
	for (const struct op *op = t->gone; op; op = op->next_gone) {
		if (unanswered(op, owner)) {
			return op->requests;
		}
	}
	return NULL;
}

struct op *op_find(const struct op_table *t, const char *name)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(t->ops[mid]->row->name, name);

		if (order == 0) {
			return t->ops[mid];
		}
		if (order < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return NULL;
}

struct op *op_at(const struct op_table *t, size_t n)
{
	return n < t->n ? t->ops[n] : NULL;
}

uint64_t op_table_version(const struct op_table *t)
{
	return t->version;
}

struct op *op_match(const struct op_table *t, const char *method, const char *path, json_t *args,
	char allow[OP_ALLOW_SIZE])
{
	allow[0] = '\0';
	if (strcmp(method, "HEAD") == 0) {
		method = "GET";
	}
	/* literal paths win over those with parameters: /v1/users/me before /v1/users/{user} */
	for (int with_params = 0; with_params < 2; with_params++) {
		for (size_t i = 0; i < t->n; i++) {
			const struct confab_op_row *row = t->ops[i]->row;

			if (!row->path || (strchr(row->path, '{') != NULL) != with_params ||
				!fits(row, path, NULL)) {
				continue;
			}
			if (strcmp(row->method, method) != 0) {
				allow_add(allow, row->method);
				continue;
			}
			(void)fits(row, path, args);
			allow[0] = '\0';
			return t->ops[i];
		}
	}
	if (allow[0]) {
		allow_add(allow, "OPTIONS");
	}
	return NULL;
}
