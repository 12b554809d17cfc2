/**
 * Descriptors of plugins on the logic loop.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/task.h>

#include <stdlib.h>

#include "base/alloc.h"
#include "plugin/host_internal.h"

struct confab_fd {
	struct holding holding;
	struct watch watch;
	struct confab_plugin *plugin;
	void (*fn)(void *arg, unsigned what);
	void *arg;
	bool firing, stopped;
};

_Static_assert((int)CONFAB_FD_READ == (int)WATCH_READ && (int)CONFAB_FD_WRITE == (int)WATCH_WRITE,
	"the loop's bits are the plugin's");

static void fd_sweep(struct holding *h)
{
	confab_fd_stop((struct confab_fd *)h);
}

static void fd_ready(void *arg, unsigned what)
{
	struct confab_fd *f = arg;
	struct confab_plugin *p = f->plugin;
	struct blame_call call;

	/* A plugin on its way out is not woken any more. */
	if (!plugin_open_for_work(p))
		return;
	f->firing = true;
	call = plugin_enter(p, BLAME_FD);
	f->fn(f->arg, what);
	plugin_leave(p, &call, BLAME_FD, false);
	f->firing = false;
	if (f->stopped)
		free(f);
}

/* ------------------------------------------------------------------------------------------ */

struct confab_fd *confab_fd_start(struct confab_plugin *p, int fd, unsigned what,
	void (*fn)(void *arg, unsigned what), void *arg)
{
	struct confab_error err = {0};
	struct confab_fd *f = alloc_zero(1, sizeof(*f));

	plugin_check(p);
	f->plugin = p;
	f->fn = fn;
	f->arg = arg;
	watch_init(&f->watch, fd_ready, f);
	if (!plugin_open_for_work(p))
		confab_error_set(&err, CONFAB_ECLOSED, "it is being unloaded");
	else if (what == 0 || (what & ~(unsigned)(CONFAB_FD_READ | CONFAB_FD_WRITE)) != 0)
		confab_error_set(
			&err, CONFAB_EINVAL, "what it waits for is neither read nor write");
	else if (watch_start(p->host->loop, &f->watch, fd, what, &err) != 0)
		confab_error_set(&err, CONFAB_EIO, "the loop refuses it");
	if (err.code != 0) {
		log_error(
			"plugin '%s', descriptor %d cannot be watched (%s)", p->name, fd, err.text);
		free(f);
		return NULL;
	}
	ledger_add(&p->ledger, &f->holding, "descriptor", fd_sweep);
	return f;
}

void confab_fd_stop(struct confab_fd *f)
{
	if (f == NULL || f->stopped)
		return;
	watch_stop(&f->watch);
	ledger_remove(&f->holding);
	f->stopped = true;
	if (!f->firing)
		free(f); /* else fd_ready does */
}
