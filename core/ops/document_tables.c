/**
 * What rows and events of the core look like.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ops/document.h"

#include "base/json.h"

#define STRING(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_STRING, false, 0, 0, NULL, NULL, (doc_) \
	}
#define NEED_STRING(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL, (doc_) \
	}
#define ID(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_ID, false, 0, 0, NULL, NULL, (doc_) \
	}
#define NEED_ID(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, (doc_) \
	}
#define COUNT(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_INT, false, 0, JSON_INT_MAX, NULL, NULL, (doc_) \
	}
#define NEED_COUNT(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_INT, true, 0, JSON_INT_MAX, NULL, NULL, (doc_) \
	}
#define UNTIL(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_INT, false, -1, JSON_INT_MAX, NULL, NULL, (doc_) \
	}
#define FLAG(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, (doc_) \
	}
#define WORD(name_, words_, doc_) \
	{ \
		(name_), CONFAB_FIELD_STRING, true, 0, 0, (words_), NULL, (doc_) \
	}
#define OBJECT(name_, of_, doc_) \
	{ \
		(name_), CONFAB_FIELD_OBJECT, false, 0, 0, NULL, (of_), (doc_) \
	}
#define LIST(name_, of_, doc_) \
	{ \
		(name_), CONFAB_FIELD_LIST, false, 0, 0, NULL, (of_), (doc_) \
	}

/* --- rows of channels ---------------------------------------------------------------------------- */

static const struct confab_field thread_summary[] = {
	NEED_COUNT("n", "replies so far"),
	NEED_COUNT("last", "seq of the newest one"),
	NEED_COUNT("ts", "when it came, Unix ms"),
	NEED_ID("user", "who wrote it"),
	{0},
};
static const struct confab_field message_fields[] = {
	NEED_COUNT("ver", "version of its content: an edit names it"),
	NEED_COUNT("ts", "when it was said, Unix ms; never below its predecessor's"),
	NEED_COUNT("ord", "messages that count as unread, up to it"),
	NEED_COUNT("all", "messages that mention everybody, up to it"),
	ID("user", "who said it"),
	STRING("cid", "the author's own name of the change that made it"),
	STRING("text", "what it says"),
	LIST("parts", NULL, "structured parts: objects with a type"),
	LIST("mentions", NULL, "user ids, or @channel, @here"),
	COUNT("parent", "the message it replies to"),
	COUNT("n", "its number in the thread"),
	COUNT("quote", "a message it quotes"),
	OBJECT("thread", thread_summary, "of a message that has replies"),
	COUNT("counts", "1: counts as unread; 2: and mentions everybody"),
	COUNT("edited", "when it was last edited, Unix ms"),
	ID("edited_by", "who edited it, if not its author"),
	FLAG("deleted", "a tombstone: its content is gone"),
	COUNT("deleted_ts", "when, Unix ms"),
	ID("deleted_by", "by whom"),
	{0},
};
static const struct confab_field member_fields[] = {
	FLAG("joined", "false: no member, but banned or removed"),
	STRING("role", "owner, moderator, member, reader"),
	COUNT("since", "when, Unix ms"),
	COUNT("floor", "lowest seq this member may read; absent: everything"),
	COUNT("sent", "when this member last spoke in slow mode, Unix ms"),
	UNTIL("muted_until", "has no voice until then, Unix ms; -1: until told otherwise"),
	ID("muted_by", "who took it"),
	UNTIL("banned_until", "kept out until then, Unix ms; -1: until told otherwise"),
	ID("by", "who banned"),
	COUNT("kicked", "when removed from a channel that does not list its members, Unix ms"),
	FLAG("blocks", "of a direct channel: this one takes no messages of the other"),
	{0},
};
static const struct confab_field channel_fields[] = {
	NEED_STRING("type", "a channel type of this server"),
	STRING("name", "for people"),
	STRING("topic", "what it is about"),
	STRING("members", "listed or unlisted: do members see each other?"),
	FLAG("history", "may newcomers read what was said before?"),
	STRING("unread", "what counts as unread: all, mentions, none"),
	FLAG("locked", "nobody may speak but who has the grant lock"),
	ID("creator", "who made it"),
	COUNT("created", "when, Unix ms"),
	COUNT("slow_ms", "how long a person waits between two messages"),
	FLAG("deleted", "it has ended; nothing else is left"),
	COUNT("deleted_ts", "when, Unix ms"),
	ID("deleted_by", "by whom"),
	{0},
};

/* --- rows of users ------------------------------------------------------------------------------- */

static const struct confab_field profile_fields[] = {
	NEED_STRING("name", "shown to people"),
	STRING("role", "server role: admin, user, guest"),
	FLAG("role_set", "an administrator gave it: it counts for more than a token's"),
	COUNT("since", "when the user was first seen, Unix ms"),
	STRING("avatar", "what stands for the picture"),
	STRING("status", "what the user says of itself"),
	FLAG("disabled", "kept out of this server"),
	COUNT("disabled_until", "until then, Unix ms; absent: until told otherwise"),
	{0},
};
static const struct confab_field membership_fields[] = {
	NEED_STRING("type", "of the channel"),
	NEED_STRING("role", "in the channel"),
	COUNT("seq", "newest message when it began: what is older is not unread"),
	COUNT("ord", "the same, of messages that count as unread"),
	COUNT("all", "the same, of messages that mention everybody"),
	{0},
};
static const struct confab_field mention_fields[] = {
	NEED_ID("channel", "where"),
	NEED_COUNT("seq", "the message"),
	NEED_ID("by", "who wrote it"),
	{0},
};
static const struct confab_field session_fields[] = {
	STRING("device", "as the client named it"),
	COUNT("created", "when, Unix ms"),
	{0},
};

static const struct confab_field held_fields[] = {
	WORD("state", "pending rejected", "waits for review, or was refused by it"),
	NEED_ID("channel", "where it would go"),
	NEED_STRING("op", "what it asks"),
	{"body", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, NULL, "the request"},
	STRING("queue", "where it waits, as the plugin named it"),
	{"why", CONFAB_FIELD_ANY, false, 0, 0, NULL, NULL, "as the plugin put it"},
	ID("user", "whose it is"),
	COUNT("since", "when, Unix ms"),
	ID("by", "who rejected it; empty: the server"),
	STRING("text", "why it was rejected"),
	{0},
};

static const struct confab_field block_fields[] = {
	COUNT("since", "when, Unix ms"),
	{0},
};
static const struct confab_field command_fields[] = {
	NEED_ID("channel", "where"),
	NEED_STRING("name", "behind the slash"),
	COUNT("ts", "when, Unix ms"),
	{0},
};
static const struct confab_field mute_fields[] = {
	COUNT("until", "no noise until then, Unix ms; absent: for ever"),
	{0},
};
static const struct confab_field mark_fields[] = {
	NEED_COUNT("seq", "unread from this message on"),
	{0},
};
static const struct confab_field draft_fields[] = {
	NEED_ID("channel", "where it would be said"),
	COUNT("parent", "in the thread of this message"),
	STRING("text", "so far"),
	LIST("parts", NULL, "structured parts"),
	{0},
};
static const struct confab_field invite_fields[] = {
	ID("by", "who invites"),
	COUNT("since", "when, Unix ms"),
	COUNT("until", "it holds until then, Unix ms; absent: until it is taken back"),
	FLAG("server", "made by an administrator or a plugin, not by a member"),
	STRING("type", "in the own log: of the channel"),
	STRING("name", "in the own log: of the channel, for people"),
	{0},
};
static const struct confab_field link_fields[] = {
	ID("by", "who made it"),
	COUNT("since", "when, Unix ms"),
	COUNT("until", "it holds until then, Unix ms; absent: until it is taken back"),
	FLAG("server", "made by an administrator or a plugin, not by a member"),
	COUNT("uses", "how many may come by it; absent: any number"),
	COUNT("used", "how many have come by it"),
	{0},
};
static const struct confab_field pin_fields[] = {
	NEED_COUNT("seq", "the message"),
	NEED_ID("by", "who pinned it"),
	NEED_COUNT("ts", "when, Unix ms"),
	{0},
};

static const struct confab_row_shape rows[] = {
	{"block", block_fields, "In the own log: somebody who is not heard; its id is the user's."},
	{"channel", channel_fields, "A channel itself; its id is the channel's."},
	{"command", command_fields, "In the own log: the command typed last."},
	{"draft", draft_fields,
		"In the own log: what is not yet sent; id CHANNEL or CHANNEL:PARENT."},
	{"held", held_fields, "In the own log: something that waits for review, or was rejected."},
	{"invite", invite_fields,
		"An invitation: in a channel by the user's id, in the user's own log by the channel's."},
	{"link", link_fields, "A link into a channel; its code is not told."},
	{"mark", mark_fields, "In the own log: a channel marked unread; its id is the channel's."},
	{"member", member_fields, "A member of a channel; its id is the user's."},
	{"membership", membership_fields, "In the own log: a channel the user is a member of."},
	{"mention", mention_fields,
		"In the own log: a message that names the user; id CHANNEL:SEQ."},
	{"message", message_fields, "A message; its id is its seq, a number."},
	{"mute", mute_fields, "In the own log: a channel or @user that makes no noise."},
	{"pin", pin_fields, "A pinned message of a channel; its id is the message's, as text."},
	{"profile", profile_fields, "In the own log: who the user is; its id is the user's."},
	{"session", session_fields, "In the own log: a session; removing it revokes it."},
};

/* --- events -------------------------------------------------------------------------------------- */

static const struct confab_field by_fields[] = {
	NEED_STRING("op", "what was done"),
	NEED_STRING("user", "by whom; empty: the server"),
	STRING("cid", "the client's own name of the change"),
	{0},
};
static const struct confab_field change_fields[] = {
	NEED_ID("channel", "the log: a channel, or @user for the own one"),
	NEED_COUNT("prev", "the rev before: apply it if yours is not below"),
	NEED_COUNT("rev", "the rev after"),
	COUNT("ord", "head: messages that count as unread"),
	COUNT("all", "head: messages that mention everybody"),
	COUNT("first", "lowest seq that is kept; below is gone"),
	LIST("by", by_fields, "who did what, one per entry"),
	{"rows", CONFAB_FIELD_ROWS, true, 0, 0, NULL, NULL, "the rows as they are now"},
	{0},
};
static const struct confab_field notice_fields[] = {
	NEED_ID("channel", "the channel"),
	NEED_COUNT("rev", "head"),
	NEED_COUNT("seq", "head: newest message"),
	NEED_COUNT("ord", "head: messages that count as unread"),
	NEED_COUNT("all", "head: messages that mention everybody"),
	NEED_COUNT("ts", "of the last change, Unix ms"),
	{0},
};
static const struct confab_field place_fields[] = {
	NEED_COUNT("seq", "read up to this message"),
	NEED_COUNT("ord", "its ord"),
	NEED_COUNT("all", "its all"),
	{0},
};
static const struct confab_field cursor_fields[] = {
	NEED_ID("channel", "the channel"),
	NEED_ID("user", "whose cursor"),
	{"read", CONFAB_FIELD_OBJECT, true, 0, 0, NULL, place_fields, "the read cursor"},
	COUNT("delivered", "received up to this message"),
	COUNT("unread", "what is left"),
	COUNT("mentions", "what is left of mentions"),
	{0},
};
static const struct confab_field bye_fields[] = {
	ID("channel", "the channel that is lost; absent: the connection ends"),
	NEED_STRING("why", "removed, banned, deleted; without a channel: drain, stop"),
	COUNT("reconnect_ms", "connect again after so long"),
	{0},
};
static const struct confab_field note_fields[] = {
	NEED_ID("channel", "where the command was typed"),
	NEED_STRING("command", "its name"),
	STRING("text", "for the one who typed it"),
	{0},
};
static const struct confab_field server_fields[] = {
	FLAG("draining", "connections will end soon"),
	COUNT("reconnect_ms", "better connect again after so long, to another server"),
	{0},
};

static const struct document_event events[] = {
	{"bye", bye_fields,
		"A channel can no longer be read, or the connection ends; nothing of it follows."},
	{"change", change_fields, "A log went from prev to rev (levels watch and focus)."},
	{"cursor", cursor_fields, "A read cursor moved."},
	{"notice", notice_fields,
		"Something happened in a channel (level notice), at most once a second."},
	{"note", note_fields,
		"What a command says to the one who typed it; commands may add members."},
	{"server", server_fields, "Something about the server itself."},
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* ------------------------------------------------------------------------------------------------- */

const struct confab_row_shape *document_row_at(size_t n)
{
	return n < ROWS(rows) ? &rows[n] : NULL;
}

const struct document_event *document_event_at(size_t n)
{
	return n < ROWS(events) ? &events[n] : NULL;
}
