/**
 * Static files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/file.h"

#include <stdlib.h>
#include "base/alloc.h"
#include "net/http_internal.h"

struct files {
	size_t n;
};

/* ------------------------------------------------------------------------------------------- */

struct files *files_new(const struct net_files *rows, size_t n, struct confab_error *err)
{
	(void)rows;
	(void)err;
	struct files *f = alloc_zero(1, sizeof(*f));

	f->n = n;
	return f;
}

void files_free(struct files *f)
{
	free(f);
}

bool file_serves(const struct conn *c, const char *method, const char *path)
{
	(void)c;
	(void)method;
	(void)path;
	return false;
}

void file_serve(struct conn *c)
{
	http_error(c, 404, "there is nothing here", NULL);
}

void file_pump(struct conn *c)
{
	(void)c;
}

void file_send_free(struct file_send *fs)
{
	(void)fs;
}
