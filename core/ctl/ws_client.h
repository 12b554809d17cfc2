/**
 * The client's side of HTTP and WebSocket, just as much as confabctl chat needs: one POST with JSON,
 * and one connection of text messages. Plain TCP; TLS ends at a proxy for now.
 *
 * Thread: main; connecting and posting block, reading does not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CTL_WS_CLIENT_H
#define CTL_WS_CLIENT_H

#include <stdbool.h>
#include <jansson.h>
#include "base/buf.h"

/** Where a server is, from http://HOST:PORT, ws://HOST:PORT or HOST:PORT. */
struct ws_place {
	char host[256];
	char port[8];
};

/** @return 0, or CONFAB_EINVAL with a sentence */
int ws_place_parse(struct ws_place *place, const char *url, struct confab_error *err);

/**
 * POST a JSON object and read the answer.
 *
 * @param status  set to the HTTP status
 * @return the answer's JSON, a new reference, or NULL with err filled (CONFAB_EIO, CONFAB_EPROTO)
 */
json_t *ws_post(const struct ws_place *place, const char *path, const json_t *body, int *status,
	struct confab_error *err);

/** A connection. */
struct ws_client {
	int fd;          /* -1: closed; to be polled for reading */
	struct buf in;   /* bytes not yet understood */
	struct buf text; /* the message being put together */
	int close_code;  /* 0, or what the server closed with */
};

/** Connect and upgrade to /v1/ws with confab.v1. @return 0, CONFAB_EIO, CONFAB_EPROTO */
int ws_client_open(struct ws_client *c, const struct ws_place *place, struct confab_error *err);
/** Close it, politely. Fine when it is closed. */
void ws_client_close(struct ws_client *c);

/** Send one text message; blocks. @return 0, or CONFAB_EIO: it is closed now */
int ws_client_send(struct ws_client *c, const json_t *message);

/** Take in what has arrived. @return 0, or CONFAB_ECLOSED, CONFAB_EPROTO: it is closed now */
int ws_client_read(struct ws_client *c);
/** The next whole message, a new reference; NULL: none yet. */
json_t *ws_client_next(struct ws_client *c);

#endif
