/**
 * Words for people about a row, the same in explain, manual and sample.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_DESCRIBE_H
#define CONFIG_DESCRIBE_H

#include <confab/settings.h>

struct buf;

/** Append type and range: "duration, 1s to 1h"; "one of off, v2"; "text, at most 100 bytes". */
void describe_type(const struct confab_setting *row, struct buf *b);
/** Append the default as it would be written in YAML; "unset" if there is none. */
void describe_default(const struct confab_setting *row, struct buf *b);
/** "by a reload" or "by a restart". Static. */
const char *describe_change(const struct confab_setting *row);

#endif
