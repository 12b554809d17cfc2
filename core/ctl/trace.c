/**
 * `confabctl trace`: what happens to events, line by line, as it happens.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/present.h"
#include "ctl/remote.h"

/* No control character reaches the terminal. */
static void put(const char *s)
{
	for (; s && *s; s++)
		putchar((unsigned char)*s < 0x20 || *s == 0x7F ? '?' : *s);
}

/* Everything that is not in the columns, as name=value. */
static void put_rest(const json_t *line)
{
	static const char *const columns[] = {"event", "us", "at", "took_us"};
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)line, key, value)
	{
		bool column = false;
		char *dump;

		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
			column = column || strcmp(columns[i], key) == 0;
		if (column)
			continue;
		printf(" %s=", key);
		if (json_is_string(value)) {
			put(json_string_value(value));
			continue;
		}
		dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		put(dump);
		free(dump);
	}
}

static void said(struct ctl *ctl, const json_t *line)
{
	if (ctl->json) {
		present_json(json_deep_copy(line));
	} else {
		printf("#%-6lld %9lld us  %-9s", (long long)json_int(line, "event", 0),
			(long long)json_int(line, "us", 0), json_str(line, "at"));
		put_rest(line);
		if (json_object_get(line, "took_us"))
			printf(" (%lld us)", (long long)json_int(line, "took_us", 0));
		putchar('\n');
	}
	fflush(stdout); /* it may go on for long */
}

static bool number_taken(json_t *request, const char *option, const char *value)
{
	char *end;
	long n = value ? strtol(value, &end, 10) : -1;

	if (n < 1 || *end)
		return false;
	json_object_set_new(request, option + 2, json_integer(n));
	return true;
}

/* ------------------------------------------------------------------------------------------- */

int ctl_trace(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv)
{
	json_t *request = json_pack("{s:s, s:s}", "verb", verb->name, "name", argv[0]), *ok;

	for (int i = 1; i < argc; i += 2) {
		bool known = strcmp(argv[i], "--count") == 0 || strcmp(argv[i], "--seconds") == 0;

		if (known && i + 1 < argc && number_taken(request, argv[i], argv[i + 1]))
			continue;
		json_decref(request);
		return ctl_fail(ctl, CTL_USAGE,
			"trace takes --count N and --seconds N behind the name, not '%.60s'",
			argv[i]);
	}
	ok = remote_follow(ctl, request, said);
	if (!ok)
		return CTL_FAILED;
	if (!ctl->json && json_int(ok, "dropped", 0) > 0)
		fprintf(stderr, "confabctl: %lld lines were dropped, as they came too fast\n",
			(long long)json_int(ok, "dropped", 0));
	json_decref(ok);
	return CTL_OK;
}
