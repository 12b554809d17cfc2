/**
 * Routes of plugins: their doors, and the frame around every call into a route.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/host_internal.h"
#include "wire/exchange.h"

/* Requests of one plugin that may be under way at once. */
#define EXCHANGES_MAX 1000

static bool began(void *ctx)
{
	struct confab_plugin *p = ctx;

	if (p->exchanges >= EXCHANGES_MAX)
		return false;
	p->exchanges++;
	ledger_begin(&p->ledger, FLIGHT_ROUTE);
	return true;
}

static void ended(void *ctx)
{
	struct confab_plugin *p = ctx;

	p->exchanges--;
	plugin_flight_ended(p, FLIGHT_ROUTE);
}

static void run(struct confab_http *h, void *ctx)
{
	struct confab_plugin *p = ctx;
	struct blame_call call = plugin_enter(p, BLAME_ROUTE);

	exchange_row(h)->run(h, p->ctx);
	plugin_leave(p, &call, BLAME_ROUTE, false);
}

static void piece(struct confab_http *h, const char *bytes, size_t len, bool last, void *ctx)
{
	struct confab_plugin *p = ctx;
	struct blame_call call = plugin_enter(p, BLAME_ROUTE);

	exchange_row(h)->piece(h, bytes, len, last, p->ctx);
	plugin_leave(p, &call, BLAME_ROUTE, false);
}

static void drained(struct confab_http *h, size_t room, void *ctx)
{
	struct confab_plugin *p = ctx;
	struct blame_call call;

	if (exchange_row(h)->drained == NULL)
		return;
	call = plugin_enter(p, BLAME_ROUTE);
	exchange_row(h)->drained(h, room, p->ctx);
	plugin_leave(p, &call, BLAME_ROUTE, false);
}

static void gone(struct confab_http *h, void *ctx)
{
	struct confab_plugin *p = ctx;
	struct blame_call call;

	if (exchange_row(h)->gone == NULL)
		return;
	call = plugin_enter(p, BLAME_ROUTE);
	exchange_row(h)->gone(h, p->ctx);
	plugin_leave(p, &call, BLAME_ROUTE, false);
}

/* ------------------------------------------------------------------------------------------ */

int routes_register(struct confab_plugin *p, struct confab_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; p->host->exchanges != NULL && i < p->desc.d.routes.n && rc == 0; i++) {
		const struct route_port port = {
			.row = &p->desc.routes[i],
			.owner = p,
			.owner_name = p->name,
			.ctx = p,
			.began = began,
			.ended = ended,
			.run = run,
			.piece = piece,
			.drained = drained,
			.gone = gone,
		};
		rc = exchanges_open(p->host->exchanges, &port, err);
	}
	return rc;
}

void host_routes_set(struct host *h, struct exchanges *x)
{
	h->exchanges = x;
}
