/**
 * Finding scripts, and changing one set for another.
 *
 * SPDX-License-Identifier: MIT
 */
#include "script-lua/set.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(
	struct set *set, const char *path, const struct set_sources *from, struct confab_error *err)
{
	char name[SCRIPT_NAME_MAX + 1];
	const char *base = strrchr(path, '/');
	snprintf(name, sizeof(name), "%s", base != NULL ? base + 1 : path);
	size_t len = strlen(name);
	if (len > 4 && strcmp(name + len - 4, ".lua") == 0)
		name[len - 4] = '\0';
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->scripts[i]->name, name) == 0)
			return confab_error_set(err, CONFAB_EEXIST,
				"%s: script '%s' is there already, from %s", path, name,
				set->scripts[i]->path);
	struct script **more = realloc(set->scripts, (set->count + 1) * sizeof(*more));
	if (more == NULL)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	set->scripts = more;
	struct script *s = script_open(
		path, json_object_get(from->settings, name), &from->limits, err);
	if (s == NULL)
		return err->code;
	more[set->count++] = s;
	for (size_t i = 0; i < s->n_hooks; i++)
		set->stages |= 1u << s->hooks[i].stage;
	return 0;
}

static int is_script(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".lua") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_directory(struct set *set, const struct set_sources *from, struct confab_error *err)
{
	struct dirent **entries = NULL;
	int n = scandir(from->directory, &entries, is_script, by_name), rc = 0;
	if (n < 0)
		return confab_error_set(err, CONFAB_EIO, "directory: %s cannot be read (%s)",
			from->directory, strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", from->directory, entries[i]->d_name);
		rc = rc != 0 ? rc : add(set, path, from, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* Whoever has settings must be there: else a name is misspelt. */
static int check_settings(const struct set *set, const json_t *settings, struct confab_error *err)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)settings, name, value)
	{
		size_t i = 0;
		while (i < set->count && strcmp(set->scripts[i]->name, name) != 0)
			i++;
		if (i == set->count)
			return confab_error_set(
				err, CONFAB_EINVAL, "settings: there is no script '%.64s'", name);
	}
	return 0;
}

/* ------------------------------------------------------------------------------------------ */

struct set *set_new(const struct set_sources *from, struct confab_error *err)
{
	struct set *set = calloc(1, sizeof(*set));
	if (set == NULL) {
		confab_error_set(err, CONFAB_ENOMEM, "out of memory");
		return NULL;
	}
	int rc = from->directory != NULL ? add_directory(set, from, err) : 0;
	for (size_t i = 0; i < from->files.count && rc == 0; i++)
		rc = add(set, from->files.items[i], from, err);
	if (rc == 0 && from->settings != NULL)
		rc = check_settings(set, from->settings, err);
	if (rc == 0)
		return set;
	set_free(set);
	return NULL;
}

void set_free(struct set *set)
{
	for (size_t i = 0; set != NULL && i < set->count; i++)
		script_free(set->scripts[i]);
	if (set != NULL)
		free(set->scripts);
	free(set);
}

void set_start(struct set *set, struct set *former, struct confab_plugin *p)
{
	if (set == former)
		return;
	for (size_t i = 0; i < set->count; i++)
		for (size_t k = 0; former != NULL && k < former->count; k++)
			if (former->scripts[k]->plugin != NULL &&
				script_same(set->scripts[i], former->scripts[k])) {
				struct script *live = former->scripts[k];
				former->scripts[k] = set->scripts[i];
				set->scripts[i] = live;
			}
	set_stop(former);
	for (size_t i = 0; i < set->count; i++)
		if (set->scripts[i]->plugin == NULL)
			script_start(set->scripts[i], p);
}

void set_stop(struct set *set)
{
	for (size_t i = 0; set != NULL && i < set->count; i++)
		if (set->scripts[i]->plugin != NULL)
			script_stop(set->scripts[i]);
}
