/**
 * Buckets that leak at their rate, and the table of addresses.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/meter.h"

#include <stdlib.h>
#include "base/alloc.h"
#include "base/map.h"
#include "net/addr.h"

struct address_meter {
	struct meter meter;
	uint64_t key;
	uint32_t refs;
};

struct address_meters {
	struct nummap *by_key;
};

static void bucket_leak(struct bucket *b, const struct net_rate *rate, uint32_t now_ms)
{
	uint32_t passed = now_ms - b->seen_ms;
	uint64_t leaked = (uint64_t)passed * rate->per_second / 1000;

	if (leaked == 0 && b->level > 0)
		return; /* keep the fraction */
	b->seen_ms = now_ms;
	b->level = leaked >= (uint64_t)(b->level > 0 ? b->level : 0) ? 0
								     : b->level - (int32_t)leaked;
}

/* ------------------------------------------------------------------------------------------- */

void bucket_take(struct bucket *b, const struct net_rate *rate, uint32_t now_ms, uint32_t n)
{
	if (rate->per_second == 0)
		return;
	bucket_leak(b, rate, now_ms);
	b->level = n > (uint32_t)(INT32_MAX - b->level) ? INT32_MAX : b->level + (int32_t)n;
}

uint32_t bucket_wait_ms(struct bucket *b, const struct net_rate *rate, uint32_t now_ms)
{
	if (rate->per_second == 0)
		return 0;
	bucket_leak(b, rate, now_ms);
	if (b->level <= 0 || (uint32_t)b->level <= rate->burst)
		return 0;
	uint64_t over = (uint64_t)b->level - rate->burst;
	uint64_t wait = (over * 1000 + rate->per_second - 1) / rate->per_second;

	return wait > 60000 ? 60000 : (uint32_t)wait;
}

struct address_meters *address_meters_new(void)
{
	struct address_meters *all = alloc_zero(1, sizeof(*all));

	all->by_key = nummap_new();
	return all;
}

void address_meters_free(struct address_meters *all)
{
	size_t pos = 0;
	uint64_t key;
	void *am;

	if (!all)
		return;
	while (nummap_next(all->by_key, &pos, &key, &am))
		free(am);
	nummap_free(all->by_key);
	free(all);
}

struct address_meter *address_meter_ref(struct address_meters *all, const struct addr *address)
{
	uint64_t key = addr_key(address);
	struct address_meter *am = nummap_find(all->by_key, key);

	if (!am) {
		am = alloc_zero(1, sizeof(*am));
		am->key = key;
		(void)nummap_put(all->by_key, key, am); /* there was none */
	}
	am->refs++;
	return am;
}

void address_meter_unref(struct address_meters *all, struct address_meter *am)
{
	if (!am || --am->refs > 0)
		return;
	(void)nummap_take(all->by_key, am->key);
	free(am);
}

struct meter *address_meter_of(struct address_meter *am)
{
	return &am->meter;
}
