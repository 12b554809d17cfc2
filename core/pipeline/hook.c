/**
 * Ordered, immutable lists of hooks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pipeline/hook.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/running.h"

struct stage_order {
	char **names;
	size_t n;
};

struct hooks {
	struct hook_list *lists[HOOK_STAGES];
	struct stage_order orders[HOOK_STAGES];
};

static void hook_unref(struct hook *hk)
{
	if (--hk->refs == 0) {
		free((char *)(uintptr_t)hk->row.kinds);
		free((char *)(uintptr_t)hk->row.doc);
		free(hk);
	}
}

static void list_unref(struct hook_list *list)
{
	if (!list || --list->refs > 0) {
		return;
	}
	for (uint32_t i = 0; i < list->n; i++) {
		hook_unref(list->items[i]);
	}
	free(list);
}

/** Place in the administrator's order, or n if it is not named there. */
static size_t fixed_place(const struct stage_order *order, const char *plugin)
{
	for (size_t i = 0; i < order->n; i++) {
		if (strcmp(order->names[i], plugin) == 0) {
			return i;
		}
	}
	return order->n;
}

/** Must a come before b, by what either says or by the administrator? */
static bool must_precede(
	const struct stage_order *order, const struct hook *a, const struct hook *b)
{
	size_t pa = fixed_place(order, a->plugin), pb = fixed_place(order, b->plugin);

	/* Who is named comes before who is not, whatever either says. */
	if (pa < order->n || pb < order->n) {
		return pa < pb;
	}
	return hook_named(a->before, b->plugin) || hook_named(b->after, a->plugin);
}

/**
 * Sort by repeatedly taking, in order of plugin names, the first that nothing left must precede.
 * @return false if only a cycle is left; *stuck is one of its hooks
 */
static bool sort_hooks(
	const struct stage_order *order, struct hook **items, uint32_t n, struct hook **stuck)
{
	for (uint32_t done = 0; done < n; done++) {
		uint32_t pick = n;

		for (uint32_t i = done; i < n; i++) {
			bool free_now = true;

			for (uint32_t j = done; j < n && free_now; j++) {
				free_now = j == i || !must_precede(order, items[j], items[i]);
			}
			if (free_now &&
				(pick == n || strcmp(items[i]->plugin, items[pick]->plugin) < 0)) {
				pick = i;
			}
		}
		if (pick == n) {
			*stuck = items[done];
			return false;
		}
		struct hook *hk = items[pick];

		memmove(items + done + 1, items + done, (pick - done) * sizeof(*items));
		items[done] = hk;
	}
	return true;
}

/** Not called any more; what it counted stays with its plugin. */
static void hook_detach(struct hook *hk)
{
	hk->off = true;
	if (hk->blame) {
		blame_merge(&hk->blame->cells[hk->row.stage], &hk->figures);
	}
	hk->blame = NULL;
	hk->breaker = NULL;
}

static struct hook_list *list_make(uint32_t n)
{
	struct hook_list *list = calloc(1, sizeof(*list) + n * sizeof(list->items[0]));

	assert(list);
	list->refs = 1;
	return list;
}

/** Follow "must precede" from a stuck hook until a plugin is met again; writes "a -> b -> a". */
static void name_cycle(const struct stage_order *order, const struct hook_list *list,
	const struct hook *from, char *out, size_t size)
{
	const struct hook *at = from;

	out[0] = '\0';
	for (uint32_t steps = 0; steps <= list->n; steps++) {
		strncat(out, at->plugin, size - strlen(out) - 1);
		if (steps > 0 && at == from) {
			return;
		}
		strncat(out, " -> ", size - strlen(out) - 1);
		for (uint32_t i = 0; i < list->n; i++) {
			if (list->items[i] != at && must_precede(order, at, list->items[i])) {
				at = list->items[i];
				break;
			}
		}
	}
}

/** The same hooks with room for more; each is counted once more. old may be NULL. */
static struct hook_list *list_copy(const struct hook_list *old, uint32_t more)
{
	struct hook_list *list = list_make((old ? old->n : 0) + more);

	for (uint32_t i = 0; old && i < old->n; i++) {
		old->items[i]->refs++;
		list->items[list->n++] = old->items[i];
	}
	return list;
}

static int list_sort(
	const struct stage_order *order, struct hook_list *list, struct confab_error *err)
{
	struct hook *stuck = NULL;
	char cycle[256];

	if (sort_hooks(order, list->items, list->n, &stuck)) {
		return 0;
	}
	name_cycle(order, list, stuck, cycle, sizeof(cycle));
	return confab_error_set(err, CONFAB_EINVAL,
		"the plugins' before and after make a cycle: %s; fix an order under pipeline:",
		cycle);
}

static bool is_meant(const struct hook *hk, const void *owner, const uint64_t *id)
{
	return hk->owner == owner && (!id || hk->id == *id);
}

/** A stage's list without the hooks of an owner, or without its one of that id. */
static void stage_without(struct hooks *h, int stage, const void *owner, const uint64_t *id)
{
	struct hook_list *old = h->lists[stage], *list;
	bool any = false;

	for (uint32_t i = 0; old && i < old->n; i++) {
		any = any || is_meant(old->items[i], owner, id);
	}
	if (!any) {
		return;
	}
	list = list_make(old->n);
	for (uint32_t i = 0; i < old->n; i++) {
		if (is_meant(old->items[i], owner, id)) {
			hook_detach(old->items[i]);
			continue;
		}
		old->items[i]->refs++;
		list->items[list->n++] = old->items[i];
	}
	h->lists[stage] = list->n ? list : NULL;
	if (!list->n) {
		list_unref(list);
	}
	list_unref(old);
}

/* -------------------------------------------------------------------------------------------- */

struct hooks *hooks_new(void)
{
	struct hooks *h = calloc(1, sizeof(*h));

	assert(h);
	return h;
}

static void order_fini(struct stage_order *order)
{
	for (size_t i = 0; i < order->n; i++) {
		free(order->names[i]);
	}
	free(order->names);
	*order = (struct stage_order){0};
}

void hooks_free(struct hooks *h)
{
	if (!h) {
		return;
	}
	for (int i = 0; i < HOOK_STAGES; i++) {
		list_unref(h->lists[i]);
		order_fini(&h->orders[i]);
	}
	free(h);
}

int hooks_order(struct hooks *h, enum confab_stage stage, const char *const *names, size_t n,
	struct confab_error *err)
{
	struct stage_order order = {.n = n}, former = h->orders[stage];
	struct hook_list *list = NULL;
	int rc = 0;

	order.names = calloc(n ? n : 1, sizeof(char *));
	assert(order.names);
	for (size_t i = 0; i < n; i++) {
		order.names[i] = strdup(names[i]);
		assert(order.names[i]);
	}
	if (h->lists[stage]) {
		list = list_copy(h->lists[stage], 0);
		rc = list_sort(&order, list, err);
	}
	if (rc) {
		list_unref(list);
		order_fini(&order);
		return rc;
	}
	h->orders[stage] = order;
	order_fini(&former);
	if (list) {
		list_unref(h->lists[stage]);
		h->lists[stage] = list;
	}
	return 0;
}

int hook_add(struct hooks *h, const struct hook *proto, struct confab_error *err)
{
	enum confab_stage stage = proto->row.stage;
	struct hook_list *old, *list;
	struct hook *hk;
	int rc;

	if (stage < CONFAB_ACCEPT || stage > CONFAB_OBSERVE ||
		(stage == CONFAB_OBSERVE) != (proto->row.observe != NULL) ||
		(stage != CONFAB_OBSERVE) != (proto->row.decide != NULL) || !proto->row.kinds) {
		return confab_error_set(err, CONFAB_EINVAL,
			"plugin '%s' hooks stage %d in a way it cannot be hooked: accept, authorize, "
			"transform and moderate take decide, observe takes observe, all name kinds",
			proto->plugin, (int)stage);
	}
	old = h->lists[stage];
	list = list_copy(old, 1);
	hk = malloc(sizeof(*hk));
	assert(hk);
	*hk = *proto;
	hk->refs = 1;
	/* A list may outlive the plugin, whose strings these are. */
	hk->row.kinds = alloc_str(proto->row.kinds);
	hk->row.doc = proto->row.doc ? alloc_str(proto->row.doc) : NULL;
	hk->runs = running_of(hk->plugin, blame_place_name((enum blame_place)stage), hk->row.kinds);
	hk->plugin = hk->runs->plugin; /* lists that are walked may outlive the plugin */
	list->items[list->n++] = hk;
	rc = list_sort(&h->orders[stage], list, err);
	if (rc) {
		list_unref(list);
		return rc;
	}
	h->lists[stage] = list;
	list_unref(old);
	return 0;
}

void hook_remove_all(struct hooks *h, const void *owner)
{
	for (int stage = 0; stage < HOOK_STAGES; stage++) {
		stage_without(h, stage, owner, NULL);
	}
}

void hook_remove(struct hooks *h, const void *owner, uint64_t id)
{
	for (int stage = 0; stage < HOOK_STAGES; stage++) {
		stage_without(h, stage, owner, &id);
	}
}

const struct hook_list *hooks_take(struct hooks *h, enum confab_stage stage)
{
	if (h->lists[stage]) {
		h->lists[stage]->refs++;
	}
	return h->lists[stage];
}

void hooks_release(const struct hook_list *list)
{
	list_unref((struct hook_list *)list);
}

void hooks_figures(const struct hooks *h, const void *owner, const struct blame *blame,
	enum confab_stage stage, struct blame_cell *out)
{
	const struct hook_list *list = h->lists[stage];

	*out = blame->cells[stage];
	for (uint32_t i = 0; list && i < list->n; i++) {
		if (list->items[i]->owner == owner) {
			blame_merge(out, &list->items[i]->figures);
		}
	}
}

/** Among the first n of a list: how many are of this plugin's table. */
static uint32_t count_of(const struct hook_list *list, uint32_t n, const char *plugin)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		count += list->items[i]->id == 0 && strcmp(list->items[i]->plugin, plugin) == 0;
	}
	return count;
}

static bool has_run(const struct hook_list *list, uint32_t done, const struct hook *hk)
{
	for (uint32_t i = 0; i < done; i++) {
		if (list->items[i] == hk) {
			return true;
		}
	}
	return false;
}

const struct hook_list *hooks_continue(
	struct hooks *h, enum confab_stage stage, const struct hook_list *list, uint32_t done)
{
	const struct hook_list *now = h->lists[stage];
	struct hook_list *rest;

	if (now == list) {
		return list;
	}
	rest = list_make(done + (now ? now->n : 0));
	for (uint32_t i = 0; i < done; i++) {
		rest->items[rest->n++] = list->items[i];
	}
	for (uint32_t i = 0; now && i < now->n; i++) {
		struct hook *hk = now->items[i];

		/* The hooks of one plugin stand in the order of its table, in every generation of it;
		 * those it added at run time are in one generation only. */
		if (hk->id != 0 ? !has_run(list, done, hk)
				: count_of(now, i, hk->plugin) >=
					count_of(list, done, hk->plugin)) {
			rest->items[rest->n++] = hk;
		}
	}
	for (uint32_t i = 0; i < rest->n; i++) {
		rest->items[i]->refs++;
	}
	list_unref((struct hook_list *)(uintptr_t)list);
	return rest;
}

bool hook_named(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = names; at && (at = strstr(at, name)) != NULL; at += len) {
		if ((at == names || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
			return true;
		}
	}
	return false;
}

bool hook_fixed(const struct hooks *h, const struct hook *hk)
{
	const struct stage_order *order = &h->orders[hk->row.stage];

	return fixed_place(order, hk->plugin) < order->n;
}

bool hook_wants(const struct hook *hk, const char *kind)
{
	const char *dot = strchr(kind, '.');
	char family[40];

	if (strcmp(hk->row.kinds, "*") == 0 || hook_named(hk->row.kinds, kind)) {
		return true;
	}
	if (!dot || (size_t)(dot - kind) + 3 > sizeof(family)) {
		return false;
	}
	memcpy(family, kind, (size_t)(dot - kind));
	strcpy(family + (dot - kind), ".*");
	return hook_named(hk->row.kinds, family);
}
