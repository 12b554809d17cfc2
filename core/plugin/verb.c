/**
 * Verbs of plugins: words from an administrator become arguments, and the call is answered once, also
 * when the plugin goes without answering.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/admin.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "plugin/host_internal.h"
#include "wire/shape.h"

struct confab_verb {
	struct holding holding;
	struct confab_plugin *plugin;
	host_verb_fn done;
	void *arg;
};

/* Takes ok. */
static void answer(struct confab_verb *v, json_t *ok, const char *code, const char *text)
{
	ledger_remove(&v->holding);
	v->done(v->arg, ok, code, text);
	free(v);
}

static void verb_sweep(struct holding *h)
{
	struct confab_verb *v = (struct confab_verb *)h;

	answer(v, NULL, "gone", "the plugin was unloaded before it answered");
}

static const struct confab_verb_row *row_find(const struct confab_plugin *p, const char *name)
{
	for (uint32_t i = 0; i < p->desc.d.verbs.n; i++)
		if (strcmp(p->desc.verbs[i].name, name) == 0)
			return &p->desc.verbs[i];
	return NULL;
}

static const struct confab_field *field_find(
	const struct confab_verb_row *row, const char *name, size_t len)
{
	for (const struct confab_field *f = row->args; f != NULL && f->name != NULL; f++)
		if (strlen(f->name) == len && strncmp(f->name, name, len) == 0)
			return f;
	return NULL;
}

/* The first field that has no value yet. */
static const struct confab_field *field_next(const struct confab_verb_row *row, const json_t *args)
{
	const struct confab_field *f = row->args;

	while (f != NULL && f->name != NULL && json_object_get(args, f->name) != NULL)
		f++;
	return f != NULL && f->name != NULL ? f : NULL;
}

/* "--name value", "--name=value", "--flag"; @return how many words were taken, 0: err is filled */
static size_t option_take(const struct confab_verb_row *row, const json_t *words, size_t i,
	json_t *args, struct confab_error *err)
{
	const char *word = json_string_value(json_array_get(words, i)) + 2;
	const char *next = json_string_value(json_array_get(words, i + 1));
	size_t len = strcspn(word, "=");
	const struct confab_field *f = field_find(row, word, len);

	if (f == NULL) {
		confab_error_set(err, CONFAB_EINVAL, "there is no argument --%.40s", word);
		return 0;
	}
	if (word[len] == '=') {
		json_object_set_new(args, f->name, json_string(word + len + 1));
		return 1;
	}
	if (f->type == CONFAB_FIELD_BOOL &&
		(next == NULL || (strcmp(next, "true") != 0 && strcmp(next, "false") != 0))) {
		json_object_set_new(args, f->name, json_true());
		return 1;
	}
	if (next == NULL) {
		confab_error_set(err, CONFAB_EINVAL, "--%s wants a value", f->name);
		return 0;
	}
	json_object_set_new(args, f->name, json_string(next));
	return 2;
}

static int words_take(const struct confab_verb_row *row, const json_t *words, json_t *args,
	struct confab_error *err)
{
	size_t taken;

	for (size_t i = 0; i < json_array_size(words) && err->code == 0; i += taken) {
		const char *word = json_string_value(json_array_get(words, i));
		const struct confab_field *f = field_next(row, args);

		taken = 1;
		if (word == NULL)
			return confab_error_set(err, CONFAB_EINVAL, "words must be strings");
		if (strncmp(word, "--", 2) == 0)
			taken = option_take(row, words, i, args, err);
		else if (f == NULL)
			return confab_error_set(
				err, CONFAB_EINVAL, "'%.60s' is one argument too many", word);
		else
			json_object_set_new(args, f->name, json_string(word));
	}
	if (err->code != 0)
		return err->code;
	shape_coerce(args, row->args);
	return shape_check(args, row->args, err);
}

/* USER [--reason STRING], for people. */
static void usage_write(const struct confab_verb_row *row, struct buf *out)
{
	for (const struct confab_field *f = row->args; f != NULL && f->name != NULL; f++) {
		buf_fmt(out, "%s%s", f == row->args ? "" : " ", f->required ? "" : "[");
		for (const char *c = f->name; *c != '\0'; c++)
			buf_char(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
		if (!f->required)
			buf_char(out, ']');
	}
}

static void refuse(host_verb_fn done, void *arg, const char *code, const char *fmt, ...)
	CONFAB_PRINTF(4, 5);

static void refuse(host_verb_fn done, void *arg, const char *code, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	done(arg, NULL, code, text);
}

/* ------------------------------------------------------------------------------------------ */

json_t *plugin_brings(const struct confab_plugin *p)
{
	const struct confab_descriptor *d = &p->desc.d;
	json_t *o = json_object(), *routes = json_array();

	for (uint32_t i = 0; i < d->routes.n; i++)
		json_array_append_new(routes,
			json_sprintf("%s %s", p->desc.routes[i].method, p->desc.routes[i].path));
	/* The first member of these rows is a name. */
	const struct {
		const char *what;
		const struct confab_table *table;
	} named[] = {
		{"kinds", &d->kinds},
		{"ops", &d->ops},
		{"commands", &d->commands},
		{"todos", &d->todos},
		{"verbs", &d->verbs},
		{"metrics", &d->metrics},
		{"helpers", &d->helpers},
		{"collections", &d->collections},
		{"provides", &d->provides},
	};

	for (size_t t = 0; t < sizeof(named) / sizeof(named[0]); t++) {
		json_t *names = json_array();

		for (uint32_t i = 0; i < named[t].table->n; i++) {
			const char *name;

			memcpy(&name,
				(const char *)named[t].table->rows + i * named[t].table->row_size,
				sizeof(name));
			json_array_append_new(names, json_string(name));
		}
		if (json_array_size(names) > 0)
			json_object_set(o, named[t].what, names);
		json_decref(names);
	}
	if (json_array_size(routes) > 0)
		json_object_set(o, "routes", routes);
	json_decref(routes);
	return o;
}

json_t *plugin_verbs(const struct confab_plugin *p)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < p->desc.d.verbs.n; i++) {
		const struct confab_verb_row *row = &p->desc.verbs[i];
		struct buf usage;

		buf_init(&usage);
		usage_write(row, &usage);
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s}", "verb", row->name, "arguments",
				usage.len > 0 ? usage.bytes : "", "help", row->help));
		buf_fini(&usage);
	}
	return list;
}

void host_verb(struct host *h, const char *plugin, const char *verb, const json_t *words,
	host_verb_fn done, void *arg)
{
	struct confab_plugin *p = host_find(h, plugin);
	struct confab_error err = {0};

	if (p == NULL || atomic_load(&p->state) != PLUGIN_UP) {
		refuse(done, arg, "unknown_verb",
			"there is no verb or plugin '%.60s' (confabctl --help lists verbs, "
			"confabctl plugins plugins)",
			plugin);
		return;
	}
	if (verb == NULL) {
		done(arg, json_pack("{s:o}", "verbs", plugin_verbs(p)), NULL, NULL);
		return;
	}
	const struct confab_verb_row *row = row_find(p, verb);

	if (row == NULL) {
		refuse(done, arg, "unknown_verb",
			"plugin '%s' has no verb '%.60s' (confabctl %s lists those it has)",
			p->name, verb, p->name);
		return;
	}
	json_t *args = json_object();

	if (words_take(row, words, args, &err) != 0) {
		struct buf usage;

		buf_init(&usage);
		usage_write(row, &usage);
		refuse(done, arg, "bad_request", "%.200s; usage: confabctl %s %s %.200s", err.text,
			p->name, row->name, usage.len > 0 ? usage.bytes : "");
		buf_fini(&usage);
		json_decref(args);
		return;
	}
	struct confab_verb *v = alloc_zero(1, sizeof(*v));

	v->plugin = p;
	v->done = done;
	v->arg = arg;
	ledger_add(&p->ledger, &v->holding, "unanswered verb", verb_sweep);
	struct blame_call call = plugin_enter(p, BLAME_COMMAND);

	row->run(v, args, p->ctx);
	plugin_leave(p, &call, BLAME_COMMAND, false);
	json_decref(args);
}

void confab_verb_reply(struct confab_verb *v, json_t *ok)
{
	answer(v, ok != NULL ? ok : json_object(), NULL, NULL);
}

void confab_verb_refuse(struct confab_verb *v, const char *code, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	answer(v, NULL, code, text);
}
