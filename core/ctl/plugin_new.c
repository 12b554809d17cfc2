/**
 * `confabctl plugin new`: a folder that builds, with its tests, from the files of core/ctl/skeleton.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "core/ctl/skeleton.inc"
#include "ctl/ctl.h"
#include "ctl/present.h"
#include "plugin/manifest.h"

/* A file of the folder; @WORDS@ in name and text are replaced. */
struct skeleton {
	const char *name, *text;
	mode_t mode;
};

static const struct skeleton skeletons[] = {
	{"@NAME@.c", skeleton_plugin_c, 0644},
	{"@NAME@.cc", skeleton_plugin_cc, 0644},
	{"@NAME@_test.c", skeleton_test_c, 0644},
	{"wire.py", skeleton_wire_py, 0644},
	{"wire_test.py", skeleton_wire_test_py, 0755},
	{"Makefile", skeleton_make, 0644},
	{"README.md", skeleton_README_md, 0644},
	{"@NAME@.yaml", skeleton_plugin_yaml, 0644},
	{"plugin.map", skeleton_plugin_map, 0644},
};
#define N_SKELETONS (sizeof(skeletons) / sizeof(skeletons[0]))

/* What was asked for. */
struct wish {
	const char *name, *dir;
	bool cxx;
	char ident[MANIFEST_NAME_MAX + 1]; /* the name as C knows it */
};

static const char *word_value(const struct wish *w, const char *word, size_t len)
{
	const struct {
		const char *word, *value;
	} words[] = {
		{"NAME", w->name},
		{"IDENT", w->ident},
		{"SUFFIX", w->cxx ? "cc" : "c"},
		{"COMPILER", w->cxx ? "CXX" : "CC"},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0)
			return words[i].value;
	return NULL;
}

static void expand(const struct wish *w, const char *text, struct buf *out)
{
	while (*text != '\0') {
		size_t plain = strcspn(text, "@");
		buf_add(out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		size_t len = strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		const char *value = text[1 + len] == '@' ? word_value(w, text + 1, len) : NULL;
		if (value != NULL)
			buf_str(out, value);
		else
			buf_add(out, "@", 1);
		text += value != NULL ? len + 2 : 1;
	}
}

static int file_write(struct ctl *ctl, const char *path, const struct buf *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool good = out != NULL && fwrite(text->bytes, 1, text->len, out) == text->len;
	if (out != NULL)
		good = fclose(out) == 0 && good;
	if (!good)
		return ctl_fail(ctl, CTL_FAILED, "cannot write %s (%s)", path, strerror(errno));
	return CTL_OK;
}

static int files_write(struct ctl *ctl, const struct wish *w, json_t *made)
{
	struct buf path, text;
	int status = CTL_OK;
	buf_init(&path);
	buf_init(&text);
	for (size_t i = 0; i < N_SKELETONS && status == CTL_OK; i++) {
		const struct skeleton *s = &skeletons[i];
		if (strcmp(s->name, w->cxx ? "@NAME@.c" : "@NAME@.cc") == 0)
			continue;
		buf_clear(&path);
		buf_clear(&text);
		buf_fmt(&path, "%s/", w->dir);
		expand(w, s->name, &path);
		expand(w, s->text, &text);
		status = file_write(ctl, path.bytes, &text, s->mode);
		json_array_append_new(made, json_string(path.bytes));
	}
	buf_fini(&path);
	buf_fini(&text);
	return status;
}

/* @return false: it was not asked rightly */
static bool wish_read(struct wish *w, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--cxx") == 0)
			w->cxx = true;
		else if (strcmp(argv[i], "--c") == 0)
			w->cxx = false;
		else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
			w->dir = argv[++i];
		else if (argv[i][0] != '-' && w->name == NULL)
			w->name = argv[i];
		else
			return false;
	}
	if (w->name == NULL)
		return false;
	if (w->dir == NULL)
		w->dir = w->name;
	for (size_t i = 0; i < MANIFEST_NAME_MAX && w->name[i] != '\0'; i++)
		w->ident[i] = w->name[i] == '-' ? '_' : w->name[i];
	return true;
}

/* ------------------------------------------------------------------------------------------- */

int ctl_plugin_new(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	struct wish w = {0};
	if (!wish_read(&w, argc, argv))
		return ctl_fail(ctl, CTL_USAGE, "usage: confabctl %s %s", verb->name, verb->args);
	if (!manifest_name_valid(w.name))
		return ctl_fail(ctl, CTL_USAGE,
			"'%.60s' cannot be a plugin's name: 1 to 32 of a-z, 0-9 and -, beginning "
			"with a letter",
			w.name);
	if (mkdir(w.dir, 0755) != 0)
		return ctl_fail(ctl, CTL_FAILED, "cannot make the folder %s (%s)%s", w.dir,
			strerror(errno), errno == EEXIST ? "; --dir names another" : "");
	json_t *made = json_array();
	int status = files_write(ctl, &w, made);
	if (status == CTL_OK && ctl->json) {
		present_json(
			json_pack("{s:s, s:s, s:O}", "name", w.name, "dir", w.dir, "files", made));
	} else if (status == CTL_OK) {
		printf("%s is there. Next:\n\n  cd %s\n  make\n  make check check-wire\n", w.dir,
			w.dir);
	}
	json_decref(made);
	return status;
}
