/**
 * Giving up what a server does not need: groups, user, capabilities; and raising what it needs: files.
 *
 * Thread: main, the only one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SERVER_PRIVILEGES_H
#define SERVER_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <confab/types.h>

/** Who to become. */
struct identity {
	bool changes; /* false: stay who we are */
	char user[33];
	uid_t uid;
	gid_t gid;
};

/**
 * Look up the names.
 *
 * @param user, group  "": the present one; the user's own
 * @return 0; CONFAB_ENOENT: there is no such user or group; CONFAB_EPERM: only root can become another
 */
int identity_find(struct identity *who, const char *user, const char *group,
	struct confab_error *err) CONFAB_MUSTCHECK;

/** Room for so many descriptors, as far as we may. @return how many there may be now */
uint64_t privileges_files(uint64_t wanted);

/**
 * Become who was found and give up every capability and the way back, no_new_privs included. A root
 * that stays root keeps CAP_DAC_OVERRIDE alone, which is how it reads and writes its files.
 *
 * @return 0 or CONFAB_EPERM: what could not be given up
 */
int privileges_drop(const struct identity *who, struct confab_error *err) CONFAB_MUSTCHECK;

#endif
