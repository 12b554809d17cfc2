/**
 * Outbound HTTP: the service "fetch", provided by the plugin of that name. It connects to no address that is not
 * public unless its administrator allows that, on no hop; and bounds sizes, times and how much goes on at once.
 *
 *     const struct confab_fetch_service *fetch;
 *     fetch = confab_service_use(p, CONFAB_FETCH, CONFAB_FETCH_MAJOR, sizeof(*fetch), &fetch_ctx);
 *     struct confab_fetch_request rq = {.size = sizeof(rq), .url = "https://example.org/"};
 *     if (fetch->start(fetch_ctx, p, &rq, got_it, arg) == 0)
 *             …busy…
 *
 * Logic thread, all of it. Who uses it says .requires_ = "fetch", and calls end() in its unload.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_FETCH_H
#define CONFAB_FETCH_H

#include <confab/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CONFAB_FETCH "fetch"
#define CONFAB_FETCH_MAJOR 1

/** What to ask for. Zeroed but for what is wanted; everything is copied. */
struct confab_fetch_request {
	size_t size;                /* of this struct */
	const char *method;         /* NULL: GET, or POST with a body */
	const char *url;            /* http or https */
	const char *const *headers; /* "Name: value" each */
	size_t n_headers;           /* ≤ 32 */
	const void *body;
	size_t body_len;     /* ≤ 16 MB */
	unsigned timeout_ms; /* for everything; 0 and beyond the setting: the setting */
	size_t max_bytes;    /* of the answer; 0 and beyond the setting: the setting */
	unsigned
		redirects; /* how many are followed; headers go along, so 0 where they are secret */
};

/** What came. Borrowed until return. */
struct confab_fetch_answer {
	size_t size; /* of this struct */
	int rc; /* 0: there is a status; ETIMEDOUT, ELIMIT (too long), EPERM (an address that is not
		      * public), EIO (no connection, no answer), EINVAL (the request) */
	int status;       /* 200 … */
	const char *type; /* Content-Type, or "" */
	const char *body; /* with a NUL behind */
	size_t len;
	const char *why; /* for the log, when rc is not 0 */
};

typedef void (*confab_fetch_fn)(void *arg, const struct confab_fetch_answer *answer);

struct confab_fetch_service {
	size_t size;
	/** Ask. done comes once, in a later turn, unless cancelled. @return its number; 0: too much goes on
	 *  already, or the request is none */
	uint64_t (*start)(void *ctx, struct confab_plugin *user,
		const struct confab_fetch_request *rq, confab_fetch_fn done, void *arg);
	/** Forget one: its done does not come. One that is over is fine. */
	void (*cancel)(void *ctx, uint64_t number);
	/** Forget all of a user. */
	void (*end)(void *ctx, struct confab_plugin *user);
};

#ifdef __cplusplus
}
#endif
#endif
