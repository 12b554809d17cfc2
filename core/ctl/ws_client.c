/**
 * A small WebSocket client (RFC 6455) over a blocking TCP socket.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ctl/ws_client.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "base/chance.h"
#include "base/json.h"
#include "ctl/stream.h"

#define MESSAGE_MAX ((size_t)16 << 20)
#define HEAD_MAX 16384
#define WAIT_S 20
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455, section 1.3 */

static int dial(const struct ws_place *place, struct confab_error *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const struct timeval wait = {.tv_sec = WAIT_S};
	struct addrinfo *list, *ai;
	int fd = -1, rc = getaddrinfo(place->host, place->port, &hints, &list);

	if (rc) {
		confab_error_set(err, CONFAB_EIO, "%s: %s", place->host, gai_strerror(rc));
		return -1;
	}
	for (ai = list; ai; ai = ai->ai_next) {
		fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
		if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
			break;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	if (fd < 0)
		confab_error_set(
			err, CONFAB_EIO, "%s:%s: %s", place->host, place->port, strerror(errno));
	return fd;
}

/* Does the head have this field with this value? Names and values of ours are short. */
static bool head_has(const char *head, const char *name, const char *value)
{
	const char *line = strcasestr(head, name);

	return line && strncmp(line + strlen(name), value, strlen(value)) == 0;
}

static void accept_of(const char *key, char out[32])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char text[128];
	unsigned len = 0;

	snprintf(text, sizeof(text), "%s" GUID, key);
	EVP_Digest(text, strlen(text), hash, &len, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)out, hash, (int)len);
}

/* Payload length and mask bit of the frame at the start of in. @return the header's length, or 0 */
static size_t frame_head(const struct buf *in, uint64_t *len)
{
	const unsigned char *p = (const unsigned char *)in->bytes;
	size_t more;

	if (in->len < 2)
		return 0;
	*len = p[1] & 0x7F;
	more = *len == 126 ? 2 : *len == 127 ? 8 : 0;
	if (in->len < 2 + more)
		return 0;
	if (more)
		*len = 0;
	for (size_t i = 0; i < more; i++)
		*len = *len << 8 | p[2 + i];
	return 2 + more;
}

/* A masked frame, RFC 6455, section 5.3. */
static bool send_frame(int fd, unsigned opcode, const char *bytes, size_t len)
{
	unsigned char head[14] = {(unsigned char)(0x80 | opcode)};
	unsigned char mask[4];
	size_t n = 2;
	struct buf b;
	bool sent;

	if (len < 126) {
		head[1] = (unsigned char)(0x80 | len);
	} else {
		int wide = len > 0xFFFF ? 8 : 2;

		head[1] = (unsigned char)(0x80 | (wide == 8 ? 127 : 126));
		for (int i = wide - 1; i >= 0; i--)
			head[n++] = (unsigned char)((uint64_t)len >> (8 * i));
	}
	chance_bytes(mask, sizeof(mask));
	memcpy(head + n, mask, 4);
	buf_init(&b);
	buf_add(&b, head, n + 4);
	for (size_t i = 0; i < len; i++)
		buf_char(&b, (char)((unsigned char)bytes[i] ^ mask[i & 3]));
	sent = stream_send(fd, b.bytes, b.len);
	buf_fini(&b);
	return sent;
}

static void drop(struct ws_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_fini(&c->in);
	buf_fini(&c->text);
	buf_init(&c->in);
	buf_init(&c->text);
}

/* ------------------------------------------------------------------------------------------- */

int ws_place_parse(struct ws_place *place, const char *url, struct confab_error *err)
{
	const char *host = url, *end, *port;

	if (strncmp(url, "https:", 6) == 0 || strncmp(url, "wss:", 4) == 0)
		return confab_error_set(err, CONFAB_EINVAL,
			"%s: confabctl chat speaks plain http: use a local address", url);
	if (strncmp(url, "http://", 7) == 0)
		host = url + 7;
	else if (strncmp(url, "ws://", 5) == 0)
		host = url + 5;
	if (*host == '[') {
		host++;
		end = strchr(host, ']');
		port = end && end[1] == ':' ? end + 2 : "80";
	} else {
		end = host + strcspn(host, ":/");
		port = *end == ':' ? end + 1 : "80";
	}
	if (!end || end == host || (size_t)(end - host) >= sizeof(place->host))
		return confab_error_set(
			err, CONFAB_EINVAL, "'%.100s' is no address like http://HOST:PORT", url);
	snprintf(place->host, sizeof(place->host), "%.*s", (int)(end - host), host);
	snprintf(place->port, sizeof(place->port), "%.*s", (int)strspn(port, "0123456789"), port);
	return CONFAB_OK;
}

json_t *ws_post(const struct ws_place *place, const char *path, const json_t *body, int *status,
	struct confab_error *err)
{
	json_t *answer = NULL;
	struct buf b, in;
	int fd = dial(place, err);
	size_t head;

	if (fd < 0)
		return NULL;
	buf_init(&b);
	buf_init(&in);
	json_write(&b, body);
	{
		struct buf rq;

		buf_init(&rq);
		buf_fmt(&rq,
			"POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: application/json\r\n"
			"Content-Length: %zu\r\nConnection: close\r\n\r\n",
			path, place->host, place->port, b.len);
		buf_add(&rq, b.bytes, b.len);
		stream_send(fd, rq.bytes, rq.len);
		explicit_bzero(rq.bytes, rq.len);
		buf_fini(&rq);
	}
	explicit_bzero(b.bytes, b.len);
	head = stream_read_until(fd, &in, "\r\n\r\n", HEAD_MAX);
	*status = head ? atoi(in.bytes + strcspn(in.bytes, " ")) : 0;
	while (head && in.len < MESSAGE_MAX) {
		char piece[4096];
		ssize_t n = recv(fd, piece, sizeof(piece), 0);

		if (n <= 0)
			break;
		buf_add(&in, piece, (size_t)n);
	}
	if (head)
		answer = json_loadb(in.bytes + head, in.len - head, JSON_DISABLE_EOF_CHECK, NULL);
	if (!answer)
		confab_error_set(err, CONFAB_EPROTO, "%s:%s%s: no JSON answer (status %d)",
			place->host, place->port, path, *status);
	close(fd);
	buf_fini(&b);
	buf_fini(&in);
	return answer;
}

int ws_client_open(struct ws_client *c, const struct ws_place *place, struct confab_error *err)
{
	unsigned char nonce[16];
	char key[32], want[32];
	struct buf b;
	size_t head = 0;

	memset(c, 0, sizeof(*c));
	buf_init(&c->in);
	buf_init(&c->text);
	c->fd = dial(place, err);
	if (c->fd < 0)
		return CONFAB_EIO;
	chance_bytes(nonce, sizeof(nonce));
	EVP_EncodeBlock((unsigned char *)key, nonce, sizeof(nonce));
	accept_of(key, want);
	buf_init(&b);
	buf_fmt(&b,
		"GET /v1/ws HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: confab.v1\r\n"
		"Sec-WebSocket-Key: %s\r\n\r\n",
		place->host, place->port, key);
	if (stream_send(c->fd, b.bytes, b.len))
		head = stream_read_until(c->fd, &c->in, "\r\n\r\n", HEAD_MAX);
	buf_fini(&b);
	if (!head || strncmp(c->in.bytes, "HTTP/1.1 101", 12) != 0 ||
		!head_has(c->in.bytes, "Sec-WebSocket-Accept: ", want)) {
		drop(c);
		return confab_error_set(err, CONFAB_EPROTO, "%s:%s: no confab server answers there",
			place->host, place->port);
	}
	memmove(c->in.bytes, c->in.bytes + head, c->in.len - head);
	c->in.len -= head;
	return CONFAB_OK;
}

void ws_client_close(struct ws_client *c)
{
	if (c->fd >= 0)
		send_frame(c->fd, 0x8, "\x03\xe8", 2);
	drop(c);
}

int ws_client_send(struct ws_client *c, const json_t *message)
{
	struct buf b;
	bool sent;

	if (c->fd < 0)
		return CONFAB_EIO;
	buf_init(&b);
	json_write(&b, message);
	sent = send_frame(c->fd, 0x1, b.bytes, b.len);
	buf_fini(&b);
	if (sent)
		return CONFAB_OK;
	drop(c);
	return CONFAB_EIO;
}

int ws_client_read(struct ws_client *c)
{
	char piece[65536];
	ssize_t n = c->fd < 0 ? 0 : recv(c->fd, piece, sizeof(piece), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return CONFAB_OK;
	if (n <= 0) {
		drop(c);
		return CONFAB_ECLOSED;
	}
	buf_add(&c->in, piece, (size_t)n);
	return CONFAB_OK;
}

json_t *ws_client_next(struct ws_client *c)
{
	while (c->fd >= 0) {
		uint64_t len = 0;
		size_t head = frame_head(&c->in, &len);
		unsigned opcode, fin;
		json_t *message = NULL;

		if (head && (len > MESSAGE_MAX || c->text.len > MESSAGE_MAX)) {
			drop(c);
			return NULL;
		}
		if (!head || c->in.len < head + len)
			return NULL;
		opcode = (unsigned char)c->in.bytes[0] & 0x0F;
		fin = (unsigned char)c->in.bytes[0] & 0x80;
		if (opcode == 0x8) {
			const unsigned char *p = (unsigned char *)c->in.bytes + head;

			c->close_code = len >= 2 ? p[0] << 8 | p[1] : 1005;
			drop(c);
			return NULL;
		}
		if (opcode == 0x9)
			send_frame(c->fd, 0xA, c->in.bytes + head, (size_t)len);
		if (opcode <= 0x2) {
			buf_add(&c->text, c->in.bytes + head, (size_t)len);
			if (fin) {
				message = json_loadb(c->text.bytes, c->text.len, 0, NULL);
				buf_clear(&c->text);
			}
		}
		c->in.len -= head + (size_t)len;
		memmove(c->in.bytes, c->in.bytes + head + len, c->in.len);
		if (message)
			return message;
	}
	return NULL;
}
