/**
 * The host's own struct; only for this folder.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_HOST_INTERNAL_H
#define PLUGIN_HOST_INTERNAL_H

#include "base/quarantine.h"
#include "loop/loop.h"
#include "loop/work.h"
#include "plugin/plugin_internal.h"

struct channel;
struct exchanges;
struct making;
struct helper_spawner;
struct startup;
struct stop;
struct swap;
struct preparation;

struct host {
	char **dirs;
	size_t n_dirs;
	char *data_dir;
	unsigned ready_ms;
	bool quarantine;
	struct quarantine passed_over; /* plugins that were not opened for what they did */
	struct loop *loop;
	struct pool *pool;
	struct store *store;
	struct pipeline *pipeline; /* NULL: there is none (tests) */
	struct op_table *ops;
	struct helper_spawner *helpers; /* NULL: there are none */
	struct exchanges *exchanges;    /* NULL: there are no routes */
	const struct config *cfg;       /* in force */
	struct confab_plugin **plugins;
	size_t n_plugins;
	struct confab_plugin *
		*leaving; /* copies that were replaced, or refused to be: until they are gone */
	size_t n_leaving;
	struct startup *startup;    /* while host_start is under way */
	struct stop *stop;          /* while host_stop is under way */
	struct preparation *change; /* of host_prepare, until commit or discard */
	bool change_ready;          /* its done was called */
	struct making *making;      /* settings of channels, on workers */
	bool opening;               /* a worker reads plugins */
	bool lent;                  /* host_tables() of a running host are out: nobody may go */
	struct swap *swap;          /* while a new copy waits to be ready */
	int64_t swap_max_us;
	struct timer overdue;       /* looks for requests that plugins do not answer */
	void (*changed)(void *arg); /* of host_watch, or NULL */
	void *changed_arg;
};

/** May plugins come or go now? @return 0, or CONFAB_EBUSY with what is under way. Thread: logic. (host.c) */
int host_settled(const struct host *h, struct confab_error *err);
/** The same, and nobody is on its way out. */
int host_quiet(const struct host *h, struct confab_error *err);

/** A record for a plugin, and for one of this program. (host.c) */
struct confab_plugin *plugin_read(struct host *h, const char *name, struct confab_error *err);
struct confab_plugin *plugin_read_static(
	struct host *h, const struct confab_descriptor *d, struct confab_error *err);
/** Take it among the host's plugins. Takes p, also on failure. */
int plugin_add(struct host *h, struct confab_plugin *p, struct confab_error *err);
/** Its code goes, it was never brought to life or is gone. NULL is fine. */
void plugin_free(struct confab_plugin *p);
/** Drop the record of one that is not alive. */
void host_forget(struct host *h, const char *name);
/** A new copy takes the place of the old one, which is kept among those that leave. */
void host_replace(struct host *h, struct confab_plugin *old, struct confab_plugin *fresh);
/** Keep a copy that never came to its place, until it is gone. */
void host_keep_leaving(struct host *h, struct confab_plugin *p);
/** If it is one of those that leave, it is gone now. p is only compared. */
void host_forget_leaving(struct host *h, const struct confab_plugin *p);

/** The plugin or provider behind every name that p requires. (startup.c) */
int requires_check(const struct host *h, const struct confab_plugin *p, struct confab_error *err);
/** Call load. @return 0, or its code with the reason. (startup.c) */
int plugin_load(struct confab_plugin *p, struct confab_error *err);

/** Put plugins in order of loading. CONFAB_ELOOP: the cycle is printed. */
int host_order(struct host *h, struct confab_error *err);

/** Is there another that owns what p provides, of the services with one owner? (question.c) */
int owners_check(const struct host *h, const struct confab_plugin *p, struct confab_error *err);

/** Tell whoever watches that plugins came or went. (host.c) */
void host_changed(struct host *h);

/** Forget plugins that were opened and not brought to life. (host.c) */
void host_drop_opened(struct host *h);

/** Load what is opened and has settings. (startup.c) */
void startup_more(struct host *h, host_done_fn done, void *arg);
/** Whoever has nobody to tell: failures are logged. */
void startup_logged(void *arg, int rc, const struct confab_error *err);

/** In quarantine: say so and remember it; else forget that it was. @return whether it is not to be opened.
 *  Thread: main, logic. (pass_over.c) */
bool host_pass_over(struct host *h, const struct quarantine *q, const char *name);

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

/** A copy that was replaced ends what it has begun, and is unloaded. */
void leave_begin(struct confab_plugin *p);

/** A new copy has said it is ready, or will never be. Thread: logic. (swap.c) */
void swap_ready(struct confab_plugin *fresh, int rc, const char *why);
/** The host stops: a copy that waits to be ready is given up. */
void swap_cancel(struct host *h);

/** From now on requests that plugins do not answer in time are answered for them. (overdue.c) */
void overdue_start(struct host *h);

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

/* Settings that a channel's own row says. (channel_settings.c) */

/** Be asked for them by the pipeline of this host. */
void channel_settings_open(struct host *h);
/** In force in a channel (NULL: none) of a type (NULL: the server's). Borrowed; NULL: no settings. */
const struct confab_settings *channel_settings(
	const struct confab_plugin *p, const char *type, const struct channel *ch);
/** Have those of all channels in memory prepared with a set that is to be in force. */
void channel_settings_foresee(
	const struct host *h, const struct confab_plugin *p, struct snapshots *set);

#endif
