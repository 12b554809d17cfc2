/**
 * Channels, and the public accessors of chat objects (confab/chat.h).
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/channel.h"

#include <confab/chat.h>
#include "base/map.h"
#include "config/config.h"

const char *channel_type_name(const struct channel *ch)
{
	return ch->type ? ch->type->name : "";
}

bool channel_text_fits(const struct channel *ch, const char *text, size_t len)
{
	int64_t characters = 0;

	if (!ch || !ch->type || (int64_t)len <= ch->type->message_length) {
		return true; /* no text has more characters than bytes */
	}
	for (size_t i = 0; i < len; i++) {
		characters += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return !ch->type->message_length || characters <= ch->type->message_length;
}

bool channel_hides(const struct channel *ch, const struct confab_actor *who)
{
	const struct member *m;

	if (!ch || !ch->type || config_type_public(ch->type) || who->kind != CONFAB_ACTOR_USER) {
		return false;
	}
	m = permit_member(ch, who->id);
	return !(m && (m->joined || m->banned_until_ms)) && !(who->user && who->user->is_admin);
}

bool channel_listed(const struct channel *ch)
{
	return ch->listed;
}

/* -------------------------------------------------------------------------------------------- */

static const struct channel *channel_of(const struct confab_channel *ch)
{
	return (const struct channel *)ch;
}

enum confab_actor_kind confab_actor_kind(const struct confab_actor *a)
{
	return (enum confab_actor_kind)a->kind;
}

const char *confab_actor_id(const struct confab_actor *a)
{
	return a->id;
}

const struct confab_session *confab_actor_session(const struct confab_actor *a)
{
	return (const struct confab_session *)a->session;
}

const char *confab_session_id(const struct confab_session *s)
{
	return ((const struct session *)s)->id;
}

const char *confab_session_user(const struct confab_session *s)
{
	return ((const struct session *)s)->user->id;
}

const char *confab_session_device(const struct confab_session *s)
{
	const char *device = ((const struct session *)s)->device;

	return device ? device : "";
}

const char *confab_channel_id(const struct confab_channel *ch)
{
	return channel_of(ch)->lg->id;
}

const char *confab_channel_type(const struct confab_channel *ch)
{
	return channel_type_name(channel_of(ch));
}

uint64_t confab_channel_rev(const struct confab_channel *ch)
{
	return channel_of(ch)->lg->rev;
}

uint64_t confab_channel_seq(const struct confab_channel *ch)
{
	return channel_of(ch)->lg->seq;
}

size_t confab_channel_members(const struct confab_channel *ch)
{
	return channel_of(ch)->n_joined;
}

const char *confab_member_user(const struct confab_member *m)
{
	return ((const struct member *)m)->user;
}

const char *confab_member_role(const struct confab_member *m)
{
	return ((const struct member *)m)->role;
}
