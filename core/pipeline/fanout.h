/**
 * Fan-out: what committed entries and ephemeral events look like on the wire, and who gets them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_FANOUT_H
#define PIPELINE_FANOUT_H

#include <stddef.h>
#include <jansson.h>
#include "chat/chat.h"

struct confab_entry;
struct net;
struct pipeline;
struct fanout;

/** Both are borrowed by it. Never NULL; fanout_free() takes it. */
struct fanout *fanout_new(struct pipeline *pl, struct net *net);
void fanout_free(struct fanout *f);

/** Entries prev + 1 … of a log, in memory already: `change` frames, a `notice` when one is due.
 *  born_us: when the oldest of them came as a request, for the delivery latency; 0: not measured. */
void fanout_entries(struct fanout *f, struct chat_log *lg, uint64_t prev,
	const struct confab_entry *entries, size_t n, int64_t born_us);

/** An ephemeral event for watchers of a log. ev is taken. but: a connection that does not get it, or 0. */
void fanout_show(
	struct fanout *f, struct chat_log *lg, const char *sender, json_t *ev, confab_conn_id but);

/** One event for one session (note, cursor, bye …). ev is taken. Its frames follow what was sent before. */
void fanout_to(struct fanout *f, const struct session *s, json_t *ev);
/** … for every session of a user but one (may be NULL). */
void fanout_to_user(struct fanout *f, const struct user *u, const struct session *but, json_t *ev);

/** A connection lost events of these topics and has drained: tell it to sync each. */
void fanout_drained(struct fanout *f, confab_conn_id conn, const uint32_t *topics, size_t n);

/** A user lost a log: its subscriptions end, each with `bye` and the reason. */
void fanout_lost(struct fanout *f, struct user *u, struct chat_log *lg, const char *why);

/**
 * What a user may read of a log has changed: subscriptions follow, or end with `bye`.
 *
 * @param lost  it is no member any more, this way ("left", "removed"): then they end even where
 *              anybody may look in; or NULL
 */
void fanout_rights(struct fanout *f, struct user *u, struct chat_log *lg, const char *lost);
/** … of everybody (the channel was deleted). */
void fanout_rights_all(struct fanout *f, struct chat_log *lg);

/** A session's row is gone: it ends, and its connection is closed behind what was sent. */
void fanout_revoked(struct fanout *f, struct user *u, const char *session);

/** The subscription of a session as net wants it. */
void fanout_subscribe(void *fanout, struct session *s, struct chat_log *lg, unsigned level);
void fanout_unsubscribe(void *fanout, struct session *s, struct chat_log *lg);
void fanout_close(void *fanout, confab_conn_id conn, uint16_t code, const char *text);

#endif
