/**
 * What the administrator decided: one immutable, counted snapshot of the whole configuration.
 *
 * A snapshot is complete: what the file does not say is the built-in default, and an empty file is
 * a server that runs (127.0.0.1:8080, SQLite in ./data, accounts by auth-local, the channel types
 * direct, group, open and broadcast). The structs below are what code reads; their fields bear the
 * names of the keys, with the unit behind. Strings and lists are borrowed from the snapshot, and a
 * string that may be empty is "", never NULL.
 *
 * Reading comes in two steps, as plugins are loaded late: config_load() knows no plugin's rows and
 * leaves their settings unread; config_with_plugins() reads the same bytes again with their tables.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdio.h>
#include <confab/plugin.h>
#include <confab/settings.h>
#include "config/report.h"

/** server: who this server is and what it uses of the machine. */
struct config_server {
	const char *name;
	const char *public_url;   /* without a slash at the end; "": not known */
	const char *data;         /* directory */
	const char *user, *group; /* to become after the sockets are bound; "": stay */
	bool quarantine;
	bool sandbox;
	int64_t io_threads; /* 0: one per processor */
	int64_t workers;
	int64_t stop_grace_ms, drain_time_ms;
	struct confab_list plugin_dirs; /* searched before the built-in one */
};

enum config_proxy_protocol { CONFIG_PROXY_OFF, CONFIG_PROXY_V2 };

/** listen: one door each. */
struct config_listen {
	const char
		*address; /* "127.0.0.1:8080", "[::1]:8080", "*:8080", "localhost:80", "unix:/p" */
	bool tls;
	const char *cert, *key; /* with tls never empty: its own, or those of tls: */
	int proxy_protocol;     /* enum config_proxy_protocol */
	unsigned mode;          /* of a Unix socket */
};

enum config_metrics { CONFIG_METRICS_LOOPBACK, CONFIG_METRICS_ADMIN, CONFIG_METRICS_OFF };

struct config_http {
	struct confab_list trusted_proxies; /* addresses or networks: "10.0.0.0/8", "fd00::/8" */
	struct confab_list origins;         /* "https://chat.example.org" or "*" */
	const char *static_dir;             /* "": none */
	int metrics;                        /* enum config_metrics */
	bool compression;                   /* permessage-deflate */
};

enum config_tls_version { CONFIG_TLS_1_2, CONFIG_TLS_1_3 };

struct config_tls {
	const char *cert, *key; /* "": none */
	int min_version;        /* enum config_tls_version */
	const char *ciphers;    /* of TLS 1.2, OpenSSL's words; "": the library's choice */
};

struct config_store {
	const char *provider; /* name of a plugin */
	const char *path;     /* relative: below the data directory, see config_path() */
};

struct config_bus {
	const char *provider; /* "bus-local" is built in */
};

struct config_auth {
	struct confab_list providers; /* names of plugins, asked in this order */
};

/** limits: what one server takes, per node. A rate of count 0 is no limit. */
struct config_limits {
	int64_t connections, connections_per_address, sessions_per_user;
	int64_t tls_timeout_ms, head_timeout_ms, body_timeout_ms, hello_timeout_ms;
	int64_t keep_alive_ms, ping_interval_ms, idle_timeout_ms, write_timeout_ms;
	int64_t head_bytes, body_bytes, frame_bytes, message_bytes, queue_bytes;
	int64_t in_flight;
	struct confab_rate user_rate, address_rate, channel_rate;
};

enum config_late { CONFIG_LATE_REJECT, CONFIG_LATE_PASS };

struct config_pipeline {
	struct confab_list accept, authorize, transform, moderate, observe; /* plugins, in order */
	int64_t defer_timeout_ms;
	int on_deadline; /* enum config_late */
	int64_t answer_timeout_ms;
	int64_t slow_hook_ms;
	int64_t breaker_window_ms, breaker_time_ms, breaker_pause_ms; /* time 0: no bound */
	int64_t breaker_errors;                                       /* 0: no bound */
	int on_open;                                                  /* enum config_late */
	struct confab_list on_open_except;                            /* plugins */
};

struct config_log {
	int level;        /* enum log_level */
	int format;       /* enum log_format */
	const char *file; /* "": standard error */
};

struct config_admin {
	const char *socket; /* relative: below the data directory, see config_path() */
	unsigned mode;      /* of the socket */
};

/** Most channel types of a configuration. */
#define CONFIG_TYPES_MAX 64

enum config_type_kind {
	CONFIG_TYPE_DIRECT,
	CONFIG_TYPE_GROUP,
	CONFIG_TYPE_OPEN,
	CONFIG_TYPE_BROADCAST,
};
enum config_members { CONFIG_MEMBERS_LISTED, CONFIG_MEMBERS_UNLISTED };
enum config_unread { CONFIG_UNREAD_ALL, CONFIG_UNREAD_MENTIONS, CONFIG_UNREAD_NONE };

/** One channel type. */
struct config_type {
	const char *name;
	unsigned number; /* config_type_at(cfg, number), below CONFIG_TYPES_MAX */
	int kind;        /* enum config_type_kind: the built-in type it is, or is like */
	const char *creator_role, *newcomer_role;
	int members; /* enum config_members */
	bool history_for_newcomers;
	int unread;                   /* enum config_unread */
	int64_t max_members;          /* 0: no limit */
	int64_t message_length;       /* [characters] */
	struct confab_rate rate;      /* of a channel; count 0: no limit */
	struct confab_rate user_rate; /* of one user in a channel */
	int64_t slow_mode_ms;         /* 0: off */
	int64_t retention_ms;         /* 0: for ever */
	int64_t edit_window_ms;       /* 0: for ever */
	bool receipts, typing;
	const struct config_grants *grants; /* roles → grants; see config_may() */
};

/** A plugin that is enabled. */
struct config_plugin {
	const char *name;
	bool read;                              /* its table was known when the file was read */
	bool by_hand;                           /* enabled by its table alone */
	const struct confab_settings *settings; /* for the server; NULL if not read */
};

struct config;

/** The rows of one plugin. */
struct config_plugin_table {
	const char *name;
	struct confab_table settings; /* struct confab_setting */
	bool enabled;                 /* also if the file does not name it, or switches it off */
};

enum config_flag {
	CONFIG_KEEP_SECRETS =
		1, /* open no secret's file and ask no environment: offline, fuzzing */
	CONFIG_PLUGINS_COMPLETE =
		2, /* every plugin there is, is in the tables: others are errors */
};

struct config_options {
	const struct config_plugin_table *plugins; /* borrowed until return */
	size_t plugin_count;
	unsigned flags; /* enum config_flag */
};

/**
 * Read a configuration from memory.
 *
 * @param file     its name, for sentences and config_origin(); copied
 * @param options  NULL: no tables, no flags
 * @param report   gets everything that is wrong, with its place
 * @return one reference, or NULL if the report has errors
 * Thread: any; blocks on files of secrets unless CONFIG_KEEP_SECRETS.  Cost: some milliseconds.
 */
struct config *config_parse(const char *file, const char *bytes, size_t len,
	const struct config_options *options, struct config_report *report);

/** The same from a regular file of at most 1 MB. NULL path: the built-in defaults. */
struct config *config_load(
	const char *path, const struct config_options *options, struct config_report *report);

/** Read the bytes of a snapshot again, now with tables. @return like config_parse */
struct config *config_with_plugins(const struct config *cfg, const struct config_options *options,
	struct config_report *report);

/** Thread: any. */
struct config *config_ref(const struct config *cfg);
/** NULL is fine. Thread: any. */
void config_unref(const struct config *cfg);

/** The sections. Borrowed from the snapshot. Thread: any. */
const struct config_server *config_server(const struct config *cfg);
const struct config_http *config_http(const struct config *cfg);
const struct config_tls *config_tls(const struct config *cfg);
const struct config_store *config_store(const struct config *cfg);
const struct config_bus *config_bus(const struct config *cfg);
const struct config_auth *config_auth(const struct config *cfg);
const struct config_limits *config_limits(const struct config *cfg);
const struct config_pipeline *config_pipeline(const struct config *cfg);
const struct config_log *config_log(const struct config *cfg);
const struct config_admin *config_admin(const struct config *cfg);

/** Listener n, or NULL behind the last. There is at least one. */
const struct config_listen *config_listen(const struct config *cfg, size_t n);

/** Channel type by name, or NULL. */
const struct config_type *config_type(const struct config *cfg, const char *name);
/** Channel type n in the order direct, group, open, broadcast, the file's own; NULL behind the last. */
const struct config_type *config_type_at(const struct config *cfg, size_t n);

/** Plugin by name, or NULL if it is not enabled. */
const struct config_plugin *config_plugin(const struct config *cfg, const char *name);
/** Plugin n: providers of store, bus and auth first, then the file's order; NULL behind the last. */
const struct config_plugin *config_plugin_at(const struct config *cfg, size_t n);

/**
 * Settings of a plugin for channels of a type (server ← type). To merge the channel's own row, see
 * settings_merge() in "config/settings.h".
 *
 * @return borrowed; NULL if the plugin is not enabled or was not read
 */
const struct confab_settings *config_plugin_settings(
	const struct config *cfg, const char *plugin, const struct config_type *type);

/** Is a plugin on in channels of a type, or switched off there (channel_types: TYPE: plugins: NAME:
 *  false)? One that is not enabled at all is off. */
bool config_plugin_on(const struct config *cfg, const char *plugin, const struct config_type *type);

/**
 * May a role do something in channels of a type?
 *
 * @param role   "owner", "moderator", "member", "reader" or "guest" (who is no member); another
 *               one may nothing
 * @param grant  a word of "config/grant.h", or "plugin.word"
 * Thread: any.  Cost: some dozen ns.
 */
bool config_may(const struct config_type *type, const char *role, const char *grant);
/** All of them at once: bit i is the grant that grant_word(GRANT_CHANNEL, i) names. Thread: any. */
uint64_t config_grants_of(const struct config_type *type, const char *role);

/** May a server role ("admin", "user", "guest") do something on this server? */
bool config_server_may(const struct config *cfg, const char *role, const char *grant);

/** May anybody find channels of this type and look in? (guests may read) */
bool config_type_public(const struct config_type *type);

/** A path of the store or the admin section: absolute as it is, else below the data directory.
 *  @return text to free() */
char *config_path(const struct config *cfg, const char *path);

/** The file's name, or NULL for the built-in defaults. */
const char *config_file(const struct config *cfg);

#endif
