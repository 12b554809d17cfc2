/**
 * Entity tags and conditional requests.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http_etag.h"
#include "net/http_char.h"
#include "net/http_date.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Without the W/ that marks a weak one. */
static const char *opaque(const char *etag, bool *weak)
{
	*weak = strncmp(etag, "W/", 2) == 0;
	return *weak ? etag + 2 : etag;
}

/* The next tag of a list: W/ and a quoted string, which may hold commas. */
static bool take_tag(const char **list, struct http_slice *tag, bool *weak)
{
	const char *s = *list + strspn(*list, " \t,");
	const char *end;

	s = opaque(s, weak);
	if (*s != '"')
		return false;
	end = strchr(s + 1, '"');
	if (end == NULL)
		return false;
	*tag = (struct http_slice){s, (size_t)(end - s) + 1};
	*list = end + 1;
	return true;
}

static bool is_any(const char *list)
{
	struct http_slice s = http_trim(list, strlen(list));

	return s.len == 1 && s.at[0] == '*';
}

/* ------------------------------------------------------------------------------------------ */

void http_etag_format(uint64_t size, int64_t mtime_ns, char out[HTTP_ETAG_SIZE])
{
	(void)snprintf(out, HTTP_ETAG_SIZE, "\"%" PRIx64 "-%" PRIx64 "\"", (uint64_t)mtime_ns,
		size); /* at most 35 characters */
}

bool http_etag_in(const char *list, const char *etag, enum http_etag_compare how)
{
	struct http_slice tag;
	bool weak, ours_weak;
	const char *ours = opaque(etag, &ours_weak);

	if (is_any(list))
		return true;
	while (take_tag(&list, &tag, &weak)) {
		if (how == HTTP_ETAG_STRONG && (weak || ours_weak))
			continue;
		if (strlen(ours) == tag.len && memcmp(ours, tag.at, tag.len) == 0)
			return true;
	}
	return false;
}

int http_conditions_judge(
	const struct http_conditions *c, const char *etag, int64_t mtime_s, bool reads)
{
	int64_t then;

	if (c->if_match != NULL) {
		if (etag == NULL || !http_etag_in(c->if_match, etag, HTTP_ETAG_STRONG))
			return 412;
	} else if (c->if_unmodified_since != NULL) {
		if (http_date_parse(c->if_unmodified_since, &then) &&
			(etag == NULL || mtime_s > then))
			return 412;
	}
	if (c->if_none_match != NULL) {
		if (etag != NULL && http_etag_in(c->if_none_match, etag, HTTP_ETAG_WEAK))
			return reads ? 304 : 412;
	} else if (c->if_modified_since != NULL && reads && etag != NULL) {
		if (http_date_parse(c->if_modified_since, &then) && mtime_s <= then)
			return 304;
	}
	return 0;
}
