/**
 * The servers that confab is measured against: a bare epoll loop, and one that coalesces writes.
 *
 * One thread, no checks, nothing stored, nobody turned away; the same frames on the wire as confab
 * sends for hello, message.send and their fan-out, and an echo at /echo.
 *   baseline PORT             one send() per subscriber and message
 *   baseline --coalesce PORT  what a turn of the loop brings a subscriber leaves in one writev()
 * --skip, --twice, --lose, --text and --ack plant a fault on every 50th message, for its tests.
 *
 * SPDX-License-Identifier: MIT
 */
#include "baseline.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define READ_BYTES (64u * 1024u)
#define GATHER_MAX 512u
/* A socket that has not taken this much is closed: nobody waits for it. */
#define BACKLOG_MAX (8u << 20)

static void frame_unref(struct frame *frame)
{
	if (--frame->refs == 0)
		free(frame);
}

static void peer_poll_out(struct server *s, struct peer *p, bool wanted)
{
	if (p->polled_out == wanted)
		return;
	p->polled_out = wanted;
	struct epoll_event ev = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0u), .data.ptr = p};
	(void)epoll_ctl(s->epoll, EPOLL_CTL_MOD, p->fd, &ev);
}

/* The hang-up makes epoll name it, and then it is freed. */
static void peer_kill(struct peer *p)
{
	p->dead = true;
	(void)shutdown(p->fd, SHUT_RDWR);
}

static void queue_add(struct peer *p, struct frame *frame)
{
	if (p->queue_at == p->queue_len)
		p->queue_at = p->queue_len = 0;
	if (p->queue_len == p->queue_cap) {
		p->queue_cap = p->queue_cap == 0 ? 16 : p->queue_cap * 2;
		p->queue = realloc(p->queue, p->queue_cap * sizeof(struct frame *));
		if (p->queue == NULL)
			abort();
	}
	frame->refs++;
	p->queue[p->queue_len++] = frame;
	p->queued_bytes += frame->len;
}

static void mark_dirty(struct server *s, struct peer *p)
{
	if (p->dirty || p->polled_out)
		return;
	p->dirty = true;
	if (s->dirty_count == s->dirty_cap) {
		s->dirty_cap = s->dirty_cap == 0 ? 256 : s->dirty_cap * 2;
		s->dirty = realloc(s->dirty, s->dirty_cap * sizeof(struct peer *));
		if (s->dirty == NULL)
			abort();
	}
	s->dirty[s->dirty_count++] = p;
}

/* Forget what n written bytes cover. */
static void queue_take(struct peer *p, size_t n)
{
	p->queued_bytes -= n;
	n += p->head_at;
	while (p->queue_at < p->queue_len && n >= p->queue[p->queue_at]->len) {
		n -= p->queue[p->queue_at]->len;
		frame_unref(p->queue[p->queue_at++]);
	}
	p->head_at = n;
}

static void peer_flush(struct server *s, struct peer *p)
{
	struct iovec parts[GATHER_MAX];

	while (p->queue_at < p->queue_len && !p->dead) {
		int n = 0;
		for (size_t i = p->queue_at; i < p->queue_len && n < (int)GATHER_MAX; i++, n++) {
			size_t skip = i == p->queue_at ? p->head_at : 0;
			parts[n].iov_base = p->queue[i]->bytes + skip;
			parts[n].iov_len = p->queue[i]->len - skip;
		}
		ssize_t put = writev(p->fd, parts, n);
		if (put > 0) {
			queue_take(p, (size_t)put);
		} else if (errno == EAGAIN) {
			if (p->queued_bytes > BACKLOG_MAX)
				peer_kill(p);
			peer_poll_out(s, p, true);
			return;
		} else {
			peer_kill(p);
		}
	}
	peer_poll_out(s, p, false);
}

static void peer_free(struct server *s, struct peer *p)
{
	server_unsubscribe(s, p);
	for (size_t i = p->queue_at; i < p->queue_len; i++)
		frame_unref(p->queue[i]);
	(void)close(p->fd);
	free(p->queue);
	free(p->in);
	free(p);
}

static void accept_all(struct server *s)
{
	for (;;) {
		int yes = 1, fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
		struct peer *p = calloc(1, sizeof *p);
		if (p == NULL)
			abort();
		p->fd = fd;
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = p};
		if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
			abort();
	}
}

static void peer_read(struct server *s, struct peer *p)
{
	size_t want = p->in_len + READ_BYTES;
	if (s->scratch_cap < want) {
		s->scratch = realloc(s->scratch, want);
		s->scratch_cap = want;
		if (s->scratch == NULL)
			abort();
	}
	ssize_t got = recv(p->fd, s->scratch + p->in_len, READ_BYTES, 0);
	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			p->dead = true;
		return;
	}
	if (p->in_len > 0)
		memcpy(s->scratch, p->in, p->in_len);
	size_t n = p->in_len + (size_t)got;
	size_t used = server_take(s, p, s->scratch, n);
	p->in_len = n - used;
	if (p->in_len > 0) {
		p->in = realloc(p->in, p->in_len);
		if (p->in == NULL)
			abort();
		memcpy(p->in, s->scratch + used, p->in_len);
	}
}

static int listen_on(uint16_t port)
{
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&at, sizeof at) != 0 ||
		listen(fd, 4096) != 0 ||
		getsockname(fd, (struct sockaddr *)(void *)&at, &size) != 0) {
		perror("baseline: listen");
		return -1;
	}
	/* the driver waits for this line, and reads the port that 0 became */
	printf("listening on 127.0.0.1:%u\n", ntohs(at.sin_port));
	(void)fflush(stdout);
	return fd;
}

static void raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void turn(struct server *s)
{
	struct epoll_event events[EVENTS_MAX];
	struct peer *dead[EVENTS_MAX];
	int n_dead = 0;

	int n = epoll_wait(s->epoll, events, EVENTS_MAX, -1);
	for (int i = 0; i < n; i++) {
		struct peer *p = events[i].data.ptr;
		if (p == NULL) {
			accept_all(s);
			continue;
		}
		if ((events[i].events & EPOLLOUT) && !p->dead)
			peer_flush(s, p);
		if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !p->dead)
			peer_read(s, p);
	}
	for (size_t i = 0; i < s->dirty_count; i++) {
		s->dirty[i]->dirty = false;
		peer_flush(s, s->dirty[i]);
	}
	s->dirty_count = 0;
	for (int i = 0; i < n; i++) {
		struct peer *p = events[i].data.ptr;
		if (p != NULL && p->dead)
			dead[n_dead++] = p;
	}
	while (n_dead > 0)
		peer_free(s, dead[--n_dead]);
}

/* ---------------------------------------------------------------------------------------- */

void peer_send(struct server *s, struct peer *p, struct frame *frame)
{
	if (p->dead)
		return;
	if (s->coalesce || p->queue_at < p->queue_len) {
		queue_add(p, frame);
		mark_dirty(s, p);
		return;
	}
	ssize_t put = send(p->fd, frame->bytes, frame->len, MSG_NOSIGNAL);
	if (put == (ssize_t)frame->len)
		return;
	if (put < 0 && errno != EAGAIN) {
		peer_kill(p);
		return;
	}
	queue_add(p, frame);
	if (put > 0)
		queue_take(p, (size_t)put);
	peer_poll_out(s, p, true);
}

/* @return 0, or -1 for what is no option of ours */
static int take_option(struct server *s, const char *text)
{
	static const char *const faults[] = {
		[FAULT_SKIP] = "--skip",
		[FAULT_TWICE] = "--twice",
		[FAULT_LOSE] = "--lose",
		[FAULT_TEXT] = "--text",
		[FAULT_ACK] = "--ack",
	};

	if (strcmp(text, "--coalesce") == 0) {
		s->coalesce = true;
		return 0;
	}
	for (size_t i = FAULT_SKIP; i < sizeof faults / sizeof faults[0]; i++) {
		if (strcmp(text, faults[i]) != 0)
			continue;
		s->fault = (enum fault)i;
		return 0;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct server s = {.epoll = -1};
	int at = 1;

	while (at < argc && take_option(&s, argv[at]) == 0)
		at++;
	if (at + 1 != argc) {
		(void)fputs(
			"usage: baseline [--coalesce] [--skip|--twice|--lose|--text|--ack] PORT\n",
			stderr);
		return 2;
	}
	raise_limit();
	(void)signal(SIGPIPE, SIG_IGN);
	s.listener = listen_on((uint16_t)strtoul(argv[at], NULL, 10));
	s.epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
	if (s.listener < 0 || epoll_ctl(s.epoll, EPOLL_CTL_ADD, s.listener, &ev) != 0)
		return 2;
	for (;;)
		turn(&s);
}
