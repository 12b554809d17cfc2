/**
 * The node's chat state: finding, pinning and putting away logs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/chat.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/map.h"
#include "chat/load.h"
#include "chat/parse.h"
#include "chat/row.h"
#include "chat/seen.h"

static void log_free(struct chat_log *lg)
{
	parse_end(lg);
	row_forget_all(lg);
	strmap_free(lg->rows);
	seen_forget_all(lg);
	marks_fini(&lg->deleted);
	timer_stop(&lg->notice);
	nummap_take(lg->chat->by_topic, lg->topic);
	free(lg);
}

/* -------------------------------------------------------------------------------------------- */

struct chat *chat_new(struct loop *loop, struct store *store, const struct config *config)
{
	struct chat *chat = calloc(1, sizeof(*chat));

	assert(chat);
	chat->loop = loop;
	chat->store = store;
	chat->config = config;
	chat->logs = strmap_new_lent();
	chat->sessions = strmap_new_lent();
	chat->blockers = strmap_new();
	chat->by_conn = nummap_new();
	chat->by_topic = nummap_new();
	chat->next_topic = 1;
	return chat;
}

void chat_free(struct chat *chat)
{
	size_t pos = 0;
	void *value;

	if (!chat) {
		return;
	}
	while (strmap_next(chat->logs, &pos, NULL, &value)) {
		log_free(value);
	}
	strmap_free(chat->logs);
	strmap_free(chat->sessions);
	strmap_free(chat->blockers); /* empty: users take themselves out */
	nummap_free(chat->by_conn);
	nummap_free(chat->by_topic);
	free(chat);
}

struct chat_log *chat_log_find(struct chat *chat, const char *id)
{
	return strmap_find(chat->logs, id);
}

struct chat_log *chat_log_get(struct chat *chat, const char *id)
{
	struct chat_log *lg = strmap_find(chat->logs, id);

	if (lg) {
		lg->used_us = loop_now_us(chat->loop);
		return lg;
	}
	lg = calloc(1, sizeof(*lg) + strlen(id) + 1);
	assert(lg);
	strcpy(lg->id, id);
	lg->chat = chat;
	lg->used_us = loop_now_us(chat->loop);
	lg->topic = chat->next_topic++;
	strmap_put(chat->logs, lg->id, lg);
	nummap_put(chat->by_topic, lg->topic, lg);
	return lg;
}

void chat_log_pin(struct chat_log *lg)
{
	lg->pins++;
}

void chat_log_unpin(struct chat_log *lg)
{
	assert(lg->pins > 0);
	lg->pins--;
	lg->used_us = loop_now_us(lg->chat->loop);
}

unsigned chat_sweep(struct chat *chat, int64_t idle_us)
{
	int64_t before = loop_now_us(chat->loop) - idle_us;
	size_t pos = 0;
	void *value;
	unsigned count = 0;

	while (strmap_next(chat->logs, &pos, NULL, &value)) {
		struct chat_log *lg = value;

		if (lg->pins || lg->subs || lg->batch || lg->n_wait || lg->waiters ||
			lg->used_us > before || (lg->user && lg->user->n_sessions)) {
			continue;
		}
		strmap_take(chat->logs, lg->id);
		log_free(lg);
		count++;
	}
	return count;
}

void chat_log_head(struct chat_log *lg, const struct confab_head *head)
{
	if (head->rev < lg->rev || !head->rev) {
		return;
	}
	lg->rev = head->rev;
	lg->seq = head->seq;
	lg->ord = head->ord;
	lg->all = head->all;
	lg->first = head->first ? head->first : 1;
	lg->ts = head->ts;
	if (head->epoch) {
		snprintf(lg->epoch, sizeof(lg->epoch), "%s", head->epoch);
	}
	for (size_t i = 0; i < head->n_deleted; i++) {
		marks_add(&lg->deleted, head->deleted[i].seq, head->deleted[i].all);
	}
}

void chat_own_log(char *out, const char *user)
{
	size_t len = strnlen(user, CONFAB_ID_MAX);

	out[0] = '@';
	memcpy(out + 1, user, len);
	out[1 + len] = '\0';
}

struct user *chat_user_find(struct chat *chat, const char *id)
{
	char own[CONFAB_ID_MAX + 2];
	struct chat_log *lg;

	chat_own_log(own, id);
	lg = strmap_find(chat->logs, own);
	return lg ? lg->user : NULL;
}

const struct strmap *chat_blockers(const struct chat *chat, const char *user)
{
	return user && *user ? strmap_find(chat->blockers, user) : NULL;
}

struct channel *chat_channel_find(struct chat *chat, const char *id)
{
	struct chat_log *lg = strmap_find(chat->logs, id);

	if (!lg || lg->state != LOG_READY || !lg->channel || lg->channel->deleted) {
		return NULL;
	}
	return lg->channel;
}
