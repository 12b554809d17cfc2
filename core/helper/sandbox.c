/*
 * The allow-list of a helper.
 *
 * SPDX-License-Identifier: MIT
 */
#include "helper/sandbox.h"

#include <confab/types.h>

#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static const int allowed[] = {
	/* the descriptors it has */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write),
	SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* time and chance */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
	/* itself */
	SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sysinfo),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group)};

/* A call that depends on what it is asked. */
struct conditional {
	int call;
	unsigned count;
	struct scmp_arg_cmp args[2];
};

/* No new code, no signal to others (abort needs one to itself), no limit of others. */
static bool allow_some(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp not_executable = {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
	const struct conditional some[] = {
		{SCMP_SYS(mmap), 1, {not_executable}},
		{SCMP_SYS(mprotect), 1, {not_executable}},
		{SCMP_SYS(tgkill), 1, {{0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0}}},
		{SCMP_SYS(prlimit64), 2, {{0, SCMP_CMP_EQ, 0, 0}, {2, SCMP_CMP_EQ, 0, 0}}},
	};

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		if (seccomp_rule_add_array(
			    filter, SCMP_ACT_ALLOW, some[i].call, some[i].count, some[i].args) != 0)
			return false;
	return true;
}

static bool allow_list_load(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool ok = filter != NULL;

	for (size_t i = 0; ok && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		ok = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
	ok = ok && allow_some(filter) && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return ok;
}

/* ------------------------------------------------------------------------------------------- */

int sandbox_enter(size_t memory_bytes)
{
	struct rlimit memory = {memory_bytes, memory_bytes}, file = {0, 0};

	if (!SANDBOX_SANITIZED &&
		(setrlimit(RLIMIT_AS, &memory) != 0 || setrlimit(RLIMIT_FSIZE, &file) != 0))
		return CONFAB_EIO;
	return allow_list_load() ? 0 : CONFAB_EIO;
}
