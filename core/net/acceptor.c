/**
 * Accepting, counting, refusing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/acceptor.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "net/conn.h"
#include "net/io.h"
#include "net/listener.h"
#include "net/memory.h"
#include "net/net_internal.h"
#include "net/tls.h"

/** Sockets accepted from one listener per turn. */
#define ACCEPT_BATCH 64
/** How long nobody is accepted when descriptors have run out. */
#define FILES_PAUSE_US 250000
/** The log says so at most every … */
#define FILES_LOG_US 10000000

struct listener {
	struct acceptor *acceptor;
	struct watch watch;
	int fd; /* -1: closed */
	char *name;
	char *path;        /* of a Unix socket that we made */
	void *tls_context; /* SSL_CTX, or NULL: not yet */
	bool tls, proxy;
};

struct acceptor {
	struct net *net;
	struct listener **listeners;
	size_t n_listeners;
	uint32_t loads[256]; /* connections per I/O thread */
	uint32_t total;
	struct nummap *addresses; /* addr_key → how many, as a pointer */
	int reserve;              /* a descriptor to give up when there are no others */
	struct timer pause;
	int64_t files_logged_us;
	bool started, stopping;
	void (*empty)(void *arg);
	void *empty_arg;
	_Atomic uint64_t accepted;
	_Atomic uint64_t refused[NET_REFUSAL_COUNT];
};

struct offer {
	struct mail mail;
	struct acceptor *acceptor;
	struct memory_end *end;
	struct addr peer;
};

static unsigned least_loaded(const struct acceptor *a)
{
	unsigned best = 0;

	for (unsigned i = 1; i < a->net->n_io; i++)
		if (a->loads[i] < a->loads[best])
			best = i;
	return best;
}

static uintptr_t address_count(const struct acceptor *a, uint64_t key)
{
	return (uintptr_t)nummap_find(a->addresses, key);
}

static void address_count_set(struct acceptor *a, uint64_t key, uintptr_t n)
{
	if (n > 0)
		(void)nummap_put(a->addresses, key, (void *)n);
	else
		(void)nummap_take(a->addresses, key);
}

/** Under which number it is counted; 0: not at all (Unix sockets, and what a proxy brings). */
static uint64_t counted_key(const struct addr *peer, bool proxied)
{
	if (proxied || (peer->family != ADDR_V4 && peer->family != ADDR_V6))
		return 0;
	return addr_key(peer);
}

static void count_in(struct acceptor *a, unsigned thread, uint64_t key)
{
	a->loads[thread]++;
	a->total++;
	if (key)
		address_count_set(a, key, address_count(a, key) + 1);
}

static void gone_run(struct mail *m)
{
	struct conn *c = (struct conn *)(void *)((char *)m - offsetof(struct conn, gone));
	struct acceptor *a = c->acceptor;

	a->loads[c->io->index]--;
	a->total--;
	if (c->counted_key)
		address_count_set(a, c->counted_key, address_count(a, c->counted_key) - 1);
	free(c);
	if (a->total == 0 && a->empty) {
		void (*empty)(void *arg) = a->empty;

		a->empty = NULL;
		empty(a->empty_arg);
	}
}

/** @return NET_REFUSAL_COUNT: it may come in */
static enum net_refusal judge(const struct acceptor *a, const struct addr *peer, bool proxied)
{
	const struct net_limits *l = &a->net->rules->limits;

	if (a->stopping)
		return NET_REFUSAL_STOPPING;
	if (a->total >= l->connections)
		return NET_REFUSAL_FULL;
	uint64_t key = counted_key(peer, proxied);

	if (key && l->per_address > 0 && address_count(a, key) >= l->per_address)
		return NET_REFUSAL_ADDRESS;
	return NET_REFUSAL_COUNT;
}

/** A new connection for the thread with the fewest. */
static struct arrival *arrival_new(struct acceptor *a, const struct addr *peer, bool proxied)
{
	struct arrival *arrival = alloc_zero(1, sizeof(*arrival));
	unsigned thread = least_loaded(a);

	arrival->mail.run = conn_arrive;
	arrival->acceptor = a;
	arrival->io = a->net->io[thread];
	arrival->peer = *peer;
	arrival->counted_key = counted_key(peer, proxied);
	arrival->proxy = proxied;
	count_in(a, thread, arrival->counted_key);
	counter_add(&a->accepted, 1);
	return arrival;
}

static void take_socket(struct listener *l, int fd, const struct addr *peer)
{
	struct acceptor *a = l->acceptor;
	enum net_refusal refusal = judge(a, peer, l->proxy);

	if (refusal == NET_REFUSAL_COUNT && l->tls && !l->tls_context)
		refusal = NET_REFUSAL_STOPPING; /* no certificate yet */
	if (refusal != NET_REFUSAL_COUNT) {
		counter_add(&a->refused[refusal], 1);
		(void)close(fd);
		return;
	}
	struct arrival *arrival = arrival_new(a, peer, l->proxy);

	arrival->tls = l->tls ? tls_context_ref(l->tls_context) : NULL;
	transport_plain(&arrival->transport, fd);
	loop_post(arrival->io->loop, &arrival->mail);
}

/**
 * No descriptor is left: give up the reserve to take one socket off the queue and close it, so that
 * one peer learns at once; then leave the queue alone for a while.
 */
static void out_of_files(struct listener *l)
{
	struct acceptor *a = l->acceptor;
	int64_t now_us = loop_now_us(a->net->main);

	counter_add(&a->refused[NET_REFUSAL_FILES], 1);
	if (a->reserve >= 0) {
		(void)close(a->reserve);
		int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			(void)close(fd);
		a->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	if (a->files_logged_us == 0 || now_us - a->files_logged_us > FILES_LOG_US) {
		a->files_logged_us = now_us;
		log_warning("acceptor, out of file descriptors (%u connections; raise "
			    "LimitNOFILE, or lower limits.connections)",
			a->total);
	}
	if (!timer_running(&a->pause))
		timer_start(a->net->main, &a->pause, FILES_PAUSE_US);
}

static bool passing(int err)
{
	/* accept(2): errors of the connection, not of the listener. */
	return err == EINTR || err == ECONNABORTED || err == EPROTO || err == ENETDOWN ||
		err == ENOPROTOOPT || err == EHOSTDOWN || err == ENONET || err == EHOSTUNREACH ||
		err == ENETUNREACH || err == EPERM;
}

static void listener_ready(void *arg, unsigned what)
{
	struct listener *l = arg;

	(void)what;
	if (timer_running(&l->acceptor->pause))
		return;
	for (unsigned i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		struct addr peer;
		int fd = accept4(l->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			addr_from_sockaddr(&peer, (const struct sockaddr *)&ss);
			take_socket(l, fd, &peer);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			errno == ENOMEM) {
			out_of_files(l);
			return;
		} else if (!passing(errno)) {
			log_error("listener '%s', accepting failed (%s)", l->name, strerror(errno));
			return;
		}
	}
	watch_again(&l->watch, WATCH_READ);
}

static void pause_over(void *arg)
{
	struct acceptor *a = arg;

	for (size_t i = 0; i < a->n_listeners; i++)
		if (watch_running(&a->listeners[i]->watch))
			watch_again(&a->listeners[i]->watch, WATCH_READ);
}

static void listener_start(struct acceptor *a, struct listener *l)
{
	struct confab_error err = {0};

	watch_init(&l->watch, listener_ready, l);
	if (watch_start(a->net->main, &l->watch, l->fd, WATCH_READ, &err) != 0) {
		log_error("listener '%s', cannot be watched (%s)", l->name, err.text);
		return;
	}
	watch_again(&l->watch, WATCH_READ); /* who came before */
}

static void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	watch_stop(&l->watch);
	(void)close(l->fd);
	l->fd = -1;
	if (l->path)
		(void)unlink(l->path); /* it may be gone already */
}

static void offer_run(struct mail *m)
{
	struct offer *o = (struct offer *)(void *)m;
	struct acceptor *a = o->acceptor;
	enum net_refusal refusal = judge(a, &o->peer, false);

	if (refusal != NET_REFUSAL_COUNT) {
		counter_add(&a->refused[refusal], 1);
		memory_close(o->end);
	} else {
		struct arrival *arrival = arrival_new(a, &o->peer, false);

		transport_memory(&arrival->transport, o->end);
		loop_post(arrival->io->loop, &arrival->mail);
	}
	free(o);
}

/* ------------------------------------------------------------------------------------------- */

struct acceptor *acceptor_new(struct net *net)
{
	struct acceptor *a = alloc_zero(1, sizeof(*a));

	a->net = net;
	a->addresses = nummap_new();
	a->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	timer_init(&a->pause, pause_over, a);
	return a;
}

void acceptor_free(struct acceptor *a)
{
	if (!a)
		return;
	assert(a->total == 0);
	acceptor_stop(a);
	for (size_t i = 0; i < a->n_listeners; i++) {
		free(a->listeners[i]->name);
		free(a->listeners[i]->path);
		tls_context_unref(a->listeners[i]->tls_context);
		free(a->listeners[i]);
	}
	free(a->listeners);
	nummap_free(a->addresses);
	if (a->reserve >= 0)
		(void)close(a->reserve);
	free(a);
}

int acceptor_listen(struct acceptor *a, const struct net_listener *wanted, struct confab_error *err)
{
	char *name, *path;
	int fd = listener_socket(wanted, &name, &path, err);

	if (fd < 0)
		return fd;
	struct listener *l = alloc_zero(1, sizeof(*l));

	l->acceptor = a;
	l->fd = fd;
	l->name = name;
	l->path = path;
	l->tls = wanted->tls;
	l->proxy = wanted->proxy;
	watch_init(&l->watch, listener_ready, l);
	a->listeners = alloc_resize(a->listeners, (a->n_listeners + 1) * sizeof(*a->listeners));
	a->listeners[a->n_listeners++] = l;
	if (a->started)
		listener_start(a, l);
	return 0;
}

const char *acceptor_name(const struct acceptor *a, size_t n)
{
	return n < a->n_listeners ? a->listeners[n]->name : NULL;
}

void acceptor_tls_set(struct acceptor *a, size_t n, void *context)
{
	struct listener *l = a->listeners[n];

	assert(n < a->n_listeners && l->tls);
	tls_context_unref(l->tls_context);
	l->tls_context = context;
}

void acceptor_start(struct acceptor *a)
{
	a->started = true;
	for (size_t i = 0; i < a->n_listeners; i++)
		listener_start(a, a->listeners[i]);
}

void acceptor_stop(struct acceptor *a)
{
	a->stopping = true;
	timer_stop(&a->pause);
	for (size_t i = 0; i < a->n_listeners; i++)
		listener_close(a->listeners[i]);
}

void acceptor_when_empty(struct acceptor *a, void (*done)(void *arg), void *arg)
{
	if (a->total == 0) {
		done(arg);
		return;
	}
	a->empty = done;
	a->empty_arg = arg;
}

void acceptor_offer(struct acceptor *a, struct memory_end *end, const char *peer)
{
	struct offer *o = alloc_zero(1, sizeof(*o));

	o->mail.run = offer_run;
	o->acceptor = a;
	o->end = end;
	if (!addr_parse(&o->peer, peer, strlen(peer)))
		o->peer.family = ADDR_UNIX;
	loop_post(a->net->main, &o->mail);
}

void acceptor_gone(struct conn *c)
{
	c->gone.run = gone_run;
	loop_post(c->acceptor->net->main, &c->gone);
}

void acceptor_stats(const struct acceptor *a, struct net_stats *out)
{
	out->accepted = counter_get(&a->accepted);
	for (int i = 0; i < NET_REFUSAL_COUNT; i++)
		out->refused[i] = counter_get(&a->refused[i]);
}
