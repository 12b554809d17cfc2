/**
 * Clients of the test server: what they ask is answered, what they hear is kept until it is asked for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "kit/test_internal.h"

#include "base/alloc.h"
#include "base/json.h"
#include "loop/sim.h"
#include "sim/node.h"

#define ANSWER_MS 60000

struct confab_test_client {
	struct confab_test *t;
	struct confab_test_client *next;
	struct link link;
	char user[CONFAB_ID_MAX + 1];
	json_t *answers, *events, *rows; /* arrays: not yet asked for */
	json_t *shown;                   /* what was last given out */
	int last_number;
	bool up, over;
	/* What is waited for. */
	int number;
	const char *name;
};

static void up(void *arg)
{
	((struct confab_test_client *)arg)->up = true;
}

static void down(void *arg, uint16_t code)
{
	(void)code;
	((struct confab_test_client *)arg)->over = true;
}

static void rows_keep(struct confab_test_client *c, const json_t *change)
{
	size_t i;
	json_t *row;
	json_array_foreach(json_object_get(change, "rows"), i, row)
	{
		json_object_set(row, "channel", json_object_get(change, "channel"));
		json_array_append(c->rows, row);
	}
}

static void heard(void *arg, const char *text, size_t len)
{
	struct confab_test_client *c = arg;
	json_t *m = json_loadb(text, len, 0, NULL);
	const char *ev = json_str(m, "ev");
	if (ev != NULL && strcmp(ev, "change") == 0)
		rows_keep(c, m);
	json_array_append_new(ev != NULL ? c->events : c->answers, m);
}

/* Take an item out of a list, and what stands before it; what was given out before goes. */
static const json_t *show(struct confab_test_client *c, json_t *list, size_t at, bool before_too)
{
	json_decref(c->shown);
	c->shown = json_incref(json_array_get(list, at));
	json_array_remove(list, at);
	while (before_too && at-- > 0)
		json_array_remove(list, 0);
	return c->shown;
}

static size_t find_named(const json_t *list, const char *key, const char *name)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		if (name == NULL || strcmp(json_str(item, key), name) == 0)
			break;
	}
	return i;
}

static size_t find_answer(const json_t *list, int number)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		if (json_int(item, "re", 0) == number)
			break;
	}
	return i;
}

static bool is_up(void *arg)
{
	const struct confab_test_client *c = arg;
	return c->up || c->over;
}

static bool answer_came(void *arg)
{
	const struct confab_test_client *c = arg;
	return c->over || find_answer(c->answers, c->number) < json_array_size(c->answers);
}

static bool event_came(void *arg)
{
	const struct confab_test_client *c = arg;
	return find_named(c->events, "ev", c->name) < json_array_size(c->events);
}

static bool row_came(void *arg)
{
	const struct confab_test_client *c = arg;
	return find_named(c->rows, "kind", c->name) < json_array_size(c->rows);
}

static void cid_add(struct confab_test *t, json_t *args)
{
	char cid[CONFAB_CID_MAX + 1];
	if (json_object_get(args, "cid") != NULL)
		return;
	snprintf(cid, sizeof(cid), "confab-test-%08u", ++t->cids);
	json_object_set_new(args, "cid", json_string(cid));
}

static void hello(struct confab_test_client *c)
{
	const json_t *answer = confab_test_ask(c, "hello",
		json_pack("{s:s, s:s, s:s}", "token", c->user, "device", "test", "watch", "all"));
	if (strcmp(confab_test_word(answer), "ok") != 0)
		test_fatal(
			c->t, "hello of '%s' was refused (%s)", c->user, confab_test_word(answer));
}

static void client_free(struct confab_test_client *c)
{
	link_cut(&c->link);
	json_decref(c->answers);
	json_decref(c->events);
	json_decref(c->rows);
	json_decref(c->shown);
	free(c);
}

/* ------------------------------------------------------------------------------------------ */

void test_clients_free(struct confab_test *t)
{
	while (t->clients != NULL) {
		struct confab_test_client *c = t->clients;
		t->clients = c->next;
		client_free(c);
	}
}

struct confab_test_client *confab_test_client(struct confab_test *t, const char *user)
{
	struct confab_test_client *c = alloc_zero(1, sizeof(*c));
	c->t = t;
	c->link.up = up;
	c->link.heard = heard;
	c->link.down = down;
	c->link.arg = c;
	c->answers = json_array();
	c->events = json_array();
	c->rows = json_array();
	c->next = t->clients;
	t->clients = c;
	snprintf(c->user, sizeof(c->user), "%s", user);
	link_open(&c->link, t->node->net, t->outside, 65536, 0);
	(void)confab_test_until(t, is_up, c, ANSWER_MS);
	if (!c->up || c->over)
		test_fatal(t, "'%s' cannot connect", user);
	hello(c);
	return c;
}

void confab_test_cut(struct confab_test_client *c)
{
	c->over = true;
	link_cut(&c->link);
	confab_test_pass(c->t, 1);
}

void confab_test_channel(struct confab_test_client *c, const char *channel)
{
	const char *word = confab_test_word(confab_test_ask(
		c, "channel.create", json_pack("{s:s, s:s}", "channel", channel, "type", "open")));
	if (strcmp(word, "ok") != 0)
		word = confab_test_word(
			confab_test_ask(c, "channel.join", json_pack("{s:s}", "channel", channel)));
	if (strcmp(word, "ok") == 0)
		word = confab_test_word(confab_test_ask(c, "channel.watch",
			json_pack("{s:s, s:s}", "channel", channel, "level", "watch")));
	if (strcmp(word, "ok") != 0)
		test_fatal(c->t, "'%s' cannot be in '%s' (%s)", c->user, channel, word);
}

int confab_test_send(struct confab_test_client *c, const char *op, json_t *args)
{
	json_t *sent = args != NULL ? args : json_object();
	json_object_set_new(sent, "op", json_string(op));
	json_object_set_new(sent, "id", json_integer(++c->last_number));
	cid_add(c->t, sent);
	char *text = json_dumps(sent, JSON_COMPACT);
	json_decref(sent);
	if (text == NULL)
		test_fatal(c->t, "'%s' sends '%s' with no JSON object", c->user, op);
	link_say(&c->link, text, strlen(text));
	free(text);
	return c->last_number;
}

const json_t *confab_test_answer(struct confab_test_client *c, int number, unsigned within_ms)
{
	c->number = number;
	(void)confab_test_until(c->t, answer_came, c, within_ms);
	size_t at = find_answer(c->answers, number);
	return at < json_array_size(c->answers) ? show(c, c->answers, at, false) : NULL;
}

const json_t *confab_test_ask(struct confab_test_client *c, const char *op, json_t *args)
{
	const json_t *answer = confab_test_answer(c, confab_test_send(c, op, args), ANSWER_MS);
	if (answer == NULL)
		test_fatal(c->t, "'%s' asks '%s' and gets no answer%s", c->user, op,
			c->over ? ", its connection is closed" : "");
	return answer;
}

const char *confab_test_word(const json_t *answer)
{
	const json_t *ok = json_object_get(answer, "ok");
	const char *code = json_str(json_object_get(answer, "error"), "code");
	if (ok == NULL)
		return code != NULL ? code : "none";
	if (json_bool(ok, "held"))
		return "held";
	return json_bool(ok, "handled") ? "handled" : "ok";
}

const char *confab_test_say(struct confab_test_client *c, const char *channel, const char *text)
{
	return confab_test_word(confab_test_ask(
		c, "message.send", json_pack("{s:s, s:s}", "channel", channel, "text", text)));
}

const json_t *confab_test_event(struct confab_test_client *c, const char *name, unsigned within_ms)
{
	c->name = name;
	if (!confab_test_until(c->t, event_came, c, within_ms))
		return NULL;
	return show(c, c->events, find_named(c->events, "ev", name), true);
}

const json_t *confab_test_row(struct confab_test_client *c, const char *kind, unsigned within_ms)
{
	c->name = kind;
	if (!confab_test_until(c->t, row_came, c, within_ms))
		return NULL;
	return show(c, c->rows, find_named(c->rows, "kind", kind), true);
}

const char *confab_test_hears(struct confab_test_client *c, unsigned within_ms)
{
	const json_t *row = confab_test_row(c, "message", within_ms);
	const char *text = json_str(row, "text");
	return row != NULL && text == NULL ? "" : text;
}
