/**
 * Services: functions that one plugin provides and the core or other plugins use, by name and major.
 * Those with one owner in force: store, bus, auth (several, asked in order), blob, push (one per kind).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_SERVICE_H
#define CONFAB_SERVICE_H

#include <confab/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct confab_provide_row {
	const char *service; /* "store", "auth", or "plugin.name" */
	unsigned major;
	const void *vtable; /* begins with size_t size; its functions take the plugin's ctx first */
	size_t size;
};

/** vtable and context of a provider, or NULL. Counted; swept by the ledger at the user's unload. */
const void *confab_service_use(
	struct confab_plugin *p, const char *name, unsigned major, size_t min_size, void **ctx);
void confab_service_drop(struct confab_plugin *p, const char *name);

/**
 * A question to a service through the core (provider/push.h, provider/blob.h): begins what is asked. The
 * memory is the asker's until done.
 */
struct confab_question {
	void *link[6]; /* the core's */
	/** Called on the logic thread, once, in a later turn. */
	void (*done)(struct confab_question *q);
	void *arg;      /* the asker's */
	int rc;         /* out: 0 or enum confab_code, as the service says */
	char text[160]; /* out: why not, for the log; "" */
};

/** A provider answers, with rc and the other out fields filled. Once. Thread: any. */
void confab_question_answer(struct confab_question *q);

#ifdef __cplusplus
}
#endif
#endif
