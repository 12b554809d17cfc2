/**
 * Settings: what a plugin lets its administrator choose, as a const table of rows, and the
 * immutable values that are in force.
 *
 * A row says everything once: name, type, default, range, unit, scope and one sentence. From the
 * rows confab reads and checks YAML, merges server, channel type and channel, prints the manual,
 * the sample file and a JSON Schema, and answers `confabctl config explain KEY`.
 *
 *	enum { ROW_PAUSE, ROW_WORDS };
 *	static const struct confab_setting rows[] = {
 *		[ROW_PAUSE] = {"pause", CONFAB_SETTING_DURATION, "5s", 1000, 60000, .unit = "ms",
 *			       .scope = CONFAB_SCOPE_TYPE, .flags = CONFAB_SETTING_RELOADABLE,
 *			       .doc = "How long a typist may pause."},
 *		[ROW_WORDS] = {"words", CONFAB_SETTING_LIST, .max = 100, .doc = "Words to refuse."},
 *	};
 *	int64_t pause_ms = confab_setting_duration_ms(settings, ROW_PAUSE);
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_SETTINGS_H
#define CONFAB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <confab/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a value is. The comment gives how it is written and what `min` and `max` bound. */
enum confab_setting_type {
	CONFAB_SETTING_BOOL = 1,     /* true, false (also yes, no, on, off) */
	CONFAB_SETTING_INT = 2,      /* 42, 1_000; bounds the value */
	CONFAB_SETTING_SIZE = 3,     /* 64KB, 1MB (powers of 1024); bounds the bytes */
	CONFAB_SETTING_DURATION = 4, /* 500ms, 10s, 5m, 12h, 30d, 2w; bounds the milliseconds */
	CONFAB_SETTING_RATE = 5,     /* 10/s, 100/m burst 20, off; bounds the count */
	CONFAB_SETTING_STRING = 6,   /* text; bounds its length in bytes */
	CONFAB_SETTING_ENUM = 7,     /* one of `words` */
	CONFAB_SETTING_LIST = 8,     /* [a, b]; bounds the count; if `words` is set, each is one */
	CONFAB_SETTING_PATH = 9,     /* a file or directory */
	CONFAB_SETTING_ADDRESS = 10, /* 127.0.0.1:8080, [::1]:8080, *:8080, unix:/path */
	CONFAB_SETTING_SECRET = 11,  /* {file: /path}, {env: NAME} or text; never printed */
	CONFAB_SETTING_TREE = 12,    /* any YAML value, for what no other type can say */
};

/** Where a row may be set. The server (plugins: NAME:) is always allowed. */
enum confab_setting_scope {
	CONFAB_SCOPE_SERVER = 0,
	CONFAB_SCOPE_TYPE = 1,    /* also in channel_types: TYPE: plugins: NAME: */
	CONFAB_SCOPE_CHANNEL = 2, /* also in a channel's own row, by the op plugin.set: who has the
				     grant `update` there may, and every member may read it */
};

enum confab_setting_flag {
	CONFAB_SETTING_RELOADABLE = 1, /* may change without a restart of the daemon */
	CONFAB_SETTING_REQUIRED = 2,   /* has no default; its absence is an error */
	CONFAB_SETTING_IN_DATA = 4,    /* a relative path lies below the data directory */
};

/**
 * One row. Strings live as long as the plugin is loaded; the host copies them.
 * Later minors may add fields at the end: the confab_table that holds the rows says their size.
 */
struct confab_setting {
	const char *name;  /* [a-z][a-z0-9_]*, at most 32 */
	unsigned type;     /* enum confab_setting_type */
	const char *dflt;  /* as it would be written in YAML, lists as "a, b"; NULL: unset, 0, [] */
	int64_t min, max;  /* inclusive; both 0: no bound but the type's own */
	const char *unit;  /* for people, of INT: "characters"; NULL: none */
	unsigned scope;    /* bits of enum confab_setting_scope */
	unsigned flags;    /* bits of enum confab_setting_flag */
	const char *words; /* ENUM, LIST: "a, b, c"; numbers: names of values, "forever=0" */
	const char *doc;   /* one sentence or more, for the administrator */
};

/** How often: at most `count` in `per_ms`, `burst` at once. count 0: no limit. */
struct confab_rate {
	uint32_t count;
	uint32_t per_ms;
	uint32_t burst;
};

/** Strings of a LIST; borrowed from the settings. */
struct confab_list {
	const char *const *items;
	size_t count;
};

/** Values of one table in force somewhere: immutable, counted by the host. */
struct confab_settings;

/**
 * Read a value by its row number: no lookup. The row must be of the type that is named; another
 * one, or a number beyond the table, is a bug and aborts. What is given back is borrowed and lives
 * as long as the settings, which is at least until return for those given by an event; a plugin
 * that keeps a value copies it. Thread: any.
 */
bool confab_setting_bool(const struct confab_settings *s, unsigned row);
/** INT, SIZE [bytes], DURATION [ms] and ENUM (the word's place in `words`, from 0). */
int64_t confab_setting_int(const struct confab_settings *s, unsigned row);
/** DURATION [ms]. */
int64_t confab_setting_duration_ms(const struct confab_settings *s, unsigned row);
/** RATE. */
struct confab_rate confab_setting_rate(const struct confab_settings *s, unsigned row);
/** STRING, PATH, ADDRESS, SECRET, and ENUM (the word). NULL if unset. */
const char *confab_setting_str(const struct confab_settings *s, unsigned row);
/** LIST. */
struct confab_list confab_setting_list(const struct confab_settings *s, unsigned row);
/** TREE. NULL if unset. Read only: take no reference, as threads share it. */
const json_t *confab_setting_tree(const struct confab_settings *s, unsigned row);
/** Was it set by somebody, or is it the default? */
bool confab_setting_is_set(const struct confab_settings *s, unsigned row);

/** What the plugin's prepare() built from these settings, or NULL. Thread: any. */
void *confab_settings_built(const struct confab_settings *s);

#ifdef __cplusplus
}
#endif
#endif
