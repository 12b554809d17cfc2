/*
 * One helper job: bytes in, bytes out, a clock, and what became of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/helper_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/helper_reply.h"
#include "base/log.h"

#define READ_BYTES 65536
#define GRACE_US 5000000 /* how long the spawner may take to tell of a death */

static void send_input(struct helper_job *job)
{
	while (job->in_sent < job->in_len) {
		ssize_t n = send(job->channel, job->in + job->in_sent, job->in_len - job->in_sent,
			MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break; /* it needs no more, or has died: its answer will tell */
		job->in_sent += (size_t)n;
	}
	if (job->in == NULL)
		return;
	free(job->in);
	job->in = NULL;
	job->in_sent = job->in_len;
	(void)shutdown(job->channel, SHUT_WR); /* fails if it has died */
}

static void read_output(struct helper_job *job)
{
	size_t most = job->packet.limits.output_bytes + sizeof(struct helper_reply);
	char bytes[READ_BYTES];

	while (!job->silent) {
		ssize_t n = recv(job->channel, bytes, sizeof(bytes), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			job->silent = true;
			return;
		}
		if (job->out.len + (size_t)n > most) {
			helper_job_kill(job, CONFAB_ELIMIT);
			job->silent = true;
			return;
		}
		buf_add(&job->out, bytes, (size_t)n);
	}
}

static void channel_ready(void *arg, unsigned what)
{
	struct helper_job *job = arg;

	if (what & WATCH_WRITE)
		send_input(job);
	if (what & WATCH_READ)
		read_output(job);
}

static void deadline_passed(void *arg)
{
	helper_job_kill(arg, CONFAB_ETIMEDOUT);
}

static int tell_spawner(
	struct helper_spawner *sp, const struct spawner_packet *p, const int *fds, size_t n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(SPAWNER_FDS_MAX * sizeof(int))];
	} room = {0};
	struct iovec io = {(void *)p, sizeof(*p)};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};

	if (n > 0) {
		struct cmsghdr *c;

		m.msg_control = room.bytes;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	while (sendmsg(sp->control, &m, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return CONFAB_EIO;
	return 0;
}

/* What the wait status of a helper means. */
static int judge_status(const struct helper_job *job, int status)
{
	const char *name = job->packet.function;

	if (WIFSIGNALED(status)) {
		int sig = WTERMSIG(status);

		log_warning("helper '%s', died (%s)", name, strsignal(sig));
		return sig == SIGXCPU ? CONFAB_ELIMIT : CONFAB_EIO;
	}
	if (WEXITSTATUS(status) != 0) {
		log_warning("helper '%s', failed (exit status %d)", name, WEXITSTATUS(status));
		return CONFAB_EIO;
	}
	return 0;
}

static int judge_output(const struct helper_job *job)
{
	struct helper_reply head;

	if (job->out.len < sizeof(head))
		goto lie;
	memcpy(&head, job->out.bytes, sizeof(head));
	if (head.magic != HELPER_REPLY_MAGIC || head.len != job->out.len - sizeof(head) ||
		head.rc > 0)
		goto lie;
	return head.rc;
lie:
	log_warning("helper '%s', answered what is no answer (%zu bytes)", job->packet.function,
		job->out.len);
	return CONFAB_EPROTO;
}

static int channel_open(struct helper_job *job)
{
	int ends[2], fds[SPAWNER_FDS_MAX], rc;
	size_t n = 0;

	/* Ours does not block, the helper's does: two flags on two ends. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return CONFAB_EIO;
	job->channel = ends[0];
	fds[n++] = ends[1];
	if (job->file >= 0)
		fds[n++] = job->file;
	if (job->code >= 0)
		fds[n++] = job->code;
	job->packet.file = job->file >= 0;
	job->packet.code = job->code >= 0;
	rc = fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ? CONFAB_EIO : 0;
	if (rc == 0)
		rc = tell_spawner(job->sp, &job->packet, fds, n);
	(void)close(ends[1]);
	return rc;
}

/* ------------------------------------------------------------------------------------------- */

void helper_job_init(struct helper_job *job)
{
	watch_init(&job->watch, channel_ready, job);
	timer_init(&job->deadline, deadline_passed, job);
	buf_init(&job->out);
	job->channel = -1;
}

int helper_job_begin(struct helper_job *job)
{
	int rc = channel_open(job);

	if (rc == 0)
		rc = watch_start(
			job->sp->loop, &job->watch, job->channel, WATCH_READ | WATCH_WRITE, NULL);
	if (rc != 0)
		return rc;
	timer_start(job->sp->loop, &job->deadline, job->packet.limits.wall_ms * 1000);
	return 0;
}

void helper_job_kill(struct helper_job *job, int rc)
{
	struct spawner_packet p = {
		.magic = SPAWNER_MAGIC, .word = SPAWNER_KILL, .job = job->packet.job};

	if (job->rc == 0)
		job->rc = rc;
	/* If it cannot be told now, it will be when the grace is over. */
	(void)tell_spawner(job->sp, &p, NULL, 0);
	timer_start(job->sp->loop, &job->deadline, GRACE_US);
}

int helper_job_end(struct helper_job *job, int status)
{
	int rc;

	if (job->rc == 0)
		read_output(job); /* may find that it is too much */
	if (job->rc != 0) {
		log_warning("helper '%s', was killed (%s)", job->packet.function,
			confab_code_text(job->rc));
		return job->rc;
	}
	rc = judge_status(job, status);
	return rc != 0 ? rc : judge_output(job);
}

void helper_job_quiet(struct helper_job *job)
{
	watch_stop(&job->watch);
	timer_stop(&job->deadline);
	if (job->channel >= 0)
		(void)close(job->channel);
	if (job->file >= 0)
		(void)close(job->file);
	if (job->code >= 0)
		(void)close(job->code);
	job->channel = -1;
	job->file = job->code = -1;
}
