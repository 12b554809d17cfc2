/**
 * What the logic thread takes from a configuration, at the start and by a reload.
 *
 * SPDX-License-Identifier: MIT
 */
#include "server/server_internal.h"

#include "base/log.h"
#include "base/map.h"
#include "chat/channel.h"
#include "chat/permit.h"
#include "config/config.h"
#include "pipeline/fanout.h"
#include "pipeline/hook.h"
#include "pipeline/pipeline.h"

#define STAGES 5

static void orders_of(const struct config *cfg, const struct confab_list *out[STAGES])
{
	const struct config_pipeline *p = config_pipeline(cfg);
	const struct confab_list *const lists[STAGES] = {
		&p->accept, &p->authorize, &p->transform, &p->moderate, &p->observe};

	for (unsigned i = 0; i < STAGES; i++) {
		out[i] = lists[i];
	}
}

/** All stages, or none: what was put in order is put back as the configuration in force says. */
static int order_hooks(struct server *s, const struct config *cfg, struct confab_error *err)
{
	static const enum confab_stage stages[STAGES] = {
		CONFAB_ACCEPT, CONFAB_AUTHORIZE, CONFAB_TRANSFORM, CONFAB_MODERATE, CONFAB_OBSERVE};
	const struct confab_list *now[STAGES], *before[STAGES];
	int rc = 0;

	orders_of(cfg, now);
	orders_of(s->config, before);
	for (unsigned i = 0; i < STAGES && !rc; i++) {
		rc = hooks_order(s->pipeline->hooks, stages[i], now[i]->items, now[i]->count, err);
		while (rc && i-- > 0) {
			(void)hooks_order(s->pipeline->hooks, stages[i], before[i]->items,
				before[i]->count, NULL); /* it was in force a moment ago */
		}
		if (rc) {
			break;
		}
	}
	return rc;
}

/* -------------------------------------------------------------------------------------------- */

int server_adopt(struct server *s, const struct config *cfg, struct confab_error *err)
{
	const struct config_server *server = config_server(cfg);
	int rc = order_hooks(s, cfg, err);

	if (rc) {
		return rc;
	}
	permit_config_set(s->chat, cfg);
	s->ops.server_name = server->name;
	s->env.server_name = server->name;
	log_level_set((enum log_level)config_log(cfg)->level);
	atomic_store(&s->metrics, config_http(cfg)->metrics);
	atomic_store(&s->stop_grace_ms, server->stop_grace_ms);
	return 0;
}

void server_rights_renew(struct server *s)
{
	size_t pos = 0;
	void *value;

	while (strmap_next(s->chat->sessions, &pos, NULL, &value)) {
		const struct session *sess = value;

		for (unsigned i = sess->n_items; i-- > 0;) {
			if (i < sess->n_items && sess->items[i].lg->channel) {
				fanout_rights(
					s->pipeline->fanout, sess->user, sess->items[i].lg, NULL);
			}
		}
	}
}
