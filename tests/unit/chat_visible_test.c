/**
 * chat/visible: who sees a row whole, a row per case.
 *
 * SPDX-License-Identifier: MIT
 */
#include "chat/visible.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/map.h"
#include "config/config.h"

#define FLOOR 10

/* Ann reads a group as a member; she came at seq 10, and blocks carl. */
static const struct {
	const char *name;
	struct sight sight;
	bool whole;
} rows[] = {
	{"said by another", {"message", 12, "bob", NULL}, true},
	{"no audience is an empty one too", {"message", 12, "bob", ""}, true},
	{"her own", {"message", 12, "ann", NULL}, true},
	{"the system's", {"message", 12, NULL, NULL}, true},
	{"where she came", {"message", FLOOR, "bob", NULL}, true},
	{"before she came", {"message", FLOOR - 1, "bob", NULL}, false},
	{"her own of an earlier time", {"message", FLOOR - 1, "ann", NULL}, false},
	{"of one whom she blocks", {"message", 12, "carl", NULL}, false},
	{"for its author alone", {"message", 12, "bob", "{\"author\":true}"}, false},
	{"for its author alone, who is she", {"message", 12, "ann", "{\"author\":true}"}, true},
	{"for her", {"message", 12, "bob", "{\"users\":[\"dora\",\"ann\"]}"}, true},
	{"for others", {"message", 12, "bob", "{\"users\":[\"dora\"]}"}, false},
	{"for nobody", {"message", 12, "bob", "{\"users\":[]}"}, false},
	{"for her role", {"message", 12, "bob", "{\"roles\":[\"owner\",\"member\"]}"}, true},
	{"for another role", {"message", 12, "bob", "{\"roles\":[\"owner\"]}"}, false},
	{"for her, by one whom she blocks", {"message", 12, "carl", "{\"users\":[\"ann\"]}"},
		false},
	{"for her, before she came", {"message", 3, "bob", "{\"users\":[\"ann\"]}"}, false},
	{"another kind of row", {"member", 0, NULL, NULL}, true},
	{"another kind, of one whom she blocks", {"pin", 0, "carl", NULL}, true},
};

struct world {
	struct config *config;
	struct channel ch;
	struct chat_log *lg; /* it ends in its name */
	struct member *member;
	struct user *ann;
};

static void world_make(struct world *w)
{
	struct config_report *report = config_report_new("none");

	memset(w, 0, sizeof(*w));
	w->config = config_parse("none", "", 0, NULL, report);
	config_report_free(report);
	w->ann = calloc(1, sizeof(*w->ann) + 4);
	strcpy(w->ann->id, "ann");
	w->ann->blocks = strmap_new();
	strmap_put(w->ann->blocks, "carl", w);
	w->member = calloc(1, sizeof(*w->member) + 4);
	w->member->joined = true;
	w->member->floor = FLOOR;
	strcpy(w->member->role, "member");
	w->lg = calloc(1, sizeof(*w->lg) + 1);
	w->ch = (struct channel){.lg = w->lg,
		.type = config_type(w->config, "group"),
		.members = strmap_new(),
		.listed = true};
	w->lg->channel = &w->ch;
	strmap_put(w->ch.members, "ann", w->member);
}

static void world_free(struct world *w)
{
	strmap_free(w->ch.members);
	free(w->lg);
	strmap_free(w->ann->blocks);
	free(w->member);
	free(w->ann);
	config_unref(w->config);
}

static void test_every_case(void **state)
{
	struct world w;
	struct reader reader;

	(void)state;
	world_make(&w);
	reader = reader_of(w.ann, w.lg);
	assert_int_equal(reader.floor, FLOOR);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (visible_full(&reader, &rows[i].sight) != rows[i].whole) {
			fail_msg("%s: not %s", rows[i].name, rows[i].whole ? "whole" : "a stub");
		}
	}
	world_free(&w);
}

static void test_a_stub_says_its_numbers_and_no_more(void **state)
{
	struct world w;
	struct reader reader;
	struct buf b;
	const char body[] = "{\"kind\":\"message\",\"id\":12,\"rev\":7,\"text\":\"psst\"}";
	struct sight hidden = {"message", 12, "carl", NULL}, seen = {"message", 12, "bob", NULL};

	(void)state;
	world_make(&w);
	reader = reader_of(w.ann, w.lg);
	buf_init(&b);
	visible_row(&b, &reader, &hidden, "12", 7, body, sizeof(body) - 1);
	assert_string_equal(
		b.bytes, "{\"kind\":\"message\",\"id\":12,\"seq\":12,\"rev\":7,\"hidden\":true}");
	buf_clear(&b);
	visible_row(&b, &reader, &seen, "12", 7, body, sizeof(body) - 1);
	assert_string_equal(b.bytes, body);
	buf_clear(&b);
	seen.kind = "pin";
	visible_row(&b, &reader, &seen, "x", 9, "", 0);
	assert_string_equal(b.bytes, "{\"kind\":\"pin\",\"id\":\"x\",\"rev\":9,\"gone\":true}");
	buf_fini(&b);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_case),
		cmocka_unit_test(test_a_stub_says_its_numbers_and_no_more),
	};

	return cmocka_run_group_tests_name("chat visible", tests, NULL, NULL);
}
