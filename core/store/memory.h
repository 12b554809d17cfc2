/**
 * A complete store in memory, for tests and confab-sim. It keeps every law of a real one, and breaks
 * down as real ones do when asked: chance comes from base/chance, so a seed replays its faults.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include <confab/provider/store.h>

struct memory;

/** How often what goes wrong, in thousandths of the calls it can happen to. All 0: never. */
struct memory_faults {
	unsigned busy;    /* a call that writes answers CONFAB_EBUSY, nothing written */
	unsigned lost;    /* … answers CONFAB_EUNKNOWN, nothing written */
	unsigned applied; /* … answers CONFAB_EUNKNOWN, all of it written */
	unsigned partial; /* a commit of several entries writes a first part and answers MOVED */
	unsigned failed;  /* a call that reads answers CONFAB_EIO */
	unsigned delayed; /* a call is answered late; by chance it is also carried out late */
	int64_t delay_max_us;
};

/** An empty store without faults, the caller's. */
struct memory *memory_new(void);

/** Free it; no call may be under way. NULL is fine. */
void memory_free(struct memory *m);

/** The provider's functions; their ctx is the struct memory. Thread: any one loop at a time, all
 *  calls of one memory on the same thread (in a simulation: of several loops). */
const struct confab_store *memory_store(void);

/** Set the faults in force. */
void memory_faults_set(struct memory *m, const struct memory_faults *faults);

/** Give every log a new epoch, as after a restore. */
void memory_epoch_renew(struct memory *m);

#endif
