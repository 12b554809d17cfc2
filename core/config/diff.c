/**
 * Two lists of entries laid beside each other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "config/config_internal.h"
#include "config/entry.h"

static char *text_of(const struct config_entry *e)
{
	struct buf b;

	if (!e)
		return NULL;
	buf_init(&b);
	value_text(e->row, e->value, &b);
	return buf_take(&b, NULL);
}

static void change_add(struct config_diff *diff, struct config_change change)
{
	diff->changes = alloc_resize(diff->changes, (diff->count + 1) * sizeof(*diff->changes));
	diff->changes[diff->count++] = change;
	diff->restarts += change.restart;
}

/* The plugin's name in "plugins.NAME.key" or "channel_types.TYPE.plugins.NAME.key", or NULL. */
static const char *plugin_of(const char *key, char name[64])
{
	const char *s = strncmp(key, "plugins.", 8) == 0 ? key : strstr(key, ".plugins.");
	size_t len;

	if (!s || (s != key && strncmp(key, "channel_types.", 14) != 0))
		return NULL;
	s += s == key ? 8 : 9;
	len = strcspn(s, ".");
	if (len >= 64)
		return NULL;
	memcpy(name, s, len);
	name[len] = '\0';
	return name;
}

/* Was the plugin of this key read on both sides? Keys of no plugin always count. */
static bool comparable(const char *key, const struct config *a, const struct config *b)
{
	char name[64];
	const struct config_plugin *pa, *pb;

	if (!plugin_of(key, name))
		return true;
	pa = config_plugin(a, name);
	pb = config_plugin(b, name);
	return pa && pb && pa->read && pb->read;
}

/* Came or went: a listener needs a restart, a channel type and a plugin's overlay do not. */
static bool presence_restarts(const struct config_entry *e)
{
	return strncmp(e->key, "listen.", 7) == 0;
}

static void compare(
	struct config_diff *diff, const struct config_entry *a, const struct config_entry *b)
{
	bool restart;

	if (a && b && a->row->type == b->row->type && value_equal(a->row, a->value, b->value))
		return;
	if (a && b)
		restart = !(b->row->flags & CONFAB_SETTING_RELOADABLE);
	else
		restart = presence_restarts(a ? a : b);
	change_add(diff,
		(struct config_change){.key = alloc_str(a ? a->key : b->key),
			.was = text_of(a),
			.becomes = text_of(b),
			.restart = restart});
}

static void plugin_switched(struct config_diff *diff, const char *name, bool on)
{
	struct buf b;

	buf_init(&b);
	buf_fmt(&b, "plugins.%s", name);
	change_add(diff,
		(struct config_change){.key = buf_take(&b, NULL),
			.was = alloc_str(on ? "false" : "true"),
			.becomes = alloc_str(on ? "true" : "false")});
}

static void compare_plugins(
	struct config_diff *diff, const struct config *a, const struct config *b)
{
	for (size_t i = 0; i < a->plugin_count; i++) {
		if (!config_plugin(b, a->plugins[i].name))
			plugin_switched(diff, a->plugins[i].name, false);
	}
	for (size_t i = 0; i < b->plugin_count; i++) {
		if (!config_plugin(a, b->plugins[i].name))
			plugin_switched(diff, b->plugins[i].name, true);
	}
}

/* ------------------------------------------------------------------------------------------- */

void config_diff(struct config_diff *diff, const struct config *was, const struct config *becomes)
{
	struct config_entries a, b;

	*diff = (struct config_diff){0};
	config_entries_init(&a, was);
	config_entries_init(&b, becomes);
	for (size_t i = 0; i < a.count; i++) {
		const struct config_entry *e = &a.entries[i];

		if (comparable(e->key, was, becomes))
			compare(diff, e, config_entries_find(&b, e->key));
	}
	for (size_t i = 0; i < b.count; i++) {
		const struct config_entry *e = &b.entries[i];

		if (!config_entries_find(&a, e->key) && comparable(e->key, was, becomes))
			compare(diff, NULL, e);
	}
	compare_plugins(diff, was, becomes);
	config_entries_fini(&a);
	config_entries_fini(&b);
}

void config_diff_fini(struct config_diff *diff)
{
	for (size_t i = 0; i < diff->count; i++) {
		free(diff->changes[i].key);
		free(diff->changes[i].was);
		free(diff->changes[i].becomes);
	}
	free(diff->changes);
	*diff = (struct config_diff){0};
}

void config_diff_print(const struct config_diff *diff, FILE *out)
{
	for (size_t i = 0; i < diff->count; i++) {
		const struct config_change *c = &diff->changes[i];

		fprintf(out, "%s: %s -> %s%s\n", c->key, c->was ? c->was : "(not there)",
			c->becomes ? c->becomes : "(not there)",
			c->restart ? " (needs a restart)" : "");
	}
}
