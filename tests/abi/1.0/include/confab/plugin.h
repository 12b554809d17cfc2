/**
 * What a plugin is: one const descriptor, found by the symbol `confab_plugin`, and an ELF note that
 * says name, version and ABI to whoever reads the file without loading it.
 *
 *     CONFAB_PLUGIN("caps", "1.0") = {
 *             CONFAB_HEAD("caps", "1.0", "MIT"),
 *             CONFAB_ROWS(settings, settings),
 *             CONFAB_ROWS(hooks, hooks),
 *             .load = caps_load,
 *     };
 *
 * Tables are arrays of rows; a table carries the size of its row, so rows may grow at their end.
 * Everything runs on the logic thread unless a comment says otherwise; strings in are copied, pointers
 * out are borrowed until return, a json_t in is taken (also on failure).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_PLUGIN_H
#define CONFAB_PLUGIN_H

#include <jansson.h>
#include <confab/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CONFAB_ABI_MAJOR 1
#define CONFAB_ABI_MINOR 0

struct confab_plugin;      /* the host's record of a loaded plugin */
struct confab_settings;    /* immutable merged snapshot; settings.h */
struct confab_setting;     /* settings.h */
struct confab_hook_row;    /* event.h */
struct confab_kind_row;    /* event.h */
struct confab_op_row;      /* op.h */
struct confab_command_row; /* op.h */
struct confab_todo_row;    /* task.h */
struct confab_slot_row;    /* chat.h */
struct confab_codec_row;   /* provider/codec.h */
struct confab_route_row;   /* http.h */
struct confab_metric_row;  /* admin.h */
struct confab_verb_row;    /* admin.h */
struct confab_helper_row;  /* task.h */

/** A table in a descriptor. */
struct confab_table {
	const void *rows;
	uint32_t n;
	uint32_t row_size;
};
#define CONFAB_ROWS(field, array) \
	.field = {(array), sizeof(array) / sizeof((array)[0]), sizeof((array)[0])}

enum confab_plugin_flag {
	CONFAB_RESIDENT = 1, /* its libraries cannot be unloaded; stays until the process ends */
	CONFAB_READS_FILES =
		2, /* prepare reads files: it runs at each reload, even if no setting changed */
};

/** Capabilities a plugin asks for; an admin grants them. A statement, not a wall. */
enum confab_cap {
	CONFAB_CAP_NET_OUT = 1,
	CONFAB_CAP_HTTP_ROUTE = 2,
	CONFAB_CAP_STORE = 4,
	CONFAB_CAP_USERS = 8,
	CONFAB_CAP_SESSIONS = 16,
};

struct confab_descriptor {
	uint32_t size; /* of this struct, as the plugin was compiled */
	uint16_t abi_major, abi_minor;
	const char *name; /* [a-z0-9-]{1,32} */
	const char *version;
	const char *licence;
	const char *summary; /* one sentence */
	uint32_t flags;      /* enum confab_plugin_flag */
	uint32_t caps;       /* enum confab_cap */
	const char *before,
		*after;        /* names of plugins, separated by spaces, or NULL: order in stages */
	const char *requires_; /* names of plugins or services it cannot do without, or NULL */
	const char *conflicts; /* names of plugins it cannot be beside, or NULL */
	struct confab_table settings;    /* struct confab_setting */
	struct confab_table hooks;       /* struct confab_hook_row */
	struct confab_table kinds;       /* struct confab_kind_row */
	struct confab_table ops;         /* struct confab_op_row */
	struct confab_table commands;    /* struct confab_command_row */
	struct confab_table todos;       /* struct confab_todo_row */
	struct confab_table slots;       /* struct confab_slot_row */
	struct confab_table codecs;      /* struct confab_codec_row */
	struct confab_table provides;    /* struct confab_provide_row; service.h */
	struct confab_table routes;      /* struct confab_route_row */
	struct confab_table metrics;     /* struct confab_metric_row */
	struct confab_table verbs;       /* struct confab_verb_row */
	struct confab_table helpers;     /* struct confab_helper_row */
	struct confab_table collections; /* struct confab_collection_row; doc.h */

	/** Build what a settings snapshot implies; may fail. Worker thread; once per distinct snapshot
	 *  (CONFAB_READS_FILES: and reload). */
	int (*prepare)(const struct confab_settings *s, void **built, struct confab_error *err);
	/** The new snapshots are in force; cannot fail. */
	void (*commit)(void *ctx);
	/** Drop what prepare built. Any thread. */
	void (*discard)(void *built);
	/** Come to life. What was registered before a failure is swept by the ledger. */
	int (*load)(struct confab_plugin *p, void **ctx, struct confab_error *err);
	/** Say goodbye; the ledger sweeps the rest. */
	void (*unload)(void *ctx);
	/**
	 * State across a reload of code: in one turn save of the old copy gives a new reference (or NULL),
	 * load of the new one makes its context, and restore puts the state in (borrowed). All three
	 * together have 10 ms. If restore fails (any code), the old copy goes on as if nothing had been.
	 * Both copies are loaded from then on until the old one has ended what it began: its deferred
	 * events, work, requests and single timers; its hooks and repeating timers run no more.
	 */
	json_t *(*save)(void *ctx);
	int (*restore)(void *ctx, const json_t *saved);
};

#define CONFAB_HEAD(name_, version_, licence_) \
	.size = sizeof(struct confab_descriptor), .abi_major = CONFAB_ABI_MAJOR, \
	.abi_minor = CONFAB_ABI_MINOR, .name = (name_), .version = (version_), \
	.licence = (licence_)

/** What readelf -n shows: owner "confab", type 1, text "name version major.minor". */
#define CONFAB_NOTE_STR2(x) #x
#define CONFAB_NOTE_STR(x) CONFAB_NOTE_STR2(x)
#define CONFAB_NOTE_TEXT(name_, version_) \
	name_ " " version_ \
	      " " CONFAB_NOTE_STR(CONFAB_ABI_MAJOR) "." CONFAB_NOTE_STR(CONFAB_ABI_MINOR)

/** Write the note and begin the definition of the descriptor. */
#define CONFAB_PLUGIN(name_, version_) \
	__attribute__((section(".note.confab"), used, aligned(4))) static const struct { \
		uint32_t namesz, descsz, type; \
		char owner[8]; \
		char text[(sizeof(CONFAB_NOTE_TEXT(name_, version_)) + 3) & ~(size_t)3]; \
	} confab_note = { \
		7, sizeof(confab_note.text), 1, "confab", CONFAB_NOTE_TEXT(name_, version_)}; \
	__attribute__(( \
		visibility("default"))) extern const struct confab_descriptor confab_plugin; \
	const struct confab_descriptor confab_plugin

/** A provider that connects first says when it may be used (err 0) or that it cannot. Any thread. */
void confab_ready(struct confab_plugin *p, int err, const char *why);

/** Ask to be unloaded, from anywhere, also from inside a hook, a timer or a completion of one's own: it is done
 *  at the top of the loop, when nothing of the plugin is on the stack. A plugin that others use stays. why is
 *  logged. Any thread. */
void confab_unload(struct confab_plugin *p, const char *why);

/** The snapshot in force for the whole server, and what prepare built from it. Borrowed. */
const struct confab_settings *confab_plugin_settings(const struct confab_plugin *p);
void *confab_plugin_built(const struct confab_plugin *p);

/** This plugin's context (what load set), name, and the data directory for its files. Any thread. */
void *confab_plugin_ctx(const struct confab_plugin *p);
const char *confab_plugin_name(const struct confab_plugin *p);
const char *confab_data_dir(const struct confab_plugin *p);

#ifdef __cplusplus
}
#endif
#endif
