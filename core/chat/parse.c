/**
 * Rows become members, channels, memberships and blocks as they change.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "chat/cursor.h"
#include "chat/permit.h"
#include "chat/row.h"
#include "chat/slot.h"
#include "config/config.h"

static void copy_name(char *out, size_t size, const char *from)
{
	size_t len = from ? strlen(from) : 0;

	len = len < size ? len : size - 1;
	memcpy(out, from ? from : "", len);
	out[len] = '\0';
}

static void member_changed(struct channel *ch, struct row *r)
{
	struct member *m = strmap_find(ch->members, r->id);
	json_t *j = row_json(r);

	if (m && m->joined) {
		ch->n_joined--;
	}
	if (!j) {
		free(strmap_take(ch->members, r->id));
		return;
	}
	if (!m) {
		m = calloc(1, sizeof(*m) + strlen(r->id) + 1);
		assert(m);
		strcpy(m->user, r->id);
		strmap_put(ch->members, m->user, m);
	}
	m->rev = r->rev;
	m->joined = json_bool(j, "joined");
	m->floor = (uint64_t)json_int(j, "floor", 0);
	m->muted_until_ms = json_int(j, "muted_until", 0);
	m->banned_until_ms = json_int(j, "banned_until", 0);
	if (json_int(j, "sent", 0) > m->last_sent_ms) {
		m->last_sent_ms = json_int(j, "sent", 0);
	}
	copy_name(m->role, sizeof(m->role), json_str(j, "role"));
	if (m->joined) {
		ch->n_joined++;
	}
	json_decref(j);
}

/** What counts as unread, of a row that may be from before it was written there. */
static int unread_of(const char *word, const struct config_type *type)
{
	if (!word) {
		return type ? type->unread : CONFIG_UNREAD_ALL;
	}
	return strcmp(word, "all") == 0     ? CONFIG_UNREAD_ALL
		: strcmp(word, "none") == 0 ? CONFIG_UNREAD_NONE
					    : CONFIG_UNREAD_MENTIONS;
}

static void channel_changed(struct chat_log *lg, struct row *r)
{
	json_t *j = row_json(r);
	struct channel *ch = lg->channel;

	if (!j) {
		ch->deleted = true;
		return;
	}
	ch->type = permit_type(lg->chat, json_str(j, "type"));
	ch->listed = strcmp(json_str(j, "members") ? json_str(j, "members") : "listed", "listed") ==
		0;
	ch->history = json_bool(j, "history");
	ch->unread = unread_of(json_str(j, "unread"), ch->type);
	ch->locked = json_bool(j, "locked");
	ch->deleted = json_bool(j, "deleted");
	ch->slow_ms = json_int(j, "slow_ms", 0);
	json_decref(j);
}

/** The keys are the values' own. */
static void set_key(struct strmap **map, const char *key, void *value, bool present)
{
	if (present) {
		if (!*map) {
			*map = strmap_new_lent();
		}
		strmap_put(*map, key, value);
	} else if (*map) {
		strmap_take(*map, key);
	}
}

/** Who is blocked, loaded or not, finds who blocks: one look-up, however many users there are. */
static void index_block(struct user *u, const char *id, bool blocks)
{
	struct strmap *index = u->lg->chat->blockers, *by = strmap_find(index, id), *was = by;
	struct user *other = chat_user_find(u->lg->chat, id);

	set_key(&by, u->id, u, blocks);
	if (by && !was) {
		strmap_put(index, id, by);
	} else if (by && strmap_count(by) == 0) {
		strmap_take(index, id);
		strmap_free(by);
		by = NULL;
	}
	if (other) {
		other->blocked_by = by;
	}
}

static void block_changed(struct user *u, struct row *r)
{
	set_key(&u->blocks, r->id, r, row_lives(r));
	index_block(u, r->id, row_lives(r));
}

static void profile_changed(struct user *u, struct row *r)
{
	json_t *j = row_json(r);

	u->role_set = json_bool(j, "role_set");
	u->disabled = json_bool(j, "disabled");
	if (json_str(j, "role") && (!u->role[0] || u->role_set)) {
		copy_name(u->role, sizeof(u->role), json_str(j, "role"));
		u->is_admin = strcmp(u->role, "admin") == 0;
	}
	json_decref(j);
}

static void ban_changed(struct user *u, struct row *r)
{
	json_t *j = row_json(r);

	u->banned_until_ms = json_int(j, "until", 0);
	json_decref(j);
}

static void own_changed(struct user *u, struct row *r)
{
	if (strcmp(r->kind, "membership") == 0) {
		set_key(&u->memberships, r->id, r, row_lives(r));
	} else if (strcmp(r->kind, "block") == 0) {
		block_changed(u, r);
	} else if (strcmp(r->kind, "mention") == 0) {
		set_key(&u->mentions, r->id, r, row_lives(r));
	} else if (strcmp(r->kind, "ban") == 0) {
		ban_changed(u, r);
	} else if (strcmp(r->kind, "profile") == 0) {
		profile_changed(u, r);
	}
}

static void free_members(struct channel *ch)
{
	size_t pos = 0;
	void *m;

	while (strmap_next(ch->members, &pos, NULL, &m)) {
		free(m);
	}
	strmap_free(ch->members);
}

/** A user who blocks others goes: the index names loaded ones only. */
static void forget_blocks(struct user *u)
{
	const char *id;
	size_t pos = 0;

	while (u->blocks && strmap_next(u->blocks, &pos, &id, NULL)) {
		index_block(u, id, false);
	}
}

/* -------------------------------------------------------------------------------------------- */

bool parse_kind_stays(bool own, const char *kind)
{
	if (own) {
		return strcmp(kind, "draft") != 0 && strcmp(kind, "message") != 0;
	}
	return strcmp(kind, "member") == 0 || strcmp(kind, "channel") == 0 ||
		strcmp(kind, "pin") == 0;
}

void parse_begin(struct chat_log *lg)
{
	if (lg->id[0] == '@') {
		struct user *u = calloc(1, sizeof(*u) + strlen(lg->id));

		assert(u);
		u->lg = lg;
		strcpy(u->id, lg->id + 1);
		lg->user = u;
		u->memberships = strmap_new_lent();
		u->cursors = strmap_new_lent();
		u->blocked_by = strmap_find(lg->chat->blockers, u->id);
	} else {
		struct channel *ch = calloc(1, sizeof(*ch));

		assert(ch);
		ch->lg = lg;
		ch->listed = true;
		ch->members = strmap_new_lent();
		lg->channel = ch;
	}
}

void parse_end(struct chat_log *lg)
{
	if (lg->channel) {
		free_members(lg->channel);
		slot_free_all(&lg->channel->slots);
		free(lg->channel);
		lg->channel = NULL;
	}
	if (lg->user) {
		struct user *u = lg->user;

		forget_blocks(u);
		lg->user = NULL;
		strmap_free(u->memberships);
		strmap_free(u->blocks);
		strmap_free(u->mentions);
		cursor_free_all(u);
		free(u);
	}
}

void chat_row_changed(struct chat_log *lg, struct row *r)
{
	if (lg->user) {
		own_changed(lg->user, r);
	} else if (lg->channel && strcmp(r->kind, "member") == 0) {
		member_changed(lg->channel, r);
	} else if (lg->channel && strcmp(r->kind, "channel") == 0) {
		channel_changed(lg, r);
	}
}
