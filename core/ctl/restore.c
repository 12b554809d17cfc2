/**
 * `confabctl restore`: the provider of the store puts a backup in its place, while no server runs.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/provider/store.h>
#include <confab/service.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "ctl/ctl.h"
#include "ctl/plugin_tables.h"
#include "ctl/present.h"
#include "plugin/loader.h"

/* The functions of a plugin that provides a store and can restore one, or NULL. */
static const struct confab_store *store_of(const struct confab_descriptor *d)
{
	for (uint32_t i = 0; i < d->provides.n; i++) {
		const struct confab_provide_row *row =
			(const void *)((const char *)d->provides.rows +
				(size_t)i * d->provides.row_size);
		const struct confab_store *store = row->vtable;

		/* An older one ends before this function. */
		if (strcmp(row->service, "store") == 0 && store->size >= sizeof(*store) &&
			store->restore)
			return store;
	}
	return NULL;
}

static const struct confab_store *find_store(const struct plugin_tables *tables, const char *name)
{
	for (size_t i = 0; i < tables->n; i++) {
		if (strcmp(tables->images[i].manifest.name, name) == 0)
			return store_of(tables->images[i].descriptor);
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------- */

int ctl_restore(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	struct plugin_tables tables;
	struct config *cfg = ctl_config_whole(ctl, &tables);
	struct confab_error err = {0};
	const struct confab_store *store;
	const char *provider, *data;
	char place[PATH_MAX] = "";
	int status = CTL_OK;

	(void)verb;
	(void)argc;
	if (!cfg)
		return CTL_FAILED;
	provider = config_store(cfg)->provider;
	data = config_server(cfg)->data;
	store = find_store(&tables, provider);
	(void)mkdir(
		data, 0700); /* a new machine has none yet; what else is wrong, the store says */
	if (!store)
		status = ctl_fail(ctl, CTL_FAILED, "plugin '%s' restores no backups%s%s", provider,
			tables.n_problems ? ": " : "", tables.n_problems ? tables.problems[0] : "");
	else if (store->restore(config_plugin_settings(cfg, provider, NULL), data, argv[0], place,
			 sizeof(place), &err))
		status = ctl_fail(ctl, CTL_FAILED, "%s", err.text);
	else if (ctl->json)
		present_json(json_pack("{s:s, s:s}", "restored", argv[0], "path", place));
	else
		printf("%s is in place as %s; what was there is kept beside it as .old\n", argv[0],
			place);
	config_unref(cfg);
	plugin_tables_fini(&tables);
	return status;
}
