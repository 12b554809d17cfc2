/**
 * Fuzz: the small texts inside of HTTP: paths, queries, hosts, dates, tags, ranges, addresses. The
 * first byte says which.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/utf8.h"
#include "net/addr.h"
#include "net/http_date.h"
#include "net/http_etag.h"
#include "net/http_range.h"
#include "net/http_target.h"
#include "pieces.h"

static void try_path(const char *text)
{
	struct http_slice raw = {text, strlen(text)};
	char *out = malloc(raw.len + 1);

	HOLDS(out != NULL);
	if (http_path_decode(raw, out, raw.len + 1) == NULL) {
		HOLDS(out[0] == '/' && strlen(out) <= raw.len && utf8_valid(out, strlen(out)));
		HOLDS(strstr(out, "/../") == NULL && strstr(out, "/./") == NULL);
	}
	free(out);
}

static void try_target(const char *text)
{
	struct http_target t;
	size_t len = strlen(text);

	if (http_target_parse(text, len, false, &t) == NULL) {
		HOLDS(t.path.len > 0 && t.path.at[0] == '/');
		HOLDS(t.query.at + t.query.len == text + len);
		HOLDS(t.authority.len == 0 || http_host_valid(t.authority.at, t.authority.len));
	}
}

static void try_query(const char *text)
{
	char out[64];

	if (http_query_find(text, "a", out, sizeof(out)))
		HOLDS(strlen(out) < sizeof(out) && utf8_valid(out, strlen(out)));
}

static void try_date(const char *text)
{
	char again[HTTP_DATE_SIZE];
	int64_t s, back;

	if (http_date_parse(text, &s) && s >= 0) {
		http_date_format(s, again);
		HOLDS(http_date_parse(again, &back) && back == (s < 253402300800 ? s : s - 1));
	}
}

static void try_tags(const char *text)
{
	bool strong = http_etag_in(text, "\"a\"", HTTP_ETAG_STRONG);

	HOLDS(!strong || http_etag_in(text, "\"a\"", HTTP_ETAG_WEAK));
	(void)http_range_applies(text, "\"a\"", 0); /* only that it comes back */
}

static void try_range(const char *text)
{
	uint64_t from, to;

	if (http_range_parse(text, 1000, &from, &to) == HTTP_RANGE_PART)
		HOLDS(from <= to && to < 1000);
}

static void try_addr(const char *text)
{
	struct addr_list list = {0};
	struct addr a, at = {.family = ADDR_UNIX};
	char say[ADDR_TEXT_SIZE];

	if (addr_parse(&a, text, strlen(text))) {
		struct addr again;

		(void)addr_text(&a, say); /* returns say */
		HOLDS(addr_parse(&again, say, strlen(say)));
		HOLDS(memcmp(&a, &again, sizeof(a)) == 0);
		HOLDS(addr_list_add(&list, say, NULL) == 0 && addr_list_has(&list, &a));
	}
	(void)addr_list_add(&list, text, NULL); /* may be refused */
	HOLDS(addr_list_add(&list, "unix", NULL) == 0);
	(void)addr_forwarded(&at, &list, text); /* only that it comes back */
	addr_list_fini(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const char *text) = {
		try_path, try_target, try_query, try_date, try_tags, try_range, try_addr};

	pieces_choose(tries, sizeof(tries) / sizeof(tries[0]), data, size);
	return 0;
}
