/**
 * Reading one plugin on a worker.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/report.h"

static struct reading *of_work(struct work *w)
{
	return (struct reading *)((char *)w - offsetof(struct reading, work));
}

/* What a report complains of first, as the reason. */
static void first_complaint(struct config_report *report, char *text, size_t size)
{
	char *lines = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&lines, &len);
	if (out == NULL)
		abort();
	config_report_print(report, out);
	fclose(out);
	snprintf(text, size, "%.*s", (int)strcspn(lines, "\n"), lines);
	free(lines);
}

/* The bytes of the configuration in force once more, with this plugin's table. */
static int read_settings(struct reading *rd, struct confab_error *err)
{
	if (rd->base == NULL)
		return 0;
	struct config_report *report = config_report_new("(configuration in force)");
	rd->tables[rd->n_tables++] = (struct config_plugin_table){
		.name = rd->name, .settings = rd->plugin->desc.d.settings, .enabled = true};
	const struct config_options with = {.plugins = rd->tables, .plugin_count = rd->n_tables};
	char why[400];
	rd->cfg = config_with_plugins(rd->base, &with, report);
	if (rd->cfg == NULL)
		first_complaint(report, why, sizeof(why));
	config_report_free(report);
	return rd->cfg != NULL ? 0 : confab_error_set(err, CONFAB_EINVAL, "%s", why);
}

static int prepare(struct reading *rd, struct confab_error *err)
{
	struct confab_plugin *p = rd->plugin;
	struct log_who former = log_who_set((struct log_who){.plugin = rd->name});
	p->snapshots = snapshots_new(rd->name, &p->desc, rd->cfg, NULL);
	int rc = snapshots_prepare(p->snapshots, err);
	log_who_set(former);
	return rc;
}

static int reading_run(struct work *w)
{
	struct reading *rd = of_work(w);
	struct confab_error err = {0};
	const struct quarantined *caught;
	if (rd->host->quarantine)
		quarantine_read(rd->host->data_dir, &rd->quarantine);
	caught = quarantine_find(&rd->quarantine, rd->name);
	if (caught != NULL)
		return confab_error_set(&rd->err, CONFAB_EPERM,
			"plugin '%s', is in quarantine (%s; confabctl plugin release %s lets it "
			"load)",
			rd->name, caught->why, rd->name);
	rd->plugin = rd->built_in != NULL ? plugin_read_static(rd->host, rd->built_in, &rd->err)
					  : plugin_read(rd->host, rd->name, &rd->err);
	if (rd->plugin == NULL)
		return rd->err.code;
	int rc = read_settings(rd, &err);
	if (rc == 0)
		rc = prepare(rd, &err);
	if (rc != 0)
		confab_error_set(&rd->err, rc, "plugin '%s', %s", rd->name, err.text);
	return rc;
}

static void reading_done(struct work *w, int rc)
{
	struct reading *rd = of_work(w);
	struct host *h = rd->host;
	h->opening = false;
	if (rc != CONFAB_EPERM)
		(void)host_pass_over(h, &rd->quarantine, rd->name); /* it is not there now */
	if (rc != 0 && rd->err.code == 0)
		confab_error_set(&rd->err, rc, "plugin '%s', was not read (%s)", rd->name,
			confab_code_text(rc));
	if (rc == 0 && h->stop != NULL)
		rc = confab_error_set(&rd->err, CONFAB_ECLOSED, "the server stops");
	rd->rc = rc;
	rd->done(rd);
	stop_step(h);
}

static void reading_refused(struct mail *m)
{
	reading_done((struct work *)((char *)m - offsetof(struct work, mail)), CONFAB_EBUSY);
}

/* ------------------------------------------------------------------------------------------ */

void reading_start(struct reading *rd, struct host *h, const char *name,
	const struct confab_descriptor *d, void (*done)(struct reading *rd))
{
	size_t n = 0;
	rd->host = h;
	rd->built_in = d;
	rd->done = done;
	snprintf(rd->name, sizeof(rd->name), "%s", name);
	rd->base = h->cfg != NULL ? config_ref(h->cfg) : NULL;
	rd->tables = host_tables(h, &n);
	rd->tables = alloc_resize(rd->tables, (n + 1) * sizeof(*rd->tables));
	for (size_t i = 0; i < n; i++)
		if (strcmp(rd->tables[i].name, name) != 0) {
			rd->tables[rd->n_tables] = rd->tables[i];
			/* Whoever runs stays, also without a word in the file. */
			rd->tables[rd->n_tables++].enabled = true;
		}
	rd->work.run = reading_run;
	rd->work.done = reading_done;
	h->opening = true;
	if (pool_submit(h->pool, &rd->work) == 0)
		return;
	rd->work.mail.run = reading_refused;
	loop_post(h->loop, &rd->work.mail);
}

void reading_fini(struct reading *rd)
{
	plugin_free(rd->plugin);
	config_unref(rd->cfg);
	config_unref(rd->base);
	free(rd->tables);
	memset(rd, 0, sizeof(*rd));
}
