/**
 * Wraps every file of the default file system; writes and syncs go through the faults.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fault_vfs.h"

#include <sqlite3.h>
#include <string.h>

const struct faults no_faults = {-1, -1, 0, -1};
struct faults faults = {-1, -1, 0, -1};

/** A file: ours first, the real one behind it. */
struct file {
	sqlite3_file base;
	sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real(sqlite3_file *f)
{
	return ((struct file *)(void *)f)->real;
}

/* Does this call fail? Once it failed, so do all that follow. */
static int due(int *after)
{
	if (*after < 0)
		return 0;
	if (*after == 0)
		return 1;
	--*after;
	return 0;
}

static int file_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
	int full = due(&faults.full_after);
	if (!full && !due(&faults.error_after))
		return real(f)->pMethods->xWrite(real(f), bytes, n, at);
	if (faults.short_bytes > 0)
		(void)real(f)->pMethods->xWrite(
			real(f), bytes, faults.short_bytes < n ? faults.short_bytes : n, at);
	return full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int file_sync(sqlite3_file *f, int flags)
{
	if (due(&faults.sync_after))
		return SQLITE_IOERR_FSYNC;
	return real(f)->pMethods->xSync(real(f), flags);
}

static int file_close(sqlite3_file *f)
{
	return real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK;
}

static int file_read(sqlite3_file *f, void *bytes, int n, sqlite3_int64 at)
{
	return real(f)->pMethods->xRead(real(f), bytes, n, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return real(f)->pMethods->xTruncate(real(f), size);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real(f)->pMethods->xFileSize(real(f), size);
}

static int file_lock(sqlite3_file *f, int kind)
{
	return real(f)->pMethods->xLock(real(f), kind);
}

static int file_unlock(sqlite3_file *f, int kind)
{
	return real(f)->pMethods->xUnlock(real(f), kind);
}

static int file_reserved(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int file_sector(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int file_traits(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}

static void shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int shm_unmap(sqlite3_file *f, int remove)
{
	return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
	struct file *file = (struct file *)(void *)f;
	(void)vfs;
	file->real = (sqlite3_file *)(file + 1);
	file->real->pMethods = NULL;
	int rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
	file->base.pMethods = file->real->pMethods ? &methods : NULL;
	return rc;
}

/* ------------------------------------------------------------------------------------------- */

const char *fault_vfs(void)
{
	static sqlite3_vfs vfs;
	if (!real_vfs) {
		real_vfs = sqlite3_vfs_find(NULL);
		vfs = *real_vfs; /* the rest is the default's, which asks nothing of its first argument */
		vfs.pNext = NULL;
		vfs.zName = "faulty";
		vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
		vfs.xOpen = vfs_open;
		sqlite3_vfs_register(&vfs, 0);
	}
	return "faulty";
}
