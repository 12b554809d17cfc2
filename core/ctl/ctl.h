/**
 * What the verbs of confabctl share: the options that came before them, and how they are listed.
 *
 * Thread: main, all of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <confab/types.h>

struct config;
struct plugin_tables;

/** Exit status of the program. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1, /* it was asked rightly, and the answer is no */
	CTL_USAGE = 2,  /* it was not asked rightly */
};

/** The options that every verb takes. */
struct ctl {
	const char *config; /* -c FILE; NULL: the installed one if there is one, else defaults */
	const char *socket; /* --socket PATH; NULL: as the configuration says */
	bool json;          /* --json: one JSON value on standard output */
};

/** One verb. */
struct ctl_verb {
	const char *name; /* "status", "config check" */
	const char *args; /* for the help: "[FILE]"; "" if there are none */
	const char *help; /* one sentence, lower case, without a full stop */
	int min, max;     /* how many arguments it takes; max -1: it reads them itself */
	/** @return enum ctl_exit */
	int (*run)(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv);
};

/** Verbs that need no server; ends with name NULL. */
extern const struct ctl_verb ctl_offline_verbs[];
/** Verbs that ask a running server; ends with name NULL. */
extern const struct ctl_verb ctl_remote_verbs[];
/** `confabctl chat`. */
int ctl_chat(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv);
/** The verb backup. */
int ctl_backup(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv);

/** `confabctl plugin info`, `confabctl plugin lint`. */
int ctl_plugin_info(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv);
int ctl_plugin_lint(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv);

/** `confabctl plugin new`. */
int ctl_plugin_new(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv);

/** `confabctl trace`. */
int ctl_trace(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv);

/** `confabctl restore`. */
int ctl_restore(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv);

/** Say why not on standard error (with --json: as {"error":…} on standard output). @return status */
int ctl_fail(const struct ctl *ctl, int status, const char *fmt, ...) CONFAB_PRINTF(3, 4);

/** The configuration file in use, or NULL for the built-in defaults. Borrowed. */
const char *ctl_config_file(const struct ctl *ctl);

/**
 * Read the configuration without its plugins' settings; what is wrong is said.
 *
 * @return one reference, or NULL (the verb ends with CTL_FAILED)
 */
struct config *ctl_config_load(const struct ctl *ctl);

/**
 * The same with the settings of its plugins, as far as their files can be read.
 *
 * @param tables  filled on success; plugin_tables_fini() it behind config_unref()
 */
struct config *ctl_config_whole(const struct ctl *ctl, struct plugin_tables *tables);

#endif
