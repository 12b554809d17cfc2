/**
 * Commands: what people type behind a slash. One table for the core's and every plugin's.
 *
 *   message.send with "/name args" ─ the table knows it ─ the entry that remembers the cid, in the actor's own
 *   log ─ run ─ {"handled":true} for the sender, and what run answers as a note
 *
 * A row without run (the core's /me) says something: the message goes on as "args" with the member `command`. "//" at the
 * beginning stands for a slash.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPELINE_COMMAND_H
#define PIPELINE_COMMAND_H

#include <confab/op.h>
#include "pipeline/steps.h"

struct commands;

struct command {
	const struct confab_command_row *row;
	void *ctx;
	const void *owner;      /* the plugin's record, NULL: the core */
	const char *owner_name; /* "core", or the plugin's name */
};

/** An empty table. Never NULL; commands_free() takes it. Thread: logic, all of it. */
struct commands *commands_new(void);
void commands_free(struct commands *c);

/** @return 0; CONFAB_EEXIST names who has it; CONFAB_EINVAL: the name is not 1 to 32 of [a-z0-9_] */
int command_add(struct commands *c, const struct confab_command_row *row, void *ctx,
	const void *owner, const char *owner_name, struct confab_error *err);
/** Remove all of an owner. */
void command_remove_all(struct commands *c, const void *owner);
/** By name, or NULL. Borrowed until something is removed. */
const struct command *command_find(const struct commands *c, const char *name);
/** Command n in order of names; NULL behind the last. */
const struct command *command_at(const struct commands *c, size_t n);

/** If the event says a command: run it, or refuse it. NEXT: it is an ordinary message (its draft may have
 *  been changed). */
enum step_answer command_step(struct confab_event *ev);

#endif
