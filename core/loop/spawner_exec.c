/*
 * From a fork of the spawner to a helper process that owns nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/spawner.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <linux/close_range.h>

#include "base/helper_reply.h"

#define EXIT_CANNOT 127
#define ABOVE_ALL 10 /* no descriptor that a helper keeps is as high */
#define VARIABLES_MAX 8

/* Which variables of ours a helper gets: what its loader and sanitizers need, nothing secret. */
static const char *const variables[] = {
	"LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"};

/* Soft and, `more` above it, hard; one that is lower already stays. */
static void limit(int what, rlim_t most, rlim_t more)
{
	struct rlimit now, want = {most, most + more};

	if (getrlimit(what, &now) != 0)
		_exit(EXIT_CANNOT);
	if (now.rlim_max < want.rlim_max)
		want.rlim_max = now.rlim_max;
	if (want.rlim_max < want.rlim_cur)
		want.rlim_cur = want.rlim_max;
	if (setrlimit(what, &want) != 0)
		_exit(EXIT_CANNOT);
}

/* Its own network with nothing in it, where the system lets us; seccomp forbids sockets anyway. */
static void leave_network(void)
{
	static const int tries[] = {CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC,
		CLONE_NEWUSER | CLONE_NEWNET, CLONE_NEWNET};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		if (unshare(tries[i]) == 0)
			return;
}

static void place(int fd, int at)
{
	if (dup2(fd, at) != at)
		_exit(EXIT_CANNOT);
}

/* Lift everything out of the way, then put it where a helper looks for it. */
static void arrange(int channel, int file, int code)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	channel = fcntl(channel, F_DUPFD_CLOEXEC, ABOVE_ALL);
	if (file >= 0)
		file = fcntl(file, F_DUPFD_CLOEXEC, ABOVE_ALL);
	if (code >= 0)
		code = fcntl(code, F_DUPFD_CLOEXEC, ABOVE_ALL);
	if (null < 0 || channel < 0)
		_exit(EXIT_CANNOT);
	place(channel, HELPER_FD_IN);
	place(channel, HELPER_FD_OUT);
	place(null, STDERR_FILENO);
	if (file >= 0)
		place(file, HELPER_FD_FILE);
	if (code >= 0)
		place(code, HELPER_FD_CODE);
	/* At exec, because the program is run from its descriptor. */
	if (close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) != 0 ||
		(file >= 0 && fcntl(HELPER_FD_FILE, F_SETFD, 0) != 0) ||
		(code >= 0 && fcntl(HELPER_FD_CODE, F_SETFD, 0) != 0))
		_exit(EXIT_CANNOT);
}

static void forget_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL); /* some cannot be changed, and need not */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void pick_variables(char *env[VARIABLES_MAX])
{
	size_t n = 0;

	env[n++] = strdup("PATH=/usr/bin:/bin");
	env[n++] = strdup("LC_ALL=C.UTF-8");
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (value != NULL && asprintf(&env[n], "%s=%s", variables[i], value) > 0)
			n++;
	}
	env[n] = NULL;
}

_Static_assert(2 + sizeof(variables) / sizeof(variables[0]) < VARIABLES_MAX, "room for the NULL");

/* ------------------------------------------------------------------------------------------- */

void spawner_exec(int program, const char *path, const struct spawner_packet *start, int channel,
	int file, int code)
{
	char memory[32], function[HELPER_NAME_MAX + 1];
	char name[] = "confab-helper", run[] = "--run", with_file[] = "--file";
	char with_code[] = "--code";
	char *argv[] = {name, run, function, memory, NULL, NULL, NULL};
	char *env[VARIABLES_MAX];

	forget_signals();
	(void)snprintf(function, sizeof(function), "%s", start->function);
	(void)snprintf(memory, sizeof(memory), "%zu", start->limits.memory_bytes);
	if (file >= 0)
		argv[4] = with_file;
	if (code >= 0)
		argv[file >= 0 ? 5 : 4] = with_code;
	program = fcntl(program, F_DUPFD_CLOEXEC, ABOVE_ALL); /* it lies where others go */
	arrange(channel, file, code);
	leave_network();
	limit(RLIMIT_CPU, start->limits.cpu_s, 1); /* SIGXCPU first: it says why */
	limit(RLIMIT_CORE, 0, 0);
	limit(RLIMIT_NOFILE, start->limits.files, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		_exit(EXIT_CANNOT);
	pick_variables(env);
	(void)execveat(program, "", argv, env, AT_EMPTY_PATH);
	/* A script (a build tree's wrapper) cannot be run from a descriptor that closes. */
	(void)execve(path, argv, env);
	_exit(EXIT_CANNOT);
}
