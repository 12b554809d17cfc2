/**
 * A plugin's descriptor, checked and brought to this host's shape before any of its code runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PLUGIN_DESCRIPTOR_H
#define PLUGIN_DESCRIPTOR_H

#include <confab/admin.h>
#include <confab/doc.h>
#include <confab/http.h>
#include <confab/op.h>
#include <confab/chat.h>
#include <confab/plugin.h>
#include <confab/provider/codec.h>
#include <confab/service.h>
#include <confab/settings.h>
#include <confab/task.h>

/**
 * The descriptor in this host's sizes: rows of an older minor are shorter, here their new fields are
 * zero. Strings and functions stay the plugin's and live as long as its image.
 */
struct descriptor {
	struct confab_descriptor d; /* its tables point to own memory with this host's row sizes */
	struct confab_setting *settings;
	struct confab_hook_row *hooks;
	struct confab_kind_row *kinds;
	struct confab_op_row *ops;
	struct confab_command_row *commands;
	struct confab_todo_row *todos;
	struct confab_slot_row *slots;
	struct confab_codec_row *codecs;
	struct confab_provide_row *provides;
	struct confab_route_row *routes;
	struct confab_metric_row *metrics;
	struct confab_verb_row *verbs;
	struct confab_helper_row *helpers;
	struct confab_collection_row *collections;
};

/**
 * Copy and check: sizes, names, known stages, classes, actors and flags, a function where one is
 * needed and none where it would never be called. The first fault is the answer.
 *
 * @param from  as found in the image; may be of an older minor
 * @param out   filled on success; descriptor_fini() it
 * @return 0, CONFAB_EABI (sizes that do not belong to its ABI), CONFAB_EINVAL; the sentence names
 *         table and row
 * Thread: any.
 */
int descriptor_read(
	const struct confab_descriptor *from, struct descriptor *out, struct confab_error *err);

/** Free the copies; zeroed ones are fine. */
void descriptor_fini(struct descriptor *d);

/** Name of the n-th table, and how many rows a descriptor says it has there (it need not have been
 *  checked); NULL behind the last table. Static. */
const char *descriptor_table(const struct confab_descriptor *d, size_t n, uint32_t *rows);

/** Does it provide this service? */
bool descriptor_provides(const struct descriptor *d, const char *service);

#endif
