/**
 * backup: the server writes where it may, which its walls say; we put the file where it shall be, with our
 * own rights.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/present.h"
#include "ctl/remote.h"

static void absolute(const char *path, char *out, size_t size)
{
	char cwd[PATH_MAX];

	if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		snprintf(out, size, "%s", path);
	else
		snprintf(out, size, "%s/%s", cwd, path);
}

static int refuse_existing(struct ctl *ctl, const char *path)
{
	if (!ctl->json)
		return ctl_fail(ctl, CTL_FAILED, "%s is there already", path);
	present_json(json_pack(
		"{s:{s:s, s:s+}}", "error", "code", "exists", "text", path, " is there already"));
	return CTL_FAILED;
}

/* Beside the admin socket, which is a folder of the server's. @return false: why not was said */
static bool place_for(struct ctl *ctl, char *out, size_t size)
{
	char *socket = remote_socket(ctl), *slash = socket ? strrchr(socket, '/') : NULL;
	char folder[PATH_MAX] = ".", whole[PATH_MAX];
	bool found;

	if (!socket)
		return false;
	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - socket) + 1, socket);
	found = realpath(folder, whole) != NULL;
	if (found)
		snprintf(out, size, "%s/backup-%d.part", whole, (int)getpid());
	else
		ctl_fail(ctl, CTL_FAILED, "%s: %m", folder);
	free(socket);
	return found;
}

/* Onto another file system. @return 0 or an errno */
static int copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, rc = 0;
	ssize_t n = 0;

	if (in < 0)
		return errno;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0) {
		rc = errno;
		close(in);
		return rc;
	}
	while ((n = sendfile(out, in, NULL, 1 << 30)) > 0)
		;
	if (n < 0 || fsync(out) != 0)
		rc = errno;
	close(in);
	if (close(out) != 0 && rc == 0)
		rc = errno;
	if (rc != 0)
		unlink(to);
	return rc;
}

static int put(const char *from, const char *to)
{
	int rc;

	/* A link, not a rename: what is there already stays. */
	if (link(from, to) == 0)
		rc = 0;
	else
		rc = errno == EEXIST ? EEXIST : copy(from, to);
	unlink(from);
	return rc;
}

/* ------------------------------------------------------------------------------------------- */

int ctl_backup(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	char part[PATH_MAX + 32], path[2 * PATH_MAX];
	json_t *ok;
	int rc;

	(void)verb;
	(void)argc;
	absolute(argv[0], path, sizeof(path));
	if (access(path, F_OK) == 0)
		return refuse_existing(ctl, path);
	if (!place_for(ctl, part, sizeof(part)))
		return CTL_FAILED;
	ok = remote_ask(ctl, json_pack("{s:s, s:s}", "verb", "backup", "path", part));
	if (!ok)
		return CTL_FAILED;
	rc = put(part, path);
	if (rc != 0) {
		json_decref(ok);
		return rc == EEXIST ? refuse_existing(ctl, path)
				    : ctl_fail(ctl, CTL_FAILED, "%s: %s", path, strerror(rc));
	}
	json_object_set_new(ok, "path", json_string(path));
	return remote_show(ctl, ok);
}
