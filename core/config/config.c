/**
 * The snapshot: its life, and the questions others ask it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/config_internal.h"

/* Snapshots are handed out as const; only the count changes. */
static struct config *own(const struct config *cfg)
{
	return (struct config *)(uintptr_t)cfg;
}

static void type_fini(struct type_part *t, size_t plugins)
{
	for (size_t i = 0; t->plugins && i < plugins; i++)
		settings_unref(t->plugins[i]);
	free(t->plugins);
	free(t->switches);
	settings_unref(t->rows);
	settings_unref(t->roles);
	free(t->name);
}

static void config_free(struct config *cfg)
{
	for (size_t i = 0; i < cfg->type_count; i++)
		type_fini(&cfg->types[i], cfg->plugin_count);
	for (size_t i = 0; i < cfg->plugin_count; i++) {
		settings_unref(cfg->plugins[i].settings);
		free(cfg->plugins[i].name);
	}
	for (size_t i = 0; i < cfg->listener_count; i++)
		settings_unref(cfg->listeners[i].settings);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		settings_unref(cfg->one[i]);
	free(cfg->types);
	free(cfg->plugins);
	free(cfg->listeners);
	free(cfg->bytes);
	free(cfg->file);
	free(cfg);
}

/* ------------------------------------------------------------------------------------------- */

struct config *config_ref(const struct config *cfg)
{
	atomic_fetch_add_explicit(&own(cfg)->refs, 1, memory_order_relaxed);
	return own(cfg);
}

void config_unref(const struct config *cfg)
{
	if (cfg && atomic_fetch_sub_explicit(&own(cfg)->refs, 1, memory_order_acq_rel) == 1)
		config_free(own(cfg));
}

void *config_section_struct(struct config *cfg, enum section_id id)
{
	switch (id) {
	case SECTION_SERVER:
		return &cfg->server;
	case SECTION_TLS:
		return &cfg->tls;
	case SECTION_HTTP:
		return &cfg->http;
	case SECTION_STORE:
		return &cfg->store;
	case SECTION_BUS:
		return &cfg->bus;
	case SECTION_AUTH:
		return &cfg->auth;
	case SECTION_LIMITS:
		return &cfg->limits;
	case SECTION_PIPELINE:
		return &cfg->pipeline;
	case SECTION_LOG:
		return &cfg->log;
	case SECTION_ADMIN:
		return &cfg->admin;
	case SECTION_LISTEN:
	case SECTION_GRANTS:
	case SECTION_CHANNEL_TYPES:
	case SECTION_PLUGINS:
	case SECTION_COUNT:
		break;
	}
	return NULL;
}

const struct config_server *config_server(const struct config *cfg)
{
	return &cfg->server;
}

const struct config_http *config_http(const struct config *cfg)
{
	return &cfg->http;
}

const struct config_tls *config_tls(const struct config *cfg)
{
	return &cfg->tls;
}

const struct config_store *config_store(const struct config *cfg)
{
	return &cfg->store;
}

const struct config_bus *config_bus(const struct config *cfg)
{
	return &cfg->bus;
}

const struct config_auth *config_auth(const struct config *cfg)
{
	return &cfg->auth;
}

const struct config_limits *config_limits(const struct config *cfg)
{
	return &cfg->limits;
}

const struct config_pipeline *config_pipeline(const struct config *cfg)
{
	return &cfg->pipeline;
}

const struct config_log *config_log(const struct config *cfg)
{
	return &cfg->log;
}

const struct config_admin *config_admin(const struct config *cfg)
{
	return &cfg->admin;
}

const struct config_listen *config_listen(const struct config *cfg, size_t n)
{
	return n < cfg->listener_count ? &cfg->listeners[n].listen : NULL;
}

const struct config_type *config_type(const struct config *cfg, const char *name)
{
	int n = parse_type_find(cfg, name);

	return n < 0 ? NULL : &cfg->types[n].type;
}

const struct config_type *config_type_at(const struct config *cfg, size_t n)
{
	return n < cfg->type_count ? &cfg->types[n].type : NULL;
}

const struct config_plugin *config_plugin(const struct config *cfg, const char *name)
{
	int n = parse_plugin_find(cfg, name);

	return n < 0 ? NULL : &cfg->plugins[n].plugin;
}

const struct config_plugin *config_plugin_at(const struct config *cfg, size_t n)
{
	return n < cfg->plugin_count ? &cfg->plugins[n].plugin : NULL;
}

const struct confab_settings *config_plugin_settings(
	const struct config *cfg, const char *plugin, const struct config_type *type)
{
	int n = parse_plugin_find(cfg, plugin), t;

	if (n < 0)
		return NULL;
	t = type ? parse_type_find(cfg, type->name) : -1;
	return t < 0 ? cfg->plugins[n].settings : cfg->types[t].plugins[n];
}

bool config_plugin_on(const struct config *cfg, const char *plugin, const struct config_type *type)
{
	int n = parse_plugin_find(cfg, plugin);
	const struct setting_value *here;

	if (n < 0)
		return false;
	here = &cfg->types[type->number].switches[n];
	return !here->set || here->num;
}

bool config_may(const struct config_type *type, const char *role, const char *grant)
{
	int n = grant_role_find(role);

	return n >= 0 && grant_set_has(&type->grants->roles[n], GRANT_CHANNEL, grant);
}

uint64_t config_grants_of(const struct config_type *type, const char *role)
{
	int n = grant_role_find(role);

	if (n < 0)
		return 0;
	return type->grants->roles[n].all ? UINT64_MAX : type->grants->roles[n].bits;
}

bool config_server_may(const struct config *cfg, const char *role, const char *grant)
{
	int n = grant_server_role_find(role);

	return n >= 0 && grant_set_has(&cfg->roles[n], GRANT_SERVER, grant);
}

bool config_type_public(const struct config_type *type)
{
	return config_may(type, "guest", "read");
}

char *config_path(const struct config *cfg, const char *path)
{
	struct buf b;

	buf_init(&b);
	if (path[0] != '/')
		buf_fmt(&b, "%s/", cfg->server.data);
	buf_str(&b, path);
	return buf_take(&b, NULL);
}

const char *config_file(const struct config *cfg)
{
	return cfg->file;
}
