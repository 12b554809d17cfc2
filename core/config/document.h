/**
 * Documents printed from the tables of settings, so that they cannot be out of step: the sample
 * file, the manual page, the JSON Schema for editors.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_DOCUMENT_H
#define CONFIG_DOCUMENT_H

#include "config/config.h"

struct buf;

/**
 * Append the commented sample, etc/confab.yaml.
 *
 * Prose begins with "# ", a setting with its default is put out of force by a "#" right before its
 * key: to set one, take away the "#" and change the value.
 *
 * @param options  tables of plugins whose settings are shown too; NULL: none
 * Thread: any.
 */
void config_print_sample(struct buf *b, const struct config_options *options);

/** Append the manual page confab.yaml(5) as man(7) source. The same parameters. */
void config_print_manual(struct buf *b, const struct config_options *options);

/** Append a JSON Schema (draft 2020-12) of the file. The same parameters. */
void config_print_schema(struct buf *b, const struct config_options *options);

#endif
