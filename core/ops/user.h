/**
 * Users as others see them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_USER_H
#define OPS_USER_H

#include <stdbool.h>
#include <jansson.h>

struct ops;

/**
 * What a profile row tells.
 *
 * @param profile  the row's JSON, or NULL: only the id is known
 * @param all      role and disabled too, for the user and for administrators
 * @return a new object {id, name, avatar, status, …}
 * Thread: logic.
 */
json_t *user_public(const char *user, const json_t *profile, bool all);

/** How it went: code NULL and ok (taken), or a code of the error table with a text ("" and NULL: the table's). */
typedef void (*user_done_fn)(
	void *arg, const char *code, const char *text, unsigned retry_ms, json_t *ok);

/**
 * Do what the ops user.role and user.disable do.
 *
 * @param kind      the op's name, static
 * @param args      its arguments, checked; taken
 * @param by_admin  may it make and change administrators?
 * @param done      comes once, with arg, maybe at once
 * Thread: logic.
 */
void user_manage(
	struct ops *o, const char *kind, json_t *args, bool by_admin, user_done_fn done, void *arg);

#endif
