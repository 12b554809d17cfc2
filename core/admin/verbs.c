/**
 * What an administrator may ask of the running server.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/hooks.h"
#include "admin/plugin_life.h"
#include "admin/plugin_verb.h"
#include "admin/plugins.h"
#include "admin/revoke.h"
#include "admin/trace.h"
#include "admin/users.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "chat/channel.h"
#include "chat/chat.h"
#include "loop/loop.h"
#include "net/net.h"
#include "net/net_start.h"
#include "pipeline/pipeline.h"
#include "pipeline/retention.h"
#include "plugin/host.h"
#include "store/store.h"

/* Longest list in one answer. */
#define LIST_MAX 10000

static void set_int(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static json_t *net_json(const struct admin_env *env)
{
	struct net_stats s;
	json_t *o = json_object();

	net_stats(env->net, &s);
	set_int(o, "websocket", s.websocket);
	set_int(o, "http", s.http);
	set_int(o, "handshaking", s.handshaking);
	set_int(o, "accepted", s.accepted);
	set_int(o, "subscriptions", s.subscriptions);
	set_int(o, "queue_bytes", s.queue_bytes);
	set_int(o, "deliveries", s.deliveries);
	return o;
}

static json_t *chat_json(const struct admin_env *env)
{
	const struct pipeline_stats *p = &env->pipeline->stats;
	json_t *o = json_object();

	set_int(o, "sessions", strmap_count(env->chat->sessions));
	set_int(o, "logs", strmap_count(env->chat->logs));
	set_int(o, "events", p->events);
	set_int(o, "under_way", p->live);
	set_int(o, "refused", p->refused);
	set_int(o, "busy", p->busy);
	set_int(o, "entries", p->entries);
	return o;
}

static json_t *store_json(const struct admin_env *env)
{
	struct confab_store_stats s = {0};
	json_t *o = json_pack("{s:s}", "provider", store_name(env->store));

	store_stats(env->store, &s);
	set_int(o, "commits", s.commits);
	set_int(o, "entries", s.entries);
	set_int(o, "commit_us_p99", (uint64_t)s.commit_us_p99);
	set_int(o, "bytes", s.bytes);
	set_int(o, "pending", store_pending(env->store));
	return o;
}

static void run_status(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	struct loop_stats turns;
	json_t *o = json_object();

	(void)args;
	if (env->server_name)
		json_object_set_new(o, "name", json_string(env->server_name));
	if (env->version)
		json_object_set_new(o, "version", json_string(env->version));
	set_int(o, "pid", (uint64_t)getpid());
	set_int(o, "uptime_s", (uint64_t)((clock_mono_us() - env->started_us) / 1000000));
	json_object_set_new(o, "config", json_string(env->config_file ? env->config_file : ""));
	json_object_set_new(o, "draining", json_boolean(env->draining && env->draining(env->ctx)));
	json_object_set_new(o, "log_level", json_string(log_level_name(log_level())));
	loop_stats(env->loop, &turns);
	set_int(o, "turn_us_p99", (uint64_t)turns.turn_p99_us);
	set_int(o, "plugins", env->host ? host_count(env->host) : 0);
	if (env->net)
		json_object_set_new(o, "net", net_json(env));
	if (env->chat && env->pipeline)
		json_object_set_new(o, "chat", chat_json(env));
	if (env->store)
		json_object_set_new(o, "store", store_json(env));
	admin_reply(rq, o);
}

static void run_metrics(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	struct buf b;

	(void)args;
	buf_init(&b);
	admin_metrics(env, &b);
	admin_reply(rq, json_pack("{s:s%}", "text", b.bytes, b.len));
	buf_fini(&b);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static json_t *user_json(const struct user *u)
{
	json_t *o = json_pack("{s:s, s:s}", "id", u->id, "role", u->role[0] ? u->role : "user");

	set_int(o, "sessions", u->n_sessions);
	set_int(o, "channels", strmap_count(u->memberships));
	return o;
}

static json_t *channel_json(const struct chat_log *lg)
{
	json_t *o = json_pack("{s:s, s:s}", "id", lg->id, "type", channel_type_name(lg->channel));

	set_int(o, "members", lg->channel->n_joined);
	set_int(o, "watching", lg->subs);
	set_int(o, "messages", lg->seq);
	set_int(o, "rev", lg->rev);
	json_object_set_new(o, "locked", json_boolean(lg->channel->locked));
	return o;
}

static void list_logs(
	struct admin_request *rq, const struct admin_env *env, const json_t *args, bool users)
{
	const char *like = json_str(args, "like") ? json_str(args, "like") : "", *id;
	json_t *list = json_array();
	size_t pos = 0;
	void *value;

	while (env->chat && json_array_size(list) < LIST_MAX &&
		strmap_next(env->chat->logs, &pos, &id, &value)) {
		const struct chat_log *lg = value;

		if (strncmp(id + (users ? 1 : 0), like, strlen(like)) != 0)
			continue;
		if (users && lg->user)
			json_array_append_new(list, user_json(lg->user));
		else if (!users && lg->channel && !lg->channel->deleted)
			json_array_append_new(list, channel_json(lg));
	}
	admin_reply(rq, json_pack("{s:o}", users ? "users" : "channels", list));
}

static void run_users(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	list_logs(rq, env, args, true);
}

static void run_channels(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	list_logs(rq, env, args, false);
}

static void run_sessions(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	const char *like = json_str(args, "like");
	json_t *list = json_array();
	size_t pos = 0;
	void *value;

	while (env->chat && json_array_size(list) < LIST_MAX &&
		strmap_next(env->chat->sessions, &pos, NULL, &value)) {
		const struct session *s = value;

		if (like && strcmp(s->user->id, like) != 0)
			continue;
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:b, s:i, s:I}", "id", s->id, "user",
				s->user->id, "device", s->device ? s->device : "", "online",
				s->conn != 0, "subscriptions", (int)s->n_items, "expires_ms",
				(json_int_t)s->expires_ms));
	}
	admin_reply(rq, json_pack("{s:o}", "sessions", list));
}

/* ---- deeds ---------------------------------------------------------------------------------- */

static void run_log_level(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	const char *name = json_str(args, "level");
	int level = name ? log_level_parse(name) : -1;

	(void)env;
	if (name && level < 0) {
		admin_refuse(rq, "bad_request",
			"there is no level '%.20s': error, warning, info, debug", name);
		return;
	}
	if (name)
		log_level_set((enum log_level)level);
	admin_reply(rq, json_pack("{s:s}", "level", log_level_name(log_level())));
}

static void run_log_reopen(
	struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	(void)env;
	(void)args;
	log_reopen();
	admin_reply(rq, json_object());
}

static void reloaded(void *arg, bool ok, const char *lines)
{
	json_t *changed;

	if (!ok) {
		admin_refuse(arg, "invalid", "%s", lines);
		return;
	}
	changed = json_array();
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		json_array_append_new(changed, json_stringn(lines, len));
		lines += len + (lines[len] == '\n');
	}
	admin_reply(arg, json_pack("{s:o}", "changed", changed));
}

static void run_reload(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	(void)args;
	if (env->reload)
		env->reload(env->ctx, reloaded, rq);
	else
		admin_refuse(rq, "unsupported", "this server cannot reload");
}

static void run_doctor(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	(void)args;
	if (env->doctor)
		admin_reply(rq, env->doctor(env->ctx));
	else
		admin_refuse(rq, "unsupported", "this server cannot be examined");
}

static void run_drain(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	(void)args;
	if (!env->drain) {
		admin_refuse(rq, "unsupported", "this server cannot drain");
		return;
	}
	env->drain(env->ctx);
	admin_reply(rq, json_object());
}

static void run_stop(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	void (*stop)(void *ctx) = env->stop;
	void *ctx = env->ctx;

	(void)args;
	if (!stop) {
		admin_refuse(rq, "unsupported", "this server cannot be stopped from here");
		return;
	}
	admin_reply(rq, json_object()); /* first: stopping may close this door */
	stop(ctx);
}

static void linked(void *arg, int rc, const char *link, int64_t expires_ms)
{
	if (rc == 0)
		admin_reply(arg,
			json_pack(
				"{s:s, s:I}", "link", link, "expires_ms", (json_int_t)expires_ms));
	else if (rc == CONFAB_EEXIST)
		admin_reply(arg, json_pack("{s:s}", "link", ""));
	else if (rc == CONFAB_EUNSUPPORTED)
		admin_refuse(arg, "unsupported",
			"no plugin keeps accounts here: tokens name the administrators");
	else
		admin_refuse(arg, "busy", "the store does not answer; try again");
}

static void run_setup(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	if (env->setup)
		env->setup(env->ctx, json_bool(args, "first"), linked, rq);
	else
		admin_refuse(rq, "unsupported", "this server makes no set-up links");
}

static void backed_up(struct confab_backup *call, void *arg)
{
	if (call->call.rc)
		admin_refuse(arg, "failed", "backup to %s: %s", call->path,
			call->call.text[0] ? call->call.text : confab_code_text(call->call.rc));
	else
		admin_reply(arg,
			json_pack("{s:s, s:I}", "path", call->path, "bytes",
				(json_int_t)call->bytes));
}

static void run_backup(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	const char *path = json_str(args, "path");
	struct confab_backup *call;

	if (!path || path[0] != '/') {
		admin_refuse(rq, "bad_request", "path is missing or not absolute");
		return;
	}
	if (access(path, F_OK) == 0) {
		admin_refuse(rq, "exists", "%s is there already", path);
		return;
	}
	if (!env->store) {
		admin_refuse(rq, "busy", "the store is not there yet");
		return;
	}
	call = store_backup_new(env->store);
	call->path = confab_arena_dup(call->call.arena, path, strlen(path));
	store_backup(env->store, call, backed_up, rq);
}

static void retained(void *arg, int rc, json_t *report)
{
	if (rc)
		admin_refuse(arg, "busy", "channels could not be looked through now (%s)",
			confab_code_text(rc));
	else
		admin_reply(arg, json_incref(report));
}

static void retain(struct admin_request *rq, const struct admin_env *env, enum retention_walk what)
{
	if (env->retention)
		retention_walk(env->retention, what, retained, rq);
	else
		admin_refuse(rq, "busy", "the server is still starting");
}

static void run_retention_show(
	struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	(void)args;
	retain(rq, env, RETENTION_SHOW);
}

static void run_retention_apply(
	struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	(void)args;
	retain(rq, env, RETENTION_APPLY);
}

/* ------------------------------------------------------------------------------------------- */

const struct admin_verb admin_verbs[] = {
	{"status", "What the server is and how it does.", run_status},
	{"metrics", "All counters as OpenMetrics text.", run_metrics},
	{"users.list", "Users in memory; like: a prefix.", run_users},
	{"users.role", "Give a user another server role.", admin_user_role},
	{"users.disable", "Keep a user out, sessions and all; until: Unix ms.", admin_user_disable},
	{"users.enable", "Let a user in again.", admin_user_enable},
	{"users.sessions", "All sessions of a user, in memory or not.", admin_user_sessions},
	{"channels.list", "Channels in memory; like: a prefix.", run_channels},
	{"sessions.list", "Sessions in memory; like: a user.", run_sessions},
	{"sessions.revoke", "End a user's session, or all of them, for good.", admin_revoke},
	{"plugins", "Plugins, their state and what they cost; name: all about one.", admin_plugins},
	{"plugin.reset", "Close a plugin's breaker: its hooks are called again.",
		admin_plugin_reset},
	{"plugin.verb", "A verb that a plugin brings, or the list of those.", admin_plugin_verb},
	{"plugin.load", "Load a plugin by name from the configured directories.",
		admin_plugin_load},
	{"plugin.unload", "Unload a plugin, when what it has begun has ended.",
		admin_plugin_unload},
	{"plugin.reload", "Put a plugin's newest file in the place of the copy that runs.",
		admin_plugin_reload},
	{"hooks", "Hooks of plugins by stage, in their order.", admin_hooks},
	{"trace", "Follow events that bear a name; count, seconds: how long.", admin_trace},
	{"log.level", "Show the level, or set it.", run_log_level},
	{"log.reopen", "Open the log's file again.", run_log_reopen},
	{"reload", "Read the configuration again: all of it or nothing.", run_reload},
	{"doctor", "What protects this server, as the kernel sees it.", run_doctor},
	{"drain", "Send clients elsewhere, accept nobody new.", run_drain},
	{"setup", "Make a one-time link for an administrator; first: if there is none.", run_setup},
	{"retention.show", "What the configured retention would let go.", run_retention_show},
	{"retention.apply", "Let it go, and keep to it from now on.", run_retention_apply},
	{"backup", "Copy the store to path while it runs.", run_backup},
	{"stop", "End the server.", run_stop},
	{NULL, NULL, NULL},
};
