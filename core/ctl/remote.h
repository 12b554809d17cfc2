/**
 * One question to the running server over its admin socket.
 *
 *      → {"verb":"status"}                     ← {"ok":{…}} or {"error":{"code":"…","text":"…"}}
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CTL_REMOTE_H
#define CTL_REMOTE_H

#include <jansson.h>

struct ctl;

/**
 * Ask and wait for the answer.
 *
 * @param request  taken
 * @return the answer's "ok", a new reference; or NULL, and why not was said
 * Thread: main; blocks.
 */
json_t *remote_ask(struct ctl *ctl, json_t *request);

/**
 * A verb of a plugin: its name, the verb (none: they are listed), its arguments.
 *
 * @return exit status; -1: no server is there to ask, and nothing was said
 * Thread: main; blocks.
 */
int remote_plugin(struct ctl *ctl, int argc, char **argv);

/**
 * Ask for a stream: each {"say":line} is given to said, which borrows it, until the last answer comes.
 *
 * @param request  taken
 * @return that answer's "ok", a new reference; or NULL, and why not was said
 */
json_t *remote_follow(
	struct ctl *ctl, json_t *request, void (*said)(struct ctl *ctl, const json_t *line));

/** Show an answer, which is taken, as asked for: JSON or lines. NULL: nothing. @return exit status */
int remote_show(struct ctl *ctl, json_t *ok);

/** Path of the admin socket, to free(); NULL, and why not was said. */
char *remote_socket(struct ctl *ctl);

#endif
