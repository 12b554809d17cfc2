/**
 * Grants: the words that say what a role may do, and sets of them.
 *
 * Server grants (roles:) and channel grants (channel_types: TYPE: roles:) are two vocabularies.
 * Besides their words, "all" grants everything, "channels.create.TYPE" stands for each type, and a
 * plugin brings its own as "plugin.word".
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CONFIG_GRANT_H
#define CONFIG_GRANT_H

#include <confab/settings.h>

/** A row of a vocabulary. */
struct grant_word {
	const char *name;
	const char *doc;
};

enum grant_scope { GRANT_SERVER, GRANT_CHANNEL };

/** Word n of a vocabulary, or NULL behind the last. */
const struct grant_word *grant_word(enum grant_scope scope, size_t n);

/** The words of a vocabulary as "a, b, c". Static. */
const char *grant_words(enum grant_scope scope);

/** The place of a word in its vocabulary (0..63), or -1. */
int grant_find(enum grant_scope scope, const char *name);

/** What one role may do. */
struct grant_set {
	bool all;
	uint64_t bits;            /* by grant_find() */
	struct confab_list words; /* all that were given; borrowed */
};

/** Make a set of words that were checked. */
void grant_set_init(struct grant_set *set, enum grant_scope scope, struct confab_list words);
bool grant_set_has(const struct grant_set *set, enum grant_scope scope, const char *grant);

/** The channel roles, from the one that may most. */
enum grant_role {
	GRANT_ROLE_OWNER,
	GRANT_ROLE_MODERATOR,
	GRANT_ROLE_MEMBER,
	GRANT_ROLE_READER,
	GRANT_ROLE_GUEST,
	GRANT_ROLES
};
/** The server roles. */
enum grant_server_role {
	GRANT_SERVER_ADMIN,
	GRANT_SERVER_USER,
	GRANT_SERVER_GUEST,
	GRANT_SERVER_ROLES
};

/** The number of a role by name, or -1. */
int grant_role_find(const char *name);
int grant_server_role_find(const char *name);

#endif
