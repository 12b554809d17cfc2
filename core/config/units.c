/**
 * Tables of units, and the numbers before them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/units.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"

#define RATE_MAX 1000000 /* count and burst */

struct unit {
	const char *name;
	int64_t factor;
};

#define KIB INT64_C(1024)
static const struct unit sizes[] = {
	{"TB", KIB *KIB *KIB *KIB},
	{"GB", KIB *KIB *KIB},
	{"MB", KIB *KIB},
	{"KB", KIB},
	{"B", 1},
	{"TiB", KIB *KIB *KIB *KIB},
	{"GiB", KIB *KIB *KIB},
	{"MiB", KIB *KIB},
	{"KiB", KIB},
};

#define DAY INT64_C(86400000)
static const struct unit durations[] = {
	{"d", DAY},
	{"h", 3600000},
	{"m", 60000},
	{"s", 1000},
	{"ms", 1},
	{"w", 7 * DAY},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Read digits; *end is behind them. false: none, or too many. */
static bool digits(const char *s, const char **end, int64_t *n)
{
	int64_t value = 0;
	bool some = false;

	for (; (*s >= '0' && *s <= '9') || (*s == '_' && some); s++) {
		if (*s == '_')
			continue;
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, *s - '0', &value))
			return false;
		some = true;
	}
	*end = s;
	*n = value;
	return some;
}

static enum units_result with_unit(
	const char *s, const struct unit *units, size_t n, bool any_case, int64_t *value)
{
	const char *unit;

	if (!digits(s, &unit, value))
		return UNITS_BAD;
	while (*unit == ' ')
		unit++;
	if (*unit == '\0')
		return *value == 0 ? UNITS_OK : UNITS_NO_UNIT;
	for (size_t i = 0; i < n; i++) {
		if (any_case ? strcasecmp(unit, units[i].name) : strcmp(unit, units[i].name))
			continue;
		return __builtin_mul_overflow(*value, units[i].factor, value) ? UNITS_BAD
									      : UNITS_OK;
	}
	return UNITS_BAD_UNIT;
}

/* The first count of units are in falling order: take the first that divides. */
static void unit_text(int64_t value, const struct unit *units, size_t n, struct buf *b)
{
	for (size_t i = 0; i < n; i++) {
		if (value != 0 && value % units[i].factor == 0) {
			buf_num(b, value / units[i].factor);
			buf_str(b, units[i].name);
			return;
		}
	}
	buf_num(b, value);
	buf_str(b, units[n - 1].name);
}

static int64_t rate_unit(char c)
{
	switch (c) {
	case 's':
		return 1000;
	case 'm':
		return 60000;
	case 'h':
		return 3600000;
	case 'd':
		return DAY;
	default:
		return 0;
	}
}

/* ------------------------------------------------------------------------------------------- */

enum units_result units_int(const char *s, int64_t *n)
{
	bool minus = *s == '-';
	const char *end;

	if (!digits(s + minus, &end, n))
		return UNITS_BAD;
	if (minus)
		*n = -*n;
	return *end == '\0' ? UNITS_OK : UNITS_BAD_UNIT;
}

enum units_result units_size(const char *s, int64_t *bytes)
{
	return with_unit(s, sizes, COUNT(sizes), true, bytes);
}

enum units_result units_duration(const char *s, int64_t *ms)
{
	return with_unit(s, durations, COUNT(durations), false, ms);
}

enum units_result units_rate(const char *s, struct confab_rate *rate)
{
	const char *end;
	int64_t count, burst, per_ms;

	*rate = (struct confab_rate){0, 1000, 0};
	if (strcmp(s, "off") == 0 || strcmp(s, "unlimited") == 0)
		return UNITS_OK;
	if (!digits(s, &end, &count))
		return UNITS_BAD;
	if (*end == '\0')
		return UNITS_NO_UNIT;
	per_ms = *end == '/' ? rate_unit(end[1]) : 0;
	if (per_ms == 0)
		return UNITS_BAD_UNIT;
	s = end + 2;
	s += strspn(s, " ");
	burst = count;
	if (strncmp(s, "burst", 5) == 0) {
		s += 5;
		s += strspn(s, " ");
		if (!digits(s, &s, &burst))
			return UNITS_BAD;
	}
	if (*s != '\0')
		return UNITS_BAD_UNIT;
	if (count < 1 || count > RATE_MAX || burst < 1 || burst > RATE_MAX)
		return UNITS_BAD;
	*rate = (struct confab_rate){(uint32_t)count, (uint32_t)per_ms, (uint32_t)burst};
	return UNITS_OK;
}

void units_size_text(int64_t bytes, struct buf *b)
{
	unit_text(bytes, sizes, 5, b);
}

void units_duration_text(int64_t ms, struct buf *b)
{
	if (ms == 0)
		buf_str(b, "0s");
	else
		unit_text(ms, durations, 5, b);
}

void units_rate_text(struct confab_rate rate, struct buf *b)
{
	const char *unit = rate.per_ms == 1000 ? "s"
		: rate.per_ms == 60000         ? "m"
		: rate.per_ms == 3600000       ? "h"
					       : "d";

	if (rate.count == 0) {
		buf_str(b, "off");
		return;
	}
	buf_fmt(b, "%u/%s", rate.count, unit);
	if (rate.burst != rate.count)
		buf_fmt(b, " burst %u", rate.burst);
}
