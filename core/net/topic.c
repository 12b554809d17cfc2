/**
 * Topics: subscribing is O(subscriptions of the connection), leaving O(1) each, delivering O(n).
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/topic.h"

#include <assert.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/map.h"
#include "net/conn.h"
#include "net/frame.h"
#include "net/io.h"

/** How far ahead connections are fetched into the cache. */
#define PREFETCH 6

struct sub {
	struct conn *conn;
	uint64_t floor;
	uint32_t class_bits;
	uint32_t back : 24; /* place in the connection's subs */
	uint32_t level : 8;
};

struct topic {
	uint32_t number;
	uint32_t count, cap;
	struct sub *subs;
};

_Static_assert(sizeof(struct sub) <= 24, "a subscription grew beyond its budget");

static struct sub_ref *ref_find(struct conn *c, uint32_t number)
{
	for (uint32_t i = 0; i < c->subs.count; i++)
		if (c->subs.refs[i].topic->number == number)
			return &c->subs.refs[i];
	return NULL;
}

static void sub_set(struct sub *s, const struct subscription *sub)
{
	s->floor = sub->floor;
	s->class_bits = sub->class_bits;
	s->level = sub->level;
}

static struct topic *topic_make(struct topics *t, uint32_t number)
{
	struct topic *topic = nummap_find(t->by_number, number);

	if (topic)
		return topic;
	topic = alloc_zero(1, sizeof(*topic));
	topic->number = number;
	(void)nummap_put(t->by_number, number, topic); /* there was none */
	return topic;
}

static struct sub *topic_add(struct topic *topic)
{
	if (topic->count == topic->cap) {
		topic->cap = topic->cap ? topic->cap + topic->cap / 2 + 1 : 1;
		topic->subs = alloc_resize(topic->subs, topic->cap * sizeof(*topic->subs));
	}
	return &topic->subs[topic->count++];
}

/** The last one takes the place of who leaves. */
static void topic_drop(struct topic *topic, uint32_t place)
{
	struct sub *last = &topic->subs[--topic->count];

	if (place != topic->count) {
		topic->subs[place] = *last;
		last->conn->subs.refs[last->back].place = place;
	}
	if (topic->cap > 16 && topic->count < topic->cap / 4) {
		topic->cap /= 2;
		topic->subs = alloc_resize(topic->subs, topic->cap * sizeof(*topic->subs));
	}
}

static bool topic_free_empty(struct topics *t, struct topic *topic)
{
	if (topic->count > 0)
		return false;
	(void)nummap_take(t->by_number, topic->number);
	free(topic->subs);
	free(topic);
	return true;
}

static void conn_drop_ref(struct conn *c, struct sub_ref *ref)
{
	struct sub_ref *last = &c->subs.refs[--c->subs.count];

	if (ref != last) {
		*ref = *last;
		ref->topic->subs[ref->place].back = (uint32_t)(ref - c->subs.refs) & 0xFFFFFF;
	}
}

/** What one connection gets of a delivery. */
struct parcels {
	struct parcel *full, *stub;
};

static void deliver_one(struct conn *c, struct parcel *p, uint32_t topic)
{
	enum parcel_part part = PARCEL_PLAIN;

	if (c->deflate_bits && parcel_deflated_for(p, io_deflate(c->io), c->deflate_bits))
		part = PARCEL_DEFLATED;
	p->refs++;
	conn_send(c, p, part, OUTQ_EVENT, topic);
}

/** Mark the named: except by an even number, only by the odd one above it. */
static uint32_t mark_named(struct io *io, const struct delivery_node *d)
{
	uint32_t mark = io->topics.mark += 2;

	for (unsigned i = 0; i < (unsigned)d->n_except + d->n_only; i++) {
		struct conn *c = io_find(io, d->names[i]);

		if (c)
			c->mark = i < d->n_except ? mark : mark + 1;
	}
	return mark;
}

static bool sees_whole(const struct delivery_node *d, const struct sub *s, uint32_t mark)
{
	if (d->seq_low && s->floor > d->seq_low)
		return false;
	if (d->n_except + d->n_only > 0) {
		if (s->conn->mark == mark)
			return false;
		if (s->conn->mark == mark + 1)
			return true;
	}
	return d->everybody || (s->class_bits & d->class_bits) != 0;
}

static size_t deliver_all(const struct topic *topic, const struct delivery_node *d, uint32_t mark,
	const struct parcels *p)
{
	size_t n = 0;

	/* No connection ends inside this walk: sending only queues. */
	for (uint32_t i = 0; i < topic->count; i++) {
		const struct sub *s = &topic->subs[i];

		if (i + PREFETCH < topic->count)
			__builtin_prefetch(topic->subs[i + PREFETCH].conn, 1);
		if (!(d->levels & (1u << s->level)))
			continue;
		struct parcel *parcel = sees_whole(d, s, mark) ? p->full : p->stub;

		if (parcel) {
			deliver_one(s->conn, parcel, topic->number);
			n++;
		}
	}
	return n;
}

/* ------------------------------------------------------------------------------------------- */

void topics_init(struct topics *t)
{
	t->by_number = nummap_new();
	t->mark = 0;
}

void topics_fini(struct topics *t)
{
	assert(nummap_count(t->by_number) == 0);
	nummap_free(t->by_number);
}

void topic_subscribe(struct io *io, struct conn *c, const struct subscription *sub)
{
	struct sub_ref *ref = ref_find(c, sub->topic);

	if (ref) {
		sub_set(&ref->topic->subs[ref->place], sub);
		return;
	}
	if (c->subs.count == 0xFFFFFF)
		return; /* 16 million of one connection: nobody has them */
	if (c->subs.count == c->subs.cap) {
		c->subs.cap = c->subs.cap < 2 ? c->subs.cap + 1 : c->subs.cap * 2;
		c->subs.refs = alloc_resize(c->subs.refs, c->subs.cap * sizeof(*c->subs.refs));
	}
	struct topic *topic = topic_make(&io->topics, sub->topic);
	struct sub *s = topic_add(topic);

	s->conn = c;
	s->back = c->subs.count & 0xFFFFFF;
	sub_set(s, sub);
	c->subs.refs[c->subs.count++] = (struct sub_ref){topic, topic->count - 1};
	counter_add(&io->counters.subscriptions, 1);
}

bool topic_unsubscribe(struct io *io, struct conn *c, uint32_t number)
{
	struct sub_ref *ref = ref_find(c, number);

	if (!ref)
		return topic_count(io, number) == 0;
	struct topic *topic = ref->topic;

	topic_drop(topic, ref->place);
	conn_drop_ref(c, ref);
	counter_add(&io->counters.subscriptions, (uint64_t)-1);
	return topic_free_empty(&io->topics, topic);
}

void topic_leave(struct io *io, struct conn *c, void (*emptied)(struct io *io, uint32_t number))
{
	counter_add(&io->counters.subscriptions, -(uint64_t)c->subs.count);
	while (c->subs.count > 0) {
		struct sub_ref *ref = &c->subs.refs[--c->subs.count];
		struct topic *topic = ref->topic;
		uint32_t number = topic->number;

		topic_drop(topic, ref->place);
		if (topic_free_empty(&io->topics, topic))
			emptied(io, number);
	}
	free(c->subs.refs);
	c->subs = (struct subs){0};
}

size_t topic_count(const struct io *io, uint32_t number)
{
	const struct topic *topic = nummap_find(io->topics.by_number, number);

	return topic ? topic->count : 0;
}

size_t topic_deliver(struct io *io, struct delivery_node *d)
{
	const struct topic *topic = nummap_find(io->topics.by_number, d->topic);

	if (!topic) {
		frame_unref(d->full);
		frame_unref(d->stub);
		return 0;
	}
	struct parcels p = {
		.full = d->full ? parcel_of_frame(d->full) : NULL,
		.stub = d->stub ? parcel_of_frame(d->stub) : NULL,
	};
	uint32_t mark = d->n_except + d->n_only > 0 ? mark_named(io, d) : 0;

	size_t n = deliver_all(topic, d, mark, &p);

	parcel_unref(p.full);
	parcel_unref(p.stub);
	return n;
}
