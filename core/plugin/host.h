/**
 * The plugin host: which plugins there are, and their life from file to sweep.
 *
 *   host_open ──▶ OPENED ── host_start: prepare on workers ─▶ load ─▶ STARTING ─ confab_ready ─▶ UP
 *                                                              │                               │
 *                                         GONE ◀─ unload, sweep, dlclose ◀─ in flight ended ◀─ DRAINING
 *
 * In a daemon: config_load → host_open each → host_tables → config_with_plugins → host_start.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_HOST_H
#define PLUGIN_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <confab/plugin.h>
#include "base/blame.h"

struct account;
struct breaker;
struct config;
struct config_plugin_table;
struct exchanges;
struct helper_spawner;
struct host;
struct loop;
struct op_table;
struct pipeline;
struct pool;
struct store;
struct confab_todo;

/** Where a plugin is in its life. */
enum plugin_state {
	PLUGIN_OPENED = 1, /* its code is there and its tables are good; nothing of it ran */
	PLUGIN_STARTING,   /* load returned; a provider may still be connecting */
	PLUGIN_UP,
	PLUGIN_LEAVING,  /* unregistered; it finishes what it has begun */
	PLUGIN_DRAINING, /* unregistered; waits for what is in flight */
	PLUGIN_GONE,     /* unloaded; the record stays until host_free or the next open */
	PLUGIN_FAILED,   /* load failed, everything swept */
};

struct host_options {
	const char *const *dirs; /* where NAME.so is looked for, in order; copied */
	size_t n_dirs;
	const char *data_dir; /* below it each plugin may have files; copied */
	unsigned ready_ms;    /* how long a provider may connect; 0: 30,000 */
	int64_t swap_max_us;  /* longest turn for the swap of a plugin's code [us]; 0: 10,000 */
	bool quarantine;      /* what crashed twice is not opened, as data_dir's records say */
};

/** rc 0, or a code with the reason. Called on the logic thread, once. */
typedef void (*host_done_fn)(void *arg, int rc, const struct confab_error *err);

/** An empty host, the caller's. Thread: main. */
struct host *host_new(const struct host_options *options);

/** Free everything; all plugins must be gone, failed or only opened. NULL is fine. */
void host_free(struct host *h);

/**
 * Open a plugin by name: find, check, load its code, check its tables. None of its functions runs.
 * One in quarantine is passed over: that is logged and no failure (host_quarantined).
 *
 * @return 0, or a code; the sentence begins with "plugin 'NAME', "
 * Thread: main before the loops run (it blocks on the disk).
 */
int host_open(struct host *h, const char *name, struct confab_error *err);

/**
 * The same while the server runs: the files are read on a worker. done comes once, with the first
 * failure; then none of them is kept. Names of plugins that are there already are passed over.
 * CONFAB_EBUSY while others are being opened, or plugins start or stop. Thread: logic.
 */
void host_open_more(
	struct host *h, const char *const *names, size_t n, host_done_fn done, void *arg);

/** The same for a descriptor that is part of this program (tests, the simulator). Borrowed for ever. */
int host_open_static(struct host *h, const struct confab_descriptor *d, struct confab_error *err);

/** Forget the plugins that host_open_more opened for a change that will not come. Thread: logic. */
void host_drop(struct host *h);

/**
 * The settings tables of all opened plugins, for config_with_plugins().
 *
 * @return an array of *n, the caller's to free(); what it points to is the host's
 */
struct config_plugin_table *host_tables(const struct host *h, size_t *n);

/** The same of a running host: no plugin comes or goes until host_prepare() or host_drop(). Thread: logic. */
struct config_plugin_table *host_lend_tables(struct host *h, size_t *n);

/** The configuration in force, read with the tables of the plugins that run now. Borrowed; NULL: there is
 *  none. Thread: logic. */
const struct config *host_config(const struct host *h);

/**
 * Bring every opened plugin to life: prepare all on workers, then load one after the other:
 * providers first, then by before, after and name. A provider of a store, a bus or of auth is waited
 * for until it says confab_ready(). The first failure ends it; what is up stays up for host_stop.
 *
 * @param cfg   read with host_tables(); NULL: no settings (tests)
 * @param loop  the logic thread's, which this is called on
 * Thread: logic.
 */
void host_start(struct host *h, const struct config *cfg, struct loop *loop, struct pool *pool,
	host_done_fn done, void *arg);

/**
 * Load one plugin by name while the server runs. One that the configuration does not name has default
 * settings, and goes with the next reload of the configuration or restart. On failure nothing is left of it.
 *
 * CONFAB_EEXIST; CONFAB_EBUSY while other plugins come or go. Thread: logic.
 */
void host_load(struct host *h, const char *name, host_done_fn done, void *arg);

/**
 * Let the newest file take the place of the copy that is there, with its state: read, opened and prepared on a
 * worker; then, in one turn, save() of the old, load() and restore() of the new, and the swap of all that is
 * registered. Slots of the same layout pass as they are. If that took too long or anything fails, the old copy
 * goes on untouched. After it the old copy finishes what it has begun and is unloaded.
 *
 * CONFAB_ENOENT; CONFAB_EUNSUPPORTED for a resident plugin, a provider of the store or the bus, and one with a
 * codec: they need a restart; CONFAB_EBUSY while others use its services (named), while the copy before the
 * last is still leaving, or other plugins come or go; CONFAB_ETIMEDOUT: the turn took too long. A provider of
 * auth is waited for until it is ready, before the turn. Thread: logic.
 */
void host_reload(struct host *h, const char *name, host_done_fn done, void *arg);

/** Both for a descriptor that is part of this program (tests, the simulator). Borrowed for ever. */
void host_load_static(
	struct host *h, const struct confab_descriptor *d, host_done_fn done, void *arg);
void host_reload_static(
	struct host *h, const struct confab_descriptor *d, host_done_fn done, void *arg);

/** Unload all in reverse order; done always comes with rc 0. Thread: logic. */
void host_stop(struct host *h, host_done_fn done, void *arg);

/**
 * Unload one plugin: unregister, let it end what it has begun for a while, end what waits for its verdict, wait
 * for what is in flight, unload(), sweep, unmap.
 * CONFAB_ENOENT; CONFAB_EBUSY while others use its services (named), if it is a provider or brings a
 * codec, or while it or others are starting or leaving; CONFAB_ETIMEDOUT: it waits for what is named, and goes
 * when that has ended.
 * Thread: logic.
 */
void host_unload(struct host *h, const char *name, host_done_fn done, void *arg);

/**
 * New settings for all plugins: prepare everything on workers, then say how it went. After rc 0
 * call host_commit or host_discard on the same thread; until then nothing has changed.
 * CONFAB_EBUSY while another change is being prepared. Thread: logic.
 *
 * A reload of the daemon: config_load → host_open_more the new names → host_tables →
 * config_with_plugins → config_diff → host_prepare → host_commit.
 */
void host_prepare(struct host *h, const struct config *cfg, host_done_fn done, void *arg);

/**
 * Put the new settings in force and tell every plugin. Then, in later turns, plugins that the
 * configuration does not name any more are unloaded (providers stay), and those that were opened for
 * it are loaded; what goes wrong with these is logged, and nothing else is touched by it.
 */
void host_commit(struct host *h);

/** Drop what was prepared, and the plugins that were opened for it. */
void host_discard(struct host *h);

/**
 * Where hooks, kinds and ops are registered. Before host_start; both live until host_stop is done.
 * Codecs are for the program to take from plugin_descriptor() and give to net by plugin_codec(); net
 * must have forgotten them before host_stop.
 */
void host_doors_set(struct host *h, struct pipeline *pl, struct op_table *ops);

/** Where routes are opened. Before host_start; lives until host_stop is done. (route.c) */
void host_routes_set(struct host *h, struct exchanges *x);

/** Who runs helpers. Before host_start; lives until host_stop is done. (sandbox_call.c) */
void host_helpers_set(struct host *h, struct helper_spawner *sp);

/** Have fn called whenever plugins came or went after host_start, on the logic thread. Once, before. */
void host_watch(struct host *h, void (*fn)(void *arg), void *arg);

/**
 * Run a todo of a plugin ("plugin.name"). Its answer is written to the store.
 *
 * @param todo  borrowed until return
 * @return false: no plugin that is up has it; it stays in the store
 * Thread: logic.
 */
bool host_todo_run(struct host *h, const struct confab_todo *todo);

/** The store of the plugin that provides it; NULL until that is up. Borrowed. Thread: logic. */
struct store *host_store(const struct host *h);

/* Questions. Thread: logic, or any while nothing runs. */

/** How many plugins there are. */
size_t host_count(const struct host *h);
/** Plugin n in the order of loading (before host_start: of opening), or NULL. Borrowed. */
struct confab_plugin *host_at(const struct host *h, size_t n);
struct confab_plugin *host_find(const struct host *h, const char *name);
/** Copy n of those that were replaced and still finish what they have begun, or NULL. Borrowed. */
struct confab_plugin *host_leaving_at(const struct host *h, size_t n);

/** The core begins and ends a question to a service of a plugin: its code stays until then. Thread: logic. */
void plugin_call_begin(struct confab_plugin *p);
void plugin_call_end(struct confab_plugin *p);

/**
 * A service for the core: vtable and context of the first plugin that is up (or, while it loads,
 * starting) and provides it.
 *
 * @param provider  only of this plugin; NULL: of any
 * @return the vtable, or NULL
 */
const void *host_service(const struct host *h, const char *provider, const char *service,
	unsigned major, size_t min_size, void **ctx);

/** Answer of host_verb: ok (taken), or NULL with a code and a sentence, borrowed. */
typedef void (*host_verb_fn)(void *arg, json_t *ok, const char *code, const char *text);

/**
 * Run a verb of a plugin. (verb.c)
 *
 * @param verb   NULL: the answer lists its verbs
 * @param words  what was written behind it, an array of strings; NULL: nothing. Borrowed
 * @param done   comes once, now or later
 * Thread: logic.
 */
void host_verb(struct host *h, const char *plugin, const char *verb, const json_t *words,
	host_verb_fn done, void *arg);
/** What its tables bring: {"routes": ["GET /v1/x/…"], "verbs": […] …}, empty tables left out. A new
 *  reference. (verb.c) */
json_t *plugin_brings(const struct confab_plugin *p);
/** Its verbs: [{verb, arguments, help}]. A new reference. (verb.c) */
json_t *plugin_verbs(const struct confab_plugin *p);

/** The n-th plugin that was not opened, as it is in quarantine; why (may be NULL) is filled. NULL behind
 *  the last. Borrowed until the next one is opened. */
const char *host_quarantined(const struct host *h, size_t n, const char **why);

/** Where it is in its life. Thread: any. */
enum plugin_state plugin_state(const struct confab_plugin *p);
/** "up", … Static. */
const char *plugin_state_name(enum plugin_state state);
/** As its descriptor says. Borrowed. */
const char *plugin_version(const struct confab_plugin *p);
/** With tables of this host's row sizes; empty once it is gone. Borrowed. */
const struct confab_descriptor *plugin_descriptor(const struct confab_plugin *p);
/** What its calls cost so far, but those of hooks that are registered now (plugin_figures). */
struct blame *plugin_blame(struct confab_plugin *p);
/** What all its calls at a place cost so far. */
void plugin_figures(const struct confab_plugin *p, enum blame_place place, struct blame_cell *out);
/** Whether its hooks are called. Borrowed; never NULL. */
struct breaker *plugin_breaker(const struct confab_plugin *p);
/** Its memory, as far as it counts it. Borrowed; never NULL. */
const struct account *plugin_account(const struct confab_plugin *p);
/** The n-th sort of things it holds or that are in flight for it ("timer"). @return how many, 0: that
 *  was all */
unsigned plugin_held(const struct confab_plugin *p, unsigned n, const char **what);
/** What it holds and what is in flight, as words. */
void plugin_holdings(const struct confab_plugin *p, char *text, size_t size);
/** Which copy of its code it is, from 1; and how long the swap took that brought it [us], 0: it was loaded. */
unsigned plugin_generation(const struct confab_plugin *p);
int64_t plugin_swap_us(const struct confab_plugin *p);
/** Was it loaded by hand, and the configuration does not name it? */
bool plugin_by_hand(const struct confab_plugin *p);
/** How often it was refused more than its bound of what (n from 0); name: of the bound. False behind the
 *  last. */
bool plugin_refused(const struct confab_plugin *p, unsigned n, const char **name, uint64_t *times);
/** Requests that it never answered. */
uint64_t plugin_unanswered(const struct confab_plugin *p);
/** Settings for a channel type (NULL: the server's). Borrowed until the next host_commit. */
const struct confab_settings *plugin_settings(const struct confab_plugin *p, const char *type);

#endif
