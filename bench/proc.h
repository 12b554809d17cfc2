/**
 * What the kernel says about a process: CPU time and memory, from /proc.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_PROC_H
#define BENCH_PROC_H

#include <stdint.h>
#include <sys/types.h>

struct proc_cpu {
	uint64_t ns;      /* on a CPU, all threads that live */
	uint64_t user_ns; /* by the tick, coarse; threads that ended included */
	uint64_t system_ns;
};

struct proc_memory {
	uint64_t rss_bytes;
	uint64_t uss_bytes;  /* private, clean and dirty: what would be freed at its end */
	uint64_t anon_bytes; /* heap, stacks, anonymous maps */
};

/** Time used so far. @return 0, or -1 when the process is gone or not ours to see */
int proc_cpu(pid_t pid, struct proc_cpu *cpu);
/** Memory held now. @return 0, or -1 as above */
int proc_memory(pid_t pid, struct proc_memory *mem);
/** Nanoseconds of the monotonic clock. */
uint64_t now_ns(void);

#endif
