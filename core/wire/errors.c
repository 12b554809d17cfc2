/**
 * Error and close codes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "wire/errors.h"

#include <string.h>

static const struct wire_error errors[] = {
	{"bad_range", 416, RETRY_NEVER, "the file has no such range of bytes"},
	{"bad_request", 400, RETRY_NEVER,
		"the request is not of the form that the protocol asks for"},
	{"bad_type", 415, RETRY_NEVER,
		"content of this type is not taken here; send application/json"},
	{"banned", 403, RETRY_NEVER, "you are banned from this channel"},
	{"busy", 503, RETRY_LATER, "the server is busy; nothing was done, try again"},
	{"conflict", 409, RETRY_NEVER, "this cid was used for another change; make a new one"},
	{"credentials", 401, RETRY_NEVER, "user name or password is wrong"},
	{"draining", 503, RETRY_LATER, "this server is draining; connect again, to another"},
	{"exists", 409, RETRY_NEVER, "there is one of this name already; choose another name"},
	{"expired", 401, RETRY_NEVER, "the token has expired; get a new one and connect again"},
	{"forbidden", 403, RETRY_NEVER, "your role does not let you do this"},
	{"full", 403, RETRY_NEVER, "this channel has as many members as it may have"},
	{"internal", 500, RETRY_SAME,
		"something went wrong in the server, which logged it; it is not known whether this was done"},
	{"limit", 400, RETRY_NEVER, "too long, too deep or too many; send less"},
	{"locked", 403, RETRY_NEVER,
		"this channel is locked; nobody may write until it is opened again"},
	{"loop", 400, RETRY_NEVER, "too many events caused each other"},
	{"method", 405, RETRY_NEVER,
		"this path does not take that method; Allow lists those it takes"},
	{"muted", 403, RETRY_LATER, "you are muted in this channel for a while"},
	{"no_channel", 404, RETRY_NEVER, "there is no such channel, or you may not see it"},
	{"no_command", 404, RETRY_NEVER, "there is no such command"},
	{"no_hello", 401, RETRY_NEVER, "the first message of a connection is hello; say it first"},
	{"no_invite", 404, RETRY_NEVER,
		"there is no such invitation, or it is over; ask for another"},
	{"no_member", 404, RETRY_NEVER, "that user is not a member of this channel"},
	{"no_message", 404, RETRY_NEVER, "there is no such message, or you may not see it"},
	{"no_path", 404, RETRY_NEVER,
		"there is nothing at this path; /v1/openapi.json lists what there is"},
	{"no_user", 404, RETRY_NEVER, "there is no such user"},
	{"not_found", 404, RETRY_NEVER, "there is no such thing"},
	{"not_member", 403, RETRY_NEVER,
		"you are not a member of this channel; join it or be added first"},
	{"rate", 429, RETRY_LATER, "too many requests; wait as long as retry_ms says"},
	{"refused", 403, RETRY_NEVER, "this was refused"},
	{"reserved", 400, RETRY_NEVER,
		"ids that begin with c. or d. are made by the server; choose another"},
	{"slow", 429, RETRY_LATER, "this channel is in slow mode; wait as long as retry_ms says"},
	{"stale", 409, RETRY_NEVER,
		"it was changed meanwhile; look at it again and name the ver you saw"},
	{"timeout", 408, RETRY_LATER, "the request came too slowly; nothing was done"},
	{"token", 401, RETRY_NEVER, "the token is not valid; sign in again"},
	{"too_big", 413, RETRY_NEVER, "the request is longer than this server takes"},
	{"too_late", 403, RETRY_NEVER, "it is too late for that"},
	{"unknown", 503, RETRY_SAME,
		"it is not known whether this was done; send the same cid again"},
	{"unknown_op", 404, RETRY_NEVER,
		"there is no such op; /v1/asyncapi.json lists what there is"},
	{"upgrade", 426, RETRY_NEVER, "this is not the version of WebSocket that is spoken here"},
};

static const struct wire_close_row closes[] = {
	{1000, "normal", 0, "closed by the client"},
	{1001, "away", 1, "the server or the client goes away"},
	{1002, "protocol", 0, "bytes that break RFC 6455"},
	{1003, "data", 0, "a binary message; this protocol is text"},
	{1007, "utf8", 0, "text that is not UTF-8"},
	{1009, "too_big", 0, "a message longer than the limit"},
	{1011, "error", 1, "something went wrong in the server"},
	{CLOSE_REFUSED, "refused", 0, "hello was refused or the session revoked: sign in again"},
	{CLOSE_NO_HELLO, "no_hello", 0, "the first message was no hello, or it came too late"},
	{CLOSE_SLOW, "slow", 1, "nothing was read for too long"},
	{CLOSE_REPLACED, "replaced", 0, "another connection resumed this session"},
	{CLOSE_RATE, "rate", 1, "far beyond the limits: wait before connecting again"},
	{CLOSE_DRAIN, "drain", 1, "the server is stopping: connect again after the hinted while"},
};

const struct wire_error *wire_error_find(const char *code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(errors[i].code, code) == 0) {
			return &errors[i];
		}
	}
	return NULL;
}

const char *wire_error_text(const char *code)
{
	const struct wire_error *row = wire_error_find(code);

	return row ? row->text : code;
}

const struct wire_error *wire_error_at(size_t n)
{
	return n < sizeof(errors) / sizeof(errors[0]) ? &errors[n] : NULL;
}

const char *wire_retry_name(enum wire_retry retry)
{
	static const char *const names[] = {"never", "later", "same"};

	return names[retry];
}

const struct wire_close_row *wire_close_at(size_t n)
{
	return n < sizeof(closes) / sizeof(closes[0]) ? &closes[n] : NULL;
}
