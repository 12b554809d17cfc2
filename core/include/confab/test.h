/**
 * libconfab-test: a whole server in memory for unit tests of a plugin. Its clock stands still until
 * the test lets time pass, its clients talk over connections in memory, its store is memory and breaks
 * down when asked. `pkg-config --cflags --libs confab-test`; the test is linked with the plugin's own
 * sources.
 *
 *     struct confab_test *t = confab_test_new(&confab_plugin, NULL, NULL);
 *     struct confab_test_client *ann = confab_test_client(t, "ann");
 *     struct confab_test_client *bob = confab_test_client(t, "bob");
 *     confab_test_channel(ann, "general");
 *     confab_test_channel(bob, "general");
 *     CONFAB_TEST_IS(confab_test_say(ann, "general", "hi"), "ok");
 *     CONFAB_TEST_IS(confab_test_hears(bob, 1000), "HI");
 *     confab_test_free(t);
 *
 * Everything runs in the calling thread: a call turns the server until it has what it waits for, so
 * plugins that call each other, work, lanes, timers and posts all run, in an order that is the same
 * each time. A plugin that blocks blocks the test. There are no descriptors, no HTTP and no codecs.
 * One server at a time. What cannot go on (a wrong configuration with err NULL, an answer that never
 * comes) prints why and aborts, which every test framework counts as a failure.
 *
 * This header is for tests that are built anew with each confab: it is not part of the stable ABI.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFAB_TEST_H
#define CONFAB_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <confab/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

struct confab_test;        /* the server */
struct confab_test_client; /* somebody connected to it */

/** The descriptor that CONFAB_PLUGIN defines, of the plugin this test is linked with. */
extern const struct confab_descriptor confab_plugin;

/**
 * Start a server with one plugin.
 *
 * @param plugin  borrowed until confab_test_free
 * @param yaml    a configuration as an administrator writes it, with the plugin under `plugins:`;
 *                NULL: the plugin with its defaults
 * @param err     filled when the configuration or the plugin's load was refused; NULL: print, abort
 * @return the server, the caller's, or NULL
 */
struct confab_test *confab_test_new(
	const struct confab_descriptor *plugin, const char *yaml, struct confab_error *err);

/** The same with several plugins; the list ends with NULL. */
struct confab_test *confab_test_new_with(
	const struct confab_descriptor *const *plugins, const char *yaml, struct confab_error *err);

/**
 * Disconnect everybody, unload the plugins as a server that stops does, free everything. What is still
 * in flight after two minutes of virtual time is named, and the test aborts. NULL is fine.
 */
void confab_test_free(struct confab_test *t);

/** The first plugin's record, for calls into its code. Borrowed. */
struct confab_plugin *confab_test_plugin(struct confab_test *t);

/**
 * Put another configuration in force, as a reload does: prepare, commit; on failure nothing changes.
 *
 * @return 0, or a code with err filled (NULL: print, abort)
 */
int confab_test_configure(struct confab_test *t, const char *yaml, struct confab_error *err);

/* ---- time and trouble ---- */

/** Let virtual time pass; whatever is due happens. */
void confab_test_pass(struct confab_test *t, unsigned ms);

/** Let time pass until cond holds, at most within_ms. @return whether it holds */
bool confab_test_until(
	struct confab_test *t, bool (*cond)(void *arg), void *arg, unsigned within_ms);

/** How often calls to the store go wrong, in thousandths; 1000: always. */
struct confab_test_faults {
	unsigned busy;    /* what writes is refused: CONFAB_EBUSY, nothing is written */
	unsigned unknown; /* what writes answers CONFAB_EUNKNOWN; half of it is written */
	unsigned failed;  /* what reads answers CONFAB_EIO */
	unsigned slow_ms; /* every answer takes up to so long */
};

/** From now on; NULL: none. Copied. */
void confab_test_faults(struct confab_test *t, const struct confab_test_faults *faults);

/** All lines logged so far, debug ones too. Borrowed until the next call with t. */
const char *confab_test_log(struct confab_test *t);

/* ---- clients ---- */

/** Connect and say hello as a user, who is made if there is none; "admin" is an administrator.
 *  Borrowed; goes with the server. */
struct confab_test_client *confab_test_client(struct confab_test *t, const char *user);

/** Cut the connection off; the session stays, the client must not be used any more. */
void confab_test_cut(struct confab_test_client *c);

/** Be a member of an open channel, which is made if there is none, and watch it. */
void confab_test_channel(struct confab_test_client *c, const char *channel);

/**
 * Send an op and wait for its answer. A `cid` is added if the arguments have none.
 *
 * @param args  {"channel":…}, taken; NULL: none
 * @return {"re":…,"ok":{…}} or {"re":…,"error":{…}}; borrowed until the next call with c
 */
const json_t *confab_test_ask(struct confab_test_client *c, const char *op, json_t *args);

/** Send an op without waiting. @return its number, for confab_test_answer */
int confab_test_send(struct confab_test_client *c, const char *op, json_t *args);

/** The answer to an op that was sent; NULL: none within_ms. Borrowed until the next call with c. */
const json_t *confab_test_answer(struct confab_test_client *c, int number, unsigned within_ms);

/** An answer in a word: "ok", "held", "handled", an error's code; "none" for NULL. Borrowed from it. */
const char *confab_test_word(const json_t *answer);

/** message.send, in a word. Borrowed until the next call with c. */
const char *confab_test_say(struct confab_test_client *c, const char *channel, const char *text);

/**
 * The next event ("typing", "note", "change" …) that came or comes; others before it are dropped.
 *
 * @param name  NULL: whichever is next
 * @return {"ev":…}, or NULL: none within_ms. Borrowed until the next call with c.
 */
const json_t *confab_test_event(struct confab_test_client *c, const char *name, unsigned within_ms);

/** The next row of a kind ("message", "member" …) that changes brought or bring; others before it are
 *  dropped. NULL: none within_ms. Borrowed until the next call with c. */
const json_t *confab_test_row(struct confab_test_client *c, const char *kind, unsigned within_ms);

/** Text of the next message row; "" for one that is hidden or gone; NULL: none within_ms. Borrowed
 *  until the next call with c. */
const char *confab_test_hears(struct confab_test_client *c, unsigned within_ms);

/* ---- checks, for tests without a framework ---- */

/** Abort unless it holds, with the place. */
#define CONFAB_TEST_TRUE(cond) \
	((cond) ? (void)0 : confab_test_failed(__FILE__, __LINE__, #cond, "false", "true"))

/** Abort unless two texts are the same (NULL equals NULL only), with both. */
#define CONFAB_TEST_IS(got, wanted) confab_test_is(__FILE__, __LINE__, #got, (got), (wanted))

/** What the checks call: print file:line and both values, abort. */
static inline void confab_test_failed(
	const char *file, int line, const char *what, const char *got, const char *wanted)
{
	fprintf(stderr, "%s:%d: %s is %s, should be %s\n", file, line, what, got, wanted);
	abort();
}

/** The same unless both are equal. */
static inline void confab_test_is(
	const char *file, int line, const char *what, const char *got, const char *wanted)
{
	if (got == NULL || wanted == NULL ? got != wanted : strcmp(got, wanted) != 0)
		confab_test_failed(file, line, what, got != NULL ? got : "NULL",
			wanted != NULL ? wanted : "NULL");
}

#ifdef __cplusplus
}
#endif
#endif
