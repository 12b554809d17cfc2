/**
 * Loading a log: a user's whole log, or a channel's row, members and pins.
 *
 *   user:     rows(after 0) page by page, then cursors_of(user)
 *   channel:  list(channel), list(member), list(pin), page by page
 *
 * Nothing is committed here while a log is loading (events wait for READY), so the pages are of one state.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/load.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "chat/cursor.h"
#include "chat/parse.h"
#include "chat/row.h"
#include "store/store.h"

#define PAGE 1000

static const char *const channel_kinds[] = {"channel", "member", "pin"};
#define N_CHANNEL_KINDS (sizeof(channel_kinds) / sizeof(channel_kinds[0]))

/** One load under way; freed when its waiters are called. */
struct load {
	struct chat_log *lg;
	unsigned kind;   /* of channel_kinds */
	char after[132]; /* last id of the page before */
	uint64_t rev;    /* of a user's log: rows up to here are in */
};

static void channel_next(struct load *ld);
static void user_next(struct load *ld);

/** Call everybody who waits; they may load again. */
static void load_finish(struct load *ld, int rc)
{
	struct chat_log *lg = ld->lg;
	struct log_waiter *w = NULL, *next;

	free(ld);
	while ((next = lg->waiters) != NULL) { /* who came first is called first */
		lg->waiters = next->next;
		next->next = w;
		w = next;
	}
	if (rc) {
		parse_end(lg);
		row_forget_all(lg);
		lg->state = LOG_LIGHT;
		log_warning("log '%s', could not be loaded (%s)", lg->id, confab_code_text(rc));
	} else if (lg->rev) {
		lg->state = LOG_READY;
	} else {
		parse_end(lg);
		lg->state = LOG_ABSENT;
	}
	for (; w; w = next) {
		next = w->next;
		w->fn(w, rc);
	}
	chat_log_unpin(lg);
}

static void take_row(struct chat_log *lg, const struct confab_row *from)
{
	bool stays = parse_kind_stays(lg->user != NULL, from->kind);

	/* that a session was revoked must be known: a token may still name it */
	if (!stays || (from->gone && strcmp(from->kind, "session") != 0)) {
		return;
	}
	chat_row_changed(lg, row_put(lg, from, true));
}

static void channel_page(struct confab_row_list *call, void *arg)
{
	struct load *ld = arg;

	if (call->call.rc) {
		load_finish(ld, call->call.rc);
		return;
	}
	chat_log_head(ld->lg, &call->head);
	for (size_t i = 0; i < call->n; i++) {
		take_row(ld->lg, &call->rows[i]);
	}
	if (call->more && call->n) {
		strncpy(ld->after, call->rows[call->n - 1].id, sizeof(ld->after) - 1);
	} else {
		ld->kind++;
		ld->after[0] = '\0';
	}
	if (!ld->lg->rev || ld->kind == N_CHANNEL_KINDS) {
		load_finish(ld, 0);
		return;
	}
	channel_next(ld);
}

static void channel_next(struct load *ld)
{
	struct store *s = ld->lg->chat->store;
	struct confab_row_list *call = store_list_new(s);

	call->log = ld->lg->id;
	call->kind = channel_kinds[ld->kind];
	call->after = ld->after;
	call->limit = PAGE;
	store_list(s, call, channel_page, ld);
}

static void user_cursors(struct confab_cursors *call, void *arg)
{
	struct load *ld = arg;

	if (!call->call.rc) {
		for (size_t i = 0; i < call->n; i++) {
			cursor_take(ld->lg->user, &call->cursors[i]);
		}
	}
	load_finish(ld, call->call.rc);
}

static void user_rows(struct confab_rows *call, void *arg)
{
	struct load *ld = arg;
	struct chat_log *lg = ld->lg;

	if (call->call.rc) {
		load_finish(ld, call->call.rc);
		return;
	}
	chat_log_head(lg, &call->head);
	for (size_t i = 0; i < call->n; i++) {
		take_row(lg, &call->rows[i]);
	}
	ld->rev = call->to;
	if (call->more) {
		user_next(ld);
	} else if (lg->rev) {
		struct confab_cursors *next = store_cursors_new(lg->chat->store);
		const char **users = confab_arena_alloc(next->call.arena, sizeof(char *));

		users[0] = lg->user->id;
		next->users = users;
		next->n_users = 1;
		store_cursors(lg->chat->store, next, user_cursors, ld);
	} else {
		load_finish(ld, 0);
	}
}

static void user_next(struct load *ld)
{
	struct store *s = ld->lg->chat->store;
	struct confab_rows *call = store_rows_new(s);

	call->log = ld->lg->id;
	call->after = ld->rev;
	call->limit = PAGE;
	store_rows(s, call, user_rows, ld);
}

/* -------------------------------------------------------------------------------------------- */

bool chat_log_load(struct chat_log *lg, struct log_waiter *w)
{
	struct load *ld;

	lg->used_us = loop_now_us(lg->chat->loop);
	if (lg->state == LOG_READY || lg->state == LOG_ABSENT) {
		return true;
	}
	w->next = lg->waiters;
	lg->waiters = w;
	if (lg->state == LOG_LOADING) {
		return false;
	}
	lg->state = LOG_LOADING;
	chat_log_pin(lg);
	ld = calloc(1, sizeof(*ld));
	assert(ld);
	ld->lg = lg;
	parse_begin(lg);
	if (lg->user) {
		user_next(ld);
	} else {
		channel_next(ld);
	}
	return false;
}

void load_made(struct chat_log *lg)
{
	if (lg->state == LOG_ABSENT) {
		parse_begin(lg);
		lg->state = LOG_READY;
	}
}
