/**
 * The lane's side of fetch.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fetch/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX ((size_t)16 << 20)
#define HEADERS_MAX 32
#define POLL_MS 1000

/* Every hop comes through here, with the address it is about to connect to. */
static curl_socket_t socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct transfer *t = arg;
	(void)purpose;
	if (!address_allowed(&addr->addr, &t->allow)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

static size_t answer_add(char *bytes, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	if (len > t->max_bytes - t->answer_len) {
		t->too_long = true;
		return 0;
	}
	char *grown = realloc(t->answer, t->answer_len + len + 1);
	if (grown == NULL)
		return 0;
	memcpy(grown + t->answer_len, bytes, len);
	t->answer = grown;
	t->answer_len += len;
	t->answer[t->answer_len] = '\0';
	return len;
}

/* Every option must be taken: one that is not would be a hole. */
static bool prepare(struct transfer *t)
{
	CURL *c = t->curl = curl_easy_init();
	if (c == NULL)
		return false;
	CURLcode rc = curl_easy_setopt(c, CURLOPT_URL, t->url);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PRIVATE, t);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, t->redirects > 0 ? 1L : 0L);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_MAXREDIRS, t->redirects);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PROXY, "");
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, t->timeout_ms);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, socket_open);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, answer_add);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->why);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers);
	if (t->body != NULL) {
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_POSTFIELDS, t->body);
		rc = rc ? rc
			: curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body_len);
	}
	if (t->method != NULL && strcmp(t->method, "HEAD") == 0)
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else if (t->method != NULL)
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, t->method);
	return rc == CURLE_OK;
}

static int code_of(const struct transfer *t, CURLcode rc)
{
	if (t->refused)
		return CONFAB_EPERM;
	if (t->too_long)
		return CONFAB_ELIMIT;
	switch (rc) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return CONFAB_ETIMEDOUT;
	case CURLE_TOO_MANY_REDIRECTS:
		return CONFAB_ELIMIT;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return CONFAB_EINVAL;
	default:
		return CONFAB_EIO;
	}
}

/* It has ended: out of libcurl, and home. */
static void finish(struct transfers *ts, struct transfer *t, CURLcode rc)
{
	const char *type = NULL;
	t->rc = code_of(t, rc);
	if (t->curl != NULL) {
		(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &t->status);
		(void)curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
		snprintf(t->type, sizeof(t->type), "%s", type != NULL ? type : "");
		(void)curl_multi_remove_handle(ts->multi, t->curl);
		curl_easy_cleanup(t->curl);
		t->curl = NULL;
	}
	if (t->refused)
		snprintf(t->why, sizeof(t->why), "its address is not public; see fetch.allow");
	else if (t->too_long)
		snprintf(t->why, sizeof(t->why), "it is longer than %zu bytes", t->max_bytes);
	else if (rc != CURLE_OK && t->why[0] == '\0')
		snprintf(t->why, sizeof(t->why), "%s", curl_easy_strerror(rc));
	t->over(t);
}

/* Take in what was queued; active is the lane's list. */
static void take_in(struct transfers *ts, struct transfer **active)
{
	pthread_mutex_lock(&ts->lock);
	struct transfer *t = ts->queue, *next;
	ts->queue = NULL;
	pthread_mutex_unlock(&ts->lock);
	for (; t != NULL; t = next) {
		next = t->next;
		if (prepare(t) && curl_multi_add_handle(ts->multi, t->curl) == CURLM_OK) {
			t->next = *active;
			*active = t;
		} else
			finish(ts, t, CURLE_FAILED_INIT);
	}
}

static void unlink_from(struct transfer **active, const struct transfer *t)
{
	while (*active != t)
		active = &(*active)->next;
	*active = t->next;
}

static void drop_cancelled(struct transfers *ts, struct transfer **active)
{
	while (*active != NULL) {
		struct transfer *t = *active;
		if (!atomic_load(&t->cancelled)) {
			active = &t->next;
			continue;
		}
		*active = t->next;
		finish(ts, t, CURLE_ABORTED_BY_CALLBACK);
	}
}

static void take_ended(struct transfers *ts, struct transfer **active)
{
	int left;
	for (CURLMsg *m = curl_multi_info_read(ts->multi, &left); m != NULL;
		m = curl_multi_info_read(ts->multi, &left)) {
		char *private = NULL;
		CURLcode rc = m->data.result;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
		struct transfer *t = (struct transfer *)(void *)private;
		unlink_from(active, t);
		finish(ts, t, rc);
	}
}

/* ------------------------------------------------------------------------------------------ */

bool transfers_init(struct transfers *ts, long per_host, long total)
{
	pthread_mutex_init(&ts->lock, NULL);
	ts->multi = curl_multi_init();
	return ts->multi != NULL &&
		curl_multi_setopt(ts->multi, CURLMOPT_MAX_HOST_CONNECTIONS, per_host) == CURLM_OK &&
		curl_multi_setopt(ts->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, total) == CURLM_OK;
}

void transfers_fini(struct transfers *ts)
{
	if (ts->multi != NULL)
		(void)curl_multi_cleanup(ts->multi);
	pthread_mutex_destroy(&ts->lock);
}

struct transfer *transfer_new(const struct confab_fetch_request *rq)
{
	if (rq->url == NULL || rq->n_headers > HEADERS_MAX || rq->body_len > BODY_MAX)
		return NULL;
	struct transfer *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->url = strdup(rq->url);
	t->method = rq->method != NULL ? strdup(rq->method) : NULL;
	bool ok = t->url != NULL && (rq->method == NULL || t->method != NULL);
	if (rq->body != NULL) {
		t->body = malloc(rq->body_len + 1);
		ok = ok && t->body != NULL;
		if (t->body != NULL)
			memcpy(t->body, rq->body, rq->body_len);
		t->body_len = rq->body_len;
	}
	for (size_t i = 0; i < rq->n_headers && ok; i++) {
		struct curl_slist *more = strpbrk(rq->headers[i], "\r\n") == NULL
			? curl_slist_append(t->headers, rq->headers[i])
			: NULL;
		ok = more != NULL;
		t->headers = ok ? more : t->headers;
	}
	if (ok)
		return t;
	transfer_free(t);
	return NULL;
}

void transfer_free(struct transfer *t)
{
	curl_slist_free_all(t->headers);
	free(t->url);
	free(t->method);
	free(t->body);
	free(t->answer);
	free(t);
}

bool transfers_add(struct transfers *ts, struct transfer *t)
{
	pthread_mutex_lock(&ts->lock);
	bool idle = !ts->running;
	ts->running = true;
	struct transfer **at = &ts->queue;
	while (*at != NULL)
		at = &(*at)->next;
	*at = t;
	t->next = NULL;
	pthread_mutex_unlock(&ts->lock);
	if (!idle)
		transfers_wake(ts);
	return idle;
}

void transfers_wake(struct transfers *ts)
{
	(void)curl_multi_wakeup(ts->multi);
}

int transfers_run(void *arg)
{
	struct transfers *ts = arg;
	struct transfer *active = NULL;
	for (bool on = true; on;) {
		int running;
		take_in(ts, &active);
		drop_cancelled(ts, &active);
		(void)curl_multi_perform(ts->multi, &running);
		take_ended(ts, &active);
		if (active != NULL)
			(void)curl_multi_poll(ts->multi, NULL, 0, POLL_MS, NULL);
		pthread_mutex_lock(&ts->lock);
		on = active != NULL || ts->queue != NULL;
		ts->running = on;
		pthread_mutex_unlock(&ts->lock);
	}
	return 0;
}
