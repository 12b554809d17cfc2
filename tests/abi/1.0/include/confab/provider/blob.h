/**
 * Blob storage: immutable bytes under a name. One plugin provides service "blob", major 1; any plugin may ask.
 * Names are 1 to 200 of [A-Za-z0-9_.-] and "/" between segments, none of which is "." or "..".
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_PROVIDER_BLOB_H
#define CONFAB_PROVIDER_BLOB_H

#include <confab/service.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CONFAB_BLOB_NAME_MAX 200
#define CONFAB_BLOB_TYPE_MAX 100

/** One question about a blob. */
struct confab_blob {
	struct confab_question q;
	const char *name; /* the asker's until done */
	/** put: what to store, from offset 0, of a regular file; the asker's, good until done.
	 *  open: out; open for reading at offset 0, of a regular file; the asker's to close. */
	int fd;
	uint64_t bytes;                      /* put: in. open, stat: out */
	char type[CONFAB_BLOB_TYPE_MAX + 1]; /* media type. put: in. open, stat: out */
	char url[1024]; /* stat: out; where a client may fetch it for some minutes, "": only here */
};
/*
 * Answers (q.rc): 0 · ENOENT: no such blob (or: nobody provides blobs) · EEXIST: put, and it is there with
 * other bytes · EINVAL: the name · ELIMIT: too large, or no room · EBUSY: not now · EIO, EUNKNOWN.
 */

struct confab_blob_store {
	size_t size;
	const char *name; /* "files", for people */
	/* Each on the logic thread; answer by confab_question_answer, once, from any thread. */
	/** Store; durable when answered. The same bytes under the same name again is 0. */
	void (*put)(void *ctx, struct confab_blob *blob);
	void (*open)(void *ctx, struct confab_blob *blob);
	void (*stat)(void *ctx, struct confab_blob *blob);
	/** Gone when answered; one that is not there is 0. */
	void (*remove)(void *ctx, struct confab_blob *blob);
};

/** Ask the provider; done always comes. Logic thread. */
void confab_blob_put(struct confab_plugin *p, struct confab_blob *blob);
/** See confab_blob_put. */
void confab_blob_open(struct confab_plugin *p, struct confab_blob *blob);
/** See confab_blob_put. */
void confab_blob_stat(struct confab_plugin *p, struct confab_blob *blob);
/** See confab_blob_put. */
void confab_blob_remove(struct confab_plugin *p, struct confab_blob *blob);

#ifdef __cplusplus
}
#endif
#endif
