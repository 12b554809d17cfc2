/**
 * Events that plugins start: on the next turn, with their cause, within a rate.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/chat.h>
#include <confab/event.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ids.h"
#include "pipeline/event_internal.h"
#include "pipeline/kind.h"
#include "pipeline/pipeline.h"
#include "plugin/host_internal.h"

/* Events that one plugin may start in a second. */
#define EMITS_PER_SECOND 1000

/* An event on its way to the next turn. */
struct emission {
	struct mail mail;
	struct confab_plugin *plugin;
	char kind[65];
	char channel[CONFAB_ID_MAX + 1];
	char user[CONFAB_ID_MAX + 1]; /* "" : the plugin itself */
	unsigned depth;
	json_t *body;
};

static void emission_over(struct confab_event *ev, void *arg)
{
	struct confab_plugin *p = arg;
	if (ev->out.is == OUTCOME_ERROR)
		log_debug("plugin '%s', its event '%s' was refused (%s)", p->name,
			confab_event_kind(ev), ev->out.code);
	plugin_flight_ended(p, FLIGHT_EVENT);
}

static void emission_start(struct mail *m)
{
	struct emission *e = (struct emission *)m;
	struct confab_plugin *p = e->plugin;
	struct pipeline *pl = p->host->pipeline;
	const struct kind *kind = kind_find(pl->kinds, e->kind);
	struct confab_actor actor = {.kind = CONFAB_ACTOR_PLUGIN, .plugin = p->name};
	if (e->user[0] != '\0')
		actor = (struct confab_actor){.kind = CONFAB_ACTOR_USER};
	snprintf(actor.id, sizeof(actor.id), "%s", e->user[0] != '\0' ? e->user : p->name);
	if (kind == NULL) {
		/* Whoever brought it has gone meanwhile. */
		json_decref(e->body);
		plugin_flight_ended(p, FLIGHT_EVENT);
	} else {
		struct confab_event *ev = event_make(pl, kind, &actor,
			e->channel[0] != '\0' ? e->channel : NULL, e->body, emission_over, p);
		ev->depth = (uint8_t)e->depth;
		event_start(ev);
	}
	free(e);
}

static int rate_take(struct confab_plugin *p)
{
	int64_t second = loop_now_us(p->host->loop) / 1000000;
	if (second != p->emit_second) {
		p->emit_second = second;
		p->emits = 0;
	}
	if (++p->emits > EMITS_PER_SECOND)
		return plugin_refuse(p, BOUND_RATE);
	return plugin_flight_begin(p, FLIGHT_EVENT);
}

static int emit(struct confab_plugin *p, const struct confab_event *cause, const char *user,
	const char *kind, const char *channel_id, json_t *body)
{
	unsigned depth = cause != NULL ? cause->depth + 1u : 0;
	int rc = 0;
	if (!plugin_open_for_work(p) || p->host->pipeline == NULL)
		rc = CONFAB_ECLOSED;
	else if (kind_find(p->host->pipeline->kinds, kind) == NULL)
		rc = CONFAB_ENOENT;
	else if ((channel_id != NULL && !id_valid(channel_id)) ||
		(user != NULL && !id_valid(user)) || !json_is_object(body))
		rc = CONFAB_EINVAL;
	else if (depth >= EVENT_DEPTH_MAX)
		rc = CONFAB_ELOOP;
	else
		rc = rate_take(p);
	if (rc != 0) {
		json_decref(body);
		return rc;
	}
	struct emission *e = alloc_zero(1, sizeof(*e));
	e->mail.run = emission_start;
	e->plugin = p;
	e->depth = depth;
	e->body = body;
	snprintf(e->kind, sizeof(e->kind), "%s", kind);
	snprintf(e->channel, sizeof(e->channel), "%s", channel_id != NULL ? channel_id : "");
	snprintf(e->user, sizeof(e->user), "%s", user != NULL ? user : "");
	loop_post(p->host->loop, &e->mail);
	return 0;
}

/* ------------------------------------------------------------------------------------------ */

int confab_emit(struct confab_plugin *p, const struct confab_event *cause, const char *kind,
	const char *channel_id, json_t *body)
{
	return emit(plugin_check(p), cause, NULL, kind, channel_id, body);
}

int confab_emit_as(struct confab_plugin *p, const char *user_id, const char *kind,
	const char *channel_id, json_t *body)
{
	plugin_check(p);
	if (!(p->desc.d.caps & CONFAB_CAP_USERS)) {
		json_decref(body);
		return CONFAB_EPERM;
	}
	return emit(p, NULL, user_id, kind, channel_id, body);
}

struct confab_channel *confab_channel_find(struct confab_plugin *p, const char *id)
{
	const struct pipeline *pl = plugin_check(p)->host->pipeline;
	const struct chat_log *lg = pl != NULL && id_valid(id) ? chat_log_find(pl->chat, id) : NULL;
	return lg != NULL && lg->state == LOG_READY ? (struct confab_channel *)lg->channel : NULL;
}
