/**
 * May this actor do that here?
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/permit.h"

#include <string.h>

#include <confab/chat.h>
#include "base/clock.h"
#include "base/map.h"
#include "chat/channel.h"
#include "config/config.h"
#include "config/grant.h"

/** What a muted member still may: everything but speaking. */
static bool is_speech(const char *grant)
{
	return strcmp(grant, "send") == 0 || strcmp(grant, "thread") == 0 ||
		strcmp(grant, "edit.own") == 0 || strcmp(grant, "react") == 0 ||
		strcmp(grant, "upload") == 0 || strcmp(grant, "typing") == 0;
}

static const char *user_refusal(
	const struct confab_actor *who, const struct channel *ch, const char *grant)
{
	struct member *m = permit_member(ch, who->id);
	const char *role = who->user ? permit_role(ch, who->user) : NULL;
	int64_t now = clock_real_ms();

	if (m && member_banned(m, now)) {
		return "banned";
	}
	if (who->user && who->user->is_admin && strcmp(grant, "send") != 0) {
		return NULL;
	}
	if (!role) {
		return "not_member";
	}
	if (!config_may(ch->type, role, grant)) {
		return strcmp(role, "guest") == 0 ? "not_member" : "forbidden";
	}
	if (!is_speech(grant)) {
		return NULL;
	}
	if (m && (m->muted_until_ms < 0 || m->muted_until_ms > now)) {
		return "muted";
	}
	if (ch->locked && !config_may(ch->type, role, "lock")) {
		return "locked";
	}
	return NULL;
}

/* -------------------------------------------------------------------------------------------- */

const struct config_type *permit_type(const struct chat *chat, const char *name)
{
	const struct config_type *type = name ? config_type(chat->config, name) : NULL;

	return type ? type : config_type(chat->config, "direct");
}

struct member *permit_member(const struct channel *ch, const char *user)
{
	return strmap_find(ch->members, user);
}

bool permit_joined(const struct channel *ch, const struct user *u)
{
	struct member *m = permit_member(ch, u->id);

	if (ch->listed || (m && (m->banned_until_ms || strcmp(m->role, "reader") != 0))) {
		return m && m->joined;
	}
	return strmap_find(u->memberships, ch->lg->id) != NULL;
}

const char *permit_role(const struct channel *ch, const struct user *u)
{
	struct member *m = permit_member(ch, u->id);

	if (m && m->joined && m->role[0]) {
		return m->role;
	}
	if (permit_joined(ch, u)) {
		return ch->type->newcomer_role;
	}
	return config_type_public(ch->type) ? "guest" : NULL;
}

const char *permit_refusal(
	const struct confab_actor *who, const struct channel *ch, const char *grant)
{
	if (who->kind == CONFAB_ACTOR_SYSTEM || who->kind == CONFAB_ACTOR_ADMIN ||
		who->kind == CONFAB_ACTOR_PLUGIN) {
		return NULL;
	}
	if (ch) {
		return user_refusal(who, ch, grant);
	}
	if (who->user &&
		config_server_may(who->user->lg->chat->config,
			who->user->role[0] ? who->user->role : "user", grant)) {
		return NULL;
	}
	return "forbidden";
}

unsigned permit_wait_ms(const struct confab_actor *who, const struct channel *ch, const char *code)
{
	struct member *m = ch ? permit_member(ch, who->id) : NULL;
	int64_t left;

	if (!m || strcmp(code, "muted") != 0 || m->muted_until_ms < 0) {
		return 0;
	}
	left = m->muted_until_ms - clock_real_ms();
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (unsigned)left;
}

void permit_config_set(struct chat *chat, const struct config *cfg)
{
	size_t pos = 0;
	void *value;

	chat->config = cfg;
	while (strmap_next(chat->logs, &pos, NULL, &value)) {
		struct chat_log *lg = value;

		if (lg->channel) {
			lg->channel->type = permit_type(chat, channel_type_name(lg->channel));
		}
	}
}

uint32_t permit_class_of_role(const struct channel *ch, const char *role)
{
	int n = role ? grant_role_find(role) : -1;

	(void)ch; /* the roles are the same in all types */
	return n < 0 ? 0 : 1U << n;
}

uint32_t permit_class(const struct channel *ch, const struct user *u)
{
	return permit_class_of_role(ch, permit_role(ch, u));
}

int confab_may(const struct confab_actor *who, const struct confab_channel *ch, const char *grant)
{
	return permit_refusal(who, (const struct channel *)ch, grant) == NULL;
}
