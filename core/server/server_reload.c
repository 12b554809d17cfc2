/**
 * A reload: everything is prepared, then everything is put in force, or nothing.
 *
 *   worker: read the file ─▶ logic: open plugins that are new ─▶ worker: read it again with their rows,
 *   compare, certificates, network rules ─▶ plugins prepare ─▶ logic: pipeline, chat, plugins; main: net
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "config/diff.h"
#include "loop/work.h"
#include "net/net_start.h"
#include "plugin/host.h"

#define LISTENERS_MAX 64

struct reload {
	struct work work;
	struct mail mail;
	struct server *server;
	struct config *first; /* plugins' settings unread */
	struct config *cfg;
	struct config *former;         /* dropped when everybody has left it */
	const struct config *in_force; /* with the tables of the plugins that run */
	struct config_plugin_table *tables;
	size_t n_tables;
	struct config_diff diff;
	struct net_rules *rules;
	void *contexts[LISTENERS_MAX];
	bool failed;
	char *lines; /* what changed, or why not */
	size_t len;
	FILE *out; /* into lines */
	void (*done)(void *arg, bool ok, const char *lines);
	void *arg;
};

#define RELOAD_OF(member, ptr) ((struct reload *)((char *)(ptr)-offsetof(struct reload, member)))

static void reload_free(struct reload *r)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		net_tls_drop(r->contexts[i]);
	}
	net_rules_free(r->rules);
	config_diff_fini(&r->diff);
	config_unref(r->first);
	config_unref(r->cfg);
	config_unref(r->former);
	config_unref(r->in_force);
	free(r->tables);
	free(r->lines);
	free(r);
}

/** A line for whoever asked and for the log. */
static void end(struct reload *r)
{
	struct server *s = r->server;

	fclose(r->out);
	for (char *line = r->lines, *next; line && *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		log_line(r->failed ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "reload, %.*s",
			(int)strcspn(line, "\n"), line);
	}
	log_info("reload, %s", r->failed ? "nothing was changed" : "is in force");
	(void)sd_notify(0, "READY=1");
	s->reload = NULL;
	if (r->done) {
		r->done(r->arg, !r->failed, r->lines ? r->lines : "");
	}
	reload_free(r);
	if (s->stop_waits) {
		server_stop_logic(s);
	}
}

/** A server that stops changes nothing any more. */
static bool stops(struct reload *r)
{
	if (atomic_load(&r->server->phase) != SERVER_STOPPING) {
		return false;
	}
	fprintf(r->out, "the server stops\n");
	return true;
}

static void fail(struct reload *r, const char *text)
{
	r->failed = true;
	fprintf(r->out, "%s\n", text);
	end(r);
}

/** Has a key below one of two sections changed? */
static bool changes(const struct config_diff *diff, const char *one, const char *other)
{
	for (size_t i = 0; i < diff->count; i++) {
		if (strncmp(diff->changes[i].key, one, strlen(one)) == 0 ||
			strncmp(diff->changes[i].key, other, strlen(other)) == 0) {
			return true;
		}
	}
	return false;
}

/* --- putting in force ------------------------------------------------------------------------- */

static void home(struct mail *m)
{
	end(RELOAD_OF(mail, m));
}

/** Main: what listens and its rules. */
static void commit_net(struct mail *m)
{
	struct reload *r = RELOAD_OF(mail, m);

	if (r->rules) {
		net_rules_set(r->server->net, r->rules);
		r->rules = NULL;
	}
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		if (r->contexts[i]) {
			net_tls_set(r->server->net, i, r->contexts[i]);
			r->contexts[i] = NULL;
		}
	}
	r->mail.run = home;
	loop_post(r->server->logic, &r->mail);
}

static void prepared(void *arg, int rc, const struct confab_error *err)
{
	struct reload *r = arg;
	struct server *s = r->server;
	struct confab_error why = {0};

	if (rc) {
		host_drop(s->host);
		fail(r, err->text);
		return;
	}
	if (server_adopt(s, r->cfg, &why)) {
		host_discard(s->host);
		fail(r, why.text);
		return;
	}
	if (changes(&r->diff, "channel_types.", "roles.")) {
		server_rights_renew(s);
	}
	config_diff_print(&r->diff, r->out);
	r->former = s->config;
	s->config = r->cfg;
	r->cfg = NULL;
	host_commit(s->host);
	server_auth_renew(s);
	server_doors_renew(s);
	r->mail.run = commit_net;
	loop_post(s->main, &r->mail);
}

/* --- preparing ---------------------------------------------------------------------------------- */

static int prepare_net(struct reload *r, struct confab_error *err)
{
	for (size_t i = 0; i < LISTENERS_MAX && config_listen(r->cfg, i); i++) {
		if (server_tls(r->cfg, i, &r->contexts[i], err)) {
			return err->code;
		}
	}
	/* Former rules are kept for ever, so it is worth a look. */
	if (changes(&r->diff, "limits.", "http.")) {
		r->rules = server_rules(r->server, r->cfg, err);
		return r->rules ? 0 : err->code;
	}
	return 0;
}

/** Worker: with the rows of all plugins. */
static int read_whole(struct work *w)
{
	struct reload *r = RELOAD_OF(work, w);
	struct config_options with = {.plugins = r->tables, .plugin_count = r->n_tables};
	struct config_report *report = config_report_new(r->server->file);
	struct confab_error err = {0};

	r->cfg = config_with_plugins(r->first, &with, report);
	if (!r->cfg) {
		config_report_print(report, r->out);
	}
	config_report_free(report);
	if (!r->cfg) {
		return CONFAB_EINVAL;
	}
	config_diff(&r->diff, r->in_force, r->cfg);
	if (r->diff.restarts) {
		config_diff_print(&r->diff, r->out);
		fprintf(r->out, "what needs a restart is not taken over by a reload\n");
		return CONFAB_EINVAL;
	}
	if (prepare_net(r, &err)) {
		fprintf(r->out, "%s\n", err.text);
		return err.code;
	}
	return 0;
}

static void whole_read(struct work *w, int rc)
{
	struct reload *r = RELOAD_OF(work, w);

	if (rc || stops(r)) {
		r->failed = true;
		host_drop(r->server->host);
		end(r);
		return;
	}
	host_prepare(r->server->host, r->cfg, prepared, r);
}

static void submit(
	struct reload *r, int (*run)(struct work *w), void (*done)(struct work *w, int rc))
{
	r->work.run = run;
	r->work.done = done;
	if (pool_submit(r->server->pool, &r->work)) {
		host_drop(r->server->host);
		fail(r, "all workers are busy");
	}
}

static void opened(void *arg, int rc, const struct confab_error *err)
{
	struct reload *r = arg;

	if (rc) {
		fail(r, err->text);
		return;
	}
	if (stops(r)) {
		host_drop(r->server->host);
		r->failed = true;
		end(r);
		return;
	}
	r->tables = host_lend_tables(r->server->host, &r->n_tables);
	r->in_force = config_ref(host_config(r->server->host));
	submit(r, read_whole, whole_read);
}

/** Worker: which plugins there are to be. */
static int read_first(struct work *w)
{
	struct reload *r = RELOAD_OF(work, w);
	struct config_report *report = config_report_new(
		r->server->file ? r->server->file : "(defaults)");

	r->first = config_load(r->server->file, NULL, report);
	if (!r->first) {
		config_report_print(report, r->out);
	}
	config_report_free(report);
	return r->first ? 0 : CONFAB_EINVAL;
}

static void first_read(struct work *w, int rc)
{
	struct reload *r = RELOAD_OF(work, w);
	const struct config_plugin *plugin;
	const char *names[256];
	size_t n = 0;

	if (rc || stops(r)) {
		r->failed = true;
		end(r);
		return;
	}
	for (size_t i = 0; n < 256 && (plugin = config_plugin_at(r->first, i)) != NULL; i++) {
		names[n++] = plugin->name;
	}
	host_open_more(r->server->host, names, n, opened, r);
}

/* -------------------------------------------------------------------------------------------- */

void server_reload(struct server *s, void (*done)(void *arg, bool ok, const char *lines), void *arg)
{
	struct reload *r;

	if (s->reload || atomic_load(&s->phase) == SERVER_STOPPING) {
		const char *why = s->reload ? "another reload is under way" : "the server stops";

		log_warning("reload, refused (%s)", why);
		if (done) {
			done(arg, false, why);
		}
		return;
	}
	log_info("reload, begins");
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_us());
	r = alloc_zero(1, sizeof(*r));
	r->server = s;
	r->done = done;
	r->arg = arg;
	r->out = open_memstream(&r->lines, &r->len);
	if (!r->out) {
		abort();
	}
	s->reload = r;
	submit(r, read_first, first_read);
}
