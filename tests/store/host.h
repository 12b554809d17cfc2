/**
 * A host for one plugin under test: lanes, a timer, settings by number, on the loop that is current.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_STORE_HOST_H
#define TESTS_STORE_HOST_H

#include <confab/plugin.h>

/** What the plugin asks for: its settings, its folder, and who hears that it is ready. */
struct host {
	const char *dir;
	int64_t numbers[16];
	const char *texts[16];
	void (*ready)(void *arg, int err, const char *why);
	void *arg;
	void *lanes, *timers;
};

/** The plugin's handle is the host. */
struct confab_plugin *test_host_plugin(struct host *h);
/** Stop timers, let lanes end what they have. Logic loop; done comes there. */
void test_host_drain(struct host *h, void (*done)(void *arg), void *arg);
/** Free lanes, when drained. */
void test_host_free(struct host *h);

#endif
