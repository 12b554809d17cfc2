/**
 * message.search: words in the channels one reads.
 *
 * The store finds messages by the core's tokens in the channels that are named; what is found is shown only
 * where the searcher may read it whole, so a page may be short or empty although `next` says that there
 * is more.
 *
 *   words → the store's rows → their channels in memory → rights and visibility → answer
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <confab/provider/store.h>
#include "base/json.h"
#include "base/map.h"
#include "chat/visible.h"
#include "ops/fields.h"
#include "ops/ops_internal.h"
#include "ops/page.h"
#include "store/store.h"
#include "store/token.h"
#include "wire/request.h"

struct search {
	struct ops *o;
	struct confab_request *rq;
	struct confab_search *call; /* kept while the channels are loaded */
	struct chat_log **logs;     /* of the rows, pinned */
	size_t n_logs;
	struct log_waiter waiter;
};

static void search_end(struct search *s)
{
	for (size_t i = 0; i < s->n_logs; i++) {
		chat_log_unpin(s->logs[i]);
	}
	store_call_free(&s->call->call);
	free(s->logs);
	free(s);
}

/** May the searcher read this row whole? */
static bool may_see(struct search *s, struct chat_log *lg, const struct confab_row *row)
{
	struct reader reader;
	struct sight sight = {.kind = row->kind,
		.seq = row->seq,
		.sender = row->sender,
		.audience = row->audience};

	if (ops_read_refusal(s->o, s->rq, lg) || row->seq < lg->first || row->gone) {
		return false;
	}
	reader = reader_of(s->rq->actor->user, lg);
	return visible_full(&reader, &sight);
}

static void search_answer(struct search *s)
{
	struct confab_search *call = s->call;
	struct buf *b = &s->rq->raw;
	bool any = false;

	buf_str(b, "{\"found\":[");
	for (size_t i = 0; i < call->n; i++) {
		if (!may_see(s, s->logs[i], &call->rows[i])) {
			continue;
		}
		buf_str(b, any ? ",{\"channel\":" : "{\"channel\":");
		any = true;
		buf_json_str(b, s->logs[i]->id, strlen(s->logs[i]->id));
		buf_str(b, ",\"row\":");
		page_row(b, s->rq->actor->user, s->logs[i], &call->rows[i]);
		buf_char(b, '}');
	}
	buf_str(b, "],\"next\":");
	buf_json_str(b, call->next ? call->next : "", call->next ? strlen(call->next) : 0);
	buf_char(b, '}');
	request_reply_raw(s->rq);
	search_end(s);
}

static void load_next(struct search *s)
{
	while (s->n_logs < s->call->n) {
		struct chat_log *lg = chat_log_get(s->o->chat, s->call->row_logs[s->n_logs]);

		chat_log_pin(lg);
		s->logs[s->n_logs++] = lg;
		if (!chat_log_load(lg, &s->waiter)) {
			return;
		}
	}
	search_answer(s);
}

static void loaded(struct log_waiter *w, int rc)
{
	struct search *s = (struct search *)((char *)w - offsetof(struct search, waiter));

	if (rc) {
		request_error(s->rq, "busy", NULL, 1000, NULL);
		search_end(s);
		return;
	}
	load_next(s);
}

static void found(struct confab_search *call, void *arg)
{
	struct search *s = arg;

	if (call->call.rc) {
		request_error(s->rq, "busy", NULL, 1000, NULL);
		free(s);
		return;
	}
	store_call_keep(&call->call);
	s->call = call;
	s->logs = calloc(call->n + 1, sizeof(struct chat_log *));
	assert(s->logs);
	s->waiter.fn = loaded;
	load_next(s);
}

/** The words of a text for the store; false: it has none. The last may be the beginning of one. */
static bool take_words(struct confab_search *call, const char *text)
{
	size_t len = strlen(text);
	const char **words = confab_arena_alloc(call->call.arena, TOKENS_QUERY * sizeof(char *));
	struct buf b;
	char *tokens;

	buf_init(&b);
	token_text(&b, text, len, TOKEN_QUERY);
	tokens = confab_arena_dup(call->call.arena, b.len ? b.bytes : "", b.len);
	buf_fini(&b);
	call->n_tokens = token_split(tokens, words, TOKENS_QUERY);
	call->tokens = words;
	call->prefix = len && text[len - 1] != ' ';
	return call->n_tokens > 0;
}

/** The channel that is named, or all that one is a member of. */
static void take_logs(struct confab_search *call, const struct user *u, const char *channel)
{
	const char **logs = confab_arena_alloc(
		call->call.arena, (strmap_count(u->memberships) + 1) * sizeof(char *));
	const char *id;
	size_t pos = 0;

	if (channel) {
		logs[call->n_logs++] = confab_arena_dup(call->call.arena, channel, strlen(channel));
	} else {
		while (strmap_next(u->memberships, &pos, &id, NULL)) {
			logs[call->n_logs++] = confab_arena_dup(call->call.arena, id, strlen(id));
		}
	}
	call->logs = logs;
}

static void search_begin(struct ops *o, struct confab_request *rq)
{
	const char *channel = json_str(rq->args, "channel"), *cursor = json_str(rq->args, "cursor");
	struct confab_search *call;
	struct search *s;

	if (channel && !ops_readable(o, rq, channel)) {
		return;
	}
	call = store_search_new(o->chat->store);
	if (!take_words(call, json_str(rq->args, "text"))) {
		store_call_free(&call->call);
		request_error(rq, "bad_request", "'text' has no word to look for", 0, NULL);
		return;
	}
	take_logs(call, rq->actor->user, channel);
	if (!call->n_logs) {
		store_call_free(&call->call);
		confab_reply(rq, json_pack("{s:[],s:s}", "found", "next", ""));
		return;
	}
	s = calloc(1, sizeof(*s));
	assert(s);
	s->o = o;
	s->rq = rq;
	call->sender = json_str(rq->args, "user");
	call->cursor = cursor ? cursor : "";
	call->limit = (size_t)json_int(rq->args, "limit", 20);
	store_search(o->chat->store, call, found, s);
}

static void run_search(struct confab_request *rq, void *ctx)
{
	const char *channel = json_str(rq->args, "channel");

	ops_load(ctx, rq, &channel, channel ? 1 : 0, search_begin);
}

static const struct confab_field fields[] = {
	{"text", CONFAB_FIELD_STRING, true, 1, 1024, NULL, NULL,
		"words, all of which a message must hold; the last may be a beginning"},
	{"channel", CONFAB_FIELD_ID, false, 0, 0, NULL, NULL,
		"only there; without it in all of your channels"},
	{"user", CONFAB_FIELD_ID, false, 0, 0, NULL, NULL, "only by this author"},
	{"cursor", CONFAB_FIELD_STRING, false, 0, 128, NULL, NULL, "next of the page before"},
	OPS_LIMIT_FIELD(100),
	{0},
};
static const struct confab_field found_fields[] = {
	{"channel", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "where it was said"},
	{"row", CONFAB_FIELD_ROW, true, 0, 0, NULL, NULL, "the message"},
	{0},
};
static const struct confab_field reply[] = {
	{"found", CONFAB_FIELD_LIST, true, 0, 0, NULL, found_fields, "the newest first"},
	{"next", CONFAB_FIELD_STRING, true, 0, 0, NULL, NULL,
		"cursor of the next page; empty: this was the last"},
	{0},
};

static const struct confab_op_row rows[] = {
	{.name = "message.search",
		.actor = CONFAB_OP_USER,
		.method = "GET",
		.path = "/v1/search",
		.run = run_search,
		.args = fields,
		.reply = reply,
		.cost = 3,
		.doc = "Find messages by words."},
};

/* -------------------------------------------------------------------------------------------- */

int ops_search_register(struct ops *o, struct confab_error *err)
{
	return ops_add(o, rows, sizeof(rows) / sizeof(rows[0]), err);
}
