/**
 * Drafts: what a message will be, until it is durable.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_DRAFT_H
#define PIPELINE_DRAFT_H

#include <confab/event.h>

/** Make the draft of message.send or message.edit from its body. */
struct confab_draft *draft_new(struct confab_event *ev);
/** NULL is fine. */
void draft_free(struct confab_draft *d);
/** The message's members as they stand: text, parts, mentions, … A new object. */
json_t *draft_json(const struct confab_draft *d);

#endif
