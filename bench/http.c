/**
 * A blocking HTTP request over OpenSSL's BIO, plain or TLS.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#define ANSWER_MAX (256u * 1024u)

static SSL_CTX *client_context(const struct options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL)
		abort();
	SSL_CTX_set_verify(ctx, o->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (o->ca_file != NULL)
		(void)SSL_CTX_load_verify_locations(ctx, o->ca_file, NULL);
	else
		(void)SSL_CTX_set_default_verify_paths(ctx);
	return ctx;
}

/* @return a connected BIO or NULL; *ctx is set when it must be freed after it */
static BIO *dial(const struct options *o, SSL_CTX **ctx)
{
	char where[512];
	(void)snprintf(where, sizeof where, "%s:%s", o->host, o->port);
	BIO *bio;
	if (o->tls) {
		*ctx = client_context(o);
		bio = BIO_new_ssl_connect(*ctx);
	} else {
		bio = BIO_new(BIO_s_connect());
	}
	if (bio == NULL)
		abort();
	(void)BIO_set_conn_hostname(bio, where);
	if (BIO_do_connect(bio) != 1) {
		BIO_free_all(bio);
		return NULL;
	}
	return bio;
}

/* Everything until the server closes, NUL-terminated; NULL when nothing came. */
static char *read_all(BIO *bio)
{
	char *answer = malloc(ANSWER_MAX + 1);
	size_t n = 0;
	if (answer == NULL)
		abort();
	while (n < ANSWER_MAX) {
		int got = BIO_read(bio, answer + n, (int)(ANSWER_MAX - n));
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	answer[n] = '\0';
	return answer;
}

/* ---------------------------------------------------------------------------------------- */

json_t *http_post(
	const struct options *o, const char *path, const char *bearer, json_t *body, int *status)
{
	SSL_CTX *ctx = NULL;
	json_t *object = NULL;
	char *text = json_dumps(body, JSON_COMPACT);

	json_decref(body);
	*status = 0;
	if (text == NULL)
		abort();
	BIO *bio = dial(o, &ctx);
	if (bio == NULL)
		goto done;
	(void)BIO_printf(bio,
		"POST %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n%s%s%s"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		path, o->host, o->port, bearer != NULL ? "Authorization: Bearer " : "",
		bearer != NULL ? bearer : "", bearer != NULL ? "\r\n" : "", strlen(text), text);
	(void)BIO_flush(bio);
	char *answer = read_all(bio);
	BIO_free_all(bio);
	if (strncmp(answer, "HTTP/1.1 ", 9) == 0)
		*status = (int)strtol(answer + 9, NULL, 10);
	/* skips a chunk's size too: the answer is one small object */
	const char *head_end = strstr(answer, "\r\n\r\n");
	const char *brace = head_end != NULL ? strchr(head_end, '{') : NULL;
	if (brace != NULL)
		object = json_loads(brace, JSON_DISABLE_EOF_CHECK, NULL);
	free(answer);
done:
	free(text);
	SSL_CTX_free(ctx);
	return object;
}
