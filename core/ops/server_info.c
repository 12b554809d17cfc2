/**
 * server.info: what a client should know before it signs anybody in.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/provider/accounts.h>
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "ops/ops_internal.h"
#include "wire/request.h"

static json_t *limits_json(const struct config *cfg)
{
	const struct config_limits *limits = config_limits(cfg);

	return json_pack("{s:I,s:I,s:I}", "message_bytes", (json_int_t)limits->message_bytes,
		"in_flight", (json_int_t)limits->in_flight, "ping_ms",
		(json_int_t)limits->ping_interval_ms);
}

static json_t *types_json(const struct config *cfg)
{
	static const char *const kinds[] = {"direct", "group", "open", "broadcast"};
	static const char *const unread[] = {"all", "mentions", "none"};
	json_t *list = json_array();
	const struct config_type *type;

	for (size_t i = 0; (type = config_type_at(cfg, i)) != NULL; i++) {
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s,s:b,s:s,s:I,s:I,s:b,s:b,s:b}", "name", type->name,
				"like", kinds[type->kind], "members",
				type->members == CONFIG_MEMBERS_LISTED ? "listed" : "unlisted",
				"history", (int)type->history_for_newcomers, "unread",
				unread[type->unread], "message_length",
				(json_int_t)type->message_length, "max_members",
				(json_int_t)type->max_members, "public",
				(int)config_type_public(type), "receipts", (int)type->receipts,
				"typing", (int)type->typing));
	}
	return list;
}

static void run_info(struct confab_request *rq, void *ctx)
{
	struct ops *o = ctx;
	const struct config *cfg = o->chat->config;
	const struct config_auth *auth = config_auth(cfg);
	json_t *methods = json_array();

	for (size_t i = 0; i < auth->providers.count; i++) {
		json_array_append_new(methods, json_string(auth->providers.items[i]));
	}
	confab_reply(rq,
		json_pack("{s:s,s:s,s:i,s:I,s:o,s:o,s:o}", "name", o->server_name, "version",
			o->version, "protocol", 1, "time", (json_int_t)clock_real_ms(), "auth",
			methods, "limits", limits_json(cfg), "types", types_json(cfg)));
}

static const struct confab_field info_reply[] = {
	{"name", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "the server's"},
	{"version", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "of confab"},
	{"protocol", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "1"},
	{"time", CONFAB_FIELD_INT, true, 0, 0, NULL, NULL, "now, Unix ms"},
	{"auth", CONFAB_FIELD_LIST, true, 0, 0, NULL, NULL, "names of the auth plugins"},
	{"limits", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, NULL,
		"message_bytes, in_flight, ping_ms"},
	{"types", CONFAB_FIELD_LIST, true, 0, 0, NULL, NULL, "channel types and what they do"},
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "server.info",
		.actor = CONFAB_OP_NONE,
		.method = "GET",
		.path = "/v1/server",
		.run = run_info,
		.reply = info_reply,
		.doc = "What this server is, how people sign in, and what it takes."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_server_info_register(struct ops *o, struct confab_error *err)
{
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
