/**
 * Documents of a plugin, in the server's store: (collection, key) → JSON object, with a version and one
 * indexed value. Logic thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_DOC_H
#define CONFAB_DOC_H

#include <confab/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A collection, declared (table `collections`): then the core takes the indexed value out of each document
 * itself, and calls that name a collection beside the table are refused with CONFAB_EINVAL. A plugin without
 * the table names its collections as it likes.
 */
struct confab_collection_row {
	const char *name; /* [a-z][a-z0-9_]{0,31} */
	const char
		*index;  /* a member of its documents, a string or an integer; NULL: as put says */
	const char *doc; /* one sentence */
};

/** rc 0, ENOENT, ECONFLICT (version), EBUSY, EUNKNOWN. doc is borrowed, NULL where there is none. */
typedef void (*confab_doc_fn)(
	void *arg, int rc, const char *key, const json_t *doc, uint64_t version);

/** Any version will do. */
#define CONFAB_ANY_VERSION UINT64_MAX

/** Read one document of a collection; done comes on the logic thread. */
void confab_doc_get(
	struct confab_plugin *p, const char *coll, const char *key, confab_doc_fn done, void *arg);
/** Put if the stored version is if_version (0: must be absent). The new version is answered.
 *  index: value to be found by, or NULL. expires_ms: Unix time, 0 never. doc is taken. */
void confab_doc_put(struct confab_plugin *p, const char *coll, const char *key, json_t *doc,
	const char *index, int64_t expires_ms, uint64_t if_version, confab_doc_fn done, void *arg);
void confab_doc_delete(struct confab_plugin *p, const char *coll, const char *key,
	uint64_t if_version, confab_doc_fn done, void *arg);
/** Called for each document found, and last with key NULL. */
void confab_doc_find(struct confab_plugin *p, const char *coll, const char *index, size_t limit,
	confab_doc_fn each, void *arg);

#ifdef __cplusplus
}
#endif
#endif
