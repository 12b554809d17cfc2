/**
 * Fields that many ops take or answer, written once.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef OPS_FIELDS_H
#define OPS_FIELDS_H

#include <confab/op.h>
#include "base/json.h"

#define OPS_CHANNEL_FIELD \
	{ \
		"channel", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the channel" \
	}
#define OPS_USER_FIELD \
	{ \
		"user", CONFAB_FIELD_ID, true, 0, 0, NULL, NULL, "the user" \
	}
#define OPS_SEQ_FIELD \
	{ \
		"seq", CONFAB_FIELD_INT, true, 1, JSON_INT_MAX, NULL, NULL, "the message" \
	}
#define OPS_CID_FIELD \
	{ \
		"cid", CONFAB_FIELD_CID, true, 0, 0, NULL, NULL, \
			"the client's own name of this change" \
	}
#define OPS_AGAIN_FIELD \
	{ \
		"again", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, "it was sent before" \
	}

/** Until when; absent: for ever. */
#define OPS_UNTIL_FIELD \
	{ \
		"until", CONFAB_FIELD_INT, false, 1, JSON_INT_MAX, NULL, NULL, \
			"when it ends, Unix ms; absent: never" \
	}
/** Size of a page. */
#define OPS_LIMIT_FIELD(most) \
	{ \
		"limit", CONFAB_FIELD_INT, false, 1, (most), NULL, NULL, "at most so many" \
	}
/** Where a page by ids begins. */
#define OPS_AFTER_FIELD \
	{ \
		"after", CONFAB_FIELD_STRING, false, 0, 64, NULL, NULL, \
			"the last id of the page before" \
	}

/** A number of an answer: a rev, a seq, a count. */
#define OPS_COUNT(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_INT, true, 0, JSON_INT_MAX, NULL, NULL, (doc_) \
	}
/** Rows of an answer. */
#define OPS_ROWS_FIELD(name_, doc_) \
	{ \
		(name_), CONFAB_FIELD_ROWS, true, 0, 0, NULL, NULL, (doc_) \
	}

/** The members of ops_change_reply, for replies that have more. */
#define OPS_CHANGE_FIELDS \
	{"rev", CONFAB_FIELD_INT, false, 0, 0, NULL, NULL, "the entry that made it"}, \
		{"ts", CONFAB_FIELD_INT, false, 0, 0, NULL, NULL, "when, Unix ms"}, \
	{ \
		"again", CONFAB_FIELD_BOOL, false, 0, 0, NULL, NULL, \
			"this is the first answer, repeated" \
	}

/** What every change answers: rev, ts, again. */
extern const struct confab_field ops_change_reply[];

#endif
