/**
 * The sections of the configuration as const tables: what there is, what it means, and where in
 * the structs of "config/config.h" it goes. Everything else reads these: parser, checks, explain,
 * manual, sample, JSON Schema.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_SECTIONS_H
#define CONFIG_SECTIONS_H

#include "config/settings.h"

/** What of an ENUM goes into the struct. Other types go as they are. */
enum section_as {
	SECTION_AS_PLACE = 0, /* int: the word's place, an enum of config.h */
	SECTION_AS_WORD = 1,  /* const char *: the word */
	SECTION_AS_OCTAL = 2, /* unsigned: the word as an octal number */
};

/** A row, and the offset of its value in the section's struct. */
struct section_row {
	struct confab_setting setting; /* first: an array of these is a confab_table */
	size_t at;
	enum section_as as;
};

enum section_shape {
	SECTION_ONE,   /* name: {rows} */
	SECTION_LIST,  /* name: [{rows}, …] */
	SECTION_NAMED, /* name: {NAME: {rows}, …} */
};

enum section_id {
	SECTION_SERVER,
	SECTION_LISTEN,
	SECTION_TLS,
	SECTION_HTTP,
	SECTION_STORE,
	SECTION_BUS,
	SECTION_AUTH,
	SECTION_LIMITS,
	SECTION_GRANTS, /* roles: */
	SECTION_CHANNEL_TYPES,
	SECTION_PIPELINE,
	SECTION_PLUGINS,
	SECTION_LOG,
	SECTION_ADMIN,
	SECTION_COUNT
};

struct section {
	const char *name;
	enum section_shape shape;
	const struct section_row *rows;
	size_t count;
	const char *doc;     /* sentences for the administrator */
	const char *example; /* YAML of the whole section that shows more than defaults; or NULL */
};

/** In the order of the manual. */
extern const struct section sections[SECTION_COUNT];

/** What stands below `roles:` of a channel type: one list of grants per role. */
extern const struct section section_type_roles;

/** The built-in channel types, as YAML that is read below the administrator's. */
extern const char section_types_builtin[];

/** Plugins that are enabled although no file names them, besides the providers: "a, b". */
extern const char section_plugins_default[];

/** The rows as a table. */
struct settings_table *section_table(const struct section *section);

/** Copy every value to its place in a struct of the section. Strings and lists are borrowed. */
void section_bind(const struct section *section, const struct confab_settings *s, void *target);

#endif
