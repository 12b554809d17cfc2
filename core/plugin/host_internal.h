/**
 * The host's own struct; only for this folder.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_HOST_INTERNAL_H
#define PLUGIN_HOST_INTERNAL_H

#include "loop/loop.h"
#include "loop/work.h"
#include "plugin/plugin_internal.h"

struct exchanges;
struct startup;
struct stop;
struct preparation;

struct host {
	char **dirs;
	size_t n_dirs;
	char *data_dir;
	unsigned ready_ms;
	struct loop *loop;
	struct pool *pool;
	struct store *store;
	struct pipeline *pipeline; /* NULL: there is none (tests) */
	struct op_table *ops;
	struct exchanges *exchanges; /* NULL: there are no routes */
	const struct config *cfg;    /* in force */
	struct confab_plugin **plugins;
	size_t n_plugins;
	struct startup *startup;    /* while host_start is under way */
	struct stop *stop;          /* while host_stop is under way */
	struct preparation *change; /* of host_prepare, until commit or discard */
	bool change_ready;          /* its done was called */
	bool opening;               /* host_open_more is on a worker */
	void (*changed)(void *arg); /* of host_watch, or NULL */
	void *changed_arg;
};

/** Put plugins in order of loading. CONFAB_ELOOP: the cycle is printed. */
int host_order(struct host *h, struct confab_error *err);

/** Tell whoever watches that plugins came or went. (host.c) */
void host_changed(struct host *h);

/** Forget plugins that were opened and not brought to life. (host.c) */
void host_drop_opened(struct host *h);

/** Load what is opened and has settings; failures are logged. (startup.c) */
void startup_more(struct host *h);

/** A provider has said it is ready or will never be. Thread: logic. (startup.c) */
void startup_ready(struct confab_plugin *p, int rc, const char *why);
/** End it with CONFAB_ECLOSED as soon as nothing is on a worker. */
void startup_cancel(struct host *h);

/** How far a plugin had come when it is unloaded. */
enum unload_from {
	UNLOAD_LOADED, /* load had succeeded: unload() is called */
	UNLOAD_FAILED, /* load failed: only swept */
};

/** Begin to unload; done (may be NULL) comes in a later turn. (unload.c) */
void unload_begin(
	struct confab_plugin *p, enum unload_from from, void (*done)(void *arg), void *arg);

/** Go on if nothing is in flight any more. */
void unload_check(struct confab_plugin *p);

/** Go on with host_stop, if that waited for something to end. */
void stop_step(struct host *h);

/** Is it a provider that others wait for (store, bus, auth)? */
bool plugin_is_provider(const struct confab_plugin *p);

/** Names of the plugins that use a service of p, cut to size; false: nobody. (service.c) */
bool service_users(const struct confab_plugin *p, char *names, size_t size);

/** The settings of every plugin, being prepared by one piece of work. Zeroed before start. (prepare.c) */
struct preparation {
	struct work work;
	struct host *host;
	const struct config *cfg;
	struct snapshots **sets; /* one per plugin of the host, NULL: it is not asked */
	size_t n;
	int rc; /* when done: how it went */
	struct confab_error err;
	void (*done)(struct preparation *prep);
};

/** done comes in a later turn, always. No plugin may be opened meanwhile. Thread: logic. */
void preparation_start(struct preparation *prep, struct host *h, const struct config *cfg,
	void (*done)(struct preparation *prep));
/** Put the new settings in force; the former ones are left to preparation_fini. Thread: logic. */
void preparation_commit(struct preparation *prep);
/** Discard what is not in force. Thread: logic. */
void preparation_fini(struct preparation *prep);

#endif
