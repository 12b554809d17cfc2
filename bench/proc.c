/**
 * Readings from /proc/PID and the clock.
 *
 * SPDX-License-Identifier: MIT
 */
#include "proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int first_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return -1;
	char *got = fgets(line, (int)size, f);
	(void)fclose(f);
	return got != NULL ? 0 : -1;
}

/* Sum of the first field of every thread's schedstat: nanoseconds on a CPU. */
static uint64_t threads_ns(pid_t pid)
{
	char path[64], line[128];
	uint64_t sum = 0;

	(void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return 0;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
		long tid = strtol(e->d_name, NULL, 10);
		if (tid <= 0)
			continue;
		(void)snprintf(path, sizeof path, "/proc/%d/task/%ld/schedstat", (int)pid, tid);
		if (first_line(path, line, sizeof line) == 0)
			sum += strtoull(line, NULL, 10);
	}
	(void)closedir(dir);
	return sum;
}

static uint64_t kilobytes(const char *line, const char *key)
{
	size_t n = strlen(key);
	return strncmp(line, key, n) == 0 ? strtoull(line + n, NULL, 10) * 1024u : 0;
}

/* ---------------------------------------------------------------------------------------- */

int proc_cpu(pid_t pid, struct proc_cpu *cpu)
{
	char path[64], line[1024];
	unsigned long user = 0, system = 0;

	memset(cpu, 0, sizeof *cpu);
	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (first_line(path, line, sizeof line) != 0)
		return -1;
	/* proc(5): fields 14 and 15, counted from behind the name's last parenthesis */
	const char *rest = strrchr(line, ')');
	if (rest == NULL ||
		sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			&system) != 2)
		return -1;
	uint64_t tick = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	cpu->user_ns = user * tick;
	cpu->system_ns = system * tick;
	cpu->ns = threads_ns(pid);
	if (cpu->ns == 0)
		cpu->ns = cpu->user_ns + cpu->system_ns;
	return 0;
}

int proc_memory(pid_t pid, struct proc_memory *mem)
{
	char path[64], line[256];

	memset(mem, 0, sizeof *mem);
	(void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return -1;
	while (fgets(line, sizeof line, f) != NULL) {
		mem->rss_bytes += kilobytes(line, "Rss:");
		mem->uss_bytes += kilobytes(line, "Private_Clean:");
		mem->uss_bytes += kilobytes(line, "Private_Dirty:");
		mem->anon_bytes += kilobytes(line, "Anonymous:");
	}
	(void)fclose(f);
	return mem->rss_bytes > 0 ? 0 : -1;
}

uint64_t now_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
