/**
 * Simulation: every loop, lane and pool of the process without threads, turned one at a time by one
 * seeded scheduler over virtual time. The same seed and the same program give the same run.
 *
 *      sim_begin(seed) → make loops, lanes, pools, nodes → sim_run_until(…) … → free them → sim_end
 *
 * Each step turns one loop (a turn), lane (a piece) or pool (a piece) chosen among those that can
 * be turned; when none can, virtual time jumps to the next timer or delayed mail. There are no
 * descriptors: watch_start answers CONFAB_EUNSUPPORTED, in-memory transports use mail.
 *
 * Source: the doors of design section 1 (clock, chance, threads). Thread: the only one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_SIM_H
#define LOOP_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What goes wrong, and how often [of a million]; times are drawn from 1..max [virtual us]. */
struct sim_faults {
	uint32_t mail_late; /* mail to another loop arrives late; order per poster is kept */
	int64_t mail_late_us;
	uint32_t lane_late; /* a lane's piece takes long */
	int64_t lane_late_us;
	uint32_t work_late; /* a pool's piece takes long; others overtake it */
	int64_t work_late_us;
	uint32_t batch_short; /* a turn takes only 1..4 mails */
	int64_t step_us;      /* what a step costs; 0: 10 */
};

/** Start: before anything else of this folder is made. Clock and chance are seeded from here on;
 *  monotonic time begins at one second, real time at 2026-01-01 00:00:00 UTC. */
void sim_begin(uint64_t seed);
/** End, when everything made under it is freed: clock and chance are the machine's again. */
void sim_end(void);
/** Is this process a simulation? */
bool sim_on(void);

/** From now on; zeroes (the default): none. Copied. */
void sim_faults_set(const struct sim_faults *faults);

/** One step. @return false if nothing can be turned, now or later */
bool sim_step(void);

/**
 * Steps until cond holds (asked before each), or virtual time reaches deadline_us, or nothing is
 * left to do; in the last case time is moved to the deadline.
 *
 * @param deadline_us  virtual monotonic time: sim_now_us() + …
 * @param cond         NULL: only the deadline counts
 * @return whether cond holds at the end (true without one)
 */
bool sim_run_until(int64_t deadline_us, bool (*cond)(void *arg), void *arg);

/** Virtual monotonic time [us]. */
int64_t sim_now_us(void);

/** Steps made so far. */
uint64_t sim_steps(void);

/** A number in 0..bound-1 from the scheduler's own generator, for faults of in-memory transports. */
uint64_t sim_draw(uint64_t bound);

/** Running hash of the schedule (who was turned, when, who posted to whom, what was delayed). */
uint64_t sim_trace_hash(void);
/** Mix something of the program's own into it (bytes sent, rows written). */
void sim_trace_mix(const void *bytes, size_t len);

#endif
