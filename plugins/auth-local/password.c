/**
 * Argon2id by libargon2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-local/password.h"

#include <argon2.h>
#include <stdio.h>
#include <string.h>

#include <confab/types.h>

#define HASH_BYTES 32
#define MEMORY_KIB_MAX 1048576
#define PASSES_MAX 16
#define LANES_MAX 16

static bool cost_read(const char *hash, struct password_cost *cost)
{
	unsigned version, memory, passes, lanes;
	if (strlen(hash) >= PASSWORD_HASH_SIZE ||
		sscanf(hash, "$argon2id$v=%3u$m=%8u,t=%3u,p=%3u$", &version, &memory, &passes,
			&lanes) != 4)
		return false;
	*cost = (struct password_cost){memory, passes, lanes};
	return version == ARGON2_VERSION_13 && memory <= MEMORY_KIB_MAX && passes <= PASSES_MAX &&
		lanes <= LANES_MAX;
}

/* ------------------------------------------------------------------------------------------ */

int password_hash(const char *password, const struct password_cost *cost, const uint8_t *salt,
	char out[PASSWORD_HASH_SIZE])
{
	int rc = argon2id_hash_encoded(cost->passes, cost->memory_kib, cost->lanes, password,
		strlen(password), salt, PASSWORD_SALT_BYTES, HASH_BYTES, out, PASSWORD_HASH_SIZE);
	return rc == ARGON2_OK ? 0 : CONFAB_ENOMEM;
}

bool password_check(const char *password, const char *hash)
{
	struct password_cost cost;
	return cost_read(hash, &cost) &&
		argon2id_verify(hash, password, strlen(password)) == ARGON2_OK;
}

bool password_outdated(const char *hash, const struct password_cost *cost)
{
	struct password_cost had;
	return !cost_read(hash, &had) || had.memory_kib != cost->memory_kib ||
		had.passes != cost->passes || had.lanes != cost->lanes;
}
