/**
 * Rows of a channel type, and the four that are built in.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/config.h"
#include "config/section_rows.h"

#define RELOAD CONFAB_SETTING_RELOADABLE
#define DAY (INT64_C(24) * 3600 * 1000)
#define YEARS_100 (36500 * DAY)

#define AT(field) offsetof(struct config_type, field)
const struct section_row section_type_rows[SECTION_TYPE_ROWS] = {
	{{"like", CONFAB_SETTING_ENUM, "group", 0, 0, NULL, 0, 0, "direct, group, open, broadcast",
		 "The built-in type that a type of your own starts from. The built-in ones are "
		 "their own."},
		AT(kind), 0},
	{{"creator_role", CONFAB_SETTING_ENUM, "owner", 0, 0, NULL, 0, RELOAD,
		 "owner, moderator, member, reader", "Role of who creates a channel."},
		AT(creator_role), SECTION_AS_WORD},
	{{"newcomer_role", CONFAB_SETTING_ENUM, "member", 0, 0, NULL, 0, RELOAD,
		 "moderator, member, reader", "Role of who joins or is added."},
		AT(newcomer_role), SECTION_AS_WORD},
	{{"members", CONFAB_SETTING_ENUM, "listed", 0, 0, NULL, 0, RELOAD, "listed, unlisted",
		 "listed: members see who else is one. unlisted: nobody does, which is what makes "
		 "a million readers cheap. Fixed when a channel is created: a change is for new "
		 "ones."},
		AT(members), 0},
	{{"history_for_newcomers", CONFAB_SETTING_BOOL, "true", 0, 0, NULL, 0, RELOAD, NULL,
		 "May new members read what was said before they came? Fixed when a channel is "
		 "created."},
		AT(history_for_newcomers), 0},
	{{"unread", CONFAB_SETTING_ENUM, "all", 0, 0, NULL, 0, RELOAD, "all, mentions, none",
		 "What counts as unread: all messages, only those that mention everybody, or "
		 "nothing. Fixed when a channel is created."},
		AT(unread), 0},
	{{"max_members", CONFAB_SETTING_INT, "1000", 0, 10000000, "members", 0, RELOAD,
		 "unlimited=0", "How many members a channel may have."},
		AT(max_members), 0},
	{{"message_length", CONFAB_SETTING_INT, "4000", 1, 1000000, "characters", 0, RELOAD, NULL,
		 "Longest text of a message. limits.message_bytes holds besides."},
		AT(message_length), 0},
	{{"rate", CONFAB_SETTING_RATE, "50/s burst 100", 0, 0, NULL, 0, RELOAD, NULL,
		 "Changes in one channel, by everybody together, per node."},
		AT(rate), 0},
	{{"user_rate", CONFAB_SETTING_RATE, "5/s burst 20", 0, 0, NULL, 0, RELOAD, NULL,
		 "Changes in one channel by one person, per node."},
		AT(user_rate), 0},
	{{"slow_mode", CONFAB_SETTING_DURATION, "off", 0, DAY, NULL, 0, RELOAD, "off=0",
		 "How long a person waits between two messages. A channel may set its own."},
		AT(slow_mode_ms), 0},
	{{"retention", CONFAB_SETTING_DURATION, "forever", 0, YEARS_100, NULL, 0, RELOAD,
		 "forever=0",
		 "How long messages are kept. Made shorter, it deletes nothing until confabctl "
		 "retention apply was told to."},
		AT(retention_ms), 0},
	{{"edit_window", CONFAB_SETTING_DURATION, "forever", 0, YEARS_100, NULL, 0, RELOAD,
		 "forever=0", "How long authors may edit a message (if their role has edit.own)."},
		AT(edit_window_ms), 0},
	{{"receipts", CONFAB_SETTING_BOOL, "true", 0, 0, NULL, 0, RELOAD, NULL,
		 "Do members see how far others have read?"},
		AT(receipts), 0},
	{{"typing", CONFAB_SETTING_BOOL, "true", 0, 0, NULL, 0, RELOAD, NULL,
		 "Do members see who is typing? (with the plugin typing)"},
		AT(typing), 0},
};
#undef AT

#define GRANTS(name, doc) \
	{ \
		{name, CONFAB_SETTING_LIST, NULL, 0, 64, NULL, 0, RELOAD, NULL, doc}, 0, 0 \
	}
static const struct section_row role_rows[] = {
	GRANTS("owner", "Who owns the channel."),
	GRANTS("moderator", "Who keeps order in it."),
	GRANTS("member", "Everybody else who belongs to it."),
	GRANTS("reader", "Members who read; what joining a broadcast makes of one."),
	GRANTS("guest",
		"Accounts that are no members. With read they find the channel and may look in, "
		"with join they may become members."),
};

/* ------------------------------------------------------------------------------------------- */

const struct section section_type_roles = {"roles", SECTION_ONE, role_rows,
	sizeof(role_rows) / sizeof(role_rows[0]),
	"Role → grants. A role that is named here has these and no others.", NULL};

const char section_types_builtin[] =
	"direct:\n"
	"  like: direct\n"
	"  creator_role: member\n"
	"  max_members: 2\n"
	"  roles:\n"
	"    owner: []\n"
	"    moderator: []\n"
	"    member: [read, send, thread, edit.own, delete.own, react, pin, upload, typing]\n"
	"    reader: []\n"
	"    guest: []\n"
	"group:\n"
	"  like: group\n"
	"  roles:\n"
	"    owner: [all]\n"
	"    moderator: [read, send, thread, edit.own, delete.own, delete.any, react, pin, invite, "
	"kick, ban, mute, lock, review, update, mention.all, slow.bypass, upload, typing]\n"
	"    member: [read, send, thread, edit.own, delete.own, react, invite, upload, typing]\n"
	"    reader: [read, react]\n"
	"    guest: []\n"
	"open:\n"
	"  like: open\n"
	"  max_members: 100000\n"
	"  receipts: false\n"
	"  roles:\n"
	"    owner: [all]\n"
	"    moderator: [read, send, thread, edit.own, delete.own, delete.any, react, pin, invite, "
	"kick, ban, mute, lock, review, update, mention.all, slow.bypass, upload, typing]\n"
	"    member: [read, send, thread, edit.own, delete.own, react, invite, upload, typing]\n"
	"    reader: [read, react]\n"
	"    guest: [read, join]\n"
	"broadcast:\n"
	"  like: broadcast\n"
	"  newcomer_role: reader\n"
	"  members: unlisted\n"
	"  max_members: unlimited\n"
	"  receipts: false\n"
	"  typing: false\n"
	"  roles:\n"
	"    owner: [all]\n"
	"    moderator: [read, send, thread, edit.own, edit.any, delete.own, delete.any, react, "
	"pin, invite, kick, ban, mute, lock, review, update, mention.all, slow.bypass, upload, typing]\n"
	"    member: [read, send, thread, edit.own, delete.own, react, upload, typing]\n"
	"    reader: [read, react]\n"
	"    guest: [read, join]\n";
