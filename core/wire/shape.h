/**
 * Do arguments have the shape their op's row says?
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_SHAPE_H
#define WIRE_SHAPE_H

#include <confab/op.h>

/**
 * Check an object against fields. Unknown members are ignored (design, section 8).
 *
 * @param err  says which member, what is wrong and what would be right
 * @return 0 or CONFAB_EINVAL
 */
int shape_check(const json_t *object, const struct confab_field *fields, struct confab_error *err);

/** Turn strings of a path or query (?limit=50&watch=true&ids=a,b) into the types the fields ask for; what is
 *  no such value stays a string, for shape_check to name. */
void shape_coerce(json_t *object, const struct confab_field *fields);

#endif
