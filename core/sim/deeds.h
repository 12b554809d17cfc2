/**
 * What clients do, by chance: say, change and delete things, come and go, move cursors, look around,
 * lose their connections, fall asleep.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_DEEDS_H
#define SIM_DEEDS_H

struct run;

/** A client's think timer: it does the next thing, and thinks again. */
void deeds_think(void *client);

/** A channel, by chance. Static. */
const char *deeds_channel(void);

/** The first deeds: user 0 makes the channels. */
void deeds_begin(struct run *run);
/** The system changes every channel, so that the node hears of what others wrote. Logic loop. */
void deeds_touch(struct run *run);
/** Everybody else comes in. */
void deeds_join(struct run *run);

#endif
