/**
 * From HTTP to WebSocket: the handshake and what was agreed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/ws_upgrade.h"
#include "net/http1.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BITS_MAX 15

/* One offer of permessage-deflate while its parameters are read. */
struct offer {
	bool known;    /* it is permessage-deflate */
	bool bad;      /* a parameter that must be declined */
	unsigned seen; /* bits by place in `parameters` */
	uint8_t server_bits;
};

struct parameter {
	const char *name;
	enum { VALUE_NONE, VALUE_BITS, VALUE_BITS_OPTIONAL } value;
};

/* RFC 7692, section 7.1. */
enum { SERVER_NO_TAKEOVER, CLIENT_NO_TAKEOVER, SERVER_BITS, CLIENT_BITS };
static const struct parameter parameters[] = {
	[SERVER_NO_TAKEOVER] = {"server_no_context_takeover", VALUE_NONE},
	[CLIENT_NO_TAKEOVER] = {"client_no_context_takeover", VALUE_NONE},
	[SERVER_BITS] = {"server_max_window_bits", VALUE_BITS},
	[CLIENT_BITS] = {"client_max_window_bits", VALUE_BITS_OPTIONAL},
};

/* Reads an extension header; past `end` it sees a NUL. */
struct reader {
	const char *at;
	const char *end;
};

static void skip_blank(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
}

static bool take_char(struct reader *r, char c)
{
	skip_blank(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool take_token(struct reader *r, struct http_slice *out)
{
	skip_blank(r);
	out->at = r->at;
	while (r->at < r->end && http_char_token((unsigned char)*r->at))
		r->at++;
	out->len = (size_t)(r->at - out->at);
	return out->len > 0;
}

/* A token, or a quoted string that holds one (RFC 6455, section 9.1). */
static bool take_value(struct reader *r, struct http_slice *out)
{
	if (!take_char(r, '"'))
		return take_token(r, out);
	out->at = r->at;
	while (r->at < r->end && http_char_token((unsigned char)*r->at))
		r->at++;
	out->len = (size_t)(r->at - out->at);
	if (out->len == 0 || r->at == r->end || *r->at != '"')
		return false;
	r->at++;
	return true;
}

/* 8..15 without leading zeros, section 7.1.2; 0 if it is none */
static uint8_t window_bits(const struct http_slice *value)
{
	if (value->len == 1 && (value->at[0] == '8' || value->at[0] == '9'))
		return (uint8_t)(value->at[0] - '0');
	if (value->len == 2 && value->at[0] == '1' && value->at[1] >= '0' && value->at[1] <= '5')
		return (uint8_t)(10 + value->at[1] - '0');
	return 0;
}

/* An unknown, repeated or wrong parameter means that this offer is declined (section 7.1). */
static void judge_parameter(
	struct offer *o, const struct http_slice *name, const struct http_slice *value)
{
	uint8_t bits = value != NULL ? window_bits(value) : 0;

	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		const struct parameter *p = &parameters[i];

		if (!http_same(name->at, name->len, p->name))
			continue;
		if ((o->seen & 1U << i) || (p->value == VALUE_NONE && value != NULL) ||
			(p->value == VALUE_BITS && bits == 0) ||
			(p->value == VALUE_BITS_OPTIONAL && value != NULL && bits == 0))
			o->bad = true;
		o->seen |= 1U << i;
		if (i == SERVER_BITS)
			o->server_bits = bits;
		return;
	}
	o->bad = true;
}

/* extension *( ";" parameter [ "=" value ] ), RFC 6455, section 9.1. @return false: none */
static bool take_offer(struct reader *r, struct offer *o)
{
	struct http_slice name, value;

	*o = (struct offer){.server_bits = BITS_MAX};
	if (!take_token(r, &name))
		return false;
	o->known = http_same(name.at, name.len, "permessage-deflate");
	while (take_char(r, ';')) {
		bool has_value;

		if (!take_token(r, &name))
			return false;
		has_value = take_char(r, '=');
		if (has_value && !take_value(r, &value))
			return false;
		judge_parameter(o, &name, has_value ? &value : NULL);
	}
	return true;
}

/* The first offer that we can take is taken. */
static void accept_offer(const struct offer *o, struct ws_upgrade *out)
{
	char bits[32] = "";

	if (out->deflate || !o->known || o->bad)
		return;
	if (o->seen & 1U << SERVER_BITS)
		(void)snprintf(bits, sizeof(bits), "; server_max_window_bits=%u", o->server_bits);
	(void)snprintf(out->extensions, sizeof(out->extensions),
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover%s",
		bits);
	out->deflate = true;
	out->deflate_bits = o->server_bits;
}

static bool judge_extensions(
	const char *header, const struct ws_upgrade_rules *rules, struct ws_upgrade *out)
{
	struct reader r = {header, header + strlen(header)};
	struct offer o;

	do {
		skip_blank(&r);
		if (r.at == r.end || *r.at == ',') /* an empty element */
			continue;
		if (!take_offer(&r, &o))
			return false;
		if (rules->deflate)
			accept_offer(&o, out);
	} while (take_char(&r, ','));
	skip_blank(&r);
	return r.at == r.end;
}

/* Ours are in order of preference: the one offered that stands first there. */
static bool judge_protocols(
	const char *header, const struct ws_upgrade_rules *rules, struct ws_upgrade *out)
{
	struct http_slice rest = {header, strlen(header)}, item;

	while (http_list_next(&rest, &item)) {
		if (!http_is_token(item.at, item.len))
			return false;
		out->protocols_offered = true;
		for (size_t i = 0; i < rules->n_protocols; i++) {
			const char *ours = rules->protocols[i];

			if (out->protocol == ours) /* nothing behind it is better */
				break;
			/* Case matters, section 4.1. */
			if (strlen(ours) == item.len && memcmp(ours, item.at, item.len) == 0) {
				out->protocol = ours;
				break;
			}
		}
	}
	return true;
}

/* Base64 of sixteen bytes: 22 characters and "==" (section 4.1). */
static bool key_valid(const char *key)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strlen(key) == 24 && strspn(key, alphabet) == 22 && strcmp(key + 22, "==") == 0;
}

/* The only value of a field; *n says how often it came. */
static const char *only(const struct http1 *h, const char *name, unsigned *n)
{
	const char *found = NULL, *at, *value;

	*n = 0;
	for (size_t i = 0; http1_field(h, i, &at, &value); i++) {
		if (strcasecmp(at, name) == 0) {
			found = value;
			(*n)++;
		}
	}
	return found;
}

/* ------------------------------------------------------------------------------------------ */

void ws_accept_key(const char *key, char out[29])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[SHA_DIGEST_LENGTH];
	char text[128];
	int len = snprintf(text, sizeof(text), "%.64s%s", key, guid);

	(void)SHA1((const unsigned char *)text, (size_t)len, digest); /* returns digest */
	(void)EVP_EncodeBlock((unsigned char *)out, digest, SHA_DIGEST_LENGTH);
}

const char *ws_upgrade_check(const struct http1 *h, const struct ws_upgrade_rules *rules,
	struct ws_upgrade *out, int *status)
{
	const char *name, *value, *key, *version;
	unsigned keys, versions;

	memset(out, 0, sizeof(*out));
	out->deflate_bits = BITS_MAX;
	*status = 400;
	if (!http1_request(h)->upgrade_websocket)
		return "no request to upgrade to WebSocket";
	if (http1_request(h)->framing != HTTP1_NO_BODY && http1_request(h)->length > 0)
		return "an upgrade with a body";
	if (http1_request(h)->framing == HTTP1_CHUNKED)
		return "an upgrade with a body";
	version = only(h, "sec-websocket-version", &versions);
	if (versions != 1 || strcmp(version, "13") != 0) {
		*status = versions == 1 ? 426 : 400; /* section 4.4 */
		return "a Sec-WebSocket-Version other than 13";
	}
	key = only(h, "sec-websocket-key", &keys);
	if (keys != 1 || !key_valid(key))
		return "no valid Sec-WebSocket-Key";
	ws_accept_key(key, out->accept);
	for (size_t i = 0; http1_field(h, i, &name, &value); i++) {
		if (strcasecmp(name, "sec-websocket-protocol") == 0 &&
			!judge_protocols(value, rules, out))
			return "a Sec-WebSocket-Protocol that is no list of tokens";
		if (strcasecmp(name, "sec-websocket-extensions") == 0 &&
			!judge_extensions(value, rules, out))
			return "a Sec-WebSocket-Extensions that cannot be read";
	}
	*status = 101;
	return NULL;
}
