/**
 * Copies of the store: made while it runs, looked through, and put back in its place.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine_internal.h"

static int file_sync(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int rc = fsync(fd);
	close(fd);
	return rc;
}

static int folder_sync(const char *path)
{
	char copy[PATH_MAX];
	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -1;
	return file_sync(dirname(copy), O_RDONLY | O_DIRECTORY);
}

/* One snapshot of a store into a file that does not exist. It holds what passwords are checked by, so
 * nobody else may read it, from its first byte on. */
static int copy_into(const char *from, const char *vfs, const char *to, struct confab_error *err)
{
	int fd = open(to, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return confab_error_set(
			err, CONFAB_EIO, "'%s' cannot be made (%s)", to, strerror(errno));
	close(fd); /* VACUUM INTO takes an empty file */
	sqlite3 *db = NULL;
	char *sql = sqlite3_mprintf("VACUUM INTO %Q", to);
	int rc = sqlite3_open_v2(from, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
	(void)sqlite3_busy_timeout(db, 10000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		confab_error_set(err, CONFAB_EIO, "'%s' cannot be copied to '%s' (%s)", from, to,
			sqlite3_errmsg(db));
	sqlite3_free(sql);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)sqlite3_close_v2(db);
	if (rc == SQLITE_OK && file_sync(to, O_RDONLY) != 0)
		return confab_error_set(
			err, CONFAB_EIO, "'%s' is not on disk (%s)", to, strerror(errno));
	return rc == SQLITE_OK ? 0 : CONFAB_EIO;
}

/* Does a query give exactly this text? */
static bool says(sqlite3 *db, const char *sql, const char *text)
{
	sqlite3_stmt *s = NULL;
	bool same = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
		sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0) &&
		strcmp((const char *)sqlite3_column_text(s, 0), text) == 0;
	(void)sqlite3_finalize(s); /* says again what step said */
	return same;
}

/* Another history from now on: clients that knew more than the copy must not go on from there. */
static int epochs_renew(const char *path, const char *vfs)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
			"PRAGMA synchronous = FULL; BEGIN IMMEDIATE;"
			"UPDATE logs SET epoch = lower(hex(randomblob(8)));"
			"DELETE FROM leases; COMMIT",
			NULL, NULL, NULL);
	(void)sqlite3_close_v2(db);
	return rc;
}

/* Take the place of PATH; what was there stays as PATH.old. */
static int put_in_place(const char *fresh, const char *path)
{
	char old[PATH_MAX], side[PATH_MAX], old_side[PATH_MAX];
	if (snprintf(old, sizeof(old), "%s.old", path) >= (int)sizeof(old) ||
		snprintf(side, sizeof(side), "%s-wal", path) >= (int)sizeof(side) ||
		snprintf(old_side, sizeof(old_side), "%s.old-wal", path) >= (int)sizeof(old_side))
		return -1;
	(void)unlink(old);
	(void)unlink(old_side);
	if (link(path, old) != 0 && errno != ENOENT)
		return -1;
	/* The log of the store that was must not be read into the one that comes. */
	if (rename(side, old_side) != 0 && errno != ENOENT)
		return -1;
	if (rename(fresh, path) != 0)
		return -1;
	snprintf(side, sizeof(side), "%s-shm", path);
	(void)unlink(side); /* only an index of the log */
	return folder_sync(path);
}

/* ------------------------------------------------------------------------------------------- */

int engine_verify(const char *path, const char *vfs, struct confab_error *err)
{
	sqlite3 *db = NULL;
	char version[16];
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, vfs);
	snprintf(version, sizeof(version), "%d", ENGINE_SCHEMA);
	const char *fault = NULL;
	if (rc != SQLITE_OK)
		fault = "cannot be opened";
	else if (!says(db, "PRAGMA application_id", "1668247142"))
		fault = "is no store of confab";
	else if (!says(db, "PRAGMA user_version", version))
		fault = "has another schema than this program writes";
	else if (!says(db, "PRAGMA integrity_check", "ok"))
		fault = "is damaged";
	else if (!says(db,
			 "SELECT count(*) FROM logs l WHERE (SELECT count(*) FROM entries e WHERE "
			 "e.id > (l.id << 32) + l.entries_floor AND e.id <= (l.id << 32) + "
			 "4294967295) <> l.rev - l.entries_floor",
			 "0"))
		fault = "has a log whose entries do not reach its head";
	else if (!says(db,
			 "SELECT count(*) FROM logs l WHERE (SELECT count(*) FROM messages m WHERE "
			 "m.id >= (l.id << 32) + max(l.first, 1) AND m.id <= (l.id << 32) + l.seq) "
			 "<> max(l.seq - max(l.first, 1) + 1, 0)",
			 "0"))
		fault = "has a log that lacks messages";
	(void)sqlite3_close_v2(db);
	return fault ? confab_error_set(err, CONFAB_EPROTO, "'%s' %s", path, fault) : 0;
}

void engine_backup(struct engine *e, struct confab_backup *c)
{
	char part[PATH_MAX];
	struct confab_error err = {0};
	struct stat st;
	if (snprintf(part, sizeof(part), "%s.part", c->path) >= (int)sizeof(part))
		confab_error_set(&err, CONFAB_EINVAL, "the path is too long");
	else if (lstat(c->path, &st) == 0)
		confab_error_set(&err, CONFAB_EEXIST, "'%s' is there already", c->path);
	if (err.code == 0) {
		(void)unlink(part); /* of a backup that was cut off */
		if (copy_into(e->path, e->options.vfs, part, &err) == 0 &&
			engine_verify(part, e->options.vfs, &err) == 0 &&
			(stat(part, &st) != 0 || link(part, c->path) != 0 ||
				folder_sync(c->path) != 0))
			confab_error_set(&err, errno == EEXIST ? CONFAB_EEXIST : CONFAB_EIO,
				"'%s' cannot be made (%s)", c->path, strerror(errno));
		(void)unlink(part);
	}
	c->bytes = err.code == 0 ? (uint64_t)st.st_size : 0;
	c->call.rc = err.code;
	snprintf(c->call.text, sizeof(c->call.text), "%.*s", (int)sizeof(c->call.text) - 1,
		err.text);
}

int engine_restore(
	const char *backup, const struct engine_options *options, struct confab_error *err)
{
	char fresh[PATH_MAX];
	struct engine target = {.path = (char *)options->path, .lock_fd = -1};
	if (snprintf(fresh, sizeof(fresh), "%s.fresh", options->path) >= (int)sizeof(fresh))
		return confab_error_set(err, CONFAB_EINVAL, "store, path is too long");
	int rc = engine_verify(backup, options->vfs, err);
	if (rc == 0)
		rc = engine_lock(&target, err);
	if (rc != 0)
		return rc;
	(void)unlink(fresh); /* of a restore that was cut off */
	rc = copy_into(backup, options->vfs, fresh, err);
	if (rc == 0 && epochs_renew(fresh, options->vfs) != SQLITE_OK)
		rc = confab_error_set(err, CONFAB_EIO, "'%s' cannot be written", fresh);
	if (rc == 0 && put_in_place(fresh, options->path) != 0)
		rc = confab_error_set(err, CONFAB_EIO, "'%s' cannot be replaced (%s)",
			options->path, strerror(errno));
	close(target.lock_fd);
	return rc;
}
