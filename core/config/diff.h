/**
 * What a reload would change, and whether it can.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_DIFF_H
#define CONFIG_DIFF_H

#include "config/config.h"

/** One key that differs. Texts are for people; secrets are never shown. */
struct config_change {
	char *key;     /* "limits.ping_interval"; "plugins.typing": enabled or not */
	char *was;     /* as it would be written; NULL: the key was not there */
	char *becomes; /* NULL: it is not there any more */
	bool restart;  /* takes effect only by a restart */
};

/** All of them, in the manual's order. */
struct config_diff {
	struct config_change *changes;
	size_t count;
	size_t restarts; /* how many need a restart: a reload is all or nothing, so 0 or refuse */
};

/**
 * Compare two snapshots.
 *
 * Listeners are compared by their place in the list; one more or less needs a restart. Plugins that
 * come or go do not, unless they are the provider of the store or the bus (their key is
 * store.provider or bus.provider). The settings of a plugin that was not read in one of the two
 * (config_with_plugins()) are not compared.
 *
 * @param diff  filled, for config_diff_fini()
 * Thread: any.  Cost: quadratic in keys, some ms.
 */
void config_diff(struct config_diff *diff, const struct config *was, const struct config *becomes);
/** Free what config_diff() filled. */
void config_diff_fini(struct config_diff *diff);

/** One line each: "key: was → becomes", with "(needs a restart)". */
void config_diff_print(const struct config_diff *diff, FILE *out);

#endif
