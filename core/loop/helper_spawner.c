/*
 * The helper loop: jobs that wait, jobs that run, and the spawner's word on how they ended.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/helper_spawner.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/helper_reply.h"
#include "base/log.h"
#include "loop/helper_job.h"
#include "loop/sim.h"

static struct helper_job *job_of(struct mail *m)
{
	return (struct helper_job *)((char *)m - offsetof(struct helper_job, mail));
}

static void job_came_home(struct mail *m)
{
	struct helper_job *job = job_of(m);
	size_t head = sizeof(struct helper_reply);

	if (job->rc == 0)
		job->done(job->arg, 0, job->out.bytes + head, job->out.len - head);
	else
		job->done(job->arg, job->rc, NULL, 0);
	buf_fini(&job->out);
	free(job->in);
	free(job);
}

/* Send it home. */
static void job_answer(struct helper_job *job, int rc)
{
	helper_job_quiet(job);
	job->rc = rc;
	job->mail.run = job_came_home;
	loop_post(job->home, &job->mail);
}

static struct helper_job *take_waiting(struct helper_spawner *sp)
{
	struct helper_job *job = sp->first;

	if (job == NULL)
		return NULL;
	sp->first = job->next;
	sp->waiting--;
	return job;
}

static void pump(struct helper_spawner *sp)
{
	struct helper_job *job;

	while (sp->count < sp->options.parallel && (job = take_waiting(sp)) != NULL) {
		int rc;

		job->packet.job = ++sp->last_number;
		rc = helper_job_begin(job);
		if (rc != 0) {
			log_error("helper '%s', cannot be started (%s)", job->packet.function,
				confab_code_text(rc));
			job_answer(job, rc);
			continue;
		}
		job->next = sp->running;
		sp->running = job;
		sp->count++;
	}
}

static void spawner_gone(struct helper_spawner *sp)
{
	struct helper_job *job;

	if (sp->control >= 0) {
		watch_stop(&sp->watch);
		(void)close(sp->control);
	}
	sp->control = -1;
	while ((job = sp->running) != NULL) {
		sp->running = job->next;
		job_answer(job, CONFAB_ECLOSED);
	}
	sp->count = 0;
	while ((job = take_waiting(sp)) != NULL)
		job_answer(job, CONFAB_ECLOSED);
}

static void job_ended(struct helper_spawner *sp, const struct spawner_packet *p)
{
	struct helper_job **at = &sp->running;
	struct helper_job *job;

	while (*at != NULL && (*at)->packet.job != p->job)
		at = &(*at)->next;
	job = *at;
	if (job == NULL)
		return;
	*at = job->next;
	sp->count--;
	job_answer(job, helper_job_end(job, p->status));
	pump(sp);
}

static void control_ready(void *arg, unsigned what)
{
	struct helper_spawner *sp = arg;
	struct spawner_packet p;

	(void)what;
	while (sp->control >= 0) {
		ssize_t n = recv(sp->control, &p, sizeof(p), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			log_error("helpers, the spawner has died (no helper runs until a restart)");
			spawner_gone(sp);
			return;
		}
		if (n == (ssize_t)sizeof(p) && p.magic == SPAWNER_MAGIC && p.word == SPAWNER_ENDED)
			job_ended(sp, &p);
	}
}

static void job_arrived(struct mail *m)
{
	struct helper_job *job = job_of(m);
	struct helper_spawner *sp = job->sp;

	if (sp->control < 0) {
		job_answer(job, CONFAB_ECLOSED);
		return;
	}
	if (sp->waiting >= sp->options.max_queue && sp->count >= sp->options.parallel) {
		job_answer(job, CONFAB_EBUSY);
		return;
	}
	job->next = NULL;
	if (sp->first == NULL)
		sp->first = job;
	else
		sp->last->next = job;
	sp->last = job;
	sp->waiting++;
	pump(sp);
}

struct cancelling {
	struct mail mail;
	struct helper_spawner *sp;
	const void *tag;
};

static void cancel_run(struct mail *m)
{
	struct cancelling *c = (struct cancelling *)m;
	struct helper_job **at = &c->sp->first, *last = NULL;

	while (*at != NULL) {
		struct helper_job *job = *at;

		if (job->tag != c->tag) {
			last = job;
			at = &job->next;
			continue;
		}
		*at = job->next;
		c->sp->waiting--;
		job_answer(job, CONFAB_ECLOSED);
	}
	c->sp->last = last;
	for (struct helper_job *job = c->sp->running; job != NULL; job = job->next)
		if (job->tag == c->tag)
			helper_job_kill(job, CONFAB_ECLOSED);
	free(c);
}

static int fork_spawner(struct helper_spawner *sp, struct confab_error *err)
{
	int program = open(sp->program, O_PATH | O_CLOEXEC);
	int ends[2];

	if (program < 0)
		return confab_error_set(err, CONFAB_EIO, "cannot open helper program '%s' (%s)",
			sp->program, strerror(errno));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		(void)close(program);
		return confab_error_set(
			err, CONFAB_EIO, "cannot make the spawner's socket (%s)", strerror(errno));
	}
	sp->pid = fork();
	if (sp->pid == 0)
		spawner_main(ends[1], program, &sp->options);
	(void)close(program);
	(void)close(ends[1]);
	sp->control = ends[0];
	if (sp->pid < 0 || fcntl(sp->control, F_SETFL, O_NONBLOCK) != 0)
		return confab_error_set(
			err, CONFAB_EIO, "cannot fork the helper spawner (%s)", strerror(errno));
	return 0;
}

/* ------------------------------------------------------------------------------------------- */

struct helper_spawner *helper_spawner_fork(
	const struct helper_options *options, struct confab_error *err)
{
	struct helper_spawner *sp = alloc_zero(1, sizeof(*sp));

	assert(options->parallel >= 1 && options->parallel <= SPAWNER_PARALLEL_MAX);
	sp->options = *options;
	sp->control = -1;
	watch_init(&sp->watch, control_ready, sp);
	sp->program = strdup(options->program);
	if (sp->program == NULL)
		abort(); /* small and fixed */
	sp->options.program = sp->program;
	if ((!sim_on() && fork_spawner(sp, err) != 0) ||
		(sp->loop = loop_new("helpers", err)) == NULL) {
		helper_spawner_free(sp);
		return NULL;
	}
	return sp;
}

int helper_spawner_start(struct helper_spawner *sp, struct confab_error *err)
{
	int rc = 0;

	if (sp->control >= 0)
		rc = watch_start(sp->loop, &sp->watch, sp->control, WATCH_READ, err);
	if (rc == 0)
		rc = loop_start(sp->loop, err);
	sp->started = rc == 0;
	return rc;
}

void helper_spawner_free(struct helper_spawner *sp)
{
	int status;

	if (sp == NULL)
		return;
	if (sp->started) {
		loop_stop(sp->loop);
		loop_join(sp->loop);
	}
	spawner_gone(sp);
	loop_free(sp->loop); /* what had not arrived is answered */
	if (sp->pid > 0) {
		/* It ends by itself when the socket closes; its helpers die with it. */
		(void)kill(sp->pid, SIGKILL);
		while (waitpid(sp->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	free(sp->program);
	free(sp);
}

void helper_run(struct helper_spawner *sp, struct loop *home, const struct helper_task *task,
	helper_done_fn done, void *arg)
{
	struct helper_job *job = alloc_zero(1, sizeof(*job));
	int rc = 0;

	helper_job_init(job);
	job->sp = sp;
	job->home = home;
	job->done = done;
	job->arg = arg;
	job->tag = task->tag;
	job->packet.magic = SPAWNER_MAGIC;
	job->packet.word = SPAWNER_START;
	/* one by one: what lies between them is not the caller's, and is sent */
	job->packet.limits.wall_ms = task->limits.wall_ms;
	job->packet.limits.cpu_s = task->limits.cpu_s;
	job->packet.limits.memory_bytes = task->limits.memory_bytes;
	job->packet.limits.output_bytes = task->limits.output_bytes;
	job->packet.limits.files = task->limits.files;
	job->file = task->fd >= 0 ? fcntl(task->fd, F_DUPFD_CLOEXEC, 0) : -1;
	job->code = task->code >= 0 ? fcntl(task->code, F_DUPFD_CLOEXEC, 0) : -1;
	job->in_len = task->n;
	job->in = malloc(task->n > 0 ? task->n : 1);
	if (job->in != NULL && task->n > 0)
		memcpy(job->in, task->in, task->n);
	if (strlen(task->function) > HELPER_NAME_MAX)
		rc = CONFAB_EINVAL;
	else if (sim_on())
		rc = CONFAB_EUNSUPPORTED;
	else if (job->in == NULL)
		rc = CONFAB_ENOMEM;
	else if ((task->fd >= 0 && job->file < 0) || (task->code >= 0 && job->code < 0))
		rc = CONFAB_EIO;
	if (rc != 0) {
		job_answer(job, rc);
		return;
	}
	memcpy(job->packet.function, task->function, strlen(task->function) + 1);
	job->mail.run = job_arrived;
	loop_post(sp->loop, &job->mail);
}

void helper_call(struct helper_spawner *sp, struct loop *home, const char *function, const void *in,
	size_t n, int fd, const struct helper_limits *limits, helper_done_fn done, void *arg)
{
	const struct helper_task task = {
		.function = function, .in = in, .n = n, .fd = fd, .code = -1, .limits = *limits};

	helper_run(sp, home, &task, done, arg);
}

void helper_cancel(struct helper_spawner *sp, const void *tag)
{
	struct cancelling *c = alloc_zero(1, sizeof(*c));

	c->mail.run = cancel_run;
	c->sp = sp;
	c->tag = tag;
	loop_post(sp->loop, &c->mail);
}
