/**
 * Work that must follow a commit: a plugin's todos, run on behalf of whoever found them due.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/task.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "plugin/host_internal.h"
#include "store/store.h"

#define TODO_MAGIC 0x746f646fu
#define BODY_BYTES_MAX ((size_t)1024 * 1024)
#define BACKOFF_MAX_MS ((int64_t)60 * 60 * 1000)
/* One that was tried often enough stays in the store, for an administrator to look at. */
#define NEVER_MS ((int64_t)1000 * 365 * 86400 * 1000)

struct confab_todo_job {
	uint32_t magic;
	struct confab_plugin *plugin;
	const struct confab_todo_row *row;
	char log[CONFAB_ID_MAX + 2];
	uint64_t rev;
	unsigned n, attempts;
	json_t *body;
};

static const struct confab_todo_row *row_find(const struct confab_plugin *p, const char *name)
{
	size_t len = strlen(p->name);
	if (strncmp(name, p->name, len) != 0 || name[len] != '.')
		return NULL;
	for (uint32_t i = 0; i < p->desc.d.todos.n; i++)
		if (strcmp(p->desc.todos[i].name, name + len + 1) == 0)
			return &p->desc.todos[i];
	return NULL;
}

static void written(struct confab_todo_done *c, void *arg)
{
	/* What could not be written is met again when it is due: at least once is promised. */
	(void)c;
	plugin_flight_ended(arg, FLIGHT_TODO);
}

static int64_t again_at(const struct confab_todo_job *job)
{
	int64_t wait_ms = job->row->backoff_ms;
	if (job->attempts + 1 >= job->row->attempts)
		return clock_real_ms() + NEVER_MS;
	for (unsigned i = 0; i < job->attempts && wait_ms < BACKOFF_MAX_MS; i++)
		wait_ms *= 2;
	return clock_real_ms() + (wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS);
}

/* ------------------------------------------------------------------------------------------ */

bool host_todo_run(struct host *h, const struct confab_todo *todo)
{
	const struct confab_todo_row *row = NULL;
	struct confab_plugin *p = NULL;
	for (size_t i = 0; i < h->n_plugins && row == NULL; i++) {
		p = h->plugins[i];
		row = atomic_load(&p->state) == PLUGIN_UP ? row_find(p, todo->name) : NULL;
	}
	if (row == NULL || strlen(todo->log) > CONFAB_ID_MAX + 1)
		return false;
	struct confab_error err = {0};
	struct confab_todo_job *job = alloc_zero(1, sizeof(*job));
	job->magic = TODO_MAGIC;
	job->plugin = p;
	job->row = row;
	memcpy(job->log, todo->log, strlen(todo->log) + 1);
	job->rev = todo->rev;
	job->n = todo->n;
	job->attempts = todo->attempts;
	job->body = json_parse_bounded(todo->body, strlen(todo->body), BODY_BYTES_MAX, &err);
	ledger_begin(&p->ledger, FLIGHT_TODO);
	struct blame_call call = plugin_enter(p, BLAME_TODO);
	row->run(job, job->log, job->rev, job->body, p->ctx);
	plugin_leave(p, &call, BLAME_TODO, false);
	return true;
}

unsigned confab_todo_attempts(const struct confab_todo_job *job)
{
	return job->attempts;
}

void confab_todo_answer(struct confab_todo_job *job, int rc, const char *why)
{
	if (job == NULL || job->magic != TODO_MAGIC) {
		log_error("plugin, answered a todo that is none");
		abort();
	}
	struct confab_plugin *p = job->plugin;
	struct store *store = p->host->store;
	if (rc != 0)
		log_warning("plugin '%s', todo '%s' of %s at %llu failed (%s)", p->name,
			job->row->name, job->log, (unsigned long long)job->rev,
			why != NULL ? why : confab_code_text(rc));
	if (store != NULL) {
		struct confab_todo_done *c = store_todo_done_new(store);
		c->log = confab_arena_dup(c->call.arena, job->log, strlen(job->log));
		c->rev = job->rev;
		c->n = job->n;
		c->again_ms = rc == 0 ? 0 : again_at(job);
		store_todo_done(store, c, written, p);
	}
	json_decref(job->body);
	job->magic = 0;
	free(job);
	if (store == NULL)
		plugin_flight_ended(p, FLIGHT_TODO);
}
