/**
 * The I/O thread's housekeeping: slots, the turn's end, the wheel, the date.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/io.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "net/acceptor.h"
#include "net/conn.h"
#include "net/deflate.h"
#include "net/doors.h"
#include "net/net_internal.h"

#define IO_MAGIC 0x696f5468u
#define METER_TICK_US 20000
/** How many ticks of the wheel a free queue is kept that nobody took. */
#define TRIM_TICKS 2
/** Quick: what is sent once costs once, what many get is deflated once. */
#define IO_DEFLATE_LEVEL 3

static void slots_grow(struct io *io)
{
	uint32_t n = io->n_slots ? io->n_slots * 2 : 64;

	assert(n <= 1u << 24);
	io->slots = alloc_resize(io->slots, n * sizeof(*io->slots));
	io->generations = alloc_resize(io->generations, n * sizeof(*io->generations));
	io->free_slots = alloc_resize(io->free_slots, n * sizeof(*io->free_slots));
	for (uint32_t i = n; i-- > io->n_slots;) {
		io->slots[i] = NULL;
		io->generations[i] = 0;
		io->free_slots[io->n_free++] = i;
	}
	io->n_slots = n;
}

static void dead_free(struct io *io)
{
	if (!io->dead)
		return;
	/* One that was dirtied again while it died is still in that list. */
	for (struct conn **link = &io->dirty; *link;) {
		if ((*link)->state == CONN_DEAD)
			*link = (*link)->next_dirty;
		else
			link = &(*link)->next_dirty;
	}
	while (io->dead) {
		struct conn *c = io->dead;

		conn_unlist(c);
		acceptor_gone(c);
	}
}

/** What was delivered in this turn has been written, but for readers that are slow. */
static void delivered_count(struct io *io)
{
	int64_t now_us = io->n_delivered > 0 ? clock_mono_us() : 0;

	for (uint32_t i = 0; i < io->n_delivered; i++) {
		int64_t us = now_us - io->delivered[i].born_us;

		histogram_add(
			&io->counters.delivery_us, us > 0 ? (uint64_t)us : 0, io->delivered[i].n);
	}
	io->n_delivered = 0;
}

static void io_turn_end(void *arg)
{
	struct io *io = arg;
	struct conn *c = io->dirty;

	assert(io->magic == IO_MAGIC);
	io->dirty = NULL;
	while (c) {
		struct conn *next = c->next_dirty;

		if (next)
			__builtin_prefetch(next);
		c->dirty = false;
		if (c->state != CONN_DEAD)
			conn_flush(c);
		c = next;
	}
	conn_join_forget(io);
	delivered_count(io);
	dead_free(io);
	if (io->dirty)
		io_again(io);
}

static void again_run(struct mail *m)
{
	struct io *io = (struct io *)(void *)((char *)m - offsetof(struct io, again));
	struct conn *batch = NULL;

	io->again_posted = false;
	/* What becomes ready meanwhile is the next turn's. */
	if (io->ready) {
		batch = io->ready;
		batch->list_link = &batch;
		io->ready = NULL;
	}
	while (batch) {
		struct conn *c = batch;

		conn_unlist(c);
		conn_read(c);
	}
}

static void wheel_due(void *arg, struct wheel_node *n)
{
	(void)arg;
	conn_tick((struct conn *)(void *)((char *)n - offsetof(struct conn, wheel)));
}

static void wheel_tick(void *arg)
{
	struct io *io = arg;

	wheel_turn(&io->wheel, io_now_us(io), wheel_due, io);
	if (io->wheel.now - io->trimmed_tick >= TRIM_TICKS) {
		io->trimmed_tick = io->wheel.now;
		outq_pool_trim(&io->queues);
	}
	if (io->wheel.count > 0)
		timer_start(io->loop, &io->tick, WHEEL_TICK_US);
}

/** Who may go on? */
static void meter_tick(void *arg)
{
	struct io *io = arg;
	const struct net_limits *l = &io->rules->limits;
	const struct net_rate *own[] = {&l->conn_bytes, &l->conn_frames, &l->conn_requests};
	const struct net_rate *shared[] = {&l->addr_bytes, &l->addr_frames, &l->addr_requests};
	uint32_t now_ms = io_now_ms(io);

	for (struct conn *c = io->metered, *next; c; c = next) {
		struct meter *am = address_meter_of(c->address_meter);
		uint32_t wait = 0;

		next = c->list_next;
		for (int k = 0; k < METER_KINDS; k++) {
			wait |= bucket_wait_ms(&c->meter.buckets[k], own[k], now_ms);
			wait |= bucket_wait_ms(&am->buckets[k], shared[k], now_ms);
		}
		if (wait > 0)
			continue;
		conn_unlist(c);
		conn_resume(c, CONN_PAUSE_METER);
	}
	if (io->metered)
		io_meter_tick(io);
}

/* ------------------------------------------------------------------------------------------- */

struct io *io_new(struct net *net, struct loop *loop, unsigned index)
{
	struct io *io = aligned_alloc(64, (sizeof(*io) + 63) / 64 * 64);

	if (!io)
		abort();
	*io = (struct io){.magic = IO_MAGIC, .net = net, .loop = loop, .index = index};
	io->again.run = again_run;
	io->read_buffer = alloc_resize(NULL, IO_READ_BYTES);
	io->join = alloc_zero(1, sizeof(*io->join));
	io->scratch = alloc_zero(1, sizeof(*io->scratch));
	buf_init(io->scratch);
	io->addresses = address_meters_new();
	topics_init(&io->topics);
	wheel_init(&io->wheel, clock_mono_us());
	timer_init(&io->tick, wheel_tick, io);
	timer_init(&io->meter_tick, meter_tick, io);
	loop_turn_end_set(loop, io_turn_end, io);
	return io;
}

void io_close(struct io *io)
{
	for (uint32_t i = 0; i < io->n_slots; i++)
		if (io->slots[i])
			conn_kill(io->slots[i], NET_REASON_STOP, 1001);
	io->dirty = NULL;
	dead_free(io);
	loop_settle(io->loop); /* the last one asked for another turn */
	conn_join_forget(io);
	timer_stop(&io->tick);
	timer_stop(&io->meter_tick);
	loop_turn_end_set(io->loop, NULL, NULL);
}

void io_free(struct io *io)
{
	if (!io)
		return;
	topics_fini(&io->topics);
	address_meters_free(io->addresses);
	outq_pool_fini(&io->queues);
	buf_fini(io->scratch);
	free(io->scratch);
	deflate_free(io->deflate);
	doors_unref(io->doors);
	free(io->join);
	free(io->read_buffer);
	free(io->slots);
	free(io->generations);
	free(io->free_slots);
	free(io);
}

struct conn *io_find(const struct io *io, confab_conn_id id)
{
	uint32_t slot = (uint32_t)(id >> 32) & 0xFFFFFF;

	if (slot >= io->n_slots || io->generations[slot] != (uint32_t)id)
		return NULL;
	return io->slots[slot];
}

uint32_t io_slot_take(struct io *io, struct conn *c)
{
	if (io->n_free == 0)
		slots_grow(io);
	uint32_t slot = io->free_slots[--io->n_free];

	/* 0 is nobody's. */
	if (++io->generations[slot] == 0)
		io->generations[slot] = 1;
	io->slots[slot] = c;
	io->n_conns++;
	return slot;
}

void io_slot_give(struct io *io, uint32_t slot)
{
	io->slots[slot] = NULL;
	io->free_slots[io->n_free++] = slot;
	io->n_conns--;
}

void io_delivered(struct io *io, int64_t born_us, uint64_t n)
{
	if (io->n_delivered == IO_DELIVERED_MAX)
		delivered_count(io);
	io->delivered[io->n_delivered++] = (struct io_delivered){born_us, n};
}

void io_again(struct io *io)
{
	if (io->again_posted)
		return;
	io->again_posted = true;
	loop_post(io->loop, &io->again);
}

void io_wheel_place(struct io *io, struct wheel_node *n, int64_t after_us)
{
	if (!timer_running(&io->tick)) {
		/* It stood while nobody was in it. */
		if (io->wheel.count == 0)
			io->wheel.now = (uint32_t)(io_now_us(io) / WHEEL_TICK_US);
		timer_start(io->loop, &io->tick, WHEEL_TICK_US);
	}
	wheel_place(&io->wheel, n, io_now_us(io), after_us);
}

void io_meter_tick(struct io *io)
{
	if (!timer_running(&io->meter_tick))
		timer_start(io->loop, &io->meter_tick, METER_TICK_US);
}

int64_t io_now_us(const struct io *io)
{
	return loop_now_us(io->loop);
}

uint32_t io_now_ms(const struct io *io)
{
	return (uint32_t)(loop_now_us(io->loop) / 1000);
}

struct deflate *io_deflate(struct io *io)
{
	if (!io->deflate)
		io->deflate = deflate_new(IO_DEFLATE_LEVEL);
	return io->deflate;
}

const char *io_date(struct io *io)
{
	int64_t now_s = clock_real_ms() / 1000;

	if (io->date_s != now_s) {
		io->date_s = now_s;
		http_date_format(now_s, io->date);
	}
	return io->date;
}
