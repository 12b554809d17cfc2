/**
 * Typed calls to the provider in force. A call and what the core must know about it are one piece of
 * memory: [struct sent | struct confab_…].
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "store/arena.h"
#include "store/call.h"

#define SENT_MAGIC 0x73656e74u

struct store {
	const struct confab_store *vtable;
	void *ctx;
	unsigned pending;
	struct store_count counts[STORE_VERBS];
};

/** Before every call. */
struct sent {
	uint32_t magic;
	enum store_verb verb;
	struct store *store;
	void (*done)(struct confab_call *call, void (*fn)(void), void *arg); /* knows the type */
	void (*fn)(void); /* the caller's done, its type lost */
	void *arg;
	int64_t sent_us;
	bool kept;
	bool answering; /* done is running */
};

/* Keeps the call behind it as aligned as malloc would. */
#define SENT_SIZE \
	((sizeof(struct sent) + sizeof(max_align_t) - 1) / sizeof(max_align_t) * \
		sizeof(max_align_t))

static struct sent *sent_of(struct confab_call *call)
{
	struct sent *sent = (struct sent *)(void *)((char *)call - SENT_SIZE);
	assert(sent->magic == SENT_MAGIC);
	return sent;
}

static void *call_new(struct store *s, enum store_verb verb, size_t size)
{
	struct sent *sent = alloc_zero(1, SENT_SIZE + size);
	sent->magic = SENT_MAGIC;
	sent->verb = verb;
	sent->store = s;
	struct confab_call *call = (struct confab_call *)(void *)((char *)sent + SENT_SIZE);
	call->arena = arena_new();
	return call;
}

static void count_add(struct store_count *count, int rc, int64_t took_us)
{
	count->calls++;
	count->failed += rc != 0;
	count->total_us += took_us;
	if (took_us > count->max_us)
		count->max_us = took_us;
	for (unsigned i = 0; i < 24 && took_us >= (int64_t)1 << i; i++)
		count->slower[i]++;
}

static void call_answered(struct confab_call *call)
{
	struct sent *sent = sent_of(call);
	struct store *s = sent->store;
	s->pending--;
	count_add(&s->counts[sent->verb], call->rc, clock_mono_us() - sent->sent_us);
	sent->answering = true;
	sent->done(call, sent->fn, sent->arg);
	sent->answering = false;
	if (!sent->kept)
		store_call_free(call);
}

static void call_send(struct confab_call *call,
	void (*done)(struct confab_call *call, void (*fn)(void), void *arg), void (*fn)(void),
	void *arg)
{
	struct sent *sent = sent_of(call);
	sent->done = done;
	sent->fn = fn;
	sent->arg = arg;
	sent->sent_us = clock_mono_us();
	sent->store->pending++;
	store_call_begin(call, call_answered);
}

/* ------------------------------------------------------------------------------------------- */

/* Three functions per row of the table: allocate, give the type back to done, send. */
#define CALL_DEFINE(name, type) \
	_Static_assert(offsetof(struct type, call) == 0, "a call is the head of its struct"); \
	struct type *store_##name##_new(struct store *s) \
	{ \
		return call_new(s, STORE_VERB_##name, sizeof(struct type)); \
	} \
	static void name##_done(struct confab_call *call, void (*fn)(void), void *arg) \
	{ \
		((void (*)(struct type *, void *))fn)((struct type *)(void *)call, arg); \
	} \
	void store_##name(struct store *s, struct type *c, \
		void (*done)(struct type * c, void *arg), void *arg) \
	{ \
		call_send(&c->call, name##_done, (void (*)(void))done, arg); \
		if (s->vtable->name) { \
			s->vtable->name(s->ctx, c); \
			return; \
		} \
		c->call.rc = CONFAB_EUNSUPPORTED; \
		confab_call_done(&c->call); \
	}
STORE_CALLS(CALL_DEFINE)

void store_call_keep(struct confab_call *call)
{
	sent_of(call)->kept = true;
}

void store_call_free(struct confab_call *call)
{
	if (!call)
		return;
	struct sent *sent = sent_of(call);
	if (sent->answering) { /* kept and given back in one answer: call_answered() still looks at it */
		sent->kept = false;
		return;
	}
	store_call_end(call);
	sent->magic = 0;
	free(sent);
}

static const char *missing_call(const struct confab_store *vtable)
{
#define CALL_PLACE(name, type) {#name, offsetof(struct confab_store, name)},
	static const struct {
		const char *name;
		size_t place;
	} calls[] = {STORE_CALLS(CALL_PLACE){"stats", offsetof(struct confab_store, stats)}};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		void (*fn)(void);
		memcpy(&fn, (const char *)vtable + calls[i].place, sizeof(fn));
		if (!fn && strcmp(calls[i].name, "backup") != 0)
			return calls[i].name;
	}
	return NULL;
}

struct store *store_new(const struct confab_store *vtable, void *ctx, struct confab_error *err)
{
	if (vtable->size < sizeof(*vtable)) {
		confab_error_set(err, CONFAB_EABI, "store '%s' was made for an older interface",
			vtable->name);
		return NULL;
	}
	const char *missing = missing_call(vtable);
	if (missing) {
		confab_error_set(
			err, CONFAB_EABI, "store '%s' has no function '%s'", vtable->name, missing);
		return NULL;
	}
	struct store *s = alloc_zero(1, sizeof(*s));
	s->vtable = vtable;
	s->ctx = ctx;
	return s;
}

void store_free(struct store *s)
{
	assert(!s || s->pending == 0);
	free(s);
}

unsigned store_pending(const struct store *s)
{
	return s->pending;
}

const char *store_name(const struct store *s)
{
	return s->vtable->name;
}

const char *store_verb_name(enum store_verb verb)
{
#define VERB_NAME(name, type) #name,
	static const char *const names[] = {STORE_CALLS(VERB_NAME)};
	return (unsigned)verb < STORE_VERBS ? names[verb] : "?";
}

void store_count(struct store *s, enum store_verb verb, struct store_count *out)
{
	*out = s->counts[verb];
	s->counts[verb].max_us = 0;
}

void store_stats(struct store *s, struct confab_store_stats *out)
{
	memset(out, 0, sizeof(*out));
	s->vtable->stats(s->ctx, out);
}
