/**
 * Fields as JSON Schema, for the documents that describe the wire (draft 2020-12, which OpenAPI 3.1 and
 * AsyncAPI 3.0 share).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef WIRE_SCHEMA_H
#define WIRE_SCHEMA_H

#include <confab/op.h>

/** Schema of one field. References point into #/components/schemas. A new reference. Thread: any. */
json_t *schema_of_field(const struct confab_field *field);
/** Schema of an object of these fields; NULL: an object without known members. A new reference. */
json_t *schema_of_fields(const struct confab_field *fields);
/** Put further fields into such an object. */
void schema_add(json_t *schema, const struct confab_field *fields);
/** A member whose value is this very word. */
void schema_add_word(json_t *schema, const char *name, const char *word);

#endif
