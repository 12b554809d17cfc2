/**
 * Loading and unloading in a child: its findings come back through a pipe, a line each.
 *
 *   parent ── fork ──▶ child: (dlopen, load, unload, dlclose) × n ── "check<TAB>text<NL>" ──▶ parent
 *
 * SPDX-License-Identifier: MIT
 */
#include "ctl/plugin_cycles.h"

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <confab/test.h>
#include "plugin/descriptor.h"
#include "plugin/loader.h"
#include "plugin/object.h"

#define LINE_BYTES 1024
/* The child is killed after so long, and so much more for each cycle [s, cycles a second]. */
#define PATIENCE_S 60
#define CYCLES_A_SECOND 20
/* What a cycle may leave behind before it is called a leak [bytes]. */
#define LEAK_BYTES 16
/* … beside what any process wavers by. */
#define WAVER_BYTES 32768

/* The child's view. */
struct cycling {
	FILE *out;
	int fd;
	unsigned n, at;
	unsigned objects; /* mapped files after the first cycle */
	size_t bytes;     /* on the heap in the middle */
	bool alive;       /* it can be loaded by a server with defaults */
	bool refused;     /* its code is not even loaded */
	bool resident, sanitized;
};

static void say(struct cycling *c, const char *check, const char *text)
{
	fprintf(c->out, "%s\t%s\n", check, text);
	fflush(c->out);
}

static int count_object(struct dl_phdr_info *object, size_t size, void *arg)
{
	(void)object;
	(void)size;
	++*(unsigned *)arg;
	return 0;
}

static unsigned objects_mapped(void)
{
	unsigned n = 0;
	(void)dl_iterate_phdr(count_object, &n);
	return n;
}

/* A provider would want files or a network of its own: only its code is loaded. */
static bool is_provider(const struct descriptor *d)
{
	return descriptor_provides(d, "store") || descriptor_provides(d, "bus") ||
		descriptor_provides(d, "auth");
}

/* The first time: may it live in the server in memory? */
static void judge(struct cycling *c, const struct confab_descriptor *d)
{
	struct confab_error err = {0};
	struct descriptor read;
	c->resident = d->flags & CONFAB_RESIDENT;
	if (descriptor_read(d, &read, &err) != 0) {
		say(c, "tables", err.text);
		c->refused = true;
		return;
	}
	c->alive = !is_provider(&read);
	descriptor_fini(&read);
	if (!c->alive)
		say(c, "note", "it is a provider: its load() and unload() were not called");
}

static void live(struct cycling *c, const struct confab_descriptor *d)
{
	struct confab_error err = {0};
	char text[LINE_BYTES];
	struct confab_test *t = confab_test_new(d, NULL, &err);
	if (t == NULL) {
		snprintf(text, sizeof(text), "it does not load with its defaults (%s)", err.text);
		say(c, "note", text);
		c->alive = false;
	}
	confab_test_free(t);
}

/* @return false: there is nothing to go on with */
static bool cycle(struct cycling *c)
{
	struct confab_error err = {0};
	struct image image;
	if (image_open_fd(c->fd, NULL, &image, &err) != 0) {
		say(c, "load", err.text);
		return false;
	}
	if (c->at == 0)
		judge(c, image.descriptor);
	if (c->alive)
		live(c, image.descriptor);
	if (!c->resident)
		image_close(&image);
	return !c->refused && !c->resident;
}

static void measure(struct cycling *c)
{
	char text[LINE_BYTES];
	size_t bytes = mallinfo2().uordblks;
	if (c->at == 0)
		c->objects = objects_mapped();
	if (c->at == c->n / 2)
		c->bytes = bytes;
	if (c->at + 1 < c->n)
		return;
	if (objects_mapped() > c->objects)
		say(c, "unload",
			"its code stays in memory after it was unloaded: a C++ thread_local, a symbol "
			"that is unique, or -z nodelete");
	unsigned cycles = c->n - 1 - c->n / 2;
	if (cycles > 0 && !c->sanitized &&
		bytes > c->bytes + WAVER_BYTES + (size_t)cycles * LEAK_BYTES) {
		snprintf(text, sizeof(text),
			"%zu bytes more are in use after %u cycles: does unload() free what load() "
			"made?",
			bytes - c->bytes, cycles);
		say(c, "memory", text);
	}
}

static void child(int fd, int out, unsigned n)
{
	struct cycling c = {.out = fdopen(out, "w"), .fd = fd, .n = n};
	struct confab_error err = {0};
	struct object *o = object_open(fd, &err);
	char folder[] = "/tmp/confab-lint-XXXXXX";
	if (c.out == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0)
		_exit(1);
	c.sanitized = o != NULL && object_sanitized(o);
	object_close(o);
	alarm(PATIENCE_S + n / CYCLES_A_SECOND);
	for (; c.at < n && cycle(&c); c.at++)
		measure(&c);
	(void)rmdir(folder); /* it stays where the plugin has written into it */
	fclose(c.out);
	exit(0); /* sanitizers look for leaks now */
}

static void report_death(int status, plugin_found_fn found, void *arg)
{
	char text[LINE_BYTES];
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(text, sizeof(text), "loading and unloading does not come to an end");
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "loading and unloading it ended the process (%s)",
			strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		snprintf(text, sizeof(text),
			"loading and unloading it ended the process with status %d",
			WEXITSTATUS(status));
	else
		return;
	found(arg, "death", text);
}

/* ------------------------------------------------------------------------------------------- */

void plugin_cycles(int fd, unsigned n, plugin_found_fn found, void *arg)
{
	int ends[2], status = 0;
	char line[LINE_BYTES + 32];
	if (pipe(ends) != 0) {
		found(arg, "death", strerror(errno));
		return;
	}
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child(fd, ends[1], n);
	}
	close(ends[1]);
	FILE *in = fdopen(ends[0], "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		char *tab = strchr(line, '\t');
		line[strcspn(line, "\n")] = '\0';
		if (tab == NULL)
			continue;
		*tab = '\0';
		found(arg, line, tab + 1);
	}
	if (in != NULL)
		fclose(in);
	if (pid < 0)
		found(arg, "death", "no process can be started");
	else if (waitpid(pid, &status, 0) == pid)
		report_death(status, found, arg);
}
