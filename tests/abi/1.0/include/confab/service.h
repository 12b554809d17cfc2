/**
 * Services: functions that one plugin provides and the core or other plugins use, by name and major.
 * Those with one owner in force: store, bus, auth.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_SERVICE_H
#define CONFAB_SERVICE_H

#include <confab/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct confab_provide_row {
	const char *service; /* "store", "auth", or "plugin.name" */
	unsigned major;
	const void *vtable; /* begins with size_t size; its functions take the plugin's ctx first */
	size_t size;
};

/** vtable and context of a provider, or NULL. Counted; swept by the ledger at the user's unload. */
const void *confab_service_use(
	struct confab_plugin *p, const char *name, unsigned major, size_t min_size, void **ctx);
void confab_service_drop(struct confab_plugin *p, const char *name);

#ifdef __cplusplus
}
#endif
#endif
