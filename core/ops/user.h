/**
 * Users as others see them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_USER_H
#define OPS_USER_H

#include <stdbool.h>
#include <jansson.h>

/**
 * What a profile row tells.
 *
 * @param profile  the row's JSON, or NULL: only the id is known
 * @param all      role and disabled too, for the user and for administrators
 * @return a new object {id, name, avatar, status, …}
 * Thread: logic.
 */
json_t *user_public(const char *user, const json_t *profile, bool all);

#endif
