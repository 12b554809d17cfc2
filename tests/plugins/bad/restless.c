/**
 * restless: at every message its hooks take each other and themselves back and add new ones, at all stages.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include <confab/event.h>
#include <confab/plugin.h>

#define HOOKS 8

struct restless {
	struct confab_plugin *plugin;
	struct confab_hook *hooks[HOOKS];
	unsigned next;
};

static void stir(struct restless *r);

static enum confab_verdict decide(struct confab_event *ev, void *ctx)
{
	(void)ev;
	stir(ctx);
	return CONFAB_PASS;
}

static void observe(const struct confab_event *ev, void *ctx)
{
	(void)ev;
	stir(ctx);
}

static void add(struct restless *r, unsigned at)
{
	static const struct confab_hook_row rows[] = {
		CONFAB_DECIDE(CONFAB_ACCEPT, "message.*", decide, "stirs"),
		CONFAB_DECIDE(CONFAB_AUTHORIZE, "message.*", decide, "stirs"),
		CONFAB_DECIDE(CONFAB_TRANSFORM, "message.*", decide, "stirs"),
		CONFAB_DECIDE(CONFAB_MODERATE, "message.*", decide, "stirs"),
		CONFAB_OBSERVER("message.*", observe, "stirs"),
	};
	struct confab_error err = {0};

	r->hooks[at] = confab_hook_add(
		r->plugin, &rows[r->next++ % (sizeof(rows) / sizeof(rows[0]))], r, &err);
}

static void stir(struct restless *r)
{
	for (unsigned i = 0; i < HOOKS; i++) {
		confab_hook_remove(r->hooks[i]);
		add(r, i);
	}
}

static int restless_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct restless *r = calloc(1, sizeof(*r));

	if (!r)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	r->plugin = p;
	stir(r);
	*ctx = r;
	return 0;
}

CONFAB_PLUGIN("restless", "1.0") = {
	CONFAB_HEAD("restless", "1.0", "MIT"),
	.load = restless_load,
	.unload = free,
};
