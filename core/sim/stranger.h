/**
 * A stranger: another node that writes into the same logs, and of which this one hears only when its own
 * commit finds that the log has moved. It says something now and then, and removes members.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_STRANGER_H
#define SIM_STRANGER_H

struct run;
struct stranger;

/** It begins to write; stranger_free() takes it. */
struct stranger *stranger_new(struct run *run);
/** NULL is fine. */
void stranger_free(struct stranger *s);

#endif
