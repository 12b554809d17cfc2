/**
 * Files of plugins become sealed copies in memory, and those become code.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crash.h"
#include "plugin/object.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* since Linux 6.3 */
#endif

/* A file above this is no plugin of ours. */
#define FILE_BYTES_MAX (64L * 1024 * 1024)

static int file_check(int fd, const char *path, struct confab_error *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return confab_error_set(
			err, CONFAB_EIO, "%s cannot be read (%s)", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return confab_error_set(err, CONFAB_EPERM, "%s is no regular file", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return confab_error_set(err, CONFAB_EPERM,
			"%s belongs to user %u; it must belong to root or to this "
			"server's user (%u)",
			path, (unsigned)st.st_uid, (unsigned)geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return confab_error_set(err, CONFAB_EPERM,
			"%s may be written by others than its owner; chmod go-w it", path);
	if (st.st_size > FILE_BYTES_MAX)
		return confab_error_set(err, CONFAB_ELIMIT, "%s is larger than 64 MB", path);
	return 0;
}

/* @return an unsealed file in memory, or -1 with errno */
static int memfd_new(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

/* @return the sealed copy, or a code */
static int sealed_copy(int fd, const char *name, struct confab_error *err)
{
	struct stat st;
	int copy = memfd_new(name);
	if (copy < 0 || fstat(fd, &st) != 0)
		goto fail;
	off_t at = 0;
	while (at < st.st_size) {
		ssize_t n = sendfile(copy, fd, &at, (size_t)(st.st_size - at));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			goto fail;
		if (n == 0) {
			errno = EIO; /* it became shorter meanwhile */
			goto fail;
		}
	}
	if (fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
		goto fail;
	return copy;
fail:
	confab_error_set(err, CONFAB_EIO, "cannot be copied to memory (%s)", strerror(errno));
	if (copy >= 0)
		close(copy);
	return CONFAB_EIO;
}

struct range {
	uintptr_t base, end;
};

static int manifest_check(int fd, const char *name, struct manifest *out, struct confab_error *err)
{
	int rc = manifest_read(fd, out, err);
	if (rc == 0)
		rc = manifest_accept(out, err);
	if (rc == 0 && name != NULL && strcmp(out->name, name) != 0)
		rc = confab_error_set(err, CONFAB_EPROTO, "calls itself '%s'", out->name);
	return rc;
}

/* A thread or a handler that outlives the code is a crash; a plugin that stays may have them. */
static int object_check(int fd, struct confab_error *err)
{
	struct confab_descriptor d;
	struct object *o = object_open(fd, err);
	if (o == NULL)
		return err->code;
	const char *name = object_unwanted(o, 0);
	int rc = object_descriptor(o, &d, err) == 0 ? 0 : CONFAB_EPROTO;
	if (rc == 0 && name != NULL && !(d.flags & CONFAB_RESIDENT))
		rc = confab_error_set(err, CONFAB_EPERM,
			"calls %s, which only a plugin with the flag CONFAB_RESIDENT may", name);
	object_close(o);
	return rc;
}

static int image_link(struct image *image, struct confab_error *err)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", image->memfd);
	image->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (image->handle == NULL) {
		const char *why = dlerror();
		/* The loader begins with the path, which says nothing to an administrator. */
		if (why != NULL && strncmp(why, path, strlen(path)) == 0)
			why += strlen(path) + strspn(why + strlen(path), ": ");
		return confab_error_set(err, CONFAB_EPROTO, "cannot be linked (%s)",
			why != NULL ? why : "no reason given");
	}
	image->descriptor = dlsym(image->handle, "confab_plugin");
	if (image->descriptor == NULL)
		return confab_error_set(
			err, CONFAB_EPROTO, "is no plugin (it has no symbol confab_plugin)");
	return 0;
}

/* Where an object lies, if it is the one looked for. */
static int range_find(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct range *r = arg;
	(void)size;
	if (info->dlpi_addr != r->base)
		return 0;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t end = r->base + ph->p_vaddr + ph->p_memsz;
		if (ph->p_type == PT_LOAD && end > r->end)
			r->end = end;
	}
	return 1;
}

/* A report of a crash names the plugin by its addresses. */
static void image_remember(struct image *image)
{
	struct link_map *map = NULL;
	struct range r = {0};
	if (dlinfo(image->handle, RTLD_DI_LINKMAP, &map) != 0 || map == NULL)
		return;
	r.base = map->l_addr;
	if (dl_iterate_phdr(range_find, &r) != 0)
		image->module = crash_module_add(image->manifest.name, image->manifest.version,
					r.base, r.end) +
			1;
}

/* ------------------------------------------------------------------------------------------ */

int loader_find(const char *const *dirs, size_t n_dirs, const char *name, struct confab_error *err)
{
	if (!manifest_name_valid(name))
		return confab_error_set(err, CONFAB_EINVAL,
			"'%.40s' cannot be a plugin's name (1 to 32 of a-z, 0-9 and -)", name);
	struct buf looked;
	buf_init(&looked);
	for (size_t i = 0; i < n_dirs; i++) {
		char path[4096];
		int len = snprintf(path, sizeof(path), "%s/%s.so", dirs[i], name);
		if (len < 0 || (size_t)len >= sizeof(path))
			continue;
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
			buf_fmt(&looked, "%s%s", i == 0 ? "" : ", ", dirs[i]);
			continue;
		}
		buf_fini(&looked);
		if (fd < 0)
			return confab_error_set(
				err, CONFAB_EIO, "%s cannot be opened (%s)", path, strerror(errno));
		int rc = file_check(fd, path, err);
		if (rc == 0)
			return fd;
		close(fd);
		return rc;
	}
	confab_error_set(err, CONFAB_ENOENT, "there is no %s.so in %s", name,
		looked.len > 0 ? looked.bytes : "any directory (none is set)");
	buf_fini(&looked);
	return CONFAB_ENOENT;
}

int image_open_fd(int fd, const char *name, struct image *out, struct confab_error *err)
{
	memset(out, 0, sizeof(*out));
	out->memfd = sealed_copy(fd, name != NULL ? name : "plugin", err);
	/* The note of the copy, which nobody can change any more, not of the file. */
	int rc = out->memfd < 0 ? CONFAB_EIO
				: manifest_check(out->memfd, name, &out->manifest, err);
	if (rc == 0)
		rc = object_check(out->memfd, err);
	if (rc == 0)
		rc = image_link(out, err);
	if (rc == 0)
		image_remember(out);
	else
		image_close(out);
	return rc;
}

int image_open(const char *const *dirs, size_t n_dirs, const char *name, struct image *out,
	struct confab_error *err)
{
	memset(out, 0, sizeof(*out));
	out->memfd = -1;
	int fd = loader_find(dirs, n_dirs, name, err);
	if (fd < 0)
		return fd;
	int rc = image_open_fd(fd, name, out, err);
	close(fd);
	return rc;
}

void image_close(struct image *image)
{
	crash_module_remove(image->module - 1);
	if (image->handle != NULL)
		dlclose(image->handle);
	if (image->memfd > 0)
		close(image->memfd);
	memset(image, 0, sizeof(*image));
	image->memfd = -1;
}
