/**
 * Joining the channel before a run: one connection per user, closed when the answer came.
 *
 * SPDX-License-Identifier: MIT
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct joining {
	const struct load *load;
	uint32_t done;
	uint32_t refused;
};

static void on_open(struct fleet *f, struct conn *c, uint64_t now)
{
	const struct joining *j = f->arg;
	char cid[LEDGER_CID_LEN + 1];

	(void)now;
	/* numbers from the far end: they meet no message's */
	ledger_cid(&j->load->ledger, UINT32_MAX - c->index, cid);
	char *text = NULL;
	json_t *join = json_pack("{s:s s:i s:s s:s}", "op", "channel.join", "id", 2, "channel",
		f->o->channel, "cid", cid);
	text = json_dumps(join, JSON_COMPACT);
	json_decref(join);
	if (text == NULL)
		abort();
	conn_send(f, c, WS_TEXT, text, strlen(text));
	free(text);
}

static void on_frame(struct fleet *f, struct conn *c, const char *bytes, size_t len, uint64_t now)
{
	struct joining *j = f->arg;
	json_t *reply = json_loadb(bytes, len, 0, NULL);

	(void)now;
	if (json_integer_value(json_object_get(reply, "re")) == 2) {
		if (json_object_get(reply, "ok") == NULL) {
			j->refused++;
			(void)fprintf(stderr, "confab-bench: join: %.*s\n", (int)len, bytes);
		}
		j->done++;
		conn_close(f, c, NULL);
	}
	json_decref(reply);
}

static const struct fleet_events join_events = {.open = on_open, .frame = on_frame};

/* ---------------------------------------------------------------------------------------- */

int load_join(struct load *l)
{
	struct joining j = {.load = l};
	struct fleet f;
	uint32_t users = l->tokens.count > 0 ? l->tokens.count : 1, next = 0;

	if (fleet_init(&f, l->o, users, &join_events, &j) != 0)
		return -1;
	fleet_tokens(&f, l->tokens.list, l->tokens.count);
	uint64_t deadline = now_ns() + 60000000000u;
	while (j.done < users && j.refused == 0 && f.lost == 0 && now_ns() < deadline) {
		while (next < users && f.making + f.open < l->o->concurrency)
			if (fleet_begin(&f, &f.conns[next++]) != 0)
				break;
		fleet_turn(&f, 10000000);
	}
	bool ok = j.done == users && j.refused == 0;
	if (!ok)
		(void)fprintf(stderr, "confab-bench: %u of %u users joined %s\n", j.done, users,
			f.failure);
	fleet_fini(&f);
	return ok ? 0 : -1;
}
