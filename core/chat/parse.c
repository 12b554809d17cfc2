/**
 * Rows become members, channels, memberships and blocks as they change.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/json.h"
#include "base/map.h"
#include "chat/cursor.h"
#include "chat/permit.h"
#include "chat/row.h"
#include "chat/slot.h"
#include "config/config.h"

static void member_changed(struct channel *ch, struct row *r)
{
	struct member *m = strmap_find(ch->members, row_id(r));
	json_t *j = row_json(r);

	if (m && m->joined) {
		ch->n_joined--;
	}
	if (!j) {
		free(strmap_take(ch->members, row_id(r)));
		return;
	}
	if (!m) {
		m = calloc(1, sizeof(*m) + strlen(row_id(r)) + 1);
		assert(m);
		strcpy(m->user, row_id(r));
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
	id_copy(m->role, sizeof(m->role), json_str(j, "role"));
	if (m->joined) {
		ch->n_joined++;
	}
	json_decref(j);
}

/** A member of the row that is rarely there: a new reference, or NULL for an empty one too. */
static json_t *some(const json_t *row, const char *name)
{
	json_t *j = json_object_get(row, name);

	return json_object_size(j) || json_array_size(j) ? json_incref(j) : NULL;
}

static void plugins_changed(struct channel *ch, const json_t *row)
{
	json_decref(ch->plugins);
	json_decref(ch->off);
	ch->plugins = some(row, "plugins");
	ch->off = some(row, "plugins_off");
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

	ch->row_rev = r->rev;
	plugins_changed(ch, j);
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
	} else {
		strmap_take(*map, key);
	}
}

/** Keep the index of who blocks whom, by the one who is blocked. */
static void index_block(struct user *u, const char *blocked, bool present)
{
	struct chat *chat = u->lg->chat;
	struct strmap *by = strmap_find(chat->blockers, blocked);

	if (present) {
		if (!by) {
			by = strmap_new_lent();
			strmap_put(chat->blockers, blocked, by);
		}
		strmap_put(by, u->id, u);
	} else if (by) {
		strmap_take(by, u->id);
		if (!strmap_count(by)) {
			strmap_take(chat->blockers, blocked);
			strmap_free(by);
		}
	}
}

static void block_changed(struct user *u, struct row *r)
{
	set_key(&u->blocks, row_id(r), r, row_lives(r));
	index_block(u, row_id(r), row_lives(r));
}

static void raise_to(uint64_t *place, int64_t to)
{
	if (to > 0 && (uint64_t)to > *place) {
		*place = (uint64_t)to;
	}
}

/** What was said before somebody joined does not wait to be read. */
static void membership_changed(struct user *u, struct row *r)
{
	json_t *j = row_json(r);

	set_key(&u->memberships, row_id(r), r, j != NULL);
	if (json_int(j, "seq", 0) > 0) {
		struct cursor *c = cursor_get(u, row_id(r));

		raise_to(&c->read_seq, json_int(j, "seq", 0));
		raise_to(&c->read_ord, json_int(j, "ord", 0));
		raise_to(&c->read_all, json_int(j, "all", 0));
	}
	json_decref(j);
}

static void profile_changed(struct user *u, struct row *r)
{
	json_t *j = row_json(r);

	u->role_set = json_bool(j, "role_set");
	u->disabled = json_bool(j, "disabled");
	u->disabled_until_ms = json_int(j, "disabled_until", 0);
	if (json_str(j, "role") && (!u->role[0] || u->role_set)) {
		id_copy(u->role, sizeof(u->role), json_str(j, "role"));
		u->is_admin = strcmp(u->role, "admin") == 0;
	}
	json_decref(j);
}

static void own_changed(struct user *u, struct row *r)
{
	if (strcmp(r->kind, "membership") == 0) {
		membership_changed(u, r);
	} else if (strcmp(r->kind, "block") == 0) {
		block_changed(u, r);
	} else if (strcmp(r->kind, "mention") == 0) {
		set_key(&u->mentions, row_id(r), r, row_lives(r));
	} else if (strcmp(r->kind, "invite") == 0) {
		set_key(&u->invites, row_id(r), r, row_lives(r));
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

/** A user goes: it blocks nobody here any more. */
static void unindex_blocks(struct user *u)
{
	const char *id;
	size_t pos = 0;

	while (strmap_next(u->blocks, &pos, &id, NULL)) {
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
	} else {
		struct channel *ch = calloc(1, sizeof(*ch));

		assert(ch);
		ch->lg = lg;
		ch->type = permit_type(lg->chat, NULL); /* until its row says more */
		ch->listed = true;
		ch->members = strmap_new_lent();
		lg->channel = ch;
	}
}

void parse_end(struct chat_log *lg)
{
	if (lg->channel) {
		free_members(lg->channel);
		strmap_free(lg->channel->pins);
		slot_free_all(&lg->channel->slots);
		plugins_changed(lg->channel, NULL);
		free(lg->channel);
		lg->channel = NULL;
	}
	if (lg->user) {
		struct user *u = lg->user;

		unindex_blocks(u);
		lg->user = NULL;
		strmap_free(u->memberships);
		strmap_free(u->blocks);
		strmap_free(u->mentions);
		strmap_free(u->invites);
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
	} else if (lg->channel && strcmp(r->kind, "pin") == 0) {
		set_key(&lg->channel->pins, row_id(r), r, row_lives(r));
	}
}
