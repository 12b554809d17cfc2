/**
 * Full or stub.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/visible.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_read.h"
#include "base/map.h"
#include "chat/permit.h"

static bool list_has(const json_t *list, const char *word)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		const char *s = json_string_value(item);

		if (s && word && strcmp(s, word) == 0) {
			return true;
		}
	}
	return false;
}

static bool in_audience(const struct reader *reader, const char *audience)
{
	return visible_audience_has(audience, reader->user->id,
		reader->channel ? permit_role(reader->channel, reader->user) : NULL);
}

/* -------------------------------------------------------------------------------------------- */

struct reader reader_of(const struct user *u, const struct chat_log *lg)
{
	struct reader r = {.user = u, .channel = lg->channel};

	if (lg->channel) {
		struct member *m = permit_member(lg->channel, u->id);

		r.floor = m ? m->floor : 0;
	}
	return r;
}

bool visible_audience_has(const char *audience, const char *user, const char *role)
{
	json_t *a = json_read(audience, strlen(audience));
	bool in = list_has(json_object_get(a, "roles"), role) ||
		list_has(json_object_get(a, "users"), user);

	json_decref(a);
	return in;
}

bool visible_full(const struct reader *reader, const struct sight *sight)
{
	if (strcmp(sight->kind, "message") != 0) {
		return true;
	}
	if (sight->seq < reader->floor) {
		return false;
	}
	if (sight->sender && strcmp(sight->sender, reader->user->id) == 0) {
		return true;
	}
	if (sight->sender && reader->user->blocks &&
		strmap_find(reader->user->blocks, sight->sender)) {
		return false;
	}
	return !sight->audience || !*sight->audience || in_audience(reader, sight->audience);
}

void visible_stub(struct buf *out, const char *kind, const char *id, uint64_t rev)
{
	buf_str(out, "{\"kind\":\"");
	buf_str(out, kind);
	buf_str(out, "\",\"id\":");
	if (strcmp(kind, "message") == 0) {
		buf_str(out, id);
		buf_str(out, ",\"seq\":");
		buf_str(out, id);
	} else {
		buf_json_str(out, id, strlen(id));
	}
	buf_str(out, ",\"rev\":");
	buf_unum(out, rev);
	buf_str(out, ",\"hidden\":true}");
}

void visible_row(struct buf *out, const struct reader *reader, const struct sight *sight,
	const char *id, uint64_t rev, const char *body, size_t len)
{
	if (!visible_full(reader, sight)) {
		visible_stub(out, sight->kind, id, rev);
		return;
	}
	if (len) {
		buf_add(out, body, len);
		return;
	}
	buf_str(out, "{\"kind\":\"");
	buf_str(out, sight->kind);
	buf_str(out, "\",\"id\":");
	buf_json_str(out, id, strlen(id));
	buf_str(out, ",\"rev\":");
	buf_unum(out, rev);
	buf_str(out, ",\"gone\":true}");
}
