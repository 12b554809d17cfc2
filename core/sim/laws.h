/**
 * The laws of delivery (design, section 3), as far as they are seen in one answer or at the end of all.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_LAWS_H
#define SIM_LAWS_H

#include <jansson.h>

struct mirror;
struct run;

/** A channel in hello or in the reply to a watch: its head, its cursor, what is unread. */
void law_item(struct run *run, const char *user, const json_t *item);
/** The totals of a hello are the sums of its channels. */
void law_totals(struct run *run, const char *user, const json_t *hello);
/** A page names exactly its seqs, each row as of its rev. ok may be NULL: it was refused. */
void law_page(struct run *run, struct mirror *m, const json_t *args, const json_t *ok);
/** A notice tells the head of a rev. */
void law_notice(struct run *run, const char *user, const json_t *notice);

/** Everything that holds of the committed logs and the book once all is quiet. */
void laws_end(struct run *run);

#endif
