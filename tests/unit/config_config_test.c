/**
 * The snapshot: defaults, types, grants, plugins in two steps, reload, check and explain.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "config/diff.h"
#include "config/explain.h"
#include "config/grant.h"
#include "config_case.h"

static struct config *read_ok(const char *yaml)
{
	char *said;
	struct config *cfg = config_case_read(yaml, strlen(yaml), &said);

	assert_string_equal(said, "");
	free(said);
	return cfg;
}

static void nothing_is_a_whole_server(void **state)
{
	struct config_report *report = config_report_new("defaults");
	struct config *cfg = config_load(NULL, NULL, report);
	static const char *const plugins[] = {"store-sqlite", "auth-local", "typing"};
	static const char *const types[] = {"direct", "group", "open", "broadcast"};
	char *path;

	(void)state;
	assert_non_null(cfg);
	assert_null(config_file(cfg));
	assert_string_equal(config_listen(cfg, 0)->address, "127.0.0.1:8080");
	assert_false(config_listen(cfg, 0)->tls);
	assert_int_equal(config_listen(cfg, 0)->mode, 0660);
	assert_null(config_listen(cfg, 1));
	assert_string_equal(config_store(cfg)->provider, "store-sqlite");
	assert_string_equal(config_bus(cfg)->provider, "bus-local");
	assert_int_equal(config_auth(cfg)->providers.count, 1);
	assert_int_equal(config_limits(cfg)->frame_bytes, 256 * 1024);
	assert_int_equal(config_limits(cfg)->user_rate.burst, 60);
	assert_int_equal(config_log(cfg)->level, LOG_LEVEL_INFO);
	assert_int_equal(config_log(cfg)->format, LOG_FORMAT_TEXT);
	assert_string_equal(config_tls(cfg)->cert, "");
	assert_int_equal(config_http(cfg)->origins.count, 0);
	assert_int_equal(config_pipeline(cfg)->on_deadline, CONFIG_LATE_REJECT);
	assert_int_equal(config_admin(cfg)->mode, 0600);
	assert_int_equal(config_server(cfg)->io_threads, 0);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(config_type_at(cfg, i)->name, types[i]);
		assert_int_equal(config_type(cfg, types[i])->kind, i);
	}
	assert_null(config_type_at(cfg, 4));
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(config_plugin_at(cfg, i)->name, plugins[i]);
		assert_false(config_plugin_at(cfg, i)->read);
	}
	assert_null(config_plugin_at(cfg, 3));
	path = config_path(cfg, config_store(cfg)->path);
	assert_string_equal(path, "./data/confab.db");
	free(path);
	path = config_path(cfg, "/run/x");
	assert_string_equal(path, "/run/x");
	free(path);
	config_unref(cfg);
	config_report_free(report);
}

static void roles_may_what_types_say(void **state)
{
	static const struct {
		const char *type, *role, *grant;
		bool may;
	} rows[] = {
		{"direct", "member", "send", true},
		{"direct", "member", "invite", false},
		{"direct", "owner", "read", false},
		{"direct", "guest", "read", false},
		{"group", "owner", "role", true},
		{"group", "owner", "filter.use", true},
		{"group", "moderator", "kick", true},
		{"group", "moderator", "role", false},
		{"group", "member", "send", true},
		{"group", "member", "filter.use", false},
		{"group", "guest", "read", false},
		{"group", "nobody", "read", false},
		{"group", "member", "fly", false},
		{"open", "guest", "read", true},
		{"open", "guest", "join", true},
		{"open", "guest", "send", false},
		{"broadcast", "reader", "read", true},
		{"broadcast", "reader", "send", false},
		{"broadcast", "moderator", "edit.any", true},
		{"desk", "member", "send", false},
		{"desk", "member", "filter.use", true},
		{"desk", "moderator", "kick", true},
	};
	struct config *cfg = read_ok(
		"plugins: {filter: }\n"
		"channel_types: {desk: {roles: {member: [read, filter.use]}}}\n");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_type *type = config_type(cfg, rows[i].type);

		if (config_may(type, rows[i].role, rows[i].grant) != rows[i].may)
			fail_msg("%s, %s, %s", rows[i].type, rows[i].role, rows[i].grant);
	}
	assert_true(config_type_public(config_type(cfg, "open")));
	assert_false(config_type_public(config_type(cfg, "desk")));
	config_unref(cfg);
}

static void server_roles_may(void **state)
{
	struct config *cfg = read_ok("channel_types: {desk: {like: open}}\n"
				     "roles: {guest: [channels.create.desk]}\n");

	(void)state;
	assert_true(config_server_may(cfg, "admin", "admin"));
	assert_true(config_server_may(cfg, "admin", "channels.create.desk"));
	assert_true(config_server_may(cfg, "user", "channels.create.group"));
	assert_false(config_server_may(cfg, "user", "channels.create.broadcast"));
	assert_false(config_server_may(cfg, "user", "admin"));
	assert_true(config_server_may(cfg, "guest", "channels.create.desk"));
	assert_false(config_server_may(cfg, "guest", "invite"));
	assert_false(config_server_may(cfg, "nobody", "invite"));
	config_unref(cfg);
}

static void types_start_from_what_they_are_like(void **state)
{
	struct config *cfg = read_ok("channel_types:\n"
				     "  news: {like: broadcast, slow_mode: 10s}\n"
				     "  broadcast: {retention: 90d}\n"
				     "  desk: {message_length: 100}\n");
	const struct config_type *news = config_type(cfg, "news"), *desk = config_type(cfg, "desk");

	(void)state;
	assert_int_equal(news->kind, CONFIG_TYPE_BROADCAST);
	assert_int_equal(news->members, CONFIG_MEMBERS_UNLISTED);
	assert_string_equal(news->newcomer_role, "reader");
	assert_int_equal(news->slow_mode_ms, 10000);
	assert_int_equal(news->retention_ms, INT64_C(90) * 86400000);
	assert_int_equal(news->max_members, 0);
	assert_int_equal(config_type(cfg, "broadcast")->slow_mode_ms, 0);
	assert_int_equal(desk->kind, CONFIG_TYPE_GROUP);
	assert_int_equal(desk->message_length, 100);
	assert_string_equal(desk->creator_role, "owner");
	config_unref(cfg);
}

static void listeners_share_the_section_tls(void **state)
{
	struct config *cfg = read_ok("tls: {cert: /c, key: /k}\n"
				     "listen:\n"
				     "  - {address: \"*:443\", tls: true}\n"
				     "  - {address: \"*:444\", tls: true, cert: /c2, key: /k2}\n"
				     "  - {address: \"*:80\", proxy_protocol: v2}\n");

	(void)state;
	assert_string_equal(config_listen(cfg, 0)->cert, "/c");
	assert_string_equal(config_listen(cfg, 0)->key, "/k");
	assert_string_equal(config_listen(cfg, 1)->cert, "/c2");
	assert_string_equal(config_listen(cfg, 2)->cert, "");
	assert_int_equal(config_listen(cfg, 2)->proxy_protocol, CONFIG_PROXY_V2);
	config_unref(cfg);
}

/* First without tables, then the same bytes with them. */
static void plugins_are_read_in_two_steps(void **state)
{
	static const char yaml[] = "plugins: {filter: {pause: 2s}, typing: false}\n";
	struct config_report *report = config_report_new("f");
	struct config *early = config_parse("f", yaml, strlen(yaml), NULL, report);
	struct config *late = config_with_plugins(early, config_case_options(), report);

	(void)state;
	assert_non_null(early);
	assert_false(config_plugin(early, "filter")->read);
	assert_null(config_plugin(early, "filter")->settings);
	assert_null(config_plugin(early, "typing"));
	assert_non_null(late);
	assert_true(config_plugin(late, "filter")->read);
	assert_int_equal(confab_setting_int(config_plugin(late, "filter")->settings, 0), 2000);
	config_unref(early);
	config_unref(late);
	config_report_free(report);
}

static void a_reload_knows_its_changes(void **state)
{
	struct config *was = read_ok("plugins: {filter: {token: old}}\n"
				     "server: {workers: 2}\n");
	struct config *becomes = read_ok(
		"plugins: {filter: {token: new, pause: 9s}, typing: off}\n"
		"listen: [{address: 127.0.0.1:8080}, {address: \"*:1\"}]\n"
		"limits: {ping_interval: 20s}\n"
		"channel_types: {open: {plugins: {filter: {pause: 8s}}}}\n");
	static const struct {
		const char *key, *was, *becomes;
		bool restart;
	} rows[] = {
		{"server.workers", "2", "4", true},
		{"limits.ping_interval", "30s", "20s", false},
		{"plugins.filter.pause", "5s", "9s", false},
		{"plugins.filter.token", "(secret)", "(secret)", true},
		{"listen.1.address", NULL, "\"*:1\"", true},
		{"channel_types.open.plugins.filter.pause", NULL, "8s", false},
		{"plugins.typing", "true", "false", false},
	};
	struct config_diff diff;

	(void)state;
	config_diff(&diff, was, was);
	assert_int_equal(diff.count, 0);
	config_diff_fini(&diff);
	config_diff(&diff, was, becomes);
	assert_true(diff.restarts >= 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_change *found = NULL;

		for (size_t j = 0; j < diff.count; j++) {
			if (strcmp(diff.changes[j].key, rows[i].key) == 0)
				found = &diff.changes[j];
		}
		if (!found)
			fail_msg("%s is not told", rows[i].key);
		assert_int_equal(found->restart, rows[i].restart);
		assert_int_equal(found->was == NULL, rows[i].was == NULL);
		if (rows[i].was)
			assert_string_equal(found->was, rows[i].was);
		assert_string_equal(found->becomes, rows[i].becomes);
	}
	config_diff_fini(&diff);
	config_unref(was);
	config_unref(becomes);
}

static char *explained(const struct config *cfg, const char *key, int rc)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(config_explain(cfg, key, out), rc);
	fclose(out);
	return text;
}

static void keys_explain_themselves(void **state)
{
	static const struct {
		const char *key, *text;
		int rc;
	} rows[] = {
		{"limits.ping_interval",
			"limits.ping_interval: 20s\n"
			"  from:     f:2\n"
			"  type:     duration, 1s to 1h\n"
			"  default:  30s\n"
			"  change:   by a reload\n"
			"  A WebSocket that was silent for so long is asked whether it is still "
			"there.\n",
			0},
		{"store.path",
			"store.path: confab.db\n"
			"  from:     built-in default\n"
			"  type:     path\n"
			"  default:  confab.db\n"
			"  change:   by a restart\n"
			"  Database file, for a provider that keeps one. Relative: below "
			"server.data.\n",
			0},
		{"channel_types.broadcast.typing",
			"channel_types.broadcast.typing: false\n"
			"  from:     built-in default of the channel type 'broadcast'\n"
			"  type:     true or false\n"
			"  change:   by a reload\n"
			"  Do members see who is typing? (with the plugin typing)\n",
			0},
		{"plugins.filter.token",
			"plugins.filter.token: (secret)\n"
			"  from:     f:3\n"
			"  type:     secret: {file: /path}, {env: NAME} or text\n"
			"  default:  unset\n"
			"  change:   by a restart\n"
			"  Secret.\n",
			0},
		{"store",
			"store.provider: store-sqlite   # default\nstore.path: confab.db   # "
			"default\n",
			0},
		{"limits.ping_intervall",
			"there is no key 'limits.ping_intervall' (did you mean "
			"'limits.ping_interval'?)\n",
			CONFAB_ENOENT},
		{"frame_bytes",
			"there is no key 'frame_bytes' (did you mean 'limits.frame_bytes'?)\n",
			CONFAB_ENOENT},
	};
	struct config *cfg = read_ok("limits:\n"
				     "  ping_interval: 20s\n"
				     "plugins: {filter: {token: hush}}\n");
	char *all = explained(cfg, NULL, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = explained(cfg, rows[i].key, rows[i].rc);

		assert_string_equal(text, rows[i].text);
		free(text);
	}
	assert_non_null(strstr(all, "\nlimits.ping_interval: 20s\n"));
	assert_null(strstr(all, "hush"));
	free(all);
	config_unref(cfg);
}

static void a_file_is_checked(void **state)
{
	char path[] = "/tmp/confab-check-XXXXXX", *text, want[400];
	int fd = mkstemp(path);
	size_t size;
	FILE *out;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "log: {level: warn, x: 1}\n", 25), 25);
	close(fd);
	out = open_memstream(&text, &size);
	assert_int_equal(config_check(path, NULL, out), 2);
	assert_int_equal(config_check("/nowhere/x.yaml", NULL, out), 1);
	assert_int_equal(config_check(NULL, config_case_options(), out), 0);
	fclose(out);
	(void)snprintf(want, sizeof(want),
		"%s:1:14: log.level: 'warn' is not one of error, warning, info, debug "
		"(did you mean 'warning'?)\n"
		"%s:1:20: log: unknown key 'x'\n"
		"/nowhere/x.yaml: cannot be read (No such file or directory)\n"
		"built-in defaults: no errors\n",
		path, path);
	assert_string_equal(text, want);
	free(text);
	unlink(path);
}

static void words_and_lists_agree(void **state)
{
	(void)state;
	for (int scope = GRANT_SERVER; scope <= GRANT_CHANNEL; scope++) {
		const char *at = grant_words((enum grant_scope)scope);
		const struct grant_word *word;

		for (size_t i = 0; (word = grant_word((enum grant_scope)scope, i)); i++) {
			size_t len = strlen(word->name);

			assert_int_equal(strncmp(at, word->name, len), 0);
			at += len + (at[len] == ',' ? 2 : 0);
			assert_int_equal(grant_find((enum grant_scope)scope, word->name), i);
		}
		assert_string_equal(at, "");
	}
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_a_whole_server),
		cmocka_unit_test(roles_may_what_types_say),
		cmocka_unit_test(server_roles_may),
		cmocka_unit_test(types_start_from_what_they_are_like),
		cmocka_unit_test(listeners_share_the_section_tls),
		cmocka_unit_test(plugins_are_read_in_two_steps),
		cmocka_unit_test(a_reload_knows_its_changes),
		cmocka_unit_test(keys_explain_themselves),
		cmocka_unit_test(a_file_is_checked),
		cmocka_unit_test(words_and_lists_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
