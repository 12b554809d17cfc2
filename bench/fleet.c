/**
 * The fleet: addresses, sockets, the turn of the loop.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fleet.h"
#include "proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Between two looks at the clock no more sockets are read than this. */
#define EVENTS_MAX 64
#define PROGRESS_NS 30000000000u

static int fail(struct fleet *f, const char *what)
{
	(void)snprintf(f->failure, sizeof f->failure, "%s: %s", what, strerror(errno));
	return -1;
}

static int find_address(struct fleet *f)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	int err = getaddrinfo(f->o->host, f->o->port, &hints, &found);
	if (err != 0) {
		(void)fprintf(stderr, "confab-bench: %s: %s\n", f->o->host, gai_strerror(err));
		return -1;
	}
	f->address = calloc(1, sizeof *f->address);
	if (f->address == NULL)
		abort();
	memcpy(f->address, found->ai_addr, found->ai_addrlen);
	f->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int make_tls(struct fleet *f)
{
	if (!f->o->tls)
		return 0;
	f->tls = SSL_CTX_new(TLS_client_method());
	if (f->tls == NULL)
		abort();
	SSL_CTX_set_mode(f->tls,
		SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(f->tls, f->o->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	int ok = f->o->ca_file != NULL ? SSL_CTX_load_verify_locations(f->tls, f->o->ca_file, NULL)
				       : SSL_CTX_set_default_verify_paths(f->tls);
	if (ok != 1) {
		(void)fputs("confab-bench: cannot read the trusted certificates\n", stderr);
		return -1;
	}
	return 0;
}

/* One key for all connections: a server cannot tell, and its answer is computed once. */
static void make_key(struct fleet *f)
{
	unsigned char raw[16];
	if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw)
		abort();
	(void)EVP_EncodeBlock((unsigned char *)f->key, raw, sizeof raw);
	ws_accept(f->accept, f->key, strlen(f->key));
}

/* A loopback address of its own for every 20,000 connections: ports run out before that. */
static int bind_source(const struct fleet *f, const struct conn *c)
{
	if (f->address->ss_family != AF_INET || f->o->sources < 2)
		return 0;
	const struct sockaddr_in *to = (const struct sockaddr_in *)(const void *)f->address;
	if (ntohl(to->sin_addr.s_addr) >> 24 != 127)
		return 0;
	uint32_t n = 2 + c->index % f->o->sources;
	struct sockaddr_in from = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000000u | (n / 250u) << 8 | (1 + n % 250u))};
	int yes = 1;
	(void)setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
	return bind(c->fd, (const struct sockaddr *)(const void *)&from, sizeof from);
}

/* Begin what may be begun. @return 0 or -1 */
static int begin_more(struct fleet *f, uint32_t *next, uint32_t end)
{
	while (*next < end && f->making < f->o->concurrency) {
		if (fleet_begin(f, &f->conns[*next]) != 0)
			return -1;
		(*next)++;
	}
	return 0;
}

/* ---------------------------------------------------------------------------------------- */

int fleet_init(struct fleet *f, const struct options *o, uint32_t count,
	const struct fleet_events *events, void *arg)
{
	memset(f, 0, sizeof *f);
	f->o = o;
	f->events = events;
	f->arg = arg;
	f->count = count;
	f->conns = calloc(count, sizeof *f->conns);
	f->dirty = calloc(count, sizeof(struct conn *));
	if (f->conns == NULL || f->dirty == NULL)
		abort();
	for (uint32_t i = 0; i < count; i++) {
		f->conns[i].fd = -1;
		f->conns[i].index = i;
	}
	make_key(f);
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0 || find_address(f) != 0 || make_tls(f) != 0) {
		fleet_fini(f);
		return -1;
	}
	return 0;
}

void fleet_tokens(struct fleet *f, char *const *tokens, uint32_t count)
{
	f->tokens = tokens;
	f->tokens_count = count;
}

void fleet_fini(struct fleet *f)
{
	f->closing = true;
	for (uint32_t i = 0; i < f->count; i++)
		conn_close(f, &f->conns[i], NULL);
	if (f->epoll >= 0)
		(void)close(f->epoll);
	SSL_CTX_free(f->tls);
	free(f->address);
	free(f->scratch);
	free(f->dirty);
	free(f->conns);
	memset(f, 0, sizeof *f);
	f->epoll = -1;
}

int fleet_begin(struct fleet *f, struct conn *c)
{
	int yes = 1;

	c->begun_ns = now_ns();
	c->fd = socket(f->address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return fail(f, "socket");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	c->state = CONN_CONNECTING;
	f->making++;
	struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
	if (bind_source(f, c) != 0 ||
		(connect(c->fd, (const struct sockaddr *)(const void *)f->address,
			 f->address_len) != 0 &&
			errno != EINPROGRESS) ||
		epoll_ctl(f->epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0) {
		(void)fail(f, "connect");
		conn_close(f, c, "connect");
		return -1;
	}
	c->polled_out = true;
	return 0;
}

int fleet_open(struct fleet *f, uint32_t first, uint32_t n)
{
	uint32_t next = first, reached = f->open, goal = f->open + n;
	uint64_t progress = now_ns(), lost = f->lost;

	while (f->open < goal) {
		if (begin_more(f, &next, first + n) != 0 || f->lost > lost)
			goto broken;
		fleet_turn(f, 100000000);
		uint64_t now = now_ns();
		if (f->open > reached) {
			reached = f->open;
			progress = now;
		}
		if (now - progress > PROGRESS_NS) {
			(void)snprintf(f->failure, sizeof f->failure, "no connection in 30 s");
			goto broken;
		}
	}
	return 0;
broken:
	(void)fprintf(stderr, "confab-bench: %u of %u connections open, then: %s\n", f->open, goal,
		f->failure);
	return -1;
}

void fleet_turn(struct fleet *f, uint64_t timeout_ns)
{
	struct epoll_event events[EVENTS_MAX];
	struct timespec wait = {.tv_sec = (time_t)(timeout_ns / 1000000000u),
		.tv_nsec = (long)(timeout_ns % 1000000000u)};

	uint32_t n = f->dirty_count;
	f->dirty_count = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct conn *c = f->dirty[i];
		c->dirty = false;
		if (c->state != CONN_IDLE && c->state != CONN_CONNECTING && c->state != CONN_TLS)
			conn_flush(f, c);
	}
	int got = epoll_pwait2(f->epoll, events, EVENTS_MAX, &wait, NULL);
	for (int i = 0; i < got; i++)
		conn_ready(f, events[i].data.ptr, events[i].events);
}
