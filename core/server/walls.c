/**
 * Landlock and seccomp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/walls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* Of later kernels than the headers we build with may be of: landlock(7). */
#define FS_REFER (UINT64_C(1) << 13)    /* ABI 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */
#define NET_BIND_TCP (UINT64_C(1) << 0) /* ABI 4 */

#define FS_CHANGE \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
		LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM)
/* Nobody needs these anywhere. */
#define FS_NEVER \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

/* ABI 4 and later; earlier ones are given the first member alone. */
struct rules {
	uint64_t fs, net;
};

static int failed(struct confab_error *err, const char *what, int number)
{
	return confab_error_set(err, CONFAB_EPERM, "walls, cannot %s (%s)", what, strerror(number));
}

static bool allow_below(int ruleset, const char *dir, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access};
	bool added;

	rule.parent_fd = open(dir, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return false;
	added = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	(void)close(rule.parent_fd);
	return added;
}

static int wall_files(const char *const *dirs, size_t n, struct walls *w, struct confab_error *err)
{
	int abi = (int)syscall(
		SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t change = FS_CHANGE | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0);
	struct rules rules = {.fs = change | (SANITIZED ? 0 : FS_NEVER), .net = NET_BIND_TCP};
	int ruleset, rc = 0;

	if (abi < 1)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules,
		abi >= 4 ? sizeof(rules) : sizeof(rules.fs), 0);
	if (ruleset < 0)
		return failed(err, "make Landlock's rules", errno);
	for (size_t i = 0; i < n; i++)
		w->n_writable += allow_below(ruleset, dirs[i], change);
	(void)allow_below(ruleset, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		rc = failed(err, "put Landlock's rules in force", errno);
	(void)close(ruleset);
	w->landlock = abi;
	return rc;
}

/* Names, as not every architecture and library has all of them. */
static const char *const denied[] = {"acct", "add_key", "adjtimex", "bpf", "chroot",
	"clock_adjtime", "clock_settime", "create_module", "delete_module", "fanotify_init",
	"finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "get_kernel_syms", "init_module",
	"io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp",
	"kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mount", "mount_setattr",
	"move_mount", "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree",
	"perf_event_open", "personality", "pidfd_getfd", "pivot_root", "process_madvise",
	"process_vm_readv", "process_vm_writev", "query_module", "quotactl", "quotactl_fd",
	"reboot", "request_key", "sethostname", "setdomainname", "setns", "settimeofday", "stime",
	"swapoff", "swapon", "_sysctl", "syslog", "umount", "umount2", "unshare", "uselib",
	"userfaultfd", "vhangup"};
/* Sanitizers look into the process and start a program to name what they found. */
static const char *const denied_unless_sanitized[] = {"execve", "execveat", "ptrace"};

static unsigned deny(scmp_filter_ctx ctx, const char *const *names, size_t n)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		if (number != __NR_SCMP_ERROR &&
			seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), number, 0) == 0)
			count++;
	}
	return count;
}

static int wall_calls(struct walls *w, struct confab_error *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (!ctx)
		return failed(err, "make a filter of system calls", ENOMEM);
	/* Sorted by number, and without the slow-down that a filter brings on old kernels. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_SSB, 1);
	w->denied = deny(ctx, denied, sizeof(denied) / sizeof(denied[0]));
	if (!SANITIZED)
		w->denied += deny(ctx, denied_unless_sanitized,
			sizeof(denied_unless_sanitized) / sizeof(denied_unless_sanitized[0]));
	rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? 0 : failed(err, "put the filter of system calls in force", -rc);
}

/* ------------------------------------------------------------------------------------------- */

int walls_enter(const char *const *dirs, size_t n, struct walls *w, struct confab_error *err)
{
	*w = (struct walls){0};
	if (wall_files(dirs, n, w, err) != 0)
		return err->code;
	return wall_calls(w, err);
}
