/**
 * Settings that a channel's own row says: prepared on a worker once per distinct snapshot, waited for
 * by events, shown to who may change them.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/map.h"
#include "chat/channel.h"
#include "config/config.h"
#include "config/describe.h"
#include "config/nearest.h"
#include "config/settings.h"
#include "pipeline/pipeline.h"
#include "pipeline/settings.h"
#include "plugin/host_internal.h"

/* One snapshot on a worker, and who waits for it. */
struct making {
	struct work work;
	struct host *host;
	struct confab_plugin *plugin; /* has a flight of it */
	struct snapshots *set;        /* in force when it began */
	struct snapshot *snap;
	struct making *next;
	struct settings_wait *waits;
	struct confab_error err;
	uint64_t rev; /* of the row that says it; 0: it is proposed */
	char type[64], channel[CONFAB_ID_MAX + 1];
};

static struct channel_say say_of(const struct channel *ch, const char *plugin, const json_t *says)
{
	return (struct channel_say){.id = ch->lg->id,
		.type = channel_type_name(ch),
		.rev = ch->row_rev,
		.says = says != NULL ? says : json_object_get(ch->plugins, plugin)};
}

/* A plugin that is up and has settings. */
static struct confab_plugin *able(const struct host *h, const char *name)
{
	struct confab_plugin *p = host_find(h, name);
	return p != NULL && atomic_load(&p->state) == PLUGIN_UP &&
			snapshots_find(p->snapshots, NULL) != NULL
		? p
		: NULL;
}

/* "channel:1:12: mark: …" without the place, which is nobody's who speaks JSON. */
static const char *said(const char *text)
{
	const char *at = strncmp(text, "channel:", 8) == 0 ? strstr(text, ": ") : NULL;
	return at != NULL ? at + 2 : text;
}

static bool there(void *ctx, const char *id)
{
	const struct host *h = ctx;
	const struct chat_log *lg = chat_log_find(h->pipeline->chat, id);
	return lg != NULL && lg->channel != NULL && lg->channel->plugins != NULL;
}

/* --- making ------------------------------------------------------------------------------- */

static int making_run(struct work *w)
{
	struct making *m = (struct making *)w;
	struct log_who former = log_who_plugin(m->plugin->name);
	int rc = snapshot_build(m->snap, &m->err);
	log_who_set(former);
	return rc;
}

/* What was stored cannot be: the channel goes on with its type's settings. */
static void stored_refused(struct confab_plugin *p, const struct channel_say *c, const char *why)
{
	log_warning("plugin '%s', refuses its settings in channel '%s', its type's hold there (%s)",
		p->name, c->id, why);
}

static void making_keep(struct making *m, int rc)
{
	struct confab_plugin *p = m->plugin;
	const struct channel_say c = {.id = m->channel, .type = m->type, .rev = m->rev};
	if (p->snapshots != m->set) {
		snapshot_drop(m->snap); /* others are in force meanwhile: who waits asks again */
	} else if (rc == 0) {
		snapshots_take(m->set, m->snap);
	} else {
		snapshot_drop(m->snap);
		if (m->rev != 0) {
			stored_refused(p, &c, m->err.text);
			snapshots_refuse(m->set, &c);
		}
	}
}

static void making_done(struct work *w, int rc)
{
	struct making *m = (struct making *)w, **at = (struct making **)&m->host->making;
	struct settings_wait *wait = m->waits, *next;
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	if (rc != 0)
		confab_error_set(
			&m->err, rc, "its settings were not prepared (%s)", confab_code_text(rc));
	making_keep(m, rc);
	plugin_flight_ended(m->plugin, FLIGHT_WORK);
	for (; wait != NULL; wait = next) {
		next = wait->next;
		if (rc != 0 && wait->proposes)
			wait->err = m->err;
		wait->fn(wait);
	}
	free(m);
}

static void wait_add(struct making *m, struct settings_wait *w, bool proposes)
{
	w->proposes = proposes;
	w->next = m->waits;
	m->waits = w;
}

/* Takes snap. @return as ready() */
static int make(struct confab_plugin *p, struct snapshot *snap, const struct channel_say *c,
	bool proposes, struct settings_wait *w)
{
	struct host *h = p->host;
	for (struct making *m = h->making; m != NULL; m = m->next) {
		if (m->plugin == p && m->set == p->snapshots && snapshot_like(m->snap, snap)) {
			snapshot_drop(snap);
			wait_add(m, w, proposes);
			return 0;
		}
	}
	if (plugin_flight_begin(p, FLIGHT_WORK) != 0) {
		snapshot_drop(snap);
		return CONFAB_EBUSY;
	}
	struct making *m = alloc_zero(1, sizeof(*m));
	m->work.run = making_run;
	m->work.done = making_done;
	m->host = h;
	m->plugin = p;
	m->set = p->snapshots;
	m->snap = snap;
	m->rev = proposes ? 0 : c->rev;
	snprintf(m->type, sizeof(m->type), "%s", c->type);
	snprintf(m->channel, sizeof(m->channel), "%s", c->id);
	if (pool_submit(h->pool, &m->work) != 0) {
		free(m);
		snapshot_drop(snap);
		plugin_flight_ended(p, FLIGHT_WORK);
		return CONFAB_EBUSY;
	}
	wait_add(m, w, proposes);
	m->next = h->making;
	h->making = m;
	return 0;
}

/* --- the port ----------------------------------------------------------------------------- */

/* What the row says of one plugin. */
static int stored_ready(
	struct host *h, const struct channel *ch, const char *name, struct settings_wait *w)
{
	struct confab_plugin *p = able(h, name);
	struct snapshot *wanted = NULL;
	struct confab_error err = {0};
	if (p == NULL)
		return 1; /* it may come back */
	const struct channel_say c = say_of(ch, name, NULL);
	(void)snapshots_of_channel(p->snapshots, &c, &wanted, &err);
	if (err.code != 0)
		stored_refused(p, &c, said(err.text));
	if (snapshots_channels(p->snapshots) > p->purge_at) {
		snapshots_purge(p->snapshots, there, h);
		p->purge_at = 2 * snapshots_channels(p->snapshots) + 64;
	}
	return wanted != NULL ? make(p, wanted, &c, false, w) : 1;
}

static void unknown_plugin(const struct host *h, struct settings_wait *w)
{
	struct nearest near;
	char hint[128];
	nearest_init(&near, w->plugin);
	for (size_t i = 0; i < h->n_plugins; i++)
		nearest_try(&near, h->plugins[i]->name);
	confab_error_set(&w->err, CONFAB_ENOENT, "there is no plugin '%.40s' with settings here%s",
		w->plugin, nearest_hint(&near, hint));
}

static int proposal_ready(struct host *h, const struct channel *ch, struct settings_wait *w)
{
	struct confab_plugin *p = able(h, w->plugin);
	struct confab_error err = {0};
	bool ready = false;
	if (json_object_size(w->says) == 0 || w->held != NULL || w->err.code != 0)
		return 1;
	if (p == NULL) {
		unknown_plugin(h, w);
		return 1;
	}
	const struct channel_say c = say_of(ch, w->plugin, w->says);
	struct snapshot *snap = snapshots_propose(p->snapshots, &c, &ready, &err);
	if (snap == NULL)
		confab_error_set(&w->err, CONFAB_EINVAL, "%s.%s", p->name, said(err.text));
	else if (ready)
		w->held = snap;
	return snap == NULL || ready ? 1 : make(p, snap, &c, true, w);
}

static int ready(void *ctx, const struct channel *ch, struct settings_wait *w)
{
	const char *name;
	json_t *says;
	int rc = 1;
	json_object_foreach(ch->plugins, name, says)
	{
		rc = stored_ready(ctx, ch, name, w);
		if (rc != 1)
			return rc;
	}
	return w->plugin != NULL ? proposal_ready(ctx, ch, w) : 1;
}

static bool known(void *ctx, const struct channel *ch, const char *plugin, const json_t *says)
{
	const struct confab_plugin *p = able(ctx, plugin);
	if (json_object_size(says) == 0)
		return true;
	const struct channel_say c = say_of(ch, plugin, says);
	return p != NULL && snapshots_knows(p->snapshots, &c);
}

/* By now the row says it, or it will not: let the channel rely on it before nobody does. */
static void release(void *ctx, const struct channel *ch, const char *plugin, void *held)
{
	struct confab_plugin *p = able(ctx, plugin);
	if (p == NULL)
		return;
	if (ch != NULL) {
		const struct channel_say c = say_of(ch, plugin, NULL);
		(void)snapshots_of_channel(p->snapshots, &c, NULL, NULL);
	}
	snapshots_unpin(p->snapshots, held);
}

/* --- showing ------------------------------------------------------------------------------ */

/* Who set a value that holds in a channel. */
static const char *origin(const struct confab_settings *server, const struct confab_settings *type,
	const json_t *says, size_t n)
{
	const struct setting_value *of_type = settings_value(type, n);
	const struct setting_value *of_server = settings_value(server, n);
	if (json_object_get(says, settings_table_row(settings_table(type), n)->name) != NULL)
		return "channel";
	if (of_type->set && (!of_server->set || of_type->at.line != of_server->at.line))
		return "type";
	return of_server->set ? "server" : "default";
}

static json_t *row_json_of(
	const struct confab_setting *row, const struct setting_value *v, const char *from)
{
	struct buf value, type;
	buf_init(&value);
	buf_init(&type);
	value_text(row, v, &value);
	describe_type(row, &type);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", row->name, "value",
		value.bytes != NULL ? value.bytes : "", "from", from, "type", type.bytes, "doc",
		row->doc != NULL ? row->doc : "");
	buf_fini(&value);
	buf_fini(&type);
	return o;
}

static json_t *plugin_show(struct confab_plugin *p, const struct channel *ch)
{
	const struct channel_say c = say_of(ch, p->name, NULL);
	const struct confab_settings *server = snapshots_find(p->snapshots, NULL);
	const struct confab_settings *type = snapshots_find(p->snapshots, c.type);
	const struct confab_settings *now = snapshots_of_channel(p->snapshots, &c, NULL, NULL);
	json_t *list = json_array();
	for (size_t i = 0; now != NULL && i < settings_table_count(settings_table(now)); i++) {
		const struct confab_setting *row = settings_table_row(settings_table(now), i);
		if (row->scope & CONFAB_SCOPE_CHANNEL)
			json_array_append_new(list,
				row_json_of(row, settings_value(now, i),
					origin(server, type, c.says, i)));
	}
	return list;
}

static json_t *show(void *ctx, const struct channel *ch)
{
	struct host *h = ctx;
	json_t *list = json_array();
	for (size_t i = 0; i < h->n_plugins; i++) {
		struct confab_plugin *p = h->plugins[i];
		if (atomic_load(&p->state) != PLUGIN_UP || plugin_is_provider(p))
			continue;
		json_array_append_new(list,
			json_pack("{s:s, s:b, s:o}", "plugin", p->name, "on",
				!h->pipeline->off_in(p, ch->type, ch), "settings",
				plugin_show(p, ch)));
	}
	return list;
}

static const struct settings_port port = {ready, known, release, show};

/* ------------------------------------------------------------------------------------------ */

void channel_settings_open(struct host *h)
{
	h->pipeline->settings = &port;
	h->pipeline->settings_ctx = h;
}

const struct confab_settings *channel_settings(
	const struct confab_plugin *p, const char *type, const struct channel *ch)
{
	if (ch == NULL || ch->plugins == NULL)
		return snapshots_find(p->snapshots, type);
	const struct channel_say c = say_of(ch, p->name, NULL);
	return snapshots_of_channel(p->snapshots, &c, NULL, NULL);
}

void channel_settings_foresee(
	const struct host *h, const struct confab_plugin *p, struct snapshots *set)
{
	size_t pos = 0;
	void *value;
	if (h->pipeline == NULL)
		return;
	while (strmap_next(h->pipeline->chat->logs, &pos, NULL, &value)) {
		const struct channel *ch = ((const struct chat_log *)value)->channel;
		if (ch == NULL || ch->plugins == NULL || ch->deleted)
			continue;
		const struct channel_say c = say_of(ch, p->name, NULL);
		if (json_object_size(c.says) > 0)
			snapshots_foresee(set, p->snapshots, &c);
	}
}
