/**
 * Rows of the core's sections. Defaults are a complete server that is safe to start.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/sections.h"

#include "config/config.h"
#include "config/section_rows.h"

#define RELOAD CONFAB_SETTING_RELOADABLE
#define KB INT64_C(1024)
#define MB (1024 * KB)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

#define AT(field) offsetof(struct config_server, field)
static const struct section_row server_rows[] = {
	{{"name", CONFAB_SETTING_STRING, "confab", 1, 100, NULL, 0, RELOAD, NULL,
		 "Name of this server, shown to people."},
		AT(name), 0},
	{{"public_url", CONFAB_SETTING_STRING, "", 0, 200, NULL, 0, RELOAD, NULL,
		 "Where people reach this server, for links it hands out: "
		 "https://chat.example.org. Empty: links name the first listener."},
		AT(public_url), 0},
	{{"data", CONFAB_SETTING_PATH, "./data", 1, 4000, NULL, 0, 0, NULL,
		 "Directory for everything that must last: database, keys, admin socket. Created "
		 "if it is not there. A relative one lies below the directory confabd is started "
		 "in."},
		AT(data), 0},
	{{"user", CONFAB_SETTING_STRING, "", 0, 32, NULL, 0, 0, NULL,
		 "User to become after the sockets are open, if started as root. Empty: stay."},
		AT(user), 0},
	{{"group", CONFAB_SETTING_STRING, "", 0, 32, NULL, 0, 0, NULL,
		 "Group to become. Empty: the user's own."},
		AT(group), 0},
	{{"quarantine", CONFAB_SETTING_BOOL, "true", 0, 0, NULL, 0, 0, NULL,
		 "A plugin that was active in two crashes of the server within an hour is not "
		 "loaded until confabctl plugin release NAME; the records are in the file crashes "
		 "of the data directory. A provider of the store, of auth or of the bus keeps the "
		 "server from starting then. false loads all of them anyway."},
		AT(quarantine), 0},
	{{"sandbox", CONFAB_SETTING_BOOL, "true", 0, 0, NULL, 0, 0, NULL,
		 "Lock the server in once it has started: files are changed below the directories "
		 "of data, log and sockets only, no program is started, and calls that no server "
		 "needs are refused by the kernel."},
		AT(sandbox), 0},
	{{"io_threads", CONFAB_SETTING_INT, "auto", 0, 64, "threads", 0, 0, "auto=0",
		 "Threads that serve connections. auto: one per processor."},
		AT(io_threads), 0},
	{{"workers", CONFAB_SETTING_INT, "4", 1, 64, "threads", 0, 0, NULL,
		 "Threads for work that takes long (password hashing, settings, plugins' work)."},
		AT(workers), 0},
	{{"stop_grace", CONFAB_SETTING_DURATION, "10s", 0, 10 * MINUTE, NULL, 0, RELOAD, NULL,
		 "How long a stop waits for connections to say goodbye."},
		AT(stop_grace_ms), 0},
	{{"drain_time", CONFAB_SETTING_DURATION, "30s", 0, 10 * MINUTE, NULL, 0, RELOAD, NULL,
		 "How long clients have to leave when the server drains. Each is told a moment of "
		 "its own within it, so that they do not reach the next server all at once."},
		AT(drain_time_ms), 0},
	{{"plugin_dirs", CONFAB_SETTING_LIST, NULL, 0, 16, NULL, 0, 0, NULL,
		 "Directories to look for plugins in, before the one confab was installed with."},
		AT(plugin_dirs), 0},
};
#undef AT

#define AT(field) offsetof(struct config_listen, field)
static const struct section_row listen_rows[] = {
	{{"address", CONFAB_SETTING_ADDRESS, "127.0.0.1:8080", 0, 0, NULL, 0, 0, NULL,
		 "Address and port, or a Unix socket: 127.0.0.1:8080, [::1]:8080, *:8080 "
		 "(everywhere, IPv4 and IPv6), unix:/run/confab/http.sock."},
		AT(address), 0},
	{{"tls", CONFAB_SETTING_BOOL, "false", 0, 0, NULL, 0, 0, NULL,
		 "Encrypt. Needs cert and key, here or in the section tls."},
		AT(tls), 0},
	{{"cert", CONFAB_SETTING_PATH, "", 0, 4000, NULL, 0, RELOAD, NULL,
		 "Certificate chain of this listener (PEM). Empty: the one of the section tls."},
		AT(cert), 0},
	{{"key", CONFAB_SETTING_PATH, "", 0, 4000, NULL, 0, RELOAD, NULL, "Its private key (PEM)."},
		AT(key), 0},
	{{"proxy_protocol", CONFAB_SETTING_ENUM, "off", 0, 0, NULL, 0, 0, "off, v2",
		 "v2: every connection begins with a PROXY protocol header, version 2, of a load "
		 "balancer; connections without one are closed. Only behind such a balancer."},
		AT(proxy_protocol), 0},
	{{"mode", CONFAB_SETTING_ENUM, "0660", 0, 0, NULL, 0, 0, "0600, 0660, 0666",
		 "Permissions of a Unix socket."},
		AT(mode), SECTION_AS_OCTAL},
};
#undef AT

#define AT(field) offsetof(struct config_tls, field)
static const struct section_row tls_rows[] = {
	{{"cert", CONFAB_SETTING_PATH, "", 0, 4000, NULL, 0, RELOAD, NULL,
		 "Certificate chain (PEM), for listeners that bring none of their own. A reload "
		 "reads it again; connections stay."},
		AT(cert), 0},
	{{"key", CONFAB_SETTING_PATH, "", 0, 4000, NULL, 0, RELOAD, NULL, "Its private key (PEM)."},
		AT(key), 0},
	{{"min_version", CONFAB_SETTING_ENUM, "1.2", 0, 0, NULL, 0, RELOAD, "1.2, 1.3",
		 "Oldest version of TLS that is spoken."},
		AT(min_version), 0},
	{{"ciphers", CONFAB_SETTING_STRING, "", 0, 2000, NULL, 0, RELOAD, NULL,
		 "Ciphers for TLS 1.2 in OpenSSL's words. Empty: forward secrecy and AEAD only."},
		AT(ciphers), 0},
};
#undef AT

#define AT(field) offsetof(struct config_http, field)
static const struct section_row http_rows[] = {
	{{"origins", CONFAB_SETTING_LIST, NULL, 0, 100, NULL, 0, RELOAD, NULL,
		 "Web sites whose pages may talk to this server: [\"https://chat.example.org\"]. "
		 "Pages this server delivers itself always may; programs that are no browser send "
		 "no origin and are not asked. \"*\" allows every site."},
		AT(origins), 0},
	{{"trusted_proxies", CONFAB_SETTING_LIST, NULL, 0, 100, NULL, 0, RELOAD, NULL,
		 "Addresses or networks of reverse proxies ([127.0.0.1, \"10.0.0.0/8\"]) whose "
		 "X-Forwarded-For tells the real address of a connection. From others it is "
		 "ignored."},
		AT(trusted_proxies), 0},
	{{"static_dir", CONFAB_SETTING_PATH, "", 0, 4000, NULL, 0, RELOAD, NULL,
		 "Directory of files to deliver at /, a web client for example. Empty: none."},
		AT(static_dir), 0},
	{{"metrics", CONFAB_SETTING_ENUM, "loopback", 0, 0, NULL, 0, RELOAD, "loopback, admin, off",
		 "Who may read /metrics: everybody on this machine, only accounts with the grant "
		 "admin, or nobody."},
		AT(metrics), 0},
	{{"compression", CONFAB_SETTING_BOOL, "true", 0, 0, NULL, 0, RELOAD, NULL,
		 "Compress WebSocket messages for clients that ask for it."},
		AT(compression), 0},
};
#undef AT

#define AT(field) offsetof(struct config_store, field)
static const struct section_row store_rows[] = {
	{{"provider", CONFAB_SETTING_STRING, "store-sqlite", 1, 32, NULL, 0, 0, NULL,
		 "Plugin that keeps what lasts. Its own settings stand under plugins."},
		AT(provider), 0},
	{{"path", CONFAB_SETTING_PATH, "confab.db", 1, 4000, NULL, 0, CONFAB_SETTING_IN_DATA, NULL,
		 "Database file, for a provider that keeps one. Relative: below server.data."},
		AT(path), 0},
};
#undef AT

#define AT(field) offsetof(struct config_bus, field)
static const struct section_row bus_rows[] = {
	{{"provider", CONFAB_SETTING_STRING, "bus-local", 1, 32, NULL, 0, 0, NULL,
		 "Who tells other nodes of news. bus-local is built in and serves one node."},
		AT(provider), 0},
};
#undef AT

#define AT(field) offsetof(struct config_auth, field)
static const struct section_row auth_rows[] = {
	{{"providers", CONFAB_SETTING_LIST, "auth-local", 1, 8, NULL, 0, RELOAD, NULL,
		 "Plugins that know who somebody is, asked in this order. auth-local: accounts "
		 "with passwords kept here; auth-jwt: tokens of another system."},
		AT(providers), 0},
};
#undef AT

#define AT(field) offsetof(struct config_limits, field)
static const struct section_row limits_rows[] = {
	{{"connections", CONFAB_SETTING_INT, "20000", 1, 10000000, "connections", 0, RELOAD, NULL,
		 "Connections of this node together. Each needs a file descriptor."},
		AT(connections), 0},
	{{"connections_per_address", CONFAB_SETTING_INT, "200", 0, 10000000, "connections", 0,
		 RELOAD, "unlimited=0",
		 "Connections of one address (IPv6: one /64). Many people may share one behind a "
		 "router."},
		AT(connections_per_address), 0},
	{{"sessions_per_user", CONFAB_SETTING_INT, "50", 1, 1000, "sessions", 0, RELOAD, NULL,
		 "Devices one account may be logged in on; the one unused longest is logged out."},
		AT(sessions_per_user), 0},
	{{"tls_timeout", CONFAB_SETTING_DURATION, "10s", 100, 10 * MINUTE, NULL, 0, RELOAD, NULL,
		 "From accept to the end of the TLS handshake."},
		AT(tls_timeout_ms), 0},
	{{"head_timeout", CONFAB_SETTING_DURATION, "10s", 100, 10 * MINUTE, NULL, 0, RELOAD, NULL,
		 "From the first byte of an HTTP request to the end of its head."},
		AT(head_timeout_ms), 0},
	{{"body_timeout", CONFAB_SETTING_DURATION, "30s", 100, HOUR, NULL, 0, RELOAD, NULL,
		 "How long the body of an HTTP request may be slow; after that it must have come at 1 KB a "
		 "second."},
		AT(body_timeout_ms), 0},
	{{"hello_timeout", CONFAB_SETTING_DURATION, "10s", 100, 10 * MINUTE, NULL, 0, RELOAD, NULL,
		 "From the WebSocket upgrade to the client's hello."},
		AT(hello_timeout_ms), 0},
	{{"keep_alive", CONFAB_SETTING_DURATION, "60s", 0, HOUR, NULL, 0, RELOAD, NULL,
		 "How long an HTTP connection may wait for its next request."},
		AT(keep_alive_ms), 0},
	{{"ping_interval", CONFAB_SETTING_DURATION, "30s", SECOND, HOUR, NULL, 0, RELOAD, NULL,
		 "A WebSocket that was silent for so long is asked whether it is still there."},
		AT(ping_interval_ms), 0},
	{{"idle_timeout", CONFAB_SETTING_DURATION, "75s", 2 * SECOND, 2 * HOUR, NULL, 0, RELOAD,
		 NULL,
		 "A WebSocket that was silent for so long, pings included, is closed. More than "
		 "ping_interval."},
		AT(idle_timeout_ms), 0},
	{{"write_timeout", CONFAB_SETTING_DURATION, "30s", SECOND, HOUR, NULL, 0, RELOAD, NULL,
		 "A connection that takes no byte for so long is closed."},
		AT(write_timeout_ms), 0},
	{{"head_bytes", CONFAB_SETTING_SIZE, "16KB", KB, 56 * KB, NULL, 0, RELOAD, NULL,
		 "Largest head of an HTTP request."},
		AT(head_bytes), 0},
	{{"body_bytes", CONFAB_SETTING_SIZE, "1MB", KB, 1024 * MB, NULL, 0, RELOAD, NULL,
		 "Largest body of an HTTP request. Uploads have their own limit, their plugin's."},
		AT(body_bytes), 0},
	{{"frame_bytes", CONFAB_SETTING_SIZE, "256KB", 4 * KB, 16 * MB, NULL, 0, RELOAD, NULL,
		 "Largest message of a WebSocket, after decompression."},
		AT(frame_bytes), 0},
	{{"message_bytes", CONFAB_SETTING_SIZE, "64KB", KB, 8 * MB, NULL, 0, RELOAD, NULL,
		 "Largest chat message with all its parts, as stored. At most frame_bytes."},
		AT(message_bytes), 0},
	{{"queue_bytes", CONFAB_SETTING_SIZE, "64KB", 16 * KB, 16 * MB, NULL, 0, RELOAD, NULL,
		 "What may wait for a connection that reads slowly. Beyond it, events are dropped "
		 "and the client is told to catch up."},
		AT(queue_bytes), 0},
	{{"in_flight", CONFAB_SETTING_INT, "32", 1, 1000, "requests", 0, RELOAD, NULL,
		 "Requests of one session that may be unanswered; more are not read yet, and over "
		 "HTTP refused."},
		AT(in_flight), 0},
	{{"user_rate", CONFAB_SETTING_RATE, "20/s burst 60", 0, 0, NULL, 0, RELOAD, NULL,
		 "Requests of one account on this node."},
		AT(user_rate), 0},
	{{"address_rate", CONFAB_SETTING_RATE, "100/s burst 400", 0, 0, NULL, 0, RELOAD, NULL,
		 "Requests of one address on this node."},
		AT(address_rate), 0},
	{{"channel_rate", CONFAB_SETTING_RATE, "200/s burst 400", 0, 0, NULL, 0, RELOAD, NULL,
		 "Changes in one channel on this node, whatever its type allows."},
		AT(channel_rate), 0},
};
#undef AT

#define GRANTS(name, dflt, doc) \
	{ \
		{name, CONFAB_SETTING_LIST, dflt, 0, 64, NULL, 0, RELOAD, NULL, doc}, 0, 0 \
	}
static const struct section_row server_roles_rows[] = {
	GRANTS("admin", "all", "Administrators, made by confabctl setup."),
	GRANTS("user",
		"channels.create.direct, channels.create.group, channels.create.open, invite",
		"Everybody with an account."),
	GRANTS("guest", NULL, "Accounts that an authentication plugin lets in as guests."),
};

#define AT(field) offsetof(struct config_pipeline, field)
static const struct section_row pipeline_rows[] = {
	{{"accept", CONFAB_SETTING_LIST, NULL, 0, 64, NULL, 0, RELOAD, NULL,
		 "Order of plugins that refuse for rate, size or shape."},
		AT(accept), 0},
	{{"authorize", CONFAB_SETTING_LIST, NULL, 0, 64, NULL, 0, RELOAD, NULL,
		 "Order of plugins that refuse for rights."},
		AT(authorize), 0},
	{{"transform", CONFAB_SETTING_LIST, NULL, 0, 64, NULL, 0, RELOAD, NULL,
		 "Order of plugins that change a message before it is stored."},
		AT(transform), 0},
	{{"moderate", CONFAB_SETTING_LIST, NULL, 0, 64, NULL, 0, RELOAD, NULL,
		 "Order of plugins that judge a message."},
		AT(moderate), 0},
	{{"observe", CONFAB_SETTING_LIST, NULL, 0, 64, NULL, 0, RELOAD, NULL,
		 "Order of plugins that look at what has happened."},
		AT(observe), 0},
	{{"defer_timeout", CONFAB_SETTING_DURATION, "5s", 100, 5 * MINUTE, NULL, 0, RELOAD, NULL,
		 "Longest time a plugin may think about an event before on_deadline decides."},
		AT(defer_timeout_ms), 0},
	{{"on_deadline", CONFAB_SETTING_ENUM, "reject", 0, 0, NULL, 0, RELOAD, "reject, pass",
		 "What happens to an event whose plugin did not answer in time."},
		AT(on_deadline), 0},
	{{"answer_timeout", CONFAB_SETTING_DURATION, "30s", SECOND, HOUR, NULL, 0, RELOAD, NULL,
		 "Longest time a plugin may take to answer a request of its own ops; then it is "
		 "answered internal, and counted."},
		AT(answer_timeout_ms), 0},
	{{"slow_hook", CONFAB_SETTING_DURATION, "20ms", 1, MINUTE, NULL, 0, RELOAD, NULL,
		 "A call of a hook that takes this long is logged, at most one a second and hook: "
		 "nobody else is served meanwhile."},
		AT(slow_hook_ms), 0},
	{{"breaker_errors", CONFAB_SETTING_INT, "20", 0, 1000000, "failures", 0, RELOAD, "off=0",
		 "So many failures of a plugin's hooks within breaker_window open its breaker: its "
		 "hooks are not called until breaker_pause is over. Failures are deferrals that "
		 "were not answered in time and verdicts without a reason."},
		AT(breaker_errors), 0},
	{{"breaker_time", CONFAB_SETTING_DURATION, "3s", 0, HOUR, NULL, 0, RELOAD, "off=0",
		 "So much time in a plugin's hooks within breaker_window opens its breaker too."},
		AT(breaker_time_ms), 0},
	{{"breaker_window", CONFAB_SETTING_DURATION, "10s", SECOND, HOUR, NULL, 0, RELOAD, NULL,
		 "How far back failures and time of hooks count."},
		AT(breaker_window_ms), 0},
	{{"breaker_pause", CONFAB_SETTING_DURATION, "30s", SECOND, HOUR, NULL, 0, RELOAD, NULL,
		 "How long an open breaker stays open before the hooks are tried again; ten good "
		 "calls close it, a failure or a slow call opens it for twice as long, up to ten "
		 "minutes. confabctl plugin reset NAME closes it at once."},
		AT(breaker_pause_ms), 0},
	{{"on_open", CONFAB_SETTING_ENUM, "reject", 0, 0, NULL, 0, RELOAD, "reject, pass",
		 "What happens to events for which a plugin with an open breaker should have been "
		 "asked: refused (busy, try again), or passed on as if the plugin were not there."},
		AT(on_open), 0},
	{{"on_open_except", CONFAB_SETTING_LIST, NULL, 0, 64, NULL, 0, RELOAD, NULL,
		 "Plugins for which the other choice of on_open holds."},
		AT(on_open_except), 0},
};
#undef AT

#define AT(field) offsetof(struct config_log, field)
static const struct section_row log_rows[] = {
	{{"level", CONFAB_SETTING_ENUM, "info", 0, 0, NULL, 0, RELOAD,
		 "error, warning, info, debug",
		 "How much is printed: what someone must act on, should look at, would ask for, or "
		 "everything. Never what people write, no tokens, no passwords."},
		AT(level), 0},
	{{"format", CONFAB_SETTING_ENUM, "text", 0, 0, NULL, 0, 0, "text, json",
		 "Lines for people, or one JSON object per line."},
		AT(format), 0},
	{{"file", CONFAB_SETTING_PATH, "", 0, 4000, NULL, 0, 0, NULL,
		 "File to append to; SIGUSR1 opens it again after rotation. Empty: standard error, "
		 "which systemd keeps in its journal."},
		AT(file), 0},
};
#undef AT

#define AT(field) offsetof(struct config_admin, field)
static const struct section_row admin_rows[] = {
	{{"socket", CONFAB_SETTING_PATH, "admin.sock", 1, 107, NULL, 0, CONFAB_SETTING_IN_DATA,
		 NULL, "Unix socket for confabctl. Relative: below server.data."},
		AT(socket), 0},
	{{"mode", CONFAB_SETTING_ENUM, "0600", 0, 0, NULL, 0, 0, "0600, 0660",
		 "Its permissions: who may connect may do everything. 0660: the group too."},
		AT(mode), SECTION_AS_OCTAL},
};
#undef AT

#define ROWS(array) (array), sizeof(array) / sizeof((array)[0])

/* ------------------------------------------------------------------------------------------- */

const char section_plugins_default[] = "typing";

const struct section sections[SECTION_COUNT] = {
	[SECTION_SERVER] = {"server", SECTION_ONE, ROWS(server_rows),
		"Who this server is, and what it uses of the machine.", NULL},
	[SECTION_LISTEN] = {"listen", SECTION_LIST, ROWS(listen_rows),
		"Doors for clients (WebSocket and HTTP on each): a list. Without it there is one, "
		"on loopback, where nobody from outside gets in. Sockets that systemd hands over "
		"replace those of the same address.",
		"listen:\n"
		"  - address: \"*:443\"\n"
		"    tls: true\n"
		"    cert: /etc/confab/fullchain.pem\n"
		"    key: /etc/confab/privkey.pem\n"
		"  - address: unix:/run/confab/http.sock\n"
		"    mode: \"0660\"\n"},
	[SECTION_TLS] = {"tls", SECTION_ONE, ROWS(tls_rows),
		"Encryption, for every listener that says tls: true.", NULL},
	[SECTION_HTTP] = {"http", SECTION_ONE, ROWS(http_rows),
		"What browsers, proxies and scrapers meet.",
		"http:\n"
		"  origins: [\"https://chat.example.org\"]\n"
		"  trusted_proxies: [127.0.0.1, \"::1\", \"10.0.0.0/8\"]\n"},
	[SECTION_STORE] = {"store", SECTION_ONE, ROWS(store_rows),
		"Where messages, accounts and channels are kept.", NULL},
	[SECTION_BUS] = {"bus", SECTION_ONE, ROWS(bus_rows),
		"How nodes of a cluster hear of each other.", NULL},
	[SECTION_AUTH] = {"auth", SECTION_ONE, ROWS(auth_rows), "How people prove who they are.",
		"auth:\n"
		"  providers: [auth-jwt, auth-local]\n"},
	[SECTION_LIMITS] = {"limits", SECTION_ONE, ROWS(limits_rows),
		"What one client, or all together, may use. All limits are per node.", NULL},
	[SECTION_GRANTS] = {"roles", SECTION_ONE, ROWS(server_roles_rows),
		"What the roles of this server may do. What somebody may do inside a channel is "
		"said by the channel's type.",
		"roles:\n"
		"  user: [channels.create.direct, channels.create.group]   # no public channels\n"},
	[SECTION_CHANNEL_TYPES] = {"channel_types", SECTION_NAMED, ROWS(section_type_rows),
		"Kinds of channels. direct (two people), group (private, by invitation), open "
		"(anybody finds and joins it) and broadcast (few write, many read) are built in: "
		"change what you like. Any other name is a type of your own, which starts as a "
		"copy of the one it is like.",
		"channel_types:\n"
		"  open:\n"
		"    slow_mode: 5s\n"
		"    retention: 365d\n"
		"  helpdesk:\n"
		"    like: group\n"
		"    retention: 90d\n"
		"    roles:\n"
		"      member: [read, send, thread, react, typing, edit.own]\n"},
	[SECTION_PIPELINE] = {"pipeline", SECTION_ONE, ROWS(pipeline_rows),
		"The order of plugins, where it matters and they do not settle it among "
		"themselves: those named come first, in this order. confabctl hooks prints the "
		"order in force.",
		NULL},
	[SECTION_PLUGINS] = {"plugins", SECTION_NAMED, NULL, 0,
		"Plugins that run, by name, with their settings. A name alone (or true) enables a "
		"plugin, false disables one; providers named above are enabled by that. Settings "
		"may also stand below plugins of a channel type, where a plugin's manual says so.",
		"plugins:\n"
		"  typing: false\n"},
	[SECTION_LOG] = {"log", SECTION_ONE, ROWS(log_rows),
		"What the server prints for its operator.", NULL},
	[SECTION_ADMIN] = {"admin", SECTION_ONE, ROWS(admin_rows),
		"The door for confabctl, on this machine only.", NULL},
};
