/**
 * Values that are fine alone and must also fit together.
 *
 * SPDX-License-Identifier: MIT
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_internal.h"
#include "config/nearest.h"
#include "config/units.h"

/* Where a row of a section was written. */
static struct config_place place_of(const struct confab_settings *s, const char *row)
{
	int n = settings_table_find(settings_table(s), row);

	return n < 0 ? (struct config_place){0, 0} : settings_value(s, (size_t)n)->at;
}

/* Of two rows that do not fit, the one somebody wrote. */
static struct config_place place_of_either(
	const struct confab_settings *s, const char *row, const char *other)
{
	struct config_place at = place_of(s, row);

	return at.line ? at : place_of(s, other);
}

static void check_pair(struct parsing *p, const struct confab_settings *s, const char *path,
	const char *cert, const char *key)
{
	if ((cert[0] == '\0') != (key[0] == '\0'))
		config_report_add(p->report, place_of(s, cert[0] ? "cert" : "key"),
			"%s: cert and key belong together, and one is missing", path);
}

static void check_listeners(struct parsing *p)
{
	const struct config *cfg = p->cfg;

	check_pair(p, cfg->one[SECTION_TLS], "tls", cfg->tls.cert, cfg->tls.key);
	for (size_t i = 0; i < cfg->listener_count; i++) {
		const struct listen_part *l = &cfg->listeners[i];

		check_pair(p, l->settings, "listen", l->listen.cert, l->listen.key);
		if (l->listen.tls && l->listen.cert[0] == '\0')
			config_report_add(p->report, place_of(l->settings, "tls"),
				"listen: tls needs cert and key, here or in the section tls");
		for (size_t j = 0; j < i; j++) {
			if (strcmp(cfg->listeners[j].listen.address, l->listen.address) == 0)
				config_report_add(p->report, place_of(l->settings, "address"),
					"listen: '%s' is there twice", l->listen.address);
		}
	}
}

static bool network_valid(const char *s)
{
	const char *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : strlen(s);
	unsigned char bin[16];
	char host[64];
	int64_t bits = 0;

	if (len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, s, len);
	host[len] = '\0';
	if (slash && (units_int(slash + 1, &bits) != UNITS_OK || bits < 0))
		return false;
	if (inet_pton(AF_INET, host, bin) == 1)
		return bits <= 32;
	return inet_pton(AF_INET6, host, bin) == 1 && bits <= 128;
}

/* scheme://host or scheme://host:port, as a browser sends it. RFC 6454, section 6.1. */
static bool origin_valid(const char *s)
{
	const char *host = strstr(s, "://");

	if (strcmp(s, "*") == 0)
		return true;
	if (!host || host == s || host[3] == '\0')
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyz+.-") == (size_t)(host - s) &&
		strcspn(host + 3, "/?# \t@ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(host + 3);
}

static void check_http(struct parsing *p)
{
	const struct confab_settings *s = p->cfg->one[SECTION_HTTP];
	const struct config_http *http = &p->cfg->http;

	for (size_t i = 0; i < http->trusted_proxies.count; i++) {
		if (!network_valid(http->trusted_proxies.items[i]))
			config_report_add(p->report, place_of(s, "trusted_proxies"),
				"http.trusted_proxies: '%.60s' is no address or network, like "
				"10.0.0.0/8",
				http->trusted_proxies.items[i]);
	}
	for (size_t i = 0; i < http->origins.count; i++) {
		if (!origin_valid(http->origins.items[i]))
			config_report_add(p->report, place_of(s, "origins"),
				"http.origins: '%.60s' is no origin, like https://chat.example.org "
				"(lower case, no path, no slash at the end) or \"*\"",
				http->origins.items[i]);
	}
}

static void check_server(struct parsing *p)
{
	const char *url = p->cfg->server.public_url;
	size_t len = strlen(url);
	bool web = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;

	if (len > 0 && (!web || url[len - 1] == '/'))
		config_report_add(p->report, place_of(p->cfg->one[SECTION_SERVER], "public_url"),
			"server.public_url: '%.60s' is not like https://chat.example.org (no slash "
			"at "
			"the end)",
			url);
}

static void check_limits(struct parsing *p)
{
	const struct confab_settings *s = p->cfg->one[SECTION_LIMITS];
	const struct config_limits *l = &p->cfg->limits;

	if (l->idle_timeout_ms <= l->ping_interval_ms)
		config_report_add(p->report, place_of_either(s, "idle_timeout", "ping_interval"),
			"limits.idle_timeout: must be more than limits.ping_interval, or quiet "
			"clients "
			"are closed before they are asked");
	if (l->message_bytes > l->frame_bytes)
		config_report_add(p->report, place_of_either(s, "message_bytes", "frame_bytes"),
			"limits.message_bytes: must be at most limits.frame_bytes");
}

/* "plugin.word": the plugin must be enabled. */
static bool plugin_grant(const struct config *cfg, const char *grant)
{
	const char *dot = strchr(grant, '.');
	char name[64];

	if (!dot || dot[1] == '\0' || (size_t)(dot - grant) >= sizeof(name))
		return false;
	memcpy(name, grant, (size_t)(dot - grant));
	name[dot - grant] = '\0';
	return parse_plugin_find(cfg, name) >= 0;
}

/* "channels.create.TYPE" for every type there is. */
static bool create_grant(const struct config *cfg, const char *grant)
{
	static const char prefix[] = "channels.create.";

	return strncmp(grant, prefix, sizeof(prefix) - 1) == 0 &&
		parse_type_find(cfg, grant + sizeof(prefix) - 1) >= 0;
}

static void check_grants(struct parsing *p, enum grant_scope scope, const char *path,
	const struct confab_settings *s)
{
	for (unsigned i = 0; i < settings_table_count(settings_table(s)); i++) {
		struct confab_list list = confab_setting_list(s, i);

		for (size_t j = 0; j < list.count; j++) {
			const char *grant = list.items[j];
			struct nearest near;
			char word[64], hint[128];

			if (strcmp(grant, "all") == 0 || grant_find(scope, grant) >= 0 ||
				plugin_grant(p->cfg, grant) ||
				(scope == GRANT_SERVER && create_grant(p->cfg, grant)))
				continue;
			nearest_init(&near, grant);
			nearest_try_words(&near, grant_words(scope), word);
			config_report_add(p->report, settings_value(s, i)->at,
				"%s.%s: '%.60s' is no grant%s", path,
				settings_table_row(settings_table(s), i)->name, grant,
				nearest_hint(&near, hint));
		}
	}
}

static void check_types(struct parsing *p)
{
	char path[80];

	for (size_t i = 0; i < p->cfg->type_count; i++) {
		const struct type_part *t = &p->cfg->types[i];

		(void)snprintf(path, sizeof(path), "channel_types.%s.roles", t->name);
		check_grants(p, GRANT_CHANNEL, path, t->roles);
		if (t->type.kind == CONFIG_TYPE_DIRECT && t->type.max_members != 2)
			config_report_add(p->report, place_of(t->rows, "max_members"),
				"channel_types.%s.max_members: a direct channel is one of two "
				"people",
				t->name);
	}
}

static void check_order(struct parsing *p)
{
	const struct confab_settings *s = p->cfg->one[SECTION_PIPELINE];

	for (unsigned i = 0; i < settings_table_count(settings_table(s)); i++) {
		const struct confab_setting *row = settings_table_row(settings_table(s), i);
		struct confab_list list;

		if (row->type != CONFAB_SETTING_LIST)
			continue;
		list = confab_setting_list(s, i);
		for (size_t j = 0; j < list.count; j++) {
			struct nearest near;
			char hint[128];

			if (parse_plugin_find(p->cfg, list.items[j]) >= 0)
				continue;
			nearest_init(&near, list.items[j]);
			for (size_t k = 0; k < p->cfg->plugin_count; k++)
				nearest_try(&near, p->cfg->plugins[k].name);
			config_report_add(p->report, settings_value(s, i)->at,
				"pipeline.%s: plugin '%.60s' is not enabled%s", row->name,
				list.items[j], nearest_hint(&near, hint));
		}
	}
}

/* ------------------------------------------------------------------------------------------- */

void parse_check(struct parsing *p)
{
	check_server(p);
	check_listeners(p);
	check_http(p);
	check_limits(p);
	check_grants(p, GRANT_SERVER, "roles", p->cfg->one[SECTION_GRANTS]);
	check_types(p);
	check_order(p);
}
