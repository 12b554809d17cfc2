/**
 * The body of a configuration, for the files of this folder.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_CONFIG_INTERNAL_H
#define CONFIG_CONFIG_INTERNAL_H

#include <stdatomic.h>

#include "config/config.h"
#include "config/grant.h"
#include "config/sections.h"
#include "config/yaml.h"

/** Bounds of lists by name. */
#define CONFIG_LISTENERS_MAX 32
#define CONFIG_PLUGINS_MAX 128

struct config_grants {
	struct grant_set roles[GRANT_ROLES];
};

struct listen_part {
	struct config_listen listen;
	struct confab_settings *settings;
};

struct plugin_part {
	struct config_plugin plugin;
	char *name;
	struct config_place at;           /* where it is named; line 0: it is a default */
	const struct yaml_value *written; /* its settings; only while the file is read */
	struct confab_settings *settings; /* NULL: not read */
};

struct type_part {
	struct config_type type;
	char *name;
	struct config_place at;
	struct confab_settings *rows;
	struct confab_settings *roles;
	struct config_grants grants;
	struct confab_settings **plugins; /* by plugin number; NULL: not read */
	struct setting_value *switches;   /* by plugin number: on or off here, if set */
};

struct config {
	atomic_uint refs;
	char *file;  /* NULL: built-in defaults */
	char *bytes; /* the file as it was read */
	size_t len;
	struct confab_settings *one[SECTION_COUNT]; /* of SECTION_ONE sections */
	struct config_server server;
	struct config_http http;
	struct config_tls tls;
	struct config_store store;
	struct config_bus bus;
	struct config_auth auth;
	struct config_limits limits;
	struct config_pipeline pipeline;
	struct config_log log;
	struct config_admin admin;
	struct grant_set roles[GRANT_SERVER_ROLES];
	struct listen_part *listeners;
	size_t listener_count;
	struct type_part *types;
	size_t type_count;
	struct plugin_part *plugins;
	size_t plugin_count;
};

/** What a reading in progress knows. */
struct parsing {
	struct config *cfg;
	const struct config_options *options;
	struct config_report *report;
	const struct yaml_value *root; /* NULL: empty */
	enum value_secrets secrets;
};

/** The struct a section is bound to, or NULL. */
void *config_section_struct(struct config *cfg, enum section_id id);

/** Does a value under plugins say no more than on, or off? NULL and null mean on. */
bool parse_switched_on(const struct yaml_value *y);
bool parse_switched_off(const struct yaml_value *y);

/** Find the plugins that are enabled and read their settings. Needs store, bus, auth. */
void parse_plugins(struct parsing *p);
/** Is a plugin named as provider of the store, the bus or auth? */
bool parse_is_provider(const struct config *cfg, const char *name);
/** The number of an enabled plugin, or -1. */
int parse_plugin_find(const struct config *cfg, const char *name);

/** Read the channel types. Needs the plugins. */
void parse_types(struct parsing *p);
/** The number of a type, or -1. */
int parse_type_find(const struct config *cfg, const char *name);

/** What no single row can see: everything that must fit together. Needs all the rest. */
void parse_check(struct parsing *p);

#endif
