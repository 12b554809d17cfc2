/**
 * hooks: which plugin runs at which stage, in which order and why there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/hooks.h"

#include <stdio.h>

#include "pipeline/hook.h"
#include "pipeline/pipeline.h"
#include "base/blame.h"

static void why(const struct hooks *hooks, const struct hook *hk, char *out, size_t size)
{
	const char *before = hk->before && *hk->before ? hk->before : NULL;
	const char *after = hk->after && *hk->after ? hk->after : NULL;

	if (hook_fixed(hooks, hk))
		snprintf(out, size, "named under pipeline:");
	else if (before || after)
		snprintf(out, size, "%s%s%s%s%s", before ? "before " : "", before ? before : "",
			before && after ? ", " : "", after ? "after " : "", after ? after : "");
	else
		snprintf(out, size, "by its name");
}

static void stage_add(json_t *list, struct hooks *hooks, enum confab_stage stage)
{
	const struct hook_list *all = hooks_take(hooks, stage);

	for (uint32_t i = 0; all && i < all->n; i++) {
		const struct hook *hk = all->items[i];
		char reason[300];

		why(hooks, hk, reason, sizeof(reason));
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "stage",
				blame_place_name((enum blame_place)stage), "plugin", hk->plugin,
				"because", reason, "kinds", hk->row.kinds, "calls",
				(json_int_t)hk->figures.calls, "refused",
				(json_int_t)hk->figures.verdicts[CONFAB_REJECT], "max_us",
				(json_int_t)hk->figures.us_max, "does",
				hk->row.doc ? hk->row.doc : ""));
	}
	if (all)
		hooks_release(all);
}

/* ------------------------------------------------------------------------------------------- */

void admin_hooks(struct admin_request *rq, const struct admin_env *env, const json_t *args)
{
	json_t *list = json_array();

	(void)args;
	for (int stage = CONFAB_ACCEPT; env->pipeline && stage <= CONFAB_OBSERVE; stage++)
		stage_add(list, env->pipeline->hooks, (enum confab_stage)stage);
	admin_reply(rq, json_pack("{s:o}", "hooks", list));
}
