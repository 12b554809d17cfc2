/**
 * Typists in a hash table of chains; time only moves forward, so the oldest end first.
 *
 * SPDX-License-Identifier: MIT
 */
#include "typing/tracker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024 /* a power of two */
#define ID_SIZE 65

struct typist {
	struct typist *next;          /* in its bucket */
	struct typist *older, *newer; /* by when they were last heard of */
	uint64_t parent;
	int64_t shown_ms, until_ms;
	bool typing; /* false: stopped, and remembered so that it cannot start again too soon */
	char channel[ID_SIZE], user[ID_SIZE];
};

struct tracker {
	struct tracker_limits limits;
	size_t count;
	struct typist *oldest, *newest;
	struct typist *buckets[BUCKETS];
};

/* FNV-1a; whoever makes ids collide slows down only as many as max_typists allows. */
static size_t bucket_of(const char *channel, const char *user)
{
	uint64_t h = 14695981039346656037u;
	for (const char *c = channel; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211u;
	h = (h ^ '\n') * 1099511628211u;
	for (const char *c = user; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211u;
	return (h ^ h >> 32) & (BUCKETS - 1);
}

static struct typist **place_of(struct tracker *t, const char *channel, const char *user)
{
	struct typist **at = &t->buckets[bucket_of(channel, user)];
	while (*at != NULL &&
		(strcmp((*at)->channel, channel) != 0 || strcmp((*at)->user, user) != 0))
		at = &(*at)->next;
	return at;
}

static void unlink_age(struct tracker *t, struct typist *who)
{
	*(who->older != NULL ? &who->older->newer : &t->oldest) = who->newer;
	*(who->newer != NULL ? &who->newer->older : &t->newest) = who->older;
}

static void link_newest(struct tracker *t, struct typist *who)
{
	who->older = t->newest;
	who->newer = NULL;
	*(t->newest != NULL ? &t->newest->newer : &t->oldest) = who;
	t->newest = who;
}

static void forget(struct tracker *t, struct typist **at)
{
	struct typist *who = *at;
	*at = who->next;
	unlink_age(t, who);
	t->count--;
	free(who);
}

static struct typist *remember(
	struct tracker *t, struct typist **at, const char *channel, const char *user)
{
	struct typist *who = calloc(1, sizeof(*who));
	if (who == NULL)
		return NULL;
	snprintf(who->channel, sizeof(who->channel), "%s", channel);
	snprintf(who->user, sizeof(who->user), "%s", user);
	*at = who;
	link_newest(t, who);
	t->count++;
	return who;
}

/* ------------------------------------------------------------------------------------------ */

struct tracker *tracker_new(const struct tracker_limits *limits)
{
	struct tracker *t = calloc(1, sizeof(*t));
	if (t != NULL)
		t->limits = *limits;
	return t;
}

void tracker_free(struct tracker *t)
{
	if (t == NULL)
		return;
	while (t->oldest != NULL)
		forget(t, place_of(t, t->oldest->channel, t->oldest->user));
	free(t);
}

void tracker_limits_set(struct tracker *t, const struct tracker_limits *limits)
{
	t->limits = *limits;
}

enum tracker_answer tracker_start(struct tracker *t, const char *channel, const char *user,
	uint64_t parent, int64_t now_ms, int64_t *until_ms)
{
	tracker_expire(t, now_ms);
	if (strlen(channel) >= ID_SIZE || strlen(user) >= ID_SIZE)
		return TRACKER_FULL;
	struct typist **at = place_of(t, channel, user);
	struct typist *who = *at;
	if (who != NULL && who->parent == parent && now_ms - who->shown_ms < t->limits.pause_ms)
		return TRACKER_KNOWN;
	if (who == NULL && t->count >= t->limits.max_typists)
		return TRACKER_FULL;
	if (who == NULL)
		who = remember(t, at, channel, user);
	if (who == NULL)
		return TRACKER_FULL;
	who->parent = parent;
	who->shown_ms = now_ms;
	who->until_ms = now_ms + t->limits.expiry_ms;
	who->typing = true;
	unlink_age(t, who);
	link_newest(t, who);
	*until_ms = who->until_ms;
	return TRACKER_SHOW;
}

enum tracker_answer tracker_stop(struct tracker *t, const char *channel, const char *user)
{
	struct typist *who = *place_of(t, channel, user);
	if (who == NULL || !who->typing)
		return TRACKER_KNOWN;
	who->typing = false;
	return TRACKER_SHOW;
}

size_t tracker_expire(struct tracker *t, int64_t now_ms)
{
	size_t n = 0;
	while (t->oldest != NULL && t->oldest->until_ms <= now_ms) {
		forget(t, place_of(t, t->oldest->channel, t->oldest->user));
		n++;
	}
	return n;
}

size_t tracker_count(const struct tracker *t)
{
	return t->count;
}
