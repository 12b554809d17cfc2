/**
 * All scripts of a configuration, opened before it is in force.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SCRIPT_LUA_SET_H
#define SCRIPT_LUA_SET_H

#include <confab/settings.h>

#include "script-lua/script.h"

struct set {
	struct script **scripts; /* in the order in which they are asked */
	size_t count;
	unsigned stages; /* bit 1 << stage: some script hooks there */
};

/** What the settings say. */
struct set_sources {
	const char *directory; /* each NAME.lua in it, by name; NULL: none */
	struct confab_list files;
	const json_t *settings; /* an object for each script's name, or NULL */
	struct sandbox_limits limits;
};

/** Open every script, or none with err filled. Any thread. */
struct set *set_new(const struct set_sources *from, struct confab_error *err);
/** Free what is not in force. NULL is fine. Any thread. */
void set_free(struct set *set);

/** Put it in force instead of former (NULL: none): scripts that are the same change places, so that they
 *  go on with what they remember; the others end or begin. Logic thread. */
void set_start(struct set *set, struct set *former, struct confab_plugin *p);
/** In force no more. Logic thread. */
void set_stop(struct set *set);

#endif
