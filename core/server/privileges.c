/**
 * User, groups, capabilities, limits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITIES_MAX 63

static int failed(struct confab_error *err, const char *what)
{
	return confab_error_set(
		err, CONFAB_EPERM, "privileges, cannot %s (%s)", what, strerror(errno));
}

/* What is dropped from the bounding set cannot come back by any program. Not allowed: it is small
 * already, or nobody can gain anything (no_new_privs). */
static void bounding_drop(void)
{
	for (int cap = 0; cap <= CAPABILITIES_MAX; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int capabilities_set(uint32_t kept)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{kept, kept, 0}, {0, 0, 0}};

	return (int)syscall(SYS_capset, &head, data);
}

static int become(const struct identity *who, struct confab_error *err)
{
	if (setgroups(0, NULL) != 0 || initgroups(who->user, who->gid) != 0)
		return failed(err, "set groups");
	if (setresgid(who->gid, who->gid, who->gid) != 0)
		return failed(err, "set the group");
	if (setresuid(who->uid, who->uid, who->uid) != 0)
		return failed(err, "set the user");
	if (who->uid != 0 && setuid(0) == 0) {
		errno = 0;
		return failed(err, "give root up for good");
	}
	return 0;
}

/* ------------------------------------------------------------------------------------------- */

int identity_find(
	struct identity *who, const char *user, const char *group, struct confab_error *err)
{
	const struct passwd *pw;
	const struct group *gr;

	*who = (struct identity){.uid = geteuid(), .gid = getegid()};
	if (!user[0] && !group[0])
		return 0;
	pw = user[0] ? getpwnam(user) : getpwuid(who->uid);
	if (!pw)
		return confab_error_set(
			err, CONFAB_ENOENT, "server.user: there is no user '%s' here", user);
	gr = group[0] ? getgrnam(group) : NULL;
	if (group[0] && !gr)
		return confab_error_set(
			err, CONFAB_ENOENT, "server.group: there is no group '%s' here", group);
	if (geteuid() == pw->pw_uid && (!gr || gr->gr_gid == getegid()))
		return 0;
	if (geteuid() != 0)
		return confab_error_set(err, CONFAB_EPERM,
			"server.user: only root can become '%s'; start as root or as that user",
			pw->pw_name);
	who->changes = true;
	(void)snprintf(who->user, sizeof(who->user), "%s", pw->pw_name);
	who->uid = pw->pw_uid;
	who->gid = gr ? gr->gr_gid : pw->pw_gid;
	return 0;
}

uint64_t privileges_files(uint64_t wanted)
{
	struct rlimit limit, most;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	if (limit.rlim_cur >= wanted)
		return limit.rlim_cur;
	most = (struct rlimit){wanted, limit.rlim_max > wanted ? limit.rlim_max : wanted};
	if (setrlimit(RLIMIT_NOFILE, &most) == 0)
		return wanted;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

int privileges_drop(const struct identity *who, struct confab_error *err)
{
	const struct rlimit none = {0, 0};
	int rc = 0;

	bounding_drop();
	if (who->changes)
		rc = become(who, err);
	if (rc == 0 && capabilities_set(geteuid() == 0 ? 1u << CAP_DAC_OVERRIDE : 0) != 0)
		rc = failed(err, "give capabilities up");
	if (rc == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		rc = failed(err, "promise to gain none");
	(void)setrlimit(RLIMIT_CORE, &none); /* memory holds passwords; it may be 0 already */
	return rc;
}
