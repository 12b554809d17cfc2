/**
 * How loops, lanes and pools enter the simulation: each is an actor with a time at which it can be
 * turned; mail to a loop lies in an inbox until its (perhaps delayed) time has come.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_SIM_INTERNAL_H
#define LOOP_SIM_INTERNAL_H

#include <stdbool.h>
#include "loop/loop.h"
#include "loop/mailbox.h"
#include "loop/sim.h"

/** When self can be turned: ≤ now: at once; INT64_MAX: not by itself. */
typedef int64_t (*sim_due_fn)(void *self);
typedef void (*sim_turn_fn)(void *self);

struct sim_actor;

/** Register. @return the actor; the simulation is on. */
struct sim_actor *sim_actor_new(void *self, const char *name, sim_due_fn due, sim_turn_fn turn);
void sim_actor_free(struct sim_actor *a);
/** Number of the actor that is being turned, 0: none. */
uint32_t sim_turning(void);

/** A random delay for what a lane, a pool or a mailbox was just given [us]; mostly 0. */
int64_t sim_mail_delay_us(void);
int64_t sim_lane_delay_us(void);
int64_t sim_work_delay_us(void);

/** How many mails a turn takes: limit, or sometimes only a few. */
unsigned sim_batch(unsigned limit);

struct sim_inbox;

/** An inbox with the loop's actor. */
struct sim_inbox *sim_inbox_new(
	struct loop *loop, const char *name, sim_due_fn due, sim_turn_fn turn);
/** Empty by now. */
void sim_inbox_free(struct sim_inbox *in);
void sim_inbox_post(struct sim_inbox *in, struct mail *m);
/** When the next mail can be taken, INT64_MAX: none. */
int64_t sim_inbox_due_us(const struct sim_inbox *in);
/** Put what has come into the box, in order. */
void sim_inbox_deliver(struct sim_inbox *in, struct mailbox *box);
/** Put everything into the box, whatever its time. */
void sim_inbox_flush(struct sim_inbox *in, struct mailbox *box);

#endif
