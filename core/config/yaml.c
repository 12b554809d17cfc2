/**
 * libyaml's events made into a tree. Memory is one list of blocks, freed at once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"
#include "config/yaml_problem.h"

struct block {
	struct block *next;
	max_align_t bytes[];
};

struct yaml_tree {
	struct block *blocks;
	struct yaml_value *root;
	size_t values;
};

/* A list or map that is open. */
struct level {
	struct yaml_value *value;
	struct yaml_value **tail;
	char *key; /* of a map: read, its value is awaited */
	struct config_place key_at;
};

struct reader {
	struct yaml_tree *tree;
	struct config_report *report;
	struct level levels[YAML_DEPTH_MAX];
	unsigned depth;
	unsigned documents;
};

static void *tree_alloc(struct yaml_tree *t, size_t size)
{
	struct block *b = alloc_zero(1, sizeof(*b) + size);

	b->next = t->blocks;
	t->blocks = b;
	return b->bytes;
}

static struct config_place place(yaml_mark_t mark)
{
	return (struct config_place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static bool key_taken(const struct level *l, const char *key, struct config_place *first)
{
	for (const struct yaml_value *v = l->value->first; v; v = v->next) {
		if (strcmp(v->key, key) == 0) {
			*first = v->key_at;
			return true;
		}
	}
	return false;
}

/* A scalar where a map awaits a key. */
static bool key_take(struct reader *rd, struct level *l, const char *text, struct config_place at)
{
	struct config_place first;

	if (strcmp(text, "<<") == 0) {
		config_report_add(
			rd->report, at, "merge keys (<<) are not supported; write the values out");
		return false;
	}
	if (text[0] == '\0') {
		config_report_add(rd->report, at, "a key is missing before ':'");
		return false;
	}
	if (l->value->count == YAML_KEYS_MAX) {
		config_report_add(rd->report, at, "more than %d keys in one map", YAML_KEYS_MAX);
		return false;
	}
	if (key_taken(l, text, &first))
		config_report_add(rd->report, at, "key '%s' is given twice (first in line %u)",
			text, first.line);
	l->key = tree_alloc(rd->tree, strlen(text) + 1);
	strcpy(l->key, text); /* sized in the line above */
	l->key_at = at;
	return true;
}

/* Hang a new value where the reader stands. NULL: a bound was reached. */
static struct yaml_value *value_add(
	struct reader *rd, enum yaml_shape shape, struct config_place at)
{
	struct level *l = rd->depth ? &rd->levels[rd->depth - 1] : NULL;
	struct yaml_value *v;

	if (++rd->tree->values > YAML_VALUES_MAX) {
		config_report_add(
			rd->report, at, "more than %d values in one file", YAML_VALUES_MAX);
		return NULL;
	}
	v = tree_alloc(rd->tree, sizeof(*v));
	v->shape = shape;
	v->at = at;
	if (!l) {
		rd->tree->root = v;
		return v;
	}
	v->key = l->key;
	v->key_at = l->key_at;
	l->key = NULL;
	*l->tail = v;
	l->tail = &v->next;
	l->value->count++;
	return v;
}

static bool at_key(const struct reader *rd)
{
	const struct level *l = rd->depth ? &rd->levels[rd->depth - 1] : NULL;

	return l && l->value->shape == YAML_MAP && !l->key;
}

static bool scalar(struct reader *rd, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;
	struct config_place at = place(ev->start_mark);
	struct yaml_value *v;
	char *copy;

	if (memchr(text, '\0', len)) {
		config_report_add(rd->report, at, "a NUL character is not allowed");
		return false;
	}
	if (at_key(rd))
		return key_take(rd, &rd->levels[rd->depth - 1], text, at);
	v = value_add(rd, YAML_SCALAR, at);
	if (!v)
		return false;
	copy = tree_alloc(rd->tree, len + 1);
	memcpy(copy, text, len);
	v->text = copy;
	v->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return true;
}

static bool open_level(struct reader *rd, const yaml_event_t *ev, enum yaml_shape shape)
{
	struct config_place at = place(ev->start_mark);
	struct yaml_value *v;

	if (at_key(rd)) {
		config_report_add(rd->report, at, "a key must be text, not a list or a map");
		return false;
	}
	if (rd->depth == YAML_DEPTH_MAX) {
		config_report_add(rd->report, at, "nested deeper than %d levels", YAML_DEPTH_MAX);
		return false;
	}
	v = value_add(rd, shape, at);
	if (!v)
		return false;
	rd->levels[rd->depth++] = (struct level){.value = v, .tail = &v->first};
	return true;
}

/* What this configuration does without: it is refused, reading goes on. */
static void refuse_extras(struct reader *rd, const yaml_event_t *ev)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;
	struct config_place at = place(ev->start_mark);

	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor)
		config_report_add(rd->report, at,
			"anchors (&%s) are not supported; write the value where it is needed",
			(const char *)anchor);
	if (tag)
		config_report_add(rd->report, at,
			"tags (%s) are not supported; quote a value that begins with '!'",
			(const char *)tag);
}

static bool take_event(struct reader *rd, const yaml_event_t *ev)
{
	refuse_extras(rd, ev);
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return scalar(rd, ev);
	case YAML_SEQUENCE_START_EVENT:
		return open_level(rd, ev, YAML_LIST);
	case YAML_MAPPING_START_EVENT:
		return open_level(rd, ev, YAML_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		rd->depth--;
		return true;
	case YAML_ALIAS_EVENT:
		config_report_add(rd->report, place(ev->start_mark),
			"aliases (*%s) are not supported; write the value out, and quote text that "
			"begins with '*'",
			(const char *)ev->data.alias.anchor);
		return false;
	case YAML_DOCUMENT_START_EVENT:
		if (++rd->documents == 1)
			return true;
		config_report_add(rd->report, place(ev->start_mark),
			"a second document begins here; a configuration is one document");
		return false;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	}
	return true;
}

static void read_events(struct reader *rd, const char *bytes, size_t len)
{
	yaml_parser_t parser;
	yaml_event_t ev;
	bool more = true;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)(len ? bytes : ""), len);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	while (more) {
		if (!yaml_parser_parse(&parser, &ev)) {
			yaml_problem_report(&parser, bytes, len, rd->report);
			break;
		}
		more = take_event(rd, &ev) && ev.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&parser);
}

/* ------------------------------------------------------------------------------------------- */

struct yaml_tree *yaml_tree_parse(const char *bytes, size_t len, struct config_report *report)
{
	struct reader rd = {.report = report};
	size_t before = config_report_errors(report);

	if (len > YAML_BYTES_MAX) {
		config_report_add(report, (struct config_place){0, 0},
			"the file is larger than %d bytes", YAML_BYTES_MAX);
		return NULL;
	}
	rd.tree = alloc_zero(1, sizeof(*rd.tree));
	read_events(&rd, bytes, len);
	if (config_report_errors(report) == before)
		return rd.tree;
	yaml_tree_free(rd.tree);
	return NULL;
}

void yaml_tree_free(struct yaml_tree *t)
{
	struct block *b, *next;

	if (!t)
		return;
	for (b = t->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	free(t);
}

const struct yaml_value *yaml_tree_root(const struct yaml_tree *t)
{
	return yaml_is_null(t->root) ? NULL : t->root;
}

const struct yaml_value *yaml_find(const struct yaml_value *v, const char *key)
{
	if (!v || v->shape != YAML_MAP)
		return NULL;
	for (v = v->first; v; v = v->next) {
		if (strcmp(v->key, key) == 0)
			return v;
	}
	return NULL;
}

bool yaml_is_null(const struct yaml_value *v)
{
	if (!v)
		return true;
	if (v->shape != YAML_SCALAR || v->quoted)
		return false;
	return v->text[0] == '\0' || strcmp(v->text, "~") == 0 || strcmp(v->text, "null") == 0;
}

const char *yaml_space_hint(const struct yaml_value *v)
{
	size_t len = v->shape == YAML_SCALAR ? strspn(v->text, "abcdefghijklmnopqrstuvwxyz_-") : 0;

	return len > 0 && v->text[len] == ':' ? " (is a space missing behind ':'?)" : "";
}

const char *yaml_shape_name(const struct yaml_value *v)
{
	switch (v->shape) {
	case YAML_SCALAR:
		return yaml_is_null(v) ? "nothing" : "text";
	case YAML_LIST:
		return "a list";
	case YAML_MAP:
		return "a map";
	}
	return "nothing";
}
