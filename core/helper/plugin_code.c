/**
 * Loading a plugin's code for one of its helpers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "helper/plugin_code.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

struct confab_helper_output {
	struct buf *buf;
};

/* ------------------------------------------------------------------------------------------- */

bool plugin_code_load(int fd, const char *name, struct plugin_code *out)
{
	const char *row_name = strrchr(name, '/');
	const struct confab_descriptor *d;
	char path[32];
	void *handle;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	d = handle != NULL ? dlsym(handle, "confab_plugin") : NULL;
	if (d == NULL || row_name == NULL)
		return false;
	/* The server has checked sizes and rows; an older minor's rows are shorter. */
	for (uint32_t i = 0; i < d->helpers.n; i++) {
		size_t size = d->helpers.row_size;

		memset(out, 0, sizeof(*out));
		memcpy(&out->row, (const char *)d->helpers.rows + i * size,
			size < sizeof(out->row) ? size : sizeof(out->row));
		if (strcmp(out->row.name, row_name + 1) == 0)
			return true;
	}
	return false;
}

int plugin_code_run(
	const struct plugin_code *code, const char *bytes, size_t len, int file, struct buf *out)
{
	const struct confab_helper_input in = {bytes, len, file};
	struct confab_helper_output output = {out};
	int rc = code->row.run(&in, &output);

	/* A positive code is no answer: the server would take it for a lie. */
	return rc > 0 ? CONFAB_EPROTO : rc;
}

void confab_helper_write(struct confab_helper_output *out, const void *bytes, size_t len)
{
	buf_add(out->buf, bytes, len);
}
