/**
 * A node put together: loops, network, plugins, store, pipeline and ops, from configuration to doors.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <confab/types.h>

struct server;

/**
 * Put a node together from a configuration file and start it. Listeners accept once plugins are up.
 *
 * @param file  NULL: the built-in defaults
 * @return the node, or NULL with everything that is wrong printed on standard error
 * Thread: main.
 */
struct server *server_start(const char *file);

/** Turn the main loop until somebody asks to stop. @return the program's exit status. Thread: main. */
int server_run(struct server *s);

/** Ask it to stop. Thread: any; safe in a signal watch. */
void server_stop(struct server *s);

/** Stop and free everything, in reverse. NULL is fine. Thread: main. */
void server_free(struct server *s);

#endif
