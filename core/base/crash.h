/**
 * The last words of a process: on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT a report says what ran,
 * where it happened and which plugins there were; then the signal does what it always does, so that core
 * dumps and the service manager see it.
 *
 * The report goes to standard error and to the log's file, and as one line of JSON to DATA/crashes:
 *
 *   {"ts":…,"version":"…","signal":"SIGSEGV","address":"0x10","thread":"logic","running":"caps",
 *    "place":"moderate","owner":"caps","blamed":["caps"],"frames":["caps+0x1139",…]}
 *
 * A sanitizer that takes these signals for itself keeps them; our report then follows its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#include <stdint.h>

/** The file in the data directory. */
#define CRASH_FILE "crashes"

/**
 * From now on crashes are reported.
 *
 * @param version  copied
 * @param dir      the data directory, for CRASH_FILE; NULL: no record is written
 * Thread: main, when it is the only one.
 */
void crash_install(const char *version, const char *dir);

/** The process ends in order: what a sanitizer finds now is its own business. Thread: main. */
void crash_disarm(void);

/** A stack for the handler, as a thread's own may be used up. Thread: own, first and last deed. */
void crash_thread_begin(void);
void crash_thread_end(void);

/**
 * Write down where a plugin's code lies.
 *
 * @param name, version  copied, cut to 32 bytes
 * @return a number for crash_module_remove(), or -1 when there is no room (the report lacks it)
 * Thread: any.
 */
int crash_module_add(const char *name, const char *version, uintptr_t low, uintptr_t high);
/** It is unmapped. -1 is fine. */
void crash_module_remove(int module);

#endif
