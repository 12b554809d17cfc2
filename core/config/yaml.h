/**
 * A YAML file as a tree of values that know where they stand. Only what a configuration needs:
 * one document of maps, lists and scalars. Anchors, aliases, merge keys and tags are refused, so
 * nothing can grow beyond what was written.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "config/report.h"

/** Bounds: more is refused before it is kept. */
#define YAML_BYTES_MAX (1024 * 1024)
#define YAML_DEPTH_MAX 16
#define YAML_VALUES_MAX 20000
#define YAML_KEYS_MAX 1000

enum yaml_shape { YAML_SCALAR, YAML_LIST, YAML_MAP };

/** A value. Borrowed from its tree. */
struct yaml_value {
	enum yaml_shape shape;
	bool quoted; /* scalar: written in quotes or as a block, so it is text */
	struct config_place at;
	const char *text; /* scalar: UTF-8 without NUL */
	const char *key;  /* its key, if it stands in a map */
	struct config_place key_at;
	struct yaml_value *first; /* list, map: in the file's order */
	struct yaml_value *next;  /* its neighbour */
	size_t count;
};

struct yaml_tree;

/**
 * Read bytes. What is wrong is added to the report; a tree comes back only if nothing was.
 *
 * @return a tree for yaml_tree_free(), or NULL
 * Thread: any.  Cost: linear, but for maps (keys squared, bounded).  Source: YAML 1.1 by libyaml.
 */
struct yaml_tree *yaml_tree_parse(const char *bytes, size_t len, struct config_report *report);
void yaml_tree_free(struct yaml_tree *t);

/** The outermost value, or NULL: the file is empty. */
const struct yaml_value *yaml_tree_root(const struct yaml_tree *t);

/** The value of a key, or NULL if there is none or v is no map (NULL is fine). */
const struct yaml_value *yaml_find(const struct yaml_value *v, const char *key);

/** Nothing was written ("key:" alone, "~", "null")? Also true for NULL. */
bool yaml_is_null(const struct yaml_value *v);

/** Does it look like "key:value" as text? Then " (is a space missing behind ':'?)", else "". */
const char *yaml_space_hint(const struct yaml_value *v);

/** "a list", "a map", "text": for sentences. */
const char *yaml_shape_name(const struct yaml_value *v);

#endif
