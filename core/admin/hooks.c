/**
 * hooks: which plugin runs at which stage, in which order and why there, and where it is off.
 *
 * SPDX-License-Identifier: MIT
 */
#include "admin/hooks.h"

#include "base/blame.h"
#include "base/buf.h"
#include "chat/chat.h"
#include "config/config.h"
#include "pipeline/breaker.h"
#include "pipeline/hook.h"
#include "pipeline/pipeline.h"

/* "before a, b" for the names among others of this stage; says: who said so. */
static void reason(struct buf *b, const char *what, const char *name, const char *says)
{
	buf_fmt(b, "%s%s %s (%s says so)", b->len ? ", " : "", what, name, says);
}

/* Every word of a plugin at this stage about this one, and its own about others. */
static void reasons(struct buf *b, const struct hook_list *all, const struct hook *hk)
{
	for (uint32_t i = 0; i < all->n; i++) {
		const struct hook *other = all->items[i];

		if (other->owner == hk->owner ||
			(i > 0 && all->items[i - 1]->owner == other->owner))
			continue;
		if (hook_named(hk->before, other->plugin))
			reason(b, "before", other->plugin, hk->plugin);
		if (hook_named(hk->after, other->plugin))
			reason(b, "after", other->plugin, hk->plugin);
		if (hook_named(other->after, hk->plugin))
			reason(b, "before", other->plugin, other->plugin);
		if (hook_named(other->before, hk->plugin))
			reason(b, "after", other->plugin, other->plugin);
	}
}

/* The administrator's word counts for more than the plugins', and these for more than the alphabet. */
static json_t *why(const struct hooks *hooks, const struct hook_list *all, const struct hook *hk)
{
	bool some = false;
	struct buf b;
	json_t *text;

	if (hook_fixed(hooks, hk))
		return json_string("named under pipeline:");
	for (uint32_t i = 0; i < all->n; i++)
		some = some || hook_fixed(hooks, all->items[i]);
	buf_init(&b);
	reasons(&b, all, hk);
	if (b.len == 0)
		buf_str(&b, "by its name");
	if (some)
		buf_str(&b, ", behind those named under pipeline:");
	text = json_string(b.bytes);
	buf_fini(&b);
	return text;
}

/* Channel types in which the administrator switched its plugin off. */
static json_t *off_in(const struct admin_env *env, const struct hook *hk)
{
	const struct config *cfg = env->pipeline->chat->config;
	const struct config_type *type;
	json_t *list = json_array();

	for (size_t i = 0; env->pipeline->off_in && (type = config_type_at(cfg, i)); i++)
		if (env->pipeline->off_in(hk->owner, type, NULL))
			json_array_append_new(list, json_string(type->name));
	return list;
}

static void stage_add(json_t *list, const struct admin_env *env, enum confab_stage stage)
{
	struct hooks *hooks = env->pipeline->hooks;
	const struct hook_list *all = hooks_take(hooks, stage);

	for (uint32_t i = 0; all && i < all->n; i++) {
		const struct hook *hk = all->items[i];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:o, s:s, s:s}", "stage",
				blame_place_name((enum blame_place)stage), "plugin", hk->plugin,
				"because", why(hooks, all, hk), "kinds", hk->row.kinds, "calls",
				(json_int_t)hk->figures.calls, "refused",
				(json_int_t)hk->figures.verdicts[CONFAB_REJECT], "max_us",
				(json_int_t)hk->figures.us_max, "off_in", off_in(env, hk),
				"breaker",
				hk->breaker ? breaker_state_name(hk->breaker->state) : "none",
				"does", hk->row.doc ? hk->row.doc : ""));
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
		stage_add(list, env, (enum confab_stage)stage);
	admin_reply(rq, json_pack("{s:o}", "hooks", list));
}
