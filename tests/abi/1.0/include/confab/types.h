/**
 * Names, ids, codes and errors that every part of confab and every plugin shares.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_TYPES_H
#define CONFAB_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CONFAB_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CONFAB_MUSTCHECK __attribute__((warn_unused_result))
#else
#define CONFAB_PRINTF(fmt, args)
#define CONFAB_MUSTCHECK
#endif

/** Longest user or channel id, without the terminating NUL [bytes]. */
#define CONFAB_ID_MAX 64

/** Longest cid (the client's own name of a change), 16..64 characters [bytes]. */
#define CONFAB_CID_MIN 16
#define CONFAB_CID_MAX 64

/**
 * What a function that can fail returns. 0 is success, failures are negative. A code is a
 * *failure* (disk, peer, backend, bad input); bugs assert, and verdicts are enum confab_verdict.
 */
enum confab_code {
	CONFAB_OK = 0,
	CONFAB_EINVAL = -1,        /* bad input; the text says what, where and how to mend it */
	CONFAB_ENOMEM = -2,        /* out of memory, for something sized from outside */
	CONFAB_ENOENT = -3,        /* no such thing */
	CONFAB_EEXIST = -4,        /* there already */
	CONFAB_EPERM = -5,         /* not allowed, or a capability that was not granted */
	CONFAB_EBUSY = -6,         /* certainly not done; may be tried again */
	CONFAB_EUNKNOWN = -7,      /* perhaps done: read back, or send the same cid again */
	CONFAB_EGONE = -8,         /* answered already, late, or its object has gone */
	CONFAB_ECLOSED = -9,       /* the connection, channel or server is closed */
	CONFAB_ETIMEDOUT = -10,    /* the deadline passed */
	CONFAB_ELIMIT = -11,       /* a bound was reached (size, depth, number, rate) */
	CONFAB_EIO = -12,          /* the operating system refused; errno is in the text */
	CONFAB_EPROTO = -13,       /* bytes of a peer that break a protocol */
	CONFAB_ECONFLICT = -14,    /* known with another content */
	CONFAB_EMOVED = -15,       /* the log has moved on; judge again */
	CONFAB_EABI = -16,         /* made for another ABI */
	CONFAB_ELOOP = -17,        /* too many events caused each other */
	CONFAB_EUNSUPPORTED = -18, /* this build or provider cannot */
	CONFAB_EINTERNAL = -19,    /* a bug, contained */
};

/** The name of a code ("EBUSY"), or "E?" for a number that is none. Static. Any thread. */
const char *confab_code_name(int code);

/** One lower-case sentence about a code, without a full stop. Static. Any thread. */
const char *confab_code_text(int code);

/** A failure with its reason, filled by whoever fails first. Caller's memory. */
struct confab_error {
	int code;       /* enum confab_code */
	char text[512]; /* UTF-8, NUL-terminated, cut at a character boundary */
};

/**
 * Fill an error and give its code back, so that `return confab_error_set(err, …)` reads well.
 *
 * @param err   may be NULL; an error that is already set (code != 0) is kept: the first counts
 * @param code  enum confab_code, not 0
 * @return code
 * Thread: any.
 */
int confab_error_set(struct confab_error *err, int code, const char *fmt, ...) CONFAB_PRINTF(3, 4);

/** A connection by number: I/O thread, slot and generation. 0 is nobody. */
typedef uint64_t confab_conn_id;

/** What a hook decides about an event. The first that is not PASS ends the stage. */
enum confab_verdict {
	CONFAB_PASS = 0,   /* go on */
	CONFAB_STOP = 1,   /* handled; confab_stop() carries the reply */
	CONFAB_REJECT = 2, /* refused; confab_reject() carries code and text */
	CONFAB_HOLD = 3,   /* kept for review */
	CONFAB_DEFER = 4,  /* a ticket will answer */
};

#ifdef __cplusplus
}
#endif
#endif
