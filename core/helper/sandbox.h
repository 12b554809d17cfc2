/**
 * The walls around a helper, put up by itself before it reads a byte.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HELPER_SANDBOX_H
#define HELPER_SANDBOX_H

#include <stddef.h>

/* 1 in a build with AddressSanitizer or ThreadSanitizer; gcc says it by a macro, clang by a feature. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

/**
 * Limit the address space and files (to nothing) and, from here on, allow only system calls on memory, clocks, itself and
 * the descriptors it has (an allow-list; anything else kills the process).
 *
 * @param memory_bytes  RLIMIT_AS; no limits under a sanitizer, which maps terabytes and files
 * @return 0 or CONFAB_EIO
 * Thread: the only one.  Source: seccomp(2), libseccomp.
 */
int sandbox_enter(size_t memory_bytes);

#endif
