/**
 * Hooks: which functions run at a stage, in which order. A stage's list is an immutable, counted
 * snapshot; registering makes a new one, so a walk in progress goes on over its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_HOOK_H
#define PIPELINE_HOOK_H

#include <confab/event.h>
#include "base/blame.h"

struct breaker;
struct channel;
struct running;

#define HOOK_STAGES 6 /* index: enum confab_stage */

/** One registered hook with what blame needs. */
struct hook {
	struct confab_hook_row row;
	void *ctx;
	const void *owner;          /* the plugin's record */
	const char *plugin;         /* its name; of a registered one it lives for ever */
	const char *before, *after; /* names of plugins, or NULL */
	/** Of a channel: by its type and its own row (NULL: none yet). Or NULL. */
	const struct confab_settings *(*settings)(
		const void *owner, const char *type, const struct channel *ch);
	/* An event begins to wait for the owner's answer, or ends to: asked on the logic thread. NULL: not
	   counted. */
	bool (*defer_begin)(const void *owner); /* false: too many wait for it already */
	void (*defer_end)(const void *owner);
	uint64_t id;         /* of one that was added at run time, by its owner; 0: of a table */
	bool off;            /* detached: not called any more */
	uint32_t refs;       /* snapshots that hold it */
	struct blame *blame; /* its plugin's, gets what it counted when it goes; or NULL */
	struct breaker *breaker;    /* its plugin's, or NULL: it has none */
	const struct running *runs; /* what the watchdog is told meanwhile; hook_add() makes it */
	uint64_t kinds_known, kinds_wanted; /* bits of kinds' numbers: asked, and answered yes */
	struct blame_cell figures;          /* since it was added */
	uint64_t slow;                      /* calls over pipeline.slow_hook */
	unsigned slow_unsaid;
	int64_t slow_said_us;
};

struct hook_list {
	uint32_t refs;
	uint32_t n;
	struct hook *items[];
};

struct hooks;

/** No hooks yet. Never NULL; hooks_free() takes it. */
struct hooks *hooks_new(void);
void hooks_free(struct hooks *h);

/** Order that the administrator fixed for a stage: names of plugins, which come first, in this order
 *  (copied). It holds for the hooks that are there and for those to come.
 *  @return 0; CONFAB_EINVAL: before/after of the others make a cycle (printed), nothing has changed */
int hooks_order(struct hooks *h, enum confab_stage stage, const char *const *names, size_t n,
	struct confab_error *err);

/** Register one, whose kinds and doc are copied; sorted by the administrator's order, before/after, then the plugin's name.
 *  @return 0; CONFAB_EINVAL: stage and function do not fit, or before/after make a cycle (printed) */
int hook_add(struct hooks *h, const struct hook *proto, struct confab_error *err);
/** Detach all of an owner: none is called after this returns, also by walks in progress. */
void hook_remove_all(struct hooks *h, const void *owner);
/** The same for its one of that id. */
void hook_remove(struct hooks *h, const void *owner, uint64_t id);

/** The list of a stage now, or NULL if nobody hooks it (one test). A reference is taken. */
const struct hook_list *hooks_take(struct hooks *h, enum confab_stage stage);
void hooks_release(const struct hook_list *list);

/** What the hooks of an owner at a stage have counted, with those that are gone (in its blame). */
void hooks_figures(const struct hooks *h, const void *owner, const struct blame *blame,
	enum confab_stage stage, struct blame_cell *out);

/**
 * Go on with a stage after a wait: what has run stays, and behind it comes what is registered now and has not
 * run, so that whoever was replaced meanwhile is called in its new shape and nobody twice.
 *
 * @param list  a reference is taken over
 * @param done  how many of it have been called or passed over
 * @return one reference to the same list, or to a new one
 */
const struct hook_list *hooks_continue(
	struct hooks *h, enum confab_stage stage, const struct hook_list *list, uint32_t done);

/** Did the administrator name its plugin in the order of its stage? */
bool hook_fixed(const struct hooks *h, const struct hook *hk);

/** Is a name among names separated by spaces (NULL: none)? */
bool hook_named(const char *names, const char *name);

/** Does a hook want events of this kind? "*", "message.*", or the name among its kinds. */
bool hook_wants(const struct hook *hk, const char *kind);

#endif
