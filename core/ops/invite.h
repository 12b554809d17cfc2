/**
 * What invitations of one user (invite.c) and links for many (link.c) have in common: rows {by, since, until}
 * of the channel, which hold as long as whoever made them may invite.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_INVITE_H
#define OPS_INVITE_H

#include <confab/event.h>

struct confab_request;
struct ops;

/** May anybody be invited to the event's channel, until then? Not to one of two people. Else it is rejected. */
enum confab_verdict invite_judge(struct confab_event *ev);
/** The row of a new invitation by the event's actor. A new reference. */
json_t *invite_row(const struct confab_event *ev, const struct confab_change *c);
/**
 * Does an invitation (NULL: there is none) hold now? It does not when it has expired, or when a member made
 * it who may not invite any more. Else the event is rejected with no_invite and the reason.
 */
enum confab_verdict invite_holds(struct confab_event *ev, const json_t *row);
/** May the actor, who has the grant invite, end it (NULL: there is none)? Its maker, or who may kick. */
enum confab_verdict invite_revoke_judge(struct confab_event *ev, const json_t *row);

/** The ops invite.list and link.list: a page of a channel's rows, for who has the grant invite. */
void invite_list(struct confab_request *rq, void *ctx);
/**
 * Run the request's event in a channel that the actor may know nothing of: where there is none, or one that
 * was deleted, the answer is the same as where there is no invitation.
 */
void invite_follow(struct ops *o, struct confab_request *rq, const char *channel);

#endif
