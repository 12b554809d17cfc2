/**
 * Dates in HTTP.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/http_date.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define MAX_S 253402300799 /* the last second of 9999 */

static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct date {
	int year, month, day, hour, minute, second; /* month 1..12 */
};

static bool leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
	static const int n[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return n[month - 1] + (month == 2 && leap(year) ? 1 : 0);
}

/* Days from 1970 to the first of January. */
static int64_t days_to_year(int year)
{
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

static bool to_unix(const struct date *d, int64_t *unix_s)
{
	int64_t n;

	if (d->year < 1 || d->month < 1 || d->day < 1 || d->day > month_days(d->year, d->month) ||
		d->hour > 23 || d->minute > 59 || d->second > 60)
		return false;
	n = days_to_year(d->year) + d->day - 1;
	for (int m = 1; m < d->month; m++)
		n += month_days(d->year, m);
	*unix_s = n * DAY_S + d->hour * 3600 + d->minute * 60 + d->second;
	return true;
}

/* Exactly so many digits; moves on. -1 if they are none */
static int take_number(const char **s, int digits)
{
	int n = 0;

	for (int i = 0; i < digits; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		n = n * 10 + (**s - '0');
	}
	return n;
}

static bool take_text(const char **s, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*s, text, len) != 0)
		return false;
	*s += len;
	return true;
}

static int take_month(const char **s)
{
	for (int i = 0; i < 12; i++) {
		if (take_text(s, months[i]))
			return i + 1;
	}
	return -1;
}

/* "08:49:37" */
static bool take_time(const char **s, struct date *d)
{
	d->hour = take_number(s, 2);
	if (d->hour < 0 || !take_text(s, ":"))
		return false;
	d->minute = take_number(s, 2);
	if (d->minute < 0 || !take_text(s, ":"))
		return false;
	d->second = take_number(s, 2);
	return d->second >= 0;
}

/* "06 Nov 1994 08:49:37 GMT", or with dashes and a year of two digits */
static bool take_day_first(const char *s, struct date *d)
{
	const char *between;

	d->day = take_number(&s, 2);
	between = *s == '-' ? "-" : " ";
	if (d->day < 0 || !take_text(&s, between))
		return false;
	d->month = take_month(&s);
	if (d->month < 0 || !take_text(&s, between))
		return false;
	if (*between == '-') {
		d->year = take_number(&s, 2);
		d->year += d->year < 0 ? 0 : d->year < 70 ? 2000 : 1900;
	} else {
		d->year = take_number(&s, 4);
	}
	return d->year >= 0 && take_text(&s, " ") && take_time(&s, d) && strcmp(s, " GMT") == 0;
}

/* "Nov  6 08:49:37 1994" */
static bool take_asctime(const char *s, struct date *d)
{
	d->month = take_month(&s);
	if (d->month < 0 || !take_text(&s, " "))
		return false;
	d->day = take_text(&s, " ") ? take_number(&s, 1) : take_number(&s, 2);
	if (d->day < 0 || !take_text(&s, " ") || !take_time(&s, d) || !take_text(&s, " "))
		return false;
	d->year = take_number(&s, 4);
	return d->year >= 0 && *s == '\0';
}

/* ------------------------------------------------------------------------------------------ */

void http_date_format(int64_t unix_s, char out[HTTP_DATE_SIZE])
{
	int64_t s = unix_s < 0 ? 0 : unix_s > MAX_S ? MAX_S : unix_s;
	int64_t day = s / DAY_S;
	int year = 1970 + (int)(day / 366), month = 1, rest; /* never too late, so count up */
	int of_day = (int)(s % DAY_S);
	char text[64];

	while (days_to_year(year + 1) <= day)
		year++;
	rest = (int)(day - days_to_year(year));
	while (rest >= month_days(year, month))
		rest -= month_days(year, month++);
	(void)snprintf(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d GMT", /* fits */
		days[(day + 4) % 7], rest + 1, months[month - 1], year, of_day / 3600,
		of_day / 60 % 60, of_day % 60);
	memcpy(out, text, HTTP_DATE_SIZE - 1);
	out[HTTP_DATE_SIZE - 1] = '\0';
}

bool http_date_parse(const char *text, int64_t *unix_s)
{
	const char *s = text;
	struct date d = {0};

	while ((*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'))
		s++;
	if (s - text < 3 || s - text > 9)
		return false;
	if (take_text(&s, ", "))
		return take_day_first(s, &d) && to_unix(&d, unix_s);
	return take_text(&s, " ") && take_asctime(s, &d) && to_unix(&d, unix_s);
}
