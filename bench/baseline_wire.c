/**
 * What the baselines say: upgrade, hello, message.send and its change, echo.
 *
 * Requests are searched for their fields, not parsed: a baseline is what could be, not what is safe.
 *
 * SPDX-License-Identifier: MIT
 */
#include "baseline.h"
#include "ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slice {
	const char *at;
	size_t n;
};

static struct frame *frame_new(size_t room)
{
	struct frame *frame = malloc(sizeof *frame + WS_HEAD_MAX + room);
	if (frame == NULL)
		abort();
	frame->refs = 1;
	frame->len = 0;
	return frame;
}

static void frame_unref(struct frame *frame)
{
	if (--frame->refs == 0)
		free(frame);
}

static struct frame *frame_of(enum ws_opcode op, const char *payload, size_t n)
{
	struct frame *frame = frame_new(n);
	size_t head = ws_head_put((uint8_t *)frame->bytes, op, n, NULL);
	memcpy(frame->bytes + head, payload, n);
	frame->len = (uint32_t)(head + n);
	return frame;
}

static void send_once(struct server *s, struct peer *p, struct frame *frame)
{
	peer_send(s, p, frame);
	frame_unref(frame);
}

/* The value of a string field, without its quotes; escapes are not undone. */
static struct slice field(const char *text, size_t n, const char *key)
{
	struct slice none = {"", 0};
	const char *at = memmem(text, n, key, strlen(key));
	if (at == NULL)
		return none;
	at += strlen(key);
	const char *end = memchr(at, '"', n - (size_t)(at - text));
	return end != NULL ? (struct slice){at, (size_t)(end - at)} : none;
}

static uint64_t number(const char *text, size_t n, const char *key)
{
	const char *at = memmem(text, n, key, strlen(key));
	return at != NULL ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static struct topic *topic_find(struct server *s, struct slice name)
{
	struct topic *t;
	if (name.n > 64)
		name.n = 64;
	for (t = s->topics; t != NULL; t = t->next)
		if (strncmp(t->name, name.at, name.n) == 0 && t->name[name.n] == '\0')
			return t;
	t = calloc(1, sizeof *t);
	if (t == NULL)
		abort();
	memcpy(t->name, name.at, name.n);
	t->next = s->topics;
	s->topics = t;
	return t;
}

static void subscribe(struct peer *p, struct topic *t)
{
	if (t->count == t->cap) {
		t->cap = t->cap == 0 ? 64 : t->cap * 2;
		t->readers = realloc(t->readers, t->cap * sizeof(struct peer *));
		if (t->readers == NULL)
			abort();
	}
	p->topic = t;
	p->place = t->count;
	t->readers[t->count++] = p;
}

static void take_hello(struct server *s, struct peer *p, const char *text, size_t n)
{
	char reply[640], item[256] = "";
	struct slice watch = field(text, n, "\"watch\":[\"");

	if (watch.n > 0) {
		struct topic *t = topic_find(s, watch);
		subscribe(p, t);
		(void)snprintf(item, sizeof item,
			"{\"id\":\"%s\",\"epoch\":\"base\",\"rev\":%llu,\"seq\":%llu,\"watch\":"
			"true}",
			t->name, (unsigned long long)t->rev, (unsigned long long)t->rev);
	}
	int len = snprintf(reply, sizeof reply,
		"{\"re\":%llu,\"ok\":{\"user\":{\"id\":\"bench\"},\"session\":\"none\","
		"\"channels\":[%s]}}",
		(unsigned long long)number(text, n, "\"id\":"), item);
	send_once(s, p, frame_of(WS_TEXT, reply, (size_t)len));
}

/* The change of one message; a planted fault may have changed its text. */
static struct frame *change_of(const struct topic *t, struct slice cid, struct slice words)
{
	unsigned long long rev = t->rev;
	size_t room = 512 + cid.n * 2 + words.n;
	char *json = malloc(room);

	if (json == NULL)
		abort();
	int len = snprintf(json, room,
		"{\"ev\":\"change\",\"channel\":\"%s\",\"prev\":%llu,\"rev\":%llu,"
		"\"by\":[{\"op\":\"message.send\",\"user\":\"bench\",\"cid\":\"%.*s\"}],"
		"\"rows\":[{\"kind\":\"message\",\"id\":%llu,\"rev\":%llu,\"ver\":1,\"user\":"
		"\"bench\","
		"\"ts\":1790000000123,\"cid\":\"%.*s\",\"text\":\"%.*s\"}]}",
		t->name, rev - 1, rev, (int)cid.n, cid.at, rev, rev, (int)cid.n, cid.at,
		(int)words.n, words.at);
	struct frame *change = frame_of(WS_TEXT, json, (size_t)len);
	free(json);
	return change;
}

/* One send per reader; faults are for the first reader only, on every 50th message. */
static void fan_out(struct server *s, struct topic *t, struct frame *change, enum fault fault)
{
	for (size_t i = 0; i < t->count; i++) {
		if (i == 0 && fault == FAULT_SKIP)
			continue;
		peer_send(s, t->readers[i], change);
		if (i == 0 && fault == FAULT_TWICE)
			peer_send(s, t->readers[i], change);
	}
}

static void take_send(struct server *s, struct peer *p, const char *text, size_t n)
{
	struct topic *t = topic_find(s, field(text, n, "\"channel\":\""));
	struct slice words = field(text, n, "\"text\":\"");
	char reply[160];

	enum fault fault = ++t->asked % 50 == 0 ? s->fault : FAULT_NONE;
	if (fault != FAULT_LOSE)
		t->rev++;
	if (fault == FAULT_TEXT)
		words.n--;
	unsigned long long rev = t->rev;
	struct frame *change = change_of(t, field(text, n, "\"cid\":\""), words);
	int len = snprintf(reply, sizeof reply,
		"{\"re\":%llu,\"ok\":{\"seq\":%llu,\"rev\":%llu,\"ts\":1790000000123}}",
		(unsigned long long)number(text, n, "\"id\":"), rev + (fault == FAULT_ACK), rev);
	send_once(s, p, frame_of(WS_TEXT, reply, (size_t)len));
	if (fault != FAULT_LOSE)
		fan_out(s, t, change, fault);
	frame_unref(change);
}

static void take_message(struct server *s, struct peer *p, const char *text, size_t n)
{
	static const char hello[] = "\"op\":\"hello\"", say[] = "\"op\":\"message.send\"";
	static const char ok[] = "\"ok\":{}";
	char reply[64];

	if (p->echo) {
		send_once(s, p, frame_of(WS_TEXT, text, n));
	} else if (memmem(text, n, say, sizeof say - 1) != NULL) {
		take_send(s, p, text, n);
	} else if (memmem(text, n, hello, sizeof hello - 1) != NULL) {
		take_hello(s, p, text, n);
	} else {
		int len = snprintf(reply, sizeof reply, "{\"re\":%llu,%s}",
			(unsigned long long)number(text, n, "\"id\":"), ok);
		send_once(s, p, frame_of(WS_TEXT, reply, (size_t)len));
	}
}

static size_t take_upgrade(struct server *s, struct peer *p, const char *bytes, size_t n)
{
	static const char name[] = "Sec-WebSocket-Key: ", proto[] = "Sec-WebSocket-Protocol: ";
	char accept[WS_ACCEPT_LEN + 1], answer[512];
	const char *end = memmem(bytes, n, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	size_t head = (size_t)(end - bytes) + 4;
	const char *key = memmem(bytes, head, name, sizeof name - 1);
	const char *sub = memmem(bytes, head, proto, sizeof proto - 1);
	if (key == NULL || sub == NULL) {
		p->dead = true;
		return head;
	}
	key += sizeof name - 1;
	sub += sizeof proto - 1;
	ws_accept(accept, key, strcspn(key, "\r"));
	p->echo = n > 9 && memcmp(bytes, "GET /echo", 9) == 0;
	p->upgraded = true;
	struct frame *frame = frame_new(sizeof answer);
	int len = snprintf(frame->bytes, sizeof answer,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %.*s\r\n\r\n",
		accept, (int)(strcspn(sub, "\r") & 63), sub);
	frame->len = (uint32_t)len;
	send_once(s, p, frame);
	return head;
}

/* ---------------------------------------------------------------------------------------- */

size_t server_take(struct server *s, struct peer *p, char *bytes, size_t n)
{
	size_t used = 0;

	if (!p->upgraded) {
		used = take_upgrade(s, p, bytes, n);
		if (used == 0)
			return 0;
	}
	while (!p->dead) {
		struct ws_head h;
		int head = ws_head_get(&h, (const uint8_t *)bytes + used, n - used);
		if (head <= 0 || n - used - (size_t)head < h.len) {
			p->dead = head < 0;
			break;
		}
		char *payload = bytes + used + head;
		ws_mask((uint8_t *)payload, (size_t)h.len, h.mask);
		used += (size_t)head + (size_t)h.len;
		if (h.opcode == WS_TEXT || h.opcode == WS_BINARY)
			take_message(s, p, payload, (size_t)h.len);
		else if (h.opcode == WS_CLOSE)
			p->dead = true;
		else if (h.opcode == WS_PING)
			send_once(s, p, frame_of(WS_PONG, payload, (size_t)h.len));
	}
	return used;
}

void server_unsubscribe(struct server *s, struct peer *p)
{
	struct topic *t = p->topic;
	(void)s;
	if (t == NULL)
		return;
	t->readers[p->place] = t->readers[--t->count];
	t->readers[p->place]->place = p->place;
	p->topic = NULL;
}
