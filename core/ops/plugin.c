/**
 * plugin.get, plugin.set, plugin.clear: settings of plugins for one channel, kept in the channel's row.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/chat.h>
#include "base/json.h"
#include "chat/channel.h"
#include "config/config.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/event_internal.h"
#include "pipeline/settings.h"
#include "wire/request.h"

/* What a row may hold of settings, as JSON text [bytes]; every member reads it. */
#define SAYS_MAX 8192

static bool is_admin(const struct confab_actor *who)
{
	return who->kind != CONFAB_ACTOR_USER || (who->user && who->user->is_admin);
}

/** A list of names with one in it, or not. @return a new reference; NULL: it would be empty */
static json_t *names_with(const json_t *list, const char *name, bool in)
{
	json_t *out = json_array(), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (strcmp(json_string_value(item), name) != 0) {
			json_array_append(out, item);
		}
	}
	if (in) {
		json_array_append_new(out, json_string(name));
	}
	if (json_array_size(out) == 0) {
		json_decref(out);
		return NULL;
	}
	return out;
}

static void set_or_del(json_t *object, const char *key, json_t *value)
{
	if (value) {
		json_object_set_new(object, key, value);
	} else {
		json_object_del(object, key);
	}
}

/** The channel's row with what it shall say of a plugin (taken). @return a new reference */
static json_t *row_with(const json_t *old, const char *plugin, json_t *says)
{
	json_t *row = json_deep_copy(old), *all = json_object_get(row, "plugins");

	all = all ? json_incref(all) : json_object();
	if (json_object_size(says)) {
		json_object_set_new(all, plugin, says);
	} else {
		json_object_del(all, plugin);
		json_decref(says);
	}
	if (json_object_size(all)) {
		json_object_set(row, "plugins", all);
	} else {
		json_object_del(row, "plugins");
	}
	json_decref(all);
	return row;
}

static bool too_long(const json_t *row)
{
	const json_t *all = json_object_get(row, "plugins");

	return all && json_dumpb(all, NULL, 0, JSON_COMPACT) > SAYS_MAX;
}

static enum confab_verdict set_judge(struct confab_event *ev, void *ctx)
{
	const struct settings_port *port = ev->pl->settings;
	const json_t *old = event_lend(ev, ev->lg, "channel", ev->lg->id);
	const char *plugin = json_str(ev->body, "plugin");
	enum confab_verdict v = CONFAB_PASS;
	json_t *says, *row;

	(void)ctx;
	if (!json_object_get(ev->body, "settings") && !json_object_get(ev->body, "on")) {
		return confab_reject(ev, "bad_request", "there is nothing in it to change");
	}
	if (json_object_get(ev->body, "on") && !is_admin(&ev->actor)) {
		return confab_reject(ev, "forbidden",
			"to switch a plugin on or off in a channel you need the server role admin");
	}
	if (ev->settings && ev->settings->err.code) {
		return confab_reject(ev, "bad_request", ev->settings->err.text);
	}
	says = settings_proposal(old, ev->body);
	if (!port || !port->known(ev->pl->settings_ctx, ev->lg->channel, plugin, says)) {
		v = confab_reject_later(
			ev, "busy", "other settings came in between; send the same cid again", 100);
	}
	row = row_with(old, plugin, says);
	if (v == CONFAB_PASS && too_long(row)) {
		v = confab_reject(ev, "limit",
			"settings of plugins take more than 8 KB of this channel's row");
	}
	json_decref(row);
	return v;
}

static int row_set(struct confab_event *ev, struct confab_change *c, const json_t *old, json_t *row)
{
	const struct channel *ch = ev->lg->channel;

	if (json_equal(row, (json_t *)(uintptr_t)old)) {
		json_decref(row);
		return 0;
	}
	return change_set_tagged(c, "channel", ev->lg->id, row,
		ch->type && config_type_public(ch->type) ? "public" : NULL);
}

static int set_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const json_t *old = confab_change_row(c, "channel", ev->lg->id);
	const json_t *on = json_object_get(ev->body, "on");
	const char *plugin = json_str(ev->body, "plugin");
	json_t *row = row_with(old, plugin, settings_proposal(old, ev->body));

	(void)ctx;
	if (on) {
		set_or_del(row, "plugins_off",
			names_with(json_object_get(row, "plugins_off"), plugin, !json_is_true(on)));
	}
	return row_set(ev, c, old, row);
}

static int clear_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	const json_t *old = confab_change_row(c, "channel", ev->lg->id);

	(void)ctx;
	return row_set(ev, c, old,
		row_with(old, json_str(ev->body, "plugin"), settings_proposal(old, ev->body)));
}

/* --- get ------------------------------------------------------------------------------------ */

static void get_loaded(struct ops *o, struct confab_request *rq)
{
	struct chat_log *lg = ops_readable(o, rq, json_str(rq->args, "channel"));
	const struct settings_port *port = o->pl->settings;
	const char *why;

	if (!lg) {
		return;
	}
	why = permit_refusal(rq->actor, lg->channel, "update");
	if (why) {
		request_error(rq, why, NULL, 0, NULL);
		return;
	}
	confab_reply(rq,
		json_pack("{s:o}", "plugins",
			port ? port->show(o->pl->settings_ctx, lg->channel) : json_array()));
}

static void run_get(struct confab_request *rq, void *ctx)
{
	const char *id = json_str(rq->args, "channel");

	ops_load(ctx, rq, &id, 1, get_loaded);
}

/* --- rows ----------------------------------------------------------------------------------- */

static const struct confab_kind_row kinds[] = {
	{.name = "plugin.set",
		.flags = KIND_SETS_PLUGIN,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "update",
		.judge = set_judge,
		.build = set_build,
		.doc = "A channel has settings of its own for a plugin."},
	{.name = "plugin.clear",
		.flags = KIND_SETS_PLUGIN,
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_CHANNEL,
		.grant = "update",
		.build = clear_build,
		.doc = "A plugin has the settings of the channel's type again."},
};

#define PLUGIN_FIELD \
	{ \
		"plugin", CONFAB_FIELD_STRING, true, 1, 32, NULL, NULL, "its name" \
	}
static const struct confab_field set_fields[] = {
	OPS_CHANNEL_FIELD,
	PLUGIN_FIELD,
	OPS_CID_FIELD,
	OPS_AGAIN_FIELD,
	{"settings", CONFAB_FIELD_OBJECT, false, 0, 0, NULL, NULL,
		"values by key, written as in the configuration; null: as the channel's type says"},
	{"on", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL,
		"false: the plugin is off in this channel (for the server role admin)"},
	{0},
};
static const struct confab_field clear_fields[] = {
	OPS_CHANNEL_FIELD, PLUGIN_FIELD, OPS_CID_FIELD, OPS_AGAIN_FIELD, {0}};
static const struct confab_field get_fields[] = {OPS_CHANNEL_FIELD, {0}};
static const struct confab_field setting_fields[] = {
	{"name", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "its key"},
	{"value", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL,
		"what holds, as the configuration would say it"},
	{"from", CONFAB_FIELD_STRING, true, 0, 0, "channel type server default", NULL,
		"who says so"},
	{"type", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "which values there are"},
	{"doc", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "what it does"},
	{0},
};
static const struct confab_field plugin_fields[] = {
	PLUGIN_FIELD,
	{"on", CONFAB_FIELD_BOOL, true, 0, 0, NULL, NULL, "is it on here?"},
	{"settings", CONFAB_FIELD_LIST, true, 0, 0, NULL, setting_fields,
		"those that a channel may set"},
	{0},
};
static const struct confab_field get_reply[] = {
	{"plugins", CONFAB_FIELD_LIST, true, 0, 0, NULL, plugin_fields, "those of this server"},
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "plugin.get",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/channels/{channel}/plugins",
		.run = run_get,
		.args = get_fields,
		.reply = get_reply,
		.grant = "update",
		.doc = "What plugins do in a channel: whether they are on, and their settings."},
	{.name = "plugin.set",
		.actor = CONFAB_OP_USER,
		.method = "PATCH",
		.path = "/v1/channels/{channel}/plugins/{plugin}",
		.kind = "plugin.set",
		.args = set_fields,
		.reply = ops_change_reply,
		.grant = "update",
		.doc = "Set a plugin's settings for one channel, or switch it on or off there."},
	{.name = "plugin.clear",
		.actor = CONFAB_OP_USER,
		.method = "DELETE",
		.path = "/v1/channels/{channel}/plugins/{plugin}",
		.kind = "plugin.clear",
		.args = clear_fields,
		.reply = ops_change_reply,
		.grant = "update",
		.doc = "Forget a plugin's settings for one channel: its type's hold again."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_plugin_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
