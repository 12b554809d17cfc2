/**
 * A loop is one thread: readiness of descriptors, timers, and a mailbox that every thread may fill.
 *
 *      any thread ── loop_post ──▶ [mailbox] ─▶ turn: mail batch → timers → descriptors
 *                                                  → turn-end hook (flush) → wait
 *
 * In a simulation (loop/sim.h) no threads exist: the same loops, lanes and pools are turned by one
 * scheduler over virtual time; code above this header cannot tell.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <confab/types.h>

struct histogram;
struct loop;

/**
 * Something for another thread: embed it, set run, post it. Whoever posts owns nothing after;
 * run() owns the node. Queue room never runs out, because the node brings it.
 */
struct mail {
	struct mail *next;
	void (*run)(struct mail *m);
};

/** A timer, embedded in its owner. Not running until timer_start. */
struct timer {
	void (*fn)(void *arg);
	void *arg;
	int64_t due_us;    /* monotonic */
	uint32_t slot;     /* place in the heap, 0: not running */
	struct loop *loop; /* set while running */
};

/** What a descriptor is watched for. Edge-triggered; registered once. */
enum watch_what { WATCH_READ = 1, WATCH_WRITE = 2 };

/** A ring without an end: unlinking needs no head. */
struct watch_link {
	struct watch_link *next, *prev;
};

struct watch {
	void (*fn)(void *arg, unsigned what);
	void *arg;
	int fd;
	uint8_t wanted, what;         /* the loop's: bits it is watched for, bits that came */
	struct watch_set *set;        /* the loop's, NULL: not started */
	struct watch_link all, ready; /* the loop's */
};

/** Make a loop; it does not run yet. name: shown by ps and in logs, cut to 15 characters. */
struct loop *loop_new(const char *name, struct confab_error *err) CONFAB_MUSTCHECK;
/** Free a loop that has ended (or never ran); mail left in it is run first, as if by the loop.
 *  Timers and watches that still run are stopped without being called. NULL is fine. Thread: any,
 *  when nobody posts any more: who posted the last mail may still be inside loop_post. */
void loop_free(struct loop *loop);

/** Run what mail is left in a loop that has ended (or never ran), as if by the loop, for who must
 *  see all of it before he frees what it speaks of. Thread: any, when nobody posts any more. */
void loop_settle(struct loop *loop);

/** Run it in a thread of its own, deaf to signals. @return 0 or CONFAB_EIO */
int loop_start(struct loop *loop, struct confab_error *err) CONFAB_MUSTCHECK;
/** Run it in the calling thread (the main thread's loop); returns after loop_stop. */
void loop_run(struct loop *loop);
/** Ask it to end after the current turn. Once is enough, more is fine. Thread: any. */
void loop_stop(struct loop *loop);
/** Wait for its thread; loop_stop comes before. Fine when it was not started. Thread: any other. */
void loop_join(struct loop *loop);

/** Put mail into a loop's mailbox: in order per poster, one eventfd wake per empty-to-non-empty.
 *  Thread: any. Never fails, never blocks. */
void loop_post(struct loop *loop, struct mail *m);

/** How long a turn takes mail before timers and descriptors get theirs [us], if it is not 2,000.
 *  Before it runs. */
void loop_mail_time(struct loop *loop, int64_t us);

/** The loop this thread runs, or NULL. */
struct loop *loop_current(void);
/** As given to loop_new. Borrowed. Thread: any. */
const char *loop_name(const struct loop *loop);

/** Monotonic time at the start of this turn [us]. Thread: own. */
int64_t loop_now_us(const struct loop *loop);

/** Called at the end of every turn that did something (flushing dirty connections). One per loop;
 *  NULL: none. Thread: the loop's, or before it starts. */
void loop_turn_end_set(struct loop *loop, void (*fn)(void *arg), void *arg);

/** Run m at the end of this turn, after everything else: where objects marked dead are freed. What
 *  is put there meanwhile runs at the end of the next turn, at once. Thread: the loop's. */
void loop_later(struct loop *loop, struct mail *m);

/** Say what this thread's loop does now, for the watchdog and slow turns. name: static, or NULL.
 *  Forgotten at the end of the turn. Without a loop nothing happens. Thread: any. */
void loop_doing(const char *name);

/** Turns, mail and time per turn since the start, for metrics; p99 over a ring of recent turns. */
struct loop_stats {
	uint64_t turns, mails;
	uint64_t wakes;      /* system calls that posters made to wake it */
	int64_t busy_us;     /* inside turns */
	int64_t turn_p99_us; /* of the last 4,096 turns */
	int64_t turn_max_us; /* since the last call */
};
/** Thread: any. */
void loop_stats(struct loop *loop, struct loop_stats *out);
/** Times of all its turns, in microseconds. Borrowed. Thread: any. */
const struct histogram *loop_turns(const struct loop *loop);

/* Timers: one heap per loop; libevent gets one timeout per turn. Thread: the loop's. */
void timer_init(struct timer *t, void (*fn)(void *arg), void *arg);
/** (Re)start, to fire once after_us from now, never within this turn. A timer that fires is stopped
 *  first; its function may start it again or free it. */
void timer_start(struct loop *loop, struct timer *t, int64_t after_us);
/** Stop; fine when not running. */
void timer_stop(struct timer *t);
bool timer_running(const struct timer *t);

/* Descriptors. Thread: the loop's (watch_start also before it starts). */
void watch_init(struct watch *w, void (*fn)(void *arg, unsigned what), void *arg);
/**
 * Watch a descriptor, edge-triggered: fn is called when it *becomes* ready (errors and hang-ups
 * count as both), so whoever is called reads until EAGAIN or calls watch_again.
 *
 * @param fd    non-blocking, the caller's; close it only after watch_stop
 * @param what  bits of enum watch_what, registered once
 * @return 0, CONFAB_EIO, or CONFAB_EUNSUPPORTED in a simulation
 */
int watch_start(struct loop *loop, struct watch *w, int fd, unsigned what,
	struct confab_error *err) CONFAB_MUSTCHECK;
/** Have fn called again in the next turn, as if the descriptor had become ready: for who stopped
 *  before EAGAIN to be fair to others. The watch runs. */
void watch_again(struct watch *w, unsigned what);
/** Stop; fine when not running, and inside fn, which is not called any more. */
void watch_stop(struct watch *w);
bool watch_running(const struct watch *w);

#endif
