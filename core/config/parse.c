/**
 * From bytes to a snapshot: the sections one after the other, every complaint collected.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "config/config_internal.h"
#include "config/nearest.h"

static const struct config_options no_options;

/* Keys of the file's top that are none. */
static void check_top(struct parsing *p)
{
	struct nearest near;
	char hint[128];

	if (!p->root)
		return;
	if (p->root->shape != YAML_MAP) {
		config_report_add(p->report, p->root->at,
			"expected sections (listen:, store:, …), but found %s%s",
			yaml_shape_name(p->root), yaml_space_hint(p->root));
		p->root = NULL;
		return;
	}
	for (const struct yaml_value *v = p->root->first; v; v = v->next) {
		size_t i = 0;

		nearest_init(&near, v->key);
		for (; i < SECTION_COUNT && strcmp(sections[i].name, v->key) != 0; i++)
			nearest_try(&near, sections[i].name);
		if (i == SECTION_COUNT)
			config_report_add(p->report, v->key_at, "unknown section '%.64s'%s", v->key,
				nearest_hint(&near, hint));
	}
}

static void parse_one(struct parsing *p, enum section_id id)
{
	const struct section *section = &sections[id];
	struct settings_reader reader = {.report = p->report, .secrets = p->secrets};
	struct settings_table *table = section_table(section);
	struct confab_settings *base = settings_new(table);
	void *target = config_section_struct(p->cfg, id);

	p->cfg->one[id] = settings_read(
		&reader, section->name, base, yaml_find(p->root, section->name));
	if (target)
		section_bind(section, p->cfg->one[id], target);
	settings_unref(base);
	settings_table_unref(table);
}

static void parse_server_roles(struct parsing *p)
{
	for (unsigned i = 0; i < GRANT_SERVER_ROLES; i++)
		grant_set_init(&p->cfg->roles[i], GRANT_SERVER,
			confab_setting_list(p->cfg->one[SECTION_GRANTS], i));
}

static void listener_add(
	struct parsing *p, const struct confab_settings *base, const struct yaml_value *y)
{
	struct settings_reader reader = {.report = p->report, .secrets = p->secrets};
	struct listen_part *l = &p->cfg->listeners[p->cfg->listener_count++];

	l->settings = settings_read(&reader, "listen", base, y);
	section_bind(&sections[SECTION_LISTEN], l->settings, &l->listen);
	if (l->listen.tls && l->listen.cert[0] == '\0') {
		l->listen.cert = p->cfg->tls.cert;
		l->listen.key = p->cfg->tls.key;
	}
}

/* A list of maps; one map alone is a list of one. */
static void parse_listen(struct parsing *p)
{
	const struct yaml_value *y = yaml_find(p->root, "listen");
	struct settings_table *table = section_table(&sections[SECTION_LISTEN]);
	struct confab_settings *base = settings_new(table);
	size_t n = y && y->shape == YAML_LIST ? y->count : 1;

	if (n == 0 || n > CONFIG_LISTENERS_MAX) {
		config_report_add(p->report, y->at, "listen: expected 1 to %d listeners",
			CONFIG_LISTENERS_MAX);
		n = 0;
	}
	p->cfg->listeners = alloc_zero(n + 1, sizeof(*p->cfg->listeners));
	if (n && y && y->shape == YAML_LIST) {
		for (y = y->first; y; y = y->next)
			listener_add(p, base, y);
	} else if (n) {
		listener_add(p, base, y);
	}
	settings_unref(base);
	settings_table_unref(table);
}

static void parse_sections(struct parsing *p)
{
	check_top(p);
	for (int id = 0; id < SECTION_COUNT; id++) {
		if (sections[id].shape == SECTION_ONE)
			parse_one(p, (enum section_id)id);
	}
	parse_server_roles(p);
	parse_listen(p);
	parse_plugins(p);
	parse_types(p);
	parse_check(p);
}

static struct config *config_new(const char *file, const char *bytes, size_t len)
{
	struct config *cfg = alloc_zero(1, sizeof(*cfg));

	atomic_init(&cfg->refs, 1);
	cfg->file = file ? alloc_str(file) : NULL;
	cfg->bytes = alloc_zero(len + 1, 1);
	if (len > 0)
		memcpy(cfg->bytes, bytes, len);
	cfg->len = len;
	return cfg;
}

/* @return bytes to free(), or NULL and a sentence in the report */
static char *read_file(const char *path, size_t *len, struct config_report *report)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *bytes = NULL;
	struct stat st;
	ssize_t n = 1;

	*len = 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		goto fail;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		goto fail;
	}
	bytes = alloc_zero(YAML_BYTES_MAX + 1, 1);
	while (n > 0 && *len <= YAML_BYTES_MAX) { /* one byte more is refused by the reader */
		n = read(fd, bytes + *len, YAML_BYTES_MAX + 1 - *len);
		if (n < 0)
			goto fail;
		*len += (size_t)n;
	}
	close(fd);
	return bytes;

fail:
	config_report_add(
		report, (struct config_place){0, 0}, "cannot be read (%s)", strerror(errno));
	free(bytes);
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* ------------------------------------------------------------------------------------------- */

struct config *config_parse(const char *file, const char *bytes, size_t len,
	const struct config_options *options, struct config_report *report)
{
	struct parsing p = {.options = options ? options : &no_options, .report = report};
	struct yaml_tree *tree = yaml_tree_parse(bytes, len, report);

	if (!tree)
		return NULL;
	p.root = yaml_tree_root(tree);
	p.cfg = config_new(file, bytes, len);
	p.secrets = p.options->flags & CONFIG_KEEP_SECRETS ? VALUE_SECRETS_KEEP
							   : VALUE_SECRETS_READ;
	parse_sections(&p);
	for (size_t i = 0; i < p.cfg->plugin_count; i++)
		p.cfg->plugins[i].written = NULL;
	yaml_tree_free(tree);
	if (config_report_errors(report) == 0)
		return p.cfg;
	config_unref(p.cfg);
	return NULL;
}

struct config *config_load(
	const char *path, const struct config_options *options, struct config_report *report)
{
	struct config *cfg;
	size_t len;
	char *bytes;

	if (!path)
		return config_parse(NULL, "", 0, options, report);
	bytes = read_file(path, &len, report);
	if (!bytes)
		return NULL;
	cfg = config_parse(path, bytes, len, options, report);
	free(bytes);
	return cfg;
}

struct config *config_with_plugins(const struct config *cfg, const struct config_options *options,
	struct config_report *report)
{
	return config_parse(cfg->file, cfg->bytes, cfg->len, options, report);
}
