/**
 * Commits: one append in flight per log; what comes meanwhile is its next batch.
 *
 *   queued events ─ judge, build at the rev as it stands ─▶ batch ─ store.commit(log, at) ─▶
 *      done:    rows and head move, frames go out, each event goes on behind persist
 *      moved:   the entries we lack are taken in and delivered, everything is judged and built again
 *      refused: a cid was known: the store says which, those get their first answer, the rest try again
 *      busy, unknown: said so to each; nothing moved here
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_COMMIT_H
#define PIPELINE_COMMIT_H

struct chat_log;
struct confab_event;
struct confab_entry;
struct pipeline;

/** Queue a durable event for its log's next batch; it comes back by event_resume or event_finish. */
void commit_enqueue(struct confab_event *ev);

/** Take in entries rev lg->rev + 1 … made elsewhere (bus, moved): rows, head, frames. */
void commit_take_in(
	struct pipeline *pl, struct chat_log *lg, const struct confab_entry *entries, unsigned n);

#endif
