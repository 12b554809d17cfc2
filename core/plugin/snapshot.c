/**
 * Merged settings, deduplicated, with what was built from them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/snapshot.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/config.h"
#include "config/settings.h"
#include "plugin/descriptor.h"

/* One distinct snapshot. Counted by the sets that share it. */
struct snapshot {
	unsigned refs;
	struct confab_settings *settings;
	bool prepared;
	void (*discard)(void *built);
};

struct snapshots {
	const struct config *cfg;
	int (*prepare)(const struct confab_settings *s, void **built, struct confab_error *err);
	void (*discard)(void *built);
	uint64_t off;            /* bits of the numbers of channel types where it is off */
	struct snapshot *server; /* NULL: no settings */
	size_t n_types;
	const char **types; /* borrowed from cfg */
	struct snapshot **of_types;
};

_Static_assert(CONFIG_TYPES_MAX <= 64, "struct snapshots has a bit for each type");

static struct snapshot *find_equal(const struct snapshots *s, const struct confab_settings *like)
{
	if (s == NULL || s->server == NULL)
		return NULL;
	if (settings_equal(s->server->settings, like))
		return s->server;
	for (size_t i = 0; i < s->n_types; i++)
		if (s->of_types[i] != NULL && settings_equal(s->of_types[i]->settings, like))
			return s->of_types[i];
	return NULL;
}

/* One reference for the caller: a shared one of either set, or a new one. */
static struct snapshot *snapshot_get(const struct snapshots *s, const struct snapshots *former,
	const struct confab_settings *settings)
{
	struct snapshot *snap = find_equal(s, settings);
	if (snap == NULL)
		snap = find_equal(former, settings);
	if (snap == NULL) {
		snap = alloc_zero(1, sizeof(*snap));
		snap->settings = settings_ref(settings);
		snap->discard = s->discard;
	}
	snap->refs++;
	return snap;
}

static void snapshot_unref(struct snapshot *snap)
{
	if (snap == NULL || --snap->refs > 0)
		return;
	void *built = confab_settings_built(snap->settings);
	/* Unhook it first: the settings may outlive the plugin in the configuration. */
	settings_build(snap->settings, NULL, NULL);
	if (snap->prepared && snap->discard != NULL)
		snap->discard(built);
	settings_unref(snap->settings);
	free(snap);
}

static void types_collect(struct snapshots *s, const char *plugin, const struct snapshots *former)
{
	while (config_type_at(s->cfg, s->n_types) != NULL)
		s->n_types++;
	s->types = alloc_zero(s->n_types + 1, sizeof(*s->types));
	s->of_types = alloc_zero(s->n_types + 1, sizeof(struct snapshot *));
	for (size_t i = 0; i < s->n_types; i++) {
		const struct config_type *type = config_type_at(s->cfg, i);
		const struct confab_settings *now = config_plugin_settings(s->cfg, plugin, type);
		s->types[i] = type->name;
		if (now != NULL)
			s->of_types[i] = snapshot_get(s, former, now);
	}
}

static int snapshot_prepare(struct snapshots *s, struct snapshot *snap, struct confab_error *err)
{
	void *built = NULL;
	if (snap == NULL || snap->prepared || s->prepare == NULL)
		return 0;
	int rc = s->prepare(snap->settings, &built, err);
	if (rc != 0)
		return confab_error_set(err, rc, "its settings were refused (no reason given)"), rc;
	settings_build(snap->settings, built, NULL);
	snap->prepared = true;
	return 0;
}

/* ------------------------------------------------------------------------------------------ */

struct snapshots *snapshots_new(const char *plugin, const struct descriptor *desc,
	const struct config *cfg, const struct snapshots *former)
{
	struct snapshots *s = alloc_zero(1, sizeof(*s));
	s->prepare = desc->d.prepare;
	s->discard = desc->d.discard;
	const struct config_plugin *cp = cfg != NULL ? config_plugin(cfg, plugin) : NULL;
	const struct config_type *type;
	for (size_t i = 0; cp != NULL && (type = config_type_at(cfg, i)) != NULL; i++)
		if (!config_plugin_on(cfg, plugin, type))
			s->off |= UINT64_C(1) << i;
	if (cp == NULL || cp->settings == NULL)
		return s;
	s->cfg = config_ref(cfg);
	if (desc->d.flags & CONFAB_READS_FILES)
		former = NULL;
	s->server = snapshot_get(s, former, cp->settings);
	types_collect(s, plugin, former);
	return s;
}

int snapshots_prepare(struct snapshots *s, struct confab_error *err)
{
	int rc = snapshot_prepare(s, s->server, err);
	for (size_t i = 0; i < s->n_types && rc == 0; i++)
		rc = snapshot_prepare(s, s->of_types[i], err);
	return rc;
}

void snapshots_free(struct snapshots *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_types; i++)
		snapshot_unref(s->of_types[i]);
	snapshot_unref(s->server);
	free(s->of_types);
	free(s->types);
	config_unref(s->cfg);
	free(s);
}

bool snapshots_off(const struct snapshots *s, const struct config_type *type)
{
	return s != NULL && s->off != 0 && (s->off >> type->number & 1) != 0;
}

const struct confab_settings *snapshots_find(const struct snapshots *s, const char *type)
{
	if (s == NULL || s->server == NULL)
		return NULL;
	for (size_t i = 0; i < s->n_types; i++)
		if (type != NULL && strcmp(s->types[i], type) == 0 && s->of_types[i] != NULL)
			return s->of_types[i]->settings;
	return s->server->settings;
}

size_t snapshots_count(const struct snapshots *s)
{
	size_t n = s != NULL && s->server != NULL;
	for (size_t i = 0; s != NULL && i < s->n_types; i++) {
		bool first = s->of_types[i] != NULL && s->of_types[i] != s->server;
		for (size_t k = 0; k < i && first; k++)
			first = s->of_types[k] != s->of_types[i];
		n += first;
	}
	return n;
}
