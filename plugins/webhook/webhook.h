/**
 * The parts of webhook: asking before, telling after, and how both are sent.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WEBHOOK_WEBHOOK_H
#define WEBHOOK_WEBHOOK_H

#include <confab/admin.h>
#include <confab/event.h>
#include <confab/fetch.h>
#include <confab/settings.h>
#include <confab/task.h>

#include "webhook/sign.h"

enum {
	ROW_BEFORE_URL,
	ROW_AFTER_URL,
	ROW_SECRET,
	ROW_TIMEOUT,
	ROW_DEADLINE,
	ROW_ON_FAILURE,
	ROW_BATCH,
	ROW_BATCH_DELAY,
	ROW_ATTEMPTS
};

/** First wait before an event is told again; it doubles up to an hour. */
#define AFTER_BACKOFF_MS 1000

struct after;

struct webhook {
	struct confab_plugin *plugin;
	const struct confab_fetch_service *fetch;
	void *fetch_ctx;
	struct question *questions;
	struct after *after;
};

/** Post signed JSON, once. @return the request's number; 0: it cannot be sent now */
uint64_t webhook_post(struct webhook *wh, const char *url, const struct sign_key *key,
	const char *id, const char *body, unsigned timeout_ms, confab_fetch_fn done, void *arg);

/** What both tell of an event: a new reference. */
json_t *webhook_event(const struct confab_event *ev, const char *text, size_t len);

/** Hook at moderate: ask, and wait for the answer. (before.c) */
enum confab_verdict before_judge(struct confab_event *ev, void *ctx);
/** Forget everybody who waits. (before.c) */
void before_end(struct webhook *wh);

/** (after.c) */
struct after *after_new(struct webhook *wh);
void after_free(struct after *a);
/** Todo "tell". */
void after_run(
	struct confab_todo_job *job, const char *log, uint64_t rev, const json_t *body, void *ctx);

/** Put a todo that was tried too often among the dead letters, then answer it. why is copied. (dead.c) */
void dead_bury(
	struct webhook *wh, struct confab_todo_job *job, const json_t *event, const char *why);
/** Verbs for administrators. (dead.c) */
void dead_list(struct confab_verb *v, const json_t *args, void *ctx);
void dead_retry(struct confab_verb *v, const json_t *args, void *ctx);
void dead_drop(struct confab_verb *v, const json_t *args, void *ctx);

#endif
