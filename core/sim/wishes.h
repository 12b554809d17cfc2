/**
 * The sim's plugin: a hook that does what a message's text wishes. "only=u1": for that user alone;
 * "shadow": for its author; "owners": for a role; "wait=300": it is decided later, "refuse": against it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_WISHES_H
#define SIM_WISHES_H

struct pipeline;

/** Register the hook of a node. */
void wishes_add(struct pipeline *pl);

#endif
