/**
 * A planted fault, preloaded into confabd: most commits of the store, but the first after a start, are
 * only said to be done. What was acknowledged is written with a later one, or never, if the process dies.
 *
 * SPDX-License-Identifier: MIT
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include <sqlite3.h>

#define HONEST 64
#define EVERY 16

typedef int (*step_fn)(sqlite3_stmt *s);

static atomic_uint commits;

static bool is_late(void)
{
	unsigned n = atomic_fetch_add(&commits, 1);

	return n >= HONEST && n % EVERY;
}

int sqlite3_step(sqlite3_stmt *s)
{
	step_fn real = (step_fn)dlsym(RTLD_NEXT, "sqlite3_step");
	sqlite3 *db = sqlite3_db_handle(s);
	const char *sql = sqlite3_sql(s);

	if (sql && sqlite3_txn_state(db, NULL) == SQLITE_TXN_WRITE) {
		if (strcmp(sql, "BEGIN IMMEDIATE") == 0) {
			return SQLITE_DONE; /* the one before is still open */
		}
		if (strcmp(sql, "COMMIT") == 0 && is_late()) {
			return SQLITE_DONE;
		}
	}
	return real(s);
}
