/**
 * Configurations right and wrong: what is said about each, to the letter.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "config_case.h"

static const struct config_case good[] = {
	{"empty", "", ""},
	{"only comments", "# nothing\n", ""},
	{"null", "~\n", ""},
	{"document marker",
		"---\n"
		"server: {name: x}\n",
		""},
	{"sections without content",
		"server:\n"
		"listen:\n"
		"channel_types:\n"
		"plugins:\n",
		""},
	{"one listener as a map", "listen: {address: \"[::1]:8443\"}\n", ""},
	{"unix and everywhere",
		"listen:\n"
		"  - address: unix:/run/x.sock\n"
		"  - address: \"*:80\"\n",
		""},
	{"units",
		"limits: {ping_interval: 1m, idle_timeout: 120s, frame_bytes: 1 MiB, user_rate: "
		"100/m burst 20, address_rate: off}\n",
		""},
	{"named numbers",
		"limits: {connections_per_address: unlimited}\n"
		"server: {io_threads: auto}\n",
		""},
	{"booleans of all kinds",
		"http: {compression: off}\n"
		"channel_types: {group: {receipts: No, typing: TRUE}}\n",
		""},
	{"quoted numbers", "server: {workers: \"8\"}\n", ""},
	{"own type",
		"channel_types:\n"
		"  desk: {like: open, retention: 90d, roles: {guest: []}}\n"
		"roles: {user: [channels.create.desk]}\n",
		""},
	{"plugin settings and overlays",
		"plugins: {filter: {pause: 2s, words: [a, b], rules: [{x: 1}]}}\n"
		"channel_types: {open: {plugins: {filter: {level: high}}}}\n"
		"pipeline: {moderate: [filter]}\n",
		""},
	{"a plugin's grant",
		"plugins: {filter: }\n"
		"channel_types: {group: {roles: {member: [read, filter.use]}}}\n",
		""},
	{"secret from the environment, not asked", "plugins: {filter: {token: {env: NOT_SET}}}\n",
		""},
	{"plugin off", "plugins: {typing: false}\n", ""},
	{"umlaut and emoji", "server: {name: \"B\303\274ro \360\237\220\237\"}\n", ""},
	{"origins",
		"http: {origins: [\"https://a.example:8443\", \"*\"], trusted_proxies: [127.0.0.1, "
		"\"fd00::/8\"]}\n",
		""},
	{"tls from the section",
		"tls: {cert: /c, key: /k}\n"
		"listen: [{address: \"*:443\", tls: true}]\n",
		""},
};

static const struct config_case bad[] = {
	{"unknown section", "listn: {}\n",
		"f:1:1: unknown section 'listn' (did you mean 'listen'?)\n"},
	{"unknown section far from all", "zzzzzz: {}\n", "f:1:1: unknown section 'zzzzzz'\n"},
	{"unknown key", "limits: {ping_intervall: 30s}\n",
		"f:1:10: limits: unknown key 'ping_intervall' (did you mean 'ping_interval'?)\n"},
	{"unknown key, begun", "limits: {ping: 30s}\n",
		"f:1:10: limits: unknown key 'ping' (did you mean 'ping_interval'?)\n"},
	{"unknown key with dashes", "limits: {ping-interval: 30s}\n",
		"f:1:10: limits: unknown key 'ping-interval' (did you mean 'ping_interval'?)\n"},
	{"unknown key far from all", "limits: {qqqqqq: 1}\n",
		"f:1:10: limits: unknown key 'qqqqqq'\n"},
	{"section is a list", "limits: [a]\n",
		"f:1:9: limits: expected keys with values, but found a list\n"},
	{"section is text", "limits: ping_interval:30s\n",
		"f:1:9: limits: expected keys with values, but found text (is a space missing "
		"behind ':'?)\n"},
	{"duration without unit", "limits: {ping_interval: 30}\n",
		"f:1:25: limits.ping_interval: '30' needs a unit (ms, s, m, h, d, w), like 30s\n"},
	{"duration with unknown unit", "limits: {ping_interval: 30 seconds}\n",
		"f:1:25: limits.ping_interval: '30 seconds' has an unknown unit (known: ms, s, m, "
		"h, d, w)\n"},
	{"duration is no number", "limits: {ping_interval: soon}\n",
		"f:1:25: limits.ping_interval: 'soon' is not a duration\n"},
	{"duration out of range", "limits: {ping_interval: 5h}\n",
		"f:1:25: limits.ping_interval: '5h' is out of range (1s to 1h)\n"},
	{"duration overflows", "limits: {ping_interval: 99999999999999999999d}\n",
		"f:1:25: limits.ping_interval: '99999999999999999999d' is not a duration\n"},
	{"duration overflows in its unit", "limits: {ping_interval: 9223372036854775807d}\n",
		"f:1:25: limits.ping_interval: '9223372036854775807d' is not a duration\n"},
	{"duration is negative", "limits: {ping_interval: -5s}\n",
		"f:1:25: limits.ping_interval: '-5s' is not a duration\n"},
	{"named duration misspelt", "channel_types: {open: {retention: for-ever}}\n",
		"f:1:35: channel_types.open.retention: 'for-ever' is neither a duration nor one "
		"of: forever (did you mean 'forever'?)\n"},
	{"size without unit", "limits: {frame_bytes: 65536}\n",
		"f:1:23: limits.frame_bytes: '65536' needs a unit (B, KB, MB, GB), like 64KB\n"},
	{"size out of range", "limits: {frame_bytes: 1GB}\n",
		"f:1:23: limits.frame_bytes: '1GB' is out of range (4KB to 16MB)\n"},
	{"size with unknown unit", "limits: {frame_bytes: 64 kilo}\n",
		"f:1:23: limits.frame_bytes: '64 kilo' has an unknown unit (known: B, KB, MB, "
		"GB)\n"},
	{"integer", "server: {workers: many}\n",
		"f:1:19: server.workers: 'many' is not a number\n"},
	{"integer with rest", "server: {workers: 4x}\n",
		"f:1:19: server.workers: '4x' is not a number\n"},
	{"integer out of range", "server: {workers: 0}\n",
		"f:1:19: server.workers: '0' is out of range (1 to 64)\n"},
	{"rate without unit", "limits: {user_rate: 20}\n",
		"f:1:21: limits.user_rate: '20' is not a rate; write 10/s, 100/m burst 20, or "
		"off\n"},
	{"rate with burst of nothing", "limits: {user_rate: 20/s burst}\n",
		"f:1:21: limits.user_rate: '20/s burst' is not a rate; write 10/s, 100/m burst 20, "
		"or off\n"},
	{"rate of zero", "limits: {user_rate: 0/s}\n",
		"f:1:21: limits.user_rate: '0/s' is not a rate; write 10/s, 100/m burst 20, or "
		"off\n"},
	{"rate too large", "limits: {user_rate: 99999999/s}\n",
		"f:1:21: limits.user_rate: '99999999/s' is not a rate; write 10/s, 100/m burst 20, "
		"or off\n"},
	{"boolean", "http: {compression: maybe}\n",
		"f:1:21: http.compression: 'maybe' is neither true nor false\n"},
	{"enum", "log: {level: warn}\n",
		"f:1:14: log.level: 'warn' is not one of error, warning, info, debug (did you mean "
		"'warning'?)\n"},
	{"enum far from all", "log: {level: xyz}\n",
		"f:1:14: log.level: 'xyz' is not one of error, warning, info, debug\n"},
	{"list is text", "http: {origins: https://a.example}\n",
		"f:1:17: http.origins: expected a list, like [a, b], but found text\n"},
	{"list holds a map", "http: {origins: [{a: b}]}\n",
		"f:1:17: http.origins: expected text in the list, but found a map\n"},
	{"list holds nothing", "http: {origins: [~]}\n",
		"f:1:17: http.origins: expected text in the list, but found nothing\n"},
	{"list too long", "auth: {providers: [a, b, c, d, e, f, g, h, i]}\n",
		"f:1:19: auth.providers: has too many entries (9, at most 8)\n"},
	{"list must not be empty", "auth: {providers: []}\n",
		"f:1:19: auth.providers: must not be empty\n"},
	{"text is a map", "server: {name: {a: b}}\n",
		"f:1:16: server.name: expected text, but found a map\n"},
	{"text too long", "server: {user: abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz}\n",
		"f:1:16: server.user: is too long (52 bytes, at most 32)\n"},
	{"text empty", "server: {name: \"\"}\n", "f:1:16: server.name: must not be empty\n"},
	{"no value",
		"server:\n"
		"  name:\n",
		"f:2:8: server.name: has no value; write one, or remove the line\n"},
	{"address without port", "listen: [{address: 127.0.0.1}]\n",
		"f:1:20: listen.address: '127.0.0.1' is not an address; write 127.0.0.1:8080, "
		"[::1]:8080, *:8080 or unix:/path\n"},
	{"address with a name", "listen: [{address: \"chat.example.org:80\"}]\n",
		"f:1:20: listen.address: 'chat.example.org:80' is not an address; write "
		"127.0.0.1:8080, [::1]:8080, *:8080 or unix:/path\n"},
	{"port too large", "listen: [{address: \"127.0.0.1:65536\"}]\n",
		"f:1:20: listen.address: '127.0.0.1:65536' is not an address; write "
		"127.0.0.1:8080, [::1]:8080, *:8080 or unix:/path\n"},
	{"unix path missing", "listen: [{address: \"unix:\"}]\n",
		"f:1:20: listen.address: 'unix:' needs a path of 1 to 107 bytes behind unix:\n"},
	{"address twice", "listen: [{address: \"*:80\"}, {address: \"*:80\"}]\n",
		"f:1:39: listen: '*:80' is there twice\n"},
	{"no listener", "listen: []\n", "f:1:9: listen: expected 1 to 32 listeners\n"},
	{"listener is text", "listen: [\"127.0.0.1:80\"]\n",
		"f:1:10: listen: expected keys with values, but found text\n"},
	{"tls without a certificate", "listen: [{address: \"*:443\", tls: true}]\n",
		"f:1:34: listen: tls needs cert and key, here or in the section tls\n"},
	{"certificate without key", "tls: {cert: /c}\n",
		"f:1:13: tls: cert and key belong together, and one is missing\n"},
	{"public address with a slash", "server: {public_url: \"https://x.example/\"}\n",
		"f:1:22: server.public_url: 'https://x.example/' is not like "
		"https://chat.example.org (no slash at the end)\n"},
	{"proxies", "http: {trusted_proxies: [\"10.0.0.0/33\", proxy]}\n",
		"f:1:25: http.trusted_proxies: '10.0.0.0/33' is no address or network, like "
		"10.0.0.0/8\n"
		"f:1:25: http.trusted_proxies: 'proxy' is no address or network, like "
		"10.0.0.0/8\n"},
	{"origin with a path", "http: {origins: [\"https://a.example/chat\"]}\n",
		"f:1:17: http.origins: 'https://a.example/chat' is no origin, like "
		"https://chat.example.org (lower case, no path, no slash at the end) or \"*\"\n"},
	{"idle before ping", "limits: {ping_interval: 90s}\n",
		"f:1:25: limits.idle_timeout: must be more than limits.ping_interval, or quiet "
		"clients are closed before they are asked\n"},
	{"message larger than frame", "limits: {message_bytes: 512KB}\n",
		"f:1:25: limits.message_bytes: must be at most limits.frame_bytes\n"},
	{"server grant unknown", "roles: {user: [channels.create.groups]}\n",
		"f:1:15: roles.user: 'channels.create.groups' is no grant (did you mean "
		"'channels.create.group'?)\n"},
	{"channel grant unknown", "channel_types: {open: {roles: {member: [sent]}}}\n",
		"f:1:40: channel_types.open.roles.member: 'sent' is no grant (did you mean "
		"'send'?)\n"},
	{"grant of a plugin that is not enabled",
		"channel_types: {open: {roles: {member: [polls.create]}}}\n",
		"f:1:40: channel_types.open.roles.member: 'polls.create' is no grant\n"},
	{"channel role unknown", "channel_types: {open: {roles: {mod: [read]}}}\n",
		"f:1:32: channel_types.open.roles: unknown key 'mod'\n"},
	{"server role unknown", "roles: {users: []}\n",
		"f:1:9: roles: unknown key 'users' (did you mean 'user'?)\n"},
	{"type like nothing", "channel_types: {desk: {like: groop}}\n",
		"f:1:30: channel_types.desk.like: 'groop' is not one of direct, group, open, "
		"broadcast (did you mean 'group'?)\n"},
	{"built-in type like another", "channel_types: {open: {like: group}}\n",
		"f:1:30: channel_types.open.like: a built-in type is only like itself\n"},
	{"type's name", "channel_types: {My Type: {}}\n",
		"f:1:17: channel_types: 'My Type' is no type's name ([a-z][a-z0-9_-]*)\n"},
	{"direct of three", "channel_types: {direct: {max_members: 3}}\n",
		"f:1:39: channel_types.direct.max_members: a direct channel is one of two "
		"people\n"},
	{"type's key unknown", "channel_types: {open: {slowmode: 5s}}\n",
		"f:1:24: channel_types.open: unknown key 'slowmode' (did you mean 'slow_mode'?)\n"},
	{"types are a list", "channel_types: [open]\n",
		"f:1:16: channel_types: expected names of types, but found a list\n"},
	{"type is text", "channel_types: {open: fast}\n",
		"f:1:23: channel_types.open: expected keys with values, but found text\n"},
	{"plugin unknown", "plugins: {typin: }\n",
		"f:1:11: plugins.typin: there is no plugin 'typin' (did you mean 'typing'?)\n"},
	{"plugin's name", "plugins: {Typing: }\n",
		"f:1:11: plugins.Typing: 'Typing' is no plugin's name ([a-z0-9-])\n"},
	{"plugins are a list", "plugins: [typing]\n",
		"f:1:10: plugins: expected names of plugins, like 'typing:', but found a list\n"},
	{"plugin's key unknown", "plugins: {filter: {pauze: 3s}}\n",
		"f:1:20: plugins.filter: unknown key 'pauze' (did you mean 'pause'?)\n"},
	{"plugin's value out of range", "plugins: {filter: {pause: 2m}}\n",
		"f:1:27: plugins.filter.pause: '2m' is out of range (1s to 1m)\n"},
	{"plugin's settings are text", "plugins: {filter: hard}\n",
		"f:1:19: plugins.filter: expected keys with values, but found text\n"},
	{"plugin's setting missing", "plugins: {auth-jwt: {}}\n",
		"f:1:11: plugins.auth-jwt: 'issuer' must be set (Who made the tokens.)\n"},
	{"plugin's secret is a list", "plugins: {filter: {token: [a]}}\n",
		"f:1:27: plugins.filter.token: expected {file: /path}, {env: NAME} or text\n"},
	{"plugin's secret from nowhere", "plugins: {filter: {token: {fil: /x}}}\n",
		"f:1:27: plugins.filter.token: expected {file: /path}, {env: NAME} or text\n"},
	{"provider switched off", "plugins: {store-sqlite: false}\n",
		"f:1:25: plugins.store-sqlite: is in use (store.provider) and cannot be switched "
		"off\n"},
	{"provider unknown", "store: {provider: store-sqlit}\n",
		"f:1:19: store.provider: there is no plugin 'store-sqlit' (did you mean "
		"'store-sqlite'?)\n"},
	{"overlay of a plugin that is not enabled",
		"channel_types: {open: {plugins: {filter: {level: high}}}}\n",
		"f:1:34: channel_types.open.plugins: 'filter' is not enabled under plugins\n"},
	{"overlay of a row for the server only",
		"plugins: {filter: }\n"
		"channel_types: {open: {plugins: {filter: {token: x}}}}\n",
		"f:2:43: channel_types.open.plugins.filter.token: may only be set for the whole "
		"server\n"},
	{"pipeline names a plugin that is not enabled", "pipeline: {moderate: [typing, filter]}\n",
		"f:1:22: pipeline.moderate: plugin 'filter' is not enabled\n"},
	{"many errors at once",
		"limts: {}\n"
		"limits: {ping_interval: 30, frame_bytes: 1}\n"
		"server: {workers: 0}\n",
		"f:1:1: unknown section 'limts' (did you mean 'limits'?)\n"
		"f:2:25: limits.ping_interval: '30' needs a unit (ms, s, m, h, d, w), like 30s\n"
		"f:2:42: limits.frame_bytes: '1' needs a unit (B, KB, MB, GB), like 64KB\n"
		"f:3:19: server.workers: '0' is out of range (1 to 64)\n"},
};

static void right_ones_are_silent(void **state)
{
	(void)state;
	config_cases_run(good, sizeof(good) / sizeof(good[0]));
}

static void wrong_ones_are_told(void **state)
{
	(void)state;
	config_cases_run(bad, sizeof(bad) / sizeof(bad[0]));
}

/* ------------------------------------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_ones_are_silent),
		cmocka_unit_test(wrong_ones_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
