/**
 * Printing results, for programs and for people.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report.h"

#include <math.h>
#include <stdio.h>

static double us(uint64_t ns)
{
	return (double)ns / 1000.0;
}

static void print_value(const json_t *value)
{
	if (json_is_integer(value))
		printf("%lld\n", (long long)json_integer_value(value));
	else if (json_is_real(value))
		printf("%.3f\n", json_real_value(value));
	else if (json_is_string(value))
		printf("%s\n", json_string_value(value));
	else if (json_is_boolean(value))
		printf("%s\n", json_is_true(value) ? "yes" : "no");
	else
		printf("-\n");
}

static void print_lines(const json_t *object, int depth)
{
	const char *key;
	json_t *value;
	size_t i;
	const json_t *item;

	json_object_foreach((json_t *)object, key, value)
	{
		if (json_is_array(value)) {
			printf("%*s%s:\n", depth * 2, "", key);
			json_array_foreach(value, i, item)
			{
				printf("%*s- %zu\n", depth * 2 + 2, "", i + 1);
				print_lines(item, depth + 2);
			}
		} else if (json_is_object(value)) {
			printf("%*s%s:\n", depth * 2, "", key);
			print_lines(value, depth + 1);
		} else {
			printf("%*s%-*s ", depth * 2, "", 28 - depth * 2, key);
			print_value(value);
		}
	}
}

/* ---------------------------------------------------------------------------------------- */

json_t *report_hist(const struct hist *h)
{
	static const struct {
		const char *name;
		double q;
	} points[] = {{"p50", .5}, {"p90", .9}, {"p99", .99}, {"p99.9", .999}, {"max", 1}};
	json_t *o = json_object();

	report_count(o, "count", h->count);
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
		report_real(o, points[i].name, us(hist_quantile(h, points[i].q)));
	return o;
}

void report_real(json_t *result, const char *key, double value)
{
	(void)json_object_set_new(result, key, isfinite(value) ? json_real(value) : json_null());
}

void report_count(json_t *result, const char *key, uint64_t value)
{
	(void)json_object_set_new(result, key, json_integer((json_int_t)value));
}

void report_cpu(json_t *result, const struct options *o, const struct proc_cpu *from,
	const struct proc_cpu *to, double units)
{
	if (o->pid == 0)
		return;
	double ns = (double)(to->ns - from->ns);
	report_real(result, "server_cpu_s", ns / 1e9);
	report_real(result, "server_cpu_us", ns / 1e3 / units);
	report_real(result, "server_user_s", (double)(to->user_ns - from->user_ns) / 1e9);
	report_real(result, "server_system_s", (double)(to->system_ns - from->system_ns) / 1e9);
}

void report_print(const json_t *result, bool as_json)
{
	if (as_json) {
		(void)json_dumpf(result, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
		putchar('\n');
		return;
	}
	print_lines(result, 0);
}
