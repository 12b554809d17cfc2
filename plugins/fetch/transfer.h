/**
 * Requests on one lane: libcurl's multi interface, run while there is something to do.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <confab/fetch.h>

#include "fetch/address.h"

/** One request. Made and freed on the logic thread; the lane has it in between. */
struct transfer {
	struct transfer *next;            /* in the lane's queue */
	struct transfer *all_next;        /* logic thread: of the plugin's list */
	void (*over)(struct transfer *t); /* called on the lane when it has ended */
	void *owner;
	atomic_bool cancelled;
	/* Logic thread: */
	uint64_t number;
	struct confab_plugin *user;
	confab_fetch_fn done;
	void *arg;
	/* As it was asked, then the lane's: */
	char *url, *method, *body;
	size_t body_len, max_bytes;
	long timeout_ms, redirects;
	struct curl_slist *headers;
	struct address_list allow;
	CURL *curl;
	bool refused, too_long; /* by an address, by its length */
	/* The answer: */
	int rc;
	long status;
	char type[128], why[CURL_ERROR_SIZE + 64];
	char *answer;
	size_t answer_len;
};

/** What the lane and the logic thread share. */
struct transfers {
	pthread_mutex_t lock;
	CURLM *multi;
	struct transfer *queue; /* under the lock */
	bool running;           /* under the lock: work is on the lane and will look at the queue */
};

/** @return false: libcurl cannot begin */
bool transfers_init(struct transfers *ts, long per_host, long total);
void transfers_fini(struct transfers *ts);

/** Copy a request; NULL: it is none, or there is no memory. */
struct transfer *transfer_new(const struct confab_fetch_request *rq);
void transfer_free(struct transfer *t);

/** Give it to the lane. @return true: transfers_run must be put on the lane. Logic thread. */
bool transfers_add(struct transfers *ts, struct transfer *t);
/** Wake the lane to see what was cancelled. Any thread. */
void transfers_wake(struct transfers *ts);
/** Lane: work until nothing is left. */
int transfers_run(void *ts);

#endif
