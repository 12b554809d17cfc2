/**
 * Which plugins are not to be loaded, by what crashes left in DATA/crashes: whoever was active in two of them
 * within an hour, until an administrator releases it.
 *
 *   {"ts":…,"signal":"SIGSEGV","blamed":["caps"],…}     written by base/crash
 *   {"ts":…,"released":"caps"}                          what is above it does not count any more
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_QUARANTINE_H
#define BASE_QUARANTINE_H

#include <stdbool.h>
#include <confab/types.h>

#define QUARANTINE_MAX 64

struct quarantine {
	unsigned n;
	struct quarantined {
		char plugin[33];
		char why[112]; /* "SIGSEGV twice within 12 s, the last 3 min ago" */
	} items[QUARANTINE_MAX];
	unsigned recent; /* crashes within the last hour, whoever was active */
};

/**
 * Read the records; a file that is not there holds none, lines that are no records are passed over. Of a
 * long file only the end counts (256 KB).
 * Thread: any; blocks on the disk.
 */
void quarantine_read(const char *data_dir, struct quarantine *out);

/** The plugin's place in it, or NULL. */
const struct quarantined *quarantine_find(const struct quarantine *q, const char *plugin);

/**
 * Let a plugin be loaded again, from the next start or reload on.
 *
 * @return 0; CONFAB_ENOENT: it is in no quarantine; CONFAB_EIO
 * Thread: any; blocks on the disk.
 */
int quarantine_release(const char *data_dir, const char *plugin, struct confab_error *err);

#endif
