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
#include "base/map.h"
#include "config/config.h"
#include "config/settings.h"
#include "plugin/descriptor.h"

/* One distinct snapshot. Counted by the sets that share it. */
struct snapshot {
	unsigned refs, pins;
	uint64_t hash;
	struct confab_settings *settings;
	bool prepared;
	int (*prepare)(const struct confab_settings *s, void **built, struct confab_error *err);
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
	struct strmap *channels;    /* id → struct entry; what rows of channels say */
	struct snapshot **distinct; /* those that came by channels; a reference each */
	size_t n_distinct;
};

/* What holds in a channel as its row stood at a rev. */
struct entry {
	uint64_t rev;
	struct snapshot *snap; /* NULL: what the row says was refused, its type's hold */
	char id[];
};

_Static_assert(CONFIG_TYPES_MAX <= 64, "struct snapshots has a bit for each type");

static struct snapshot *find_equal(const struct snapshots *s, const struct confab_settings *like)
{
	if (s == NULL || s->server == NULL)
		return NULL;
	uint64_t hash = s->n_distinct > 0 ? settings_hash(like) : 0;
	for (size_t i = 0; i < s->n_distinct; i++)
		if (s->distinct[i]->hash == hash && settings_equal(s->distinct[i]->settings, like))
			return s->distinct[i];
	if (settings_equal(s->server->settings, like))
		return s->server;
	for (size_t i = 0; i < s->n_types; i++)
		if (s->of_types[i] != NULL && settings_equal(s->of_types[i]->settings, like))
			return s->of_types[i];
	return NULL;
}

/* No reference yet. */
static struct snapshot *snapshot_new(
	const struct snapshots *s, const struct confab_settings *settings)
{
	struct snapshot *snap = alloc_zero(1, sizeof(*snap));
	snap->settings = settings_ref(settings);
	snap->hash = settings_hash(settings);
	snap->prepare = s->prepare;
	snap->discard = s->discard;
	return snap;
}

/* One reference for the caller: a shared one of either set, or a new one. */
static struct snapshot *snapshot_get(const struct snapshots *s, const struct snapshots *former,
	const struct confab_settings *settings)
{
	struct snapshot *snap = find_equal(s, settings);
	if (snap == NULL)
		snap = find_equal(former, settings);
	if (snap == NULL)
		snap = snapshot_new(s, settings);
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

/* What nobody but the list relies on is dropped. */
static void tidy(struct snapshots *s)
{
	for (size_t i = s->n_distinct; i-- > 0;) {
		struct snapshot *snap = s->distinct[i];
		if (snap->refs > 1 || snap->pins > 0)
			continue;
		s->distinct[i] = s->distinct[--s->n_distinct];
		snapshot_unref(snap);
	}
}

/* The list takes a reference of its own. */
static void distinct_add(struct snapshots *s, struct snapshot *snap)
{
	for (size_t i = 0; i < s->n_distinct; i++)
		if (s->distinct[i] == snap)
			return;
	s->distinct = alloc_resize(s->distinct, (s->n_distinct + 1) * sizeof(struct snapshot *));
	s->distinct[s->n_distinct++] = snap;
	snap->refs++;
}

static void entry_drop(struct snapshots *s, const char *id)
{
	struct entry *e = strmap_take(s->channels, id);
	if (e == NULL)
		return;
	snapshot_unref(e->snap);
	free(e);
	tidy(s);
}

static void entry_set(struct snapshots *s, const struct channel_say *c, struct snapshot *snap)
{
	struct entry *e = strmap_find(s->channels, c->id);
	if (e == NULL) {
		e = alloc_zero(1, sizeof(*e) + strlen(c->id) + 1);
		strcpy(e->id, c->id);
		if (s->channels == NULL)
			s->channels = strmap_new_lent();
		strmap_put(s->channels, e->id, e);
	}
	struct snapshot *former = e->snap;
	e->rev = c->rev;
	e->snap = snap;
	if (snap != NULL)
		snap->refs++;
	snapshot_unref(former);
	tidy(s);
}

static int snapshot_prepare(struct snapshot *snap, struct confab_error *err)
{
	void *built = NULL;
	if (snap == NULL || snap->prepared || snap->prepare == NULL)
		return 0;
	int rc = snap->prepare(snap->settings, &built, err);
	if (rc != 0)
		return confab_error_set(err, rc, "its settings were refused (no reason given)"), rc;
	settings_build(snap->settings, built, NULL);
	snap->prepared = true;
	return 0;
}

static int channels_prepare(const struct snapshots *s, struct confab_error *err)
{
	size_t pos = 0;
	void *value;
	while (strmap_next(s->channels, &pos, NULL, &value)) {
		const struct entry *e = value;
		struct confab_error why = {0};
		int rc = snapshot_prepare(e->snap, &why);
		if (rc != 0)
			return confab_error_set(err, rc, "in channel '%s': %s", e->id, why.text),
			       rc;
	}
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
	int rc = snapshot_prepare(s->server, err);
	for (size_t i = 0; i < s->n_types && rc == 0; i++)
		rc = snapshot_prepare(s->of_types[i], err);
	return rc == 0 ? channels_prepare(s, err) : rc;
}

void snapshots_free(struct snapshots *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_types; i++)
		snapshot_unref(s->of_types[i]);
	snapshot_unref(s->server);
	size_t pos = 0;
	void *e;
	while (strmap_next(s->channels, &pos, NULL, &e)) {
		snapshot_unref(((struct entry *)e)->snap);
		free(e);
	}
	strmap_free(s->channels);
	for (size_t i = 0; i < s->n_distinct; i++)
		snapshot_unref(s->distinct[i]);
	free(s->distinct);
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

const struct confab_settings *snapshots_of_channel(struct snapshots *s, const struct channel_say *c,
	struct snapshot **wanted, struct confab_error *err)
{
	if (s == NULL || s->server == NULL)
		return NULL;
	const struct confab_settings *base = snapshots_find(s, c->type), *now = base;
	struct entry *e = strmap_find(s->channels, c->id);
	if (json_object_size(c->says) == 0) {
		entry_drop(s, c->id);
		return base;
	}
	if (e != NULL && e->rev == c->rev)
		return e->snap != NULL ? e->snap->settings : base;
	struct confab_settings *merged = settings_merge(base, c->says, err);
	struct snapshot *snap = merged != NULL ? find_equal(s, merged) : NULL;
	if (snap == NULL && merged != NULL && s->prepare == NULL)
		distinct_add(s, snap = snapshot_new(s, merged));
	if (snap != NULL || merged == NULL) {
		entry_set(s, c, snap);
		now = snap != NULL ? snap->settings : base;
	} else {
		now = e != NULL && e->snap != NULL ? e->snap->settings : base;
		if (wanted != NULL) {
			*wanted = snapshot_new(s, merged);
			(*wanted)->refs = 1;
		}
	}
	settings_unref(merged);
	return now;
}

struct snapshot *snapshots_propose(
	struct snapshots *s, const struct channel_say *c, bool *ready, struct confab_error *err)
{
	struct confab_settings *merged = settings_merge(snapshots_find(s, c->type), c->says, err);
	if (merged == NULL)
		return NULL;
	struct snapshot *snap = find_equal(s, merged);
	*ready = snap != NULL || s->prepare == NULL;
	if (snap == NULL)
		snap = snapshot_new(s, merged);
	if (*ready) {
		distinct_add(s, snap);
		snap->pins++;
	} else {
		snap->refs = 1;
	}
	settings_unref(merged);
	return snap;
}

bool snapshots_knows(const struct snapshots *s, const struct channel_say *c)
{
	const struct confab_settings *base = snapshots_find(s, c->type);
	if (base == NULL)
		return false;
	struct confab_settings *merged = settings_merge(base, c->says, NULL);
	bool known = merged != NULL && (s->prepare == NULL || find_equal(s, merged) != NULL);
	settings_unref(merged);
	return known;
}

int snapshot_build(struct snapshot *snap, struct confab_error *err)
{
	return snapshot_prepare(snap, err);
}

bool snapshot_like(const struct snapshot *a, const struct snapshot *b)
{
	return a->hash == b->hash && settings_equal(a->settings, b->settings);
}

void snapshots_take(struct snapshots *s, struct snapshot *snap)
{
	distinct_add(s, snap);
	snap->refs--;
}

void snapshots_refuse(struct snapshots *s, const struct channel_say *c)
{
	entry_set(s, c, NULL);
}

void snapshots_unpin(struct snapshots *s, const void *held)
{
	for (size_t i = 0; s != NULL && i < s->n_distinct; i++)
		if (s->distinct[i] == held && s->distinct[i]->pins > 0)
			s->distinct[i]->pins--;
	if (s != NULL)
		tidy(s);
}

void snapshot_drop(struct snapshot *snap)
{
	snapshot_unref(snap);
}

void snapshots_foresee(
	struct snapshots *s, const struct snapshots *former, const struct channel_say *c)
{
	const struct entry *before = former != NULL ? strmap_find(former->channels, c->id) : NULL;
	if (s->server == NULL || (before != NULL && before->rev == c->rev && before->snap == NULL))
		return;
	struct confab_settings *merged = settings_merge(snapshots_find(s, c->type), c->says, NULL);
	if (merged == NULL)
		return;
	struct snapshot *snap = snapshot_get(s, former, merged);
	distinct_add(s, snap);
	entry_set(s, c, snap);
	snapshot_unref(snap);
	settings_unref(merged);
}

size_t snapshots_channels(const struct snapshots *s)
{
	return strmap_count(s->channels);
}

void snapshots_purge(struct snapshots *s, bool (*there)(void *ctx, const char *id), void *ctx)
{
	size_t pos = 0, n = 0;
	const char **gone = alloc_zero(strmap_count(s->channels) + 1, sizeof(*gone));
	void *value;
	while (strmap_next(s->channels, &pos, NULL, &value))
		if (!there(ctx, ((struct entry *)value)->id))
			gone[n++] = ((struct entry *)value)->id;
	for (size_t i = 0; i < n; i++)
		entry_drop(s, gone[i]);
	free(gone);
}
