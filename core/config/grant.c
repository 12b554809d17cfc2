/**
 * The two vocabularies.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/grant.h"

#include <string.h>

static const struct grant_word server_words[] = {
	{"admin", "everything confabctl can do, over the network"},
	{"users.manage", "create, suspend and remove accounts, set server roles"},
	{"channels.create.group", "create group channels"},
	{"channels.create.open", "create open channels"},
	{"channels.create.broadcast", "create broadcast channels"},
	{"channels.create.direct", "write to another person"},
	{"invite", "invite people to this server"},
};

static const struct grant_word channel_words[] = {
	{"read", "read messages; for guest: find the channel and look in"},
	{"send", "send messages"},
	{"thread", "reply in threads"},
	{"edit.own", "edit own messages, as long as edit_window allows"},
	{"edit.any", "edit everybody's messages"},
	{"delete.own", "delete own messages"},
	{"delete.any", "delete everybody's messages"},
	{"react", "react to messages"},
	{"pin", "pin messages"},
	{"invite", "add others to the channel"},
	{"join", "become a member without being invited (for guest)"},
	{"kick", "remove members"},
	{"ban", "keep people out"},
	{"mute", "take a member's voice for a while"},
	{"lock", "stop everybody from sending"},
	{"role", "change the roles of members"},
	{"delete", "delete the channel"},
	{"review", "approve or reject messages that are held"},
	{"update", "change name, topic and settings of the channel"},
	{"mention.all", "mention everybody at once"},
	{"slow.bypass", "send in spite of slow mode"},
	{"upload", "send files"},
	{"typing", "show that one is typing"},
};

static const char server_list[] =
	"admin, users.manage, channels.create.group, channels.create.open, "
	"channels.create.broadcast, channels.create.direct, invite";
static const char channel_list[] =
	"read, send, thread, edit.own, edit.any, delete.own, delete.any, react, pin, invite, join, "
	"kick, ban, mute, lock, role, delete, review, update, mention.all, slow.bypass, upload, typing";

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
_Static_assert(COUNT(server_words) <= 64 && COUNT(channel_words) <= 64, "a set has 64 bits");

static int find(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

/* ------------------------------------------------------------------------------------------- */

const struct grant_word *grant_word(enum grant_scope scope, size_t n)
{
	if (scope == GRANT_SERVER)
		return n < COUNT(server_words) ? &server_words[n] : NULL;
	return n < COUNT(channel_words) ? &channel_words[n] : NULL;
}

const char *grant_words(enum grant_scope scope)
{
	return scope == GRANT_SERVER ? server_list : channel_list;
}

int grant_find(enum grant_scope scope, const char *name)
{
	const struct grant_word *word;

	for (size_t i = 0; (word = grant_word(scope, i)); i++) {
		if (strcmp(word->name, name) == 0)
			return (int)i;
	}
	return -1;
}

void grant_set_init(struct grant_set *set, enum grant_scope scope, struct confab_list words)
{
	*set = (struct grant_set){.words = words};
	for (size_t i = 0; i < words.count; i++) {
		int bit = grant_find(scope, words.items[i]);

		if (strcmp(words.items[i], "all") == 0)
			set->all = true;
		else if (bit >= 0)
			set->bits |= UINT64_C(1) << bit;
	}
}

bool grant_set_has(const struct grant_set *set, enum grant_scope scope, const char *grant)
{
	int bit;

	if (set->all)
		return true;
	bit = grant_find(scope, grant);
	if (bit >= 0)
		return (set->bits >> bit & 1) != 0;
	return find(set->words.items, set->words.count, grant) >= 0;
}

int grant_role_find(const char *name)
{
	static const char *const names[GRANT_ROLES] = {
		"owner", "moderator", "member", "reader", "guest"};

	return find(names, GRANT_ROLES, name);
}

int grant_server_role_find(const char *name)
{
	static const char *const names[GRANT_SERVER_ROLES] = {"admin", "user", "guest"};

	return find(names, GRANT_SERVER_ROLES, name);
}
