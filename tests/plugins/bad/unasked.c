/**
 * unasked: has a route without having asked for the capability.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/http.h>
#include <confab/plugin.h>

static void run(struct confab_http *h, void *ctx)
{
	(void)ctx;
	confab_http_error(h, "internal", NULL);
}

static const struct confab_route_row rows[] = {
	{"GET", "/v1/x/unasked/page", .run = run},
};

CONFAB_PLUGIN("unasked", "1.0") = {
	CONFAB_HEAD("unasked", "1.0", "MIT"),
	CONFAB_ROWS(routes, rows),
};
