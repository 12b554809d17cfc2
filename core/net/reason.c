/**
 * The table of close reasons.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/reason.h"

#include <assert.h>
#include <stddef.h>

static const struct net_reason_row reason_rows[NET_REASON_COUNT] = {
#define X(id, name, error, text) {name, error, text},
	NET_REASONS(X)
#undef X
};

static const char *const refusal_names[NET_REFUSAL_COUNT] = {
#define X(id, name, text) name,
	NET_REFUSALS(X)
#undef X
};

/* ------------------------------------------------------------------------------------------- */

const struct net_reason_row *net_reason_row(enum net_reason reason)
{
	assert(reason >= 0 && reason < NET_REASON_COUNT);
	return &reason_rows[reason];
}

const char *net_refusal_name(enum net_refusal refusal)
{
	assert(refusal >= 0 && refusal < NET_REFUSAL_COUNT);
	return refusal_names[refusal];
}
