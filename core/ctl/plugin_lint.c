/**
 * `confabctl plugin lint`: what would be said to a plugin's file at the door, and what nobody would say
 * until it hurts.
 *
 * SPDX-License-Identifier: MIT
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "ctl/plugin_cycles.h"
#include "ctl/present.h"
#include "plugin/manifest.h"
#include "plugin/object.h"

#define CYCLES_DEFAULT 10
#define CYCLES_MAX 1000000
/* Of a long list of names so many are said. */
#define NAMES_SAID 8

struct lint {
	json_t *findings, *notes;
	const struct object *o;
	struct manifest manifest;
};

static void found(void *arg, const char *check, const char *text)
{
	struct lint *l = arg;
	bool note = strcmp(check, "note") == 0;
	json_array_append_new(note ? l->notes : l->findings,
		json_pack("{s:s, s:s%}", "check", check, "text", text, strlen(text)));
}

CONFAB_PRINTF(3, 4) static void find(struct lint *l, const char *check, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	found(l, check, text);
}

/* "a, b, c and 12 more" of the names that are wanted. @return how many there are */
static size_t names_list(const struct lint *l, const char *(*at)(const struct object *o, size_t n),
	bool (*wanted)(const struct lint *l, const char *name), struct buf *out)
{
	size_t n = 0;
	const char *name;
	for (size_t i = 0; (name = at(l->o, i)) != NULL; i++) {
		if (!wanted(l, name))
			continue;
		if (n++ < NAMES_SAID)
			buf_fmt(out, "%s%.100s", n > 1 ? ", " : "", name);
	}
	if (n > NAMES_SAID)
		buf_fmt(out, " and %zu more", n - NAMES_SAID);
	return n;
}

static bool is_extra(const struct lint *l, const char *name)
{
	return strcmp(name, "confab_plugin") != 0 &&
		!(object_sanitized(l->o) && strncmp(name, "__", 2) == 0);
}

static bool is_lacking(const struct lint *l, const char *name)
{
	(void)l;
	return strncmp(name, "confab_", 7) == 0 && dlsym(RTLD_DEFAULT, name) == NULL;
}

static void look_at_symbols(struct lint *l)
{
	struct buf names;
	buf_init(&names);
	size_t n = names_list(l, object_export, is_extra, &names);
	if (n > 0)
		find(l, "exports",
			"it shows %zu symbols beside confab_plugin (%s): link it with "
			"--version-script, as `confabctl plugin new` does",
			n, names.bytes);
	buf_clear(&names);
	if (names_list(l, object_import, is_lacking, &names) > 0)
		find(l, "imports",
			"it calls what this confab does not have (%s): it was built with newer "
			"headers",
			names.bytes);
	buf_fini(&names);
}

static void look_at_code(struct lint *l, const struct confab_descriptor *d)
{
	const char *name;
	bool resident = d->flags & CONFAB_RESIDENT;
	for (size_t i = 0; (name = object_unwanted(l->o, i)) != NULL && !resident; i++)
		find(l, "calls",
			"it calls %s: threads and signals are confab's (use confab_work, "
			"confab_lane_open), unless the flag CONFAB_RESIDENT says that it stays",
			name);
	if (object_sanitized(l->o))
		return; /* it brings constructors and more */
	if (object_constructors(l->o) > 0)
		find(l, "constructors",
			"%zu functions run when it is loaded, before confab has looked at it: do "
			"that in load()",
			object_constructors(l->o));
	if (object_thread_locals(l->o))
		find(l, "thread-locals",
			"it has variables in every thread: they outlive its code, or keep it in "
			"memory");
	if (object_unique(l->o))
		find(l, "unique",
			"it shows unique C++ symbols, so that the linker never unloads it: compile "
			"with -fno-gnu-unique, or link with --version-script");
}

static void compare_text(struct lint *l, const char *what, size_t field, const char *noted)
{
	char text[64];
	(void)object_descriptor_text(l->o, field, text, sizeof(text));
	if (strcmp(text, noted) != 0)
		find(l, "manifest", "its note says %s %s, its descriptor %s", what, noted, text);
}

/* The note, which is read first, must say the same as the descriptor. */
static void compare(struct lint *l, const struct confab_descriptor *d)
{
	const struct manifest *m = &l->manifest;
	compare_text(l, "name", offsetof(struct confab_descriptor, name), m->name);
	compare_text(l, "version", offsetof(struct confab_descriptor, version), m->version);
	if (m->abi_major != d->abi_major || m->abi_minor != d->abi_minor)
		find(l, "manifest", "its note says ABI %u.%u, its descriptor %u.%u", m->abi_major,
			m->abi_minor, d->abi_major, d->abi_minor);
}

/* @return 0, or a code: nothing can be said about this file */
static int look(struct lint *l, int fd, unsigned cycles, struct confab_error *err)
{
	struct confab_descriptor d;
	struct confab_error why = {0};
	struct object *o = NULL;
	int rc = manifest_read(fd, &l->manifest, err);
	if (rc == 0 && manifest_accept(&l->manifest, &why) != 0)
		found(l, "abi", why.text);
	if (rc == 0 && (o = object_open(fd, err)) == NULL)
		rc = err->code;
	if (rc == 0)
		rc = object_descriptor(o, &d, err);
	l->o = o;
	if (rc == 0) {
		look_at_symbols(l);
		look_at_code(l, &d);
		compare(l, &d);
		/* What the loader would refuse anyway is not loaded. */
		bool refused = object_unwanted(o, 0) != NULL && !(d.flags & CONFAB_RESIDENT);
		if (why.code == 0 && !refused)
			plugin_cycles(fd, cycles, found, l);
	}
	object_close(o);
	return rc;
}

static void print(const char *file, const struct lint *l, unsigned cycles)
{
	size_t i;
	json_t *item;
	json_array_foreach(l->notes, i, item)
	{
		printf("%s: note: %s\n", file, json_string_value(json_object_get(item, "text")));
	}
	json_array_foreach(l->findings, i, item)
	{
		printf("%s: %s\n", file, json_string_value(json_object_get(item, "text")));
	}
	if (json_array_size(l->findings) == 0)
		printf("%s: ok (loaded and unloaded %u times)\n", file, cycles);
}

/* @return false: it was not asked rightly */
static bool wish_read(int argc, char **argv, const char **file, unsigned *cycles)
{
	for (int i = 0; i < argc; i++) {
		char *end = NULL;
		if (strcmp(argv[i], "--cycles") == 0 && i + 1 < argc) {
			unsigned long n = strtoul(argv[++i], &end, 10);
			if (*end != '\0' || n < 2 || n > CYCLES_MAX)
				return false;
			*cycles = (unsigned)n;
		} else if (argv[i][0] != '-' && *file == NULL) {
			*file = argv[i];
		} else {
			return false;
		}
	}
	return *file != NULL;
}

/* ------------------------------------------------------------------------------------------- */

int ctl_plugin_lint(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	struct lint l = {0};
	struct confab_error err = {0};
	const char *file = NULL;
	unsigned cycles = CYCLES_DEFAULT;
	if (!wish_read(argc, argv, &file, &cycles))
		return ctl_fail(ctl, CTL_USAGE, "usage: confabctl %s %s (N from 2 to %d)",
			verb->name, verb->args, CYCLES_MAX);
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return ctl_fail(ctl, CTL_FAILED, "%s: %m", file);
	l.findings = json_array();
	l.notes = json_array();
	int rc = look(&l, fd, cycles, &err);
	bool ok = rc == 0 && json_array_size(l.findings) == 0;
	close(fd);
	if (rc != 0)
		ctl_fail(ctl, CTL_FAILED, "%s: %s", file, err.text);
	else if (ctl->json)
		present_json(json_pack("{s:s, s:s, s:s, s:b, s:i, s:O, s:O}", "file", file, "name",
			l.manifest.name, "version", l.manifest.version, "ok", ok, "cycles",
			(int)cycles, "findings", l.findings, "notes", l.notes));
	else
		print(file, &l, cycles);
	json_decref(l.findings);
	json_decref(l.notes);
	return ok ? CTL_OK : CTL_FAILED;
}
