/**
 * The table of ops, kept sorted by name.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/op_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct op_table {
	struct op **ops;
	size_t n, cap;
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

static void add_param(json_t *args, const struct confab_op_row *row, const char *name, size_t len,
	const char *value, size_t value_len)
{
	const struct confab_field *f = field_of(row, name, len);
	char key[64], *end;
	long long number;

	if (!args || len >= sizeof(key)) {
		return;
	}
	memcpy(key, name, len);
	key[len] = '\0';
	if (f && f->type == CONFAB_FIELD_INT && value_len < 20) {
		char digits[20];

		memcpy(digits, value, value_len);
		digits[value_len] = '\0';
		number = strtoll(digits, &end, 10);
		if (value_len && !*end) {
			json_object_set_new(args, key, json_integer(number));
			return;
		}
	}
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
			add_param(args, row, p + 1, plen - 2, s, slen);
		} else if (plen != slen || memcmp(p, s, plen) != 0) {
			return false;
		}
		p += plen;
		s += slen;
	}
	return !*p && !*s;
}

static bool same_path(const struct confab_op_row *a, const struct confab_op_row *b)
{
	return a->path && b->path && strcmp(a->path, b->path) == 0 &&
		strcmp(a->method, b->method) == 0;
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
	free(t->ops);
	free(t);
}

int op_add(struct op_table *t, const struct confab_op_row *row, void *ctx, const void *owner,
	const char *owner_name, struct confab_error *err)
{
	struct op *op;
	size_t at = 0;

	if (!row->name || (!row->kind && !row->run) || (row->path && !row->method) ||
		(row->actor == CONFAB_OP_NONE && !row->path)) {
		return confab_error_set(err, CONFAB_EINVAL,
			"op '%s' of '%s' is incomplete: it needs a "
			"name, a kind or run, and for actor none an HTTP path",
			row->name ? row->name : "(no name)", owner_name);
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
	*op = (struct op){.row = row, .ctx = ctx, .owner = owner, .owner_name = owner_name};
	memmove(t->ops + at + 1, t->ops + at, (t->n - at) * sizeof(*t->ops));
	t->ops[at] = op;
	t->n++;
	return 0;
}

void op_remove_all(struct op_table *t, const void *owner)
{
	size_t left = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->ops[i]->owner == owner) {
			free(t->ops[i]);
		} else {
			t->ops[left++] = t->ops[i];
		}
	}
	t->n = left;
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

struct op *op_match(const struct op_table *t, const char *method, const char *path, json_t *args,
	bool *known_path)
{
	*known_path = false;
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
				*known_path = true;
				continue;
			}
			(void)fits(row, path, args);
			return t->ops[i];
		}
	}
	return NULL;
}
