/*
 * Watches: an epoll set of our own, which libevent watches as one descriptor. The links of two rings
 * lie in the watch itself, so that a watched descriptor costs no memory besides it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "loop/watch.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "loop/loop_internal.h"

/* How many are asked for at once; there is another round as long as it comes full. */
#define EVENTS_MAX 256

static void link_alone(struct watch_link *l)
{
	l->next = l;
	l->prev = l;
}

static bool link_is_alone(const struct watch_link *l)
{
	return l->next == l;
}

static void link_append(struct watch_link *ring, struct watch_link *l)
{
	l->prev = ring->prev;
	l->next = ring;
	ring->prev->next = l;
	ring->prev = l;
}

static void link_remove(struct watch_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	link_alone(l);
}

static struct watch *watch_of_ready(struct watch_link *l)
{
	return (struct watch *)((char *)l - offsetof(struct watch, ready));
}

static struct watch *watch_of_all(struct watch_link *l)
{
	return (struct watch *)((char *)l - offsetof(struct watch, all));
}

static void watch_mark(struct watch *w, unsigned what)
{
	if (w->what == 0)
		link_append(&w->set->ready, &w->ready);
	w->what |= (uint8_t)what;
}

/* Errors and hang-ups count as both. */
static unsigned what_of(uint32_t events)
{
	if (events & (EPOLLERR | EPOLLHUP))
		return WATCH_READ | WATCH_WRITE;
	return (events & EPOLLIN ? WATCH_READ : 0u) | (events & EPOLLOUT ? WATCH_WRITE : 0u);
}

static void some_became_ready(evutil_socket_t fd, short events, void *arg)
{
	struct epoll_event came[EVENTS_MAX];
	int n;

	(void)events;
	(void)arg;
	do {
		n = epoll_wait(fd, came, EVENTS_MAX, 0);
		for (int i = 0; i < n; i++) {
			struct watch *w = came[i].data.ptr;
			unsigned what = what_of(came[i].events) & w->wanted;

			if (what != 0)
				watch_mark(w, what);
		}
	} while (n == EVENTS_MAX);
}

/* ------------------------------------------------------------------------------------------- */

int watch_set_init(struct watch_set *s, struct event_base *base, struct confab_error *err)
{
	*s = (struct watch_set){.epoll = -1};
	link_alone(&s->all);
	link_alone(&s->ready);
	if (base == NULL)
		return 0;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		return confab_error_set(
			err, CONFAB_EIO, "cannot watch descriptors (%s)", strerror(errno));
	s->event = event_new(base, s->epoll, EV_READ | EV_PERSIST, some_became_ready, NULL);
	if (s->event == NULL || event_add(s->event, NULL) != 0)
		return confab_error_set(err, CONFAB_EIO, "cannot watch descriptors (libevent)");
	return 0;
}

void watch_set_fini(struct watch_set *s)
{
	while (!link_is_alone(&s->all))
		watch_stop(watch_of_all(s->all.next));
	if (s->event != NULL)
		event_free(s->event);
	if (s->epoll >= 0)
		close(s->epoll);
}

bool watch_set_ready(const struct watch_set *s)
{
	return !link_is_alone(&s->ready);
}

unsigned watch_set_fire(struct watch_set *s)
{
	struct watch_link firing;
	unsigned fired = 0;

	if (link_is_alone(&s->ready))
		return 0;
	/* Move the whole ring under a head of our own: what becomes ready meanwhile is the next
	 * turn's, and a watch stopped by another's function unlinks itself from here. */
	firing = s->ready;
	firing.next->prev = &firing;
	firing.prev->next = &firing;
	link_alone(&s->ready);
	while (!link_is_alone(&firing)) {
		struct watch *w = watch_of_ready(firing.next);
		unsigned what = w->what;

		link_remove(&w->ready);
		w->what = 0;
		fired++;
		w->fn(w->arg, what); /* may stop and free w */
	}
	return fired;
}

void watch_init(struct watch *w, void (*fn)(void *arg, unsigned what), void *arg)
{
	*w = (struct watch){.fn = fn, .arg = arg, .fd = -1};
}

int watch_start(struct loop *loop, struct watch *w, int fd, unsigned what, struct confab_error *err)
{
	struct watch_set *s = &loop->watches;
	struct epoll_event ev = {.events = EPOLLET, .data.ptr = w};

	assert(w->set == NULL && w->fn != NULL && what != 0);
	if (s->epoll < 0)
		return confab_error_set(
			err, CONFAB_EUNSUPPORTED, "a simulation has no descriptors to watch");
	if (what & WATCH_READ)
		ev.events |= EPOLLIN;
	if (what & WATCH_WRITE)
		ev.events |= EPOLLOUT;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
		return confab_error_set(
			err, CONFAB_EIO, "cannot watch descriptor %d (%s)", fd, strerror(errno));
	link_alone(&w->ready);
	link_append(&s->all, &w->all);
	w->set = s;
	w->fd = fd;
	w->wanted = (uint8_t)what;
	w->what = 0;
	return 0;
}

void watch_again(struct watch *w, unsigned what)
{
	assert(w->set != NULL && what != 0);
	watch_mark(w, what);
}

void watch_stop(struct watch *w)
{
	struct watch_set *s = w->set;

	if (s == NULL)
		return;
	(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, w->fd, NULL); /* it may be closed already */
	link_remove(&w->all);
	link_remove(&w->ready);
	w->set = NULL;
	w->fd = -1;
}

bool watch_running(const struct watch *w)
{
	return w->set != NULL;
}
