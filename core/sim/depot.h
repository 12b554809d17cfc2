/**
 * The store of a simulated node: the memory store behind lanes (one that writes, some that read), as
 * store-sqlite has them. Everything it commits is written down in the truth; it can be told to lie.
 *
 *   logic ── call ──▶ lane: memory store carries it out, truth writes it down ── done ──▶ logic
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SIM_DEPOT_H
#define SIM_DEPOT_H

#include <stdbool.h>
#include <confab/provider/store.h>

struct depot;
struct memory;
struct memory_faults;
struct run;
struct truth;

/** An empty one of a run, whose plant it obeys; depot_free() takes it. The simulation is on. */
struct depot *depot_new(struct run *run);
/** No call may be under way. NULL is fine. */
void depot_free(struct depot *d);

/** Functions of a provider whose ctx is the depot. */
const struct confab_store *depot_store(void);

/** Set the faults in force; NULL: none. */
void depot_faults_set(struct depot *d, const struct memory_faults *faults);

/** Everything that was ever committed. Borrowed. */
struct truth *depot_truth(struct depot *d);
struct memory *depot_memory(struct depot *d);

/** How many todos are not done. */
size_t depot_undone(const struct depot *d);

/** Commit an entry as another node would. @return false: the log has moved meanwhile, or is not there */
bool depot_outside(struct depot *d, const char *log, const struct confab_entry *entry);

#endif
