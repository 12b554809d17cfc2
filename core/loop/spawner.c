/*
 * The spawner: a process with one thread that forks helpers when it is told to and tells how they
 * ended.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/spawner.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_STATUS(code) ((code) << 8) /* as waitpid tells it */
#define CONTROL_FD 3
#define PROGRAM_FD 4

struct child {
	uint32_t job;
	pid_t pid; /* 0: free */
};

struct spawner {
	int control, program, signals;
	const char *path;
	struct child children[SPAWNER_PARALLEL_MAX];
};

static void tell_ended(struct spawner *s, uint32_t job, int status)
{
	struct spawner_packet p = {
		.magic = SPAWNER_MAGIC, .word = SPAWNER_ENDED, .job = job, .status = status};

	/* If nobody listens any more, the next read says so. */
	while (send(s->control, &p, sizeof(p), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void start(struct spawner *s, const struct spawner_packet *p, const int fds[SPAWNER_FDS_MAX])
{
	int channel = fds[0], file = p->file ? fds[1] : -1, code = p->code ? fds[1 + p->file] : -1;
	struct child *c = s->children;
	pid_t pid;

	while (c < s->children + SPAWNER_PARALLEL_MAX && c->pid != 0)
		c++;
	if (channel < 0 || c == s->children + SPAWNER_PARALLEL_MAX) {
		tell_ended(s, p->job, EXIT_STATUS(1));
		return;
	}
	pid = fork();
	if (pid == 0)
		spawner_exec(s->program, s->path, p, channel, file, code);
	if (pid < 0) {
		tell_ended(s, p->job, EXIT_STATUS(1));
		return;
	}
	*c = (struct child){p->job, pid};
}

static void kill_job(struct spawner *s, uint32_t job)
{
	for (struct child *c = s->children; c < s->children + SPAWNER_PARALLEL_MAX; c++)
		if (c->pid != 0 && c->job == job)
			(void)kill(c->pid, SIGKILL); /* it may be dead already */
}

static void reap(struct spawner *s)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(s->signals, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (struct child *c = s->children; c < s->children + SPAWNER_PARALLEL_MAX; c++) {
			if (c->pid != pid)
				continue;
			c->pid = 0;
			tell_ended(s, c->job, status);
		}
	}
}

static void end(struct spawner *s)
{
	for (struct child *c = s->children; c < s->children + SPAWNER_PARALLEL_MAX; c++)
		if (c->pid != 0)
			(void)kill(c->pid, SIGKILL);
	_exit(0);
}

static void hear(struct spawner *s)
{
	struct spawner_packet p = {0};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(SPAWNER_FDS_MAX * sizeof(int))];
	} room;
	struct iovec io = {&p, sizeof(p)};
	struct msghdr m = {.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof(room.bytes)};
	int fds[SPAWNER_FDS_MAX] = {-1, -1, -1};
	ssize_t n = recvmsg(s->control, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0)
		end(s);
	c = CMSG_FIRSTHDR(&m);
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	if (n == (ssize_t)sizeof(p) && p.magic == SPAWNER_MAGIC && p.word == SPAWNER_START &&
		p.file <= 1 && p.code <= 1)
		start(s, &p, fds);
	else if (n == (ssize_t)sizeof(p) && p.magic == SPAWNER_MAGIC && p.word == SPAWNER_KILL)
		kill_job(s, p.job);
	for (int i = 0; i < SPAWNER_FDS_MAX; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void drop_root(const struct helper_options *o)
{
	if (geteuid() != 0 || o->uid == 0)
		return;
	if (setgroups(0, NULL) != 0 || setresgid(o->gid, o->gid, o->gid) != 0 ||
		setresuid(o->uid, o->uid, o->uid) != 0)
		_exit(1);
}

/* Keep the standard descriptors and the two of ours. */
static void close_others(struct spawner *s)
{
	int control = dup(s->control), program = dup(s->program);

	if (control < 0 || program < 0 || dup2(control, CONTROL_FD) < 0 ||
		dup2(program, PROGRAM_FD) < 0)
		_exit(1);
	s->control = CONTROL_FD;
	s->program = PROGRAM_FD;
	(void)close_range(PROGRAM_FD + 1, ~0u, 0); /* fails only for bad arguments */
}

/* ------------------------------------------------------------------------------------------- */

void spawner_main(int control, int program, const struct helper_options *options)
{
	static const int deaf_to[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE};
	struct spawner s = {.control = control, .program = program, .path = options->program};
	sigset_t set;

	(void)prctl(PR_SET_NAME, "confab-spawner");
	(void)setsid(); /* not the terminal's: it ends with its server */
	for (size_t i = 0; i < sizeof(deaf_to) / sizeof(deaf_to[0]); i++)
		(void)signal(deaf_to[i], SIG_IGN);
	drop_root(options);
	close_others(&s);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	s.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s.signals < 0)
		_exit(1);
	for (;;) {
		struct pollfd fds[] = {{s.control, POLLIN, 0}, {s.signals, POLLIN, 0}};

		if (poll(fds, 2, -1) < 0)
			continue; /* a signal */
		if (fds[1].revents != 0)
			reap(&s);
		if (fds[0].revents != 0)
			hear(&s);
	}
}
