/**
 * Push transports: one message to one device that is not connected. A plugin provides service "push", major
 * 1, for one kind of targets; any plugin may ask.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_PROVIDER_PUSH_H
#define CONFAB_PROVIDER_PUSH_H

#include <confab/service.h>

#ifdef __cplusplus
extern "C" {
#endif

enum confab_push_urgency {
	CONFAB_PUSH_LOW = 0,    /* may wait for power and a good network */
	CONFAB_PUSH_NORMAL = 1, /* a message */
	CONFAB_PUSH_HIGH = 2,   /* a call: wakes the device */
};

/** What of it goes beyond these is refused with CONFAB_EINVAL before a transport is asked [bytes]. */
#define CONFAB_PUSH_TARGET_MAX 4096
#define CONFAB_PUSH_PAYLOAD_MAX 3072

/** One push. Strings are the asker's until done. */
struct confab_push {
	struct confab_question q;
	const char *target; /* where to, as the device gave it: JSON text */
	const char *payload;
	size_t payload_len;
	const char *topic; /* takes the place of an older one that waits; NULL: of none */
	enum confab_push_urgency urgency;
	unsigned ttl_s;    /* how long it may wait for the device; 0: now or never */
	unsigned retry_ms; /* out: with EBUSY, when to try again */
};
/*
 * Answers (q.rc): 0: the push service has it, which is no promise · ENOENT: the target is gone for good,
 * forget it (or: no transport of that kind) · EBUSY: not now · EINVAL: the target cannot be read · EPERM: the
 * push service does not accept this server's credentials · EUNKNOWN: perhaps sent.
 */

struct confab_push_transport {
	size_t size;
	const char *kind; /* "webpush": [a-z][a-z0-9]{0,15} */
	/** Logic thread; answer by confab_question_answer, once, from any thread. */
	void (*send)(void *ctx, struct confab_push *push);
	/** What a client needs to make a target (an application server key …), or NULL. Borrowed until the
	 *  turn ends. Logic thread. */
	const char *(*key)(void *ctx);
};

/** Send by the transport of a kind; done always comes. Logic thread. */
void confab_push_send(struct confab_plugin *p, const char *kind, struct confab_push *push);
/** The transport's key; NULL: it has none, or there is no such kind. Logic thread. */
const char *confab_push_key(struct confab_plugin *p, const char *kind);

#ifdef __cplusplus
}
#endif
#endif
