/**
 * The core's commands, and command.list.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include <confab/chat.h>
#include "base/buf.h"
#include "base/json.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "pipeline/change.h"
#include "pipeline/command.h"
#include "pipeline/event_internal.h"
#include "wire/request.h"

/** What remembers the cid is one row, the newest: there is nothing else to keep of a command. */
static int run_build(struct confab_event *ev, struct confab_change *c, void *ctx)
{
	(void)ctx;
	confab_change_reply(c, "handled", json_true());
	return confab_change_set(c, "command", "last",
		json_pack("{s:s,s:s,s:I}", "channel", json_str(ev->body, "channel"), "name",
			json_str(ev->body, "name"), "ts", (json_int_t)c->entry.ts));
}

static const struct confab_kind_row kinds[] = {
	{.name = "command.run",
		.class_ = CONFAB_DURABLE,
		.log = CONFAB_LOG_OWN,
		.build = run_build,
		.doc = "A user typed a command."},
};

static json_t *help(struct confab_event *ev, const char *args, void *ctx)
{
	const struct ops *o = ctx;
	const struct command *c;
	struct buf b;
	json_t *note;

	buf_init(&b);
	for (size_t i = 0; (c = command_at(o->pl->commands, i)) != NULL; i++) {
		if ((*args && strcmp(args, c->row->name) != 0) ||
			(c->row->grant &&
				permit_refusal(&ev->actor, ev->lg->channel, c->row->grant))) {
			continue;
		}
		buf_str(&b, b.len ? "\n/" : "/");
		buf_str(&b, c->row->name);
		buf_str(&b, " – ");
		buf_str(&b, c->row->help);
	}
	note = json_pack("{s:s}", "text", b.len ? b.bytes : "there is no such command");
	buf_fini(&b);
	return note;
}

static const struct confab_command_row commands[] = {
	{"help", "what commands there are; /help NAME for one", NULL, help},
	{"me", "say what you do: /me waves", NULL, NULL},
};

static void run_list(struct confab_request *rq, void *ctx)
{
	const struct ops *o = ctx;
	const struct command *c;
	json_t *list = json_array();

	for (size_t i = 0; (c = command_at(o->pl->commands, i)) != NULL; i++) {
		json_t *item = json_pack("{s:s,s:s,s:s}", "name", c->row->name, "help",
			c->row->help, "from", c->owner_name);

		if (c->row->grant) {
			json_object_set_new(item, "grant", json_string(c->row->grant));
		}
		json_array_append_new(list, item);
	}
	confab_reply(rq, json_pack("{s:o}", "commands", list));
}

static const struct confab_field command_fields[] = {
	{"name", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "behind the slash"},
	{"help", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "one line"},
	{"from", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, "core, or the plugin's name"},
	{"grant", CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL, "what one must be allowed"},
	{0},
};
static const struct confab_field list_reply[] = {
	{"commands", CONFAB_FIELD_LIST, true, 0, 0, NULL, command_fields, "by name"},
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "command.list",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/commands",
		.run = run_list,
		.reply = list_reply,
		.doc = "Commands that people may type."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_command_register(struct ops *o, struct confab_error *err)
{
	int rc = ops_add_kinds(o, kinds, sizeof(kinds) / sizeof(kinds[0]), err);

	for (size_t i = 0; !rc && i < sizeof(commands) / sizeof(commands[0]); i++) {
		rc = command_add(o->pl->commands, &commands[i], o, NULL, "core", err);
	}
	return rc ? rc : ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
