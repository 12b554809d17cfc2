/**
 * TLS: contexts from files, and a transport that gives idle buffers back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/tls.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/net_start.h"
#include "net/transport.h"

/** One record's payload. RFC 8446, section 5.1. */
#define TLS_RECORD 16384
/** Forward secrecy and AEAD only. RFC 9325, section 4.2. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

/** The newest reason in OpenSSL's queue, which is empty after. */
static const char *reason(void)
{
	unsigned long e = ERR_peek_last_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	ERR_clear_error();
	return text ? text : "no reason given";
}

/** RFC 7301: HTTP/1.1 is all we speak; who offers nothing we know goes on without. */
static int pick_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len, ours, sizeof(ours) - 1,
		    in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	return SSL_TLSEXT_ERR_OK;
}

static int context_load(
	SSL_CTX *ctx, const char *cert_file, const char *key_file, struct confab_error *err)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
		return confab_error_set(err, CONFAB_EINVAL, "certificate '%s', not usable (%s)",
			cert_file, reason());
	if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
		return confab_error_set(
			err, CONFAB_EINVAL, "key '%s', not usable (%s)", key_file, reason());
	if (SSL_CTX_check_private_key(ctx) != 1)
		return confab_error_set(err, CONFAB_EINVAL,
			"key '%s' does not belong to certificate '%s'", key_file, cert_file);
	return 0;
}

static bool context_setup(SSL_CTX *ctx, bool only_13)
{
	static const unsigned char sid[] = "confab";

	SSL_CTX_set_mode(ctx,
		SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx,
		SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
			SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* Tickets resume without memory of ours. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_alpn_select_cb(ctx, pick_protocol, NULL);
	return SSL_CTX_set_min_proto_version(ctx, only_13 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
		SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
		SSL_CTX_set_session_id_context(ctx, sid, sizeof(sid) - 1) == 1;
}

/** What OpenSSL says, as the transport's negative errno. */
static int tls_errno(SSL *ssl, int rc)
{
	int saved = errno;

	switch (SSL_get_error(ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		return saved ? -saved : -ECONNRESET;
	default:
		ERR_clear_error();
		return -EPROTO;
	}
}

static int tls_handshake(struct transport *t)
{
	errno = 0;
	int rc = SSL_accept(t->state);

	if (rc == 1)
		return 1;
	rc = tls_errno(t->state, rc);
	if (rc == -EAGAIN)
		return 0;
	return rc == 0 ? -ECONNRESET : rc;
}

static ssize_t tls_read(struct transport *t, void *buf, size_t size)
{
	errno = 0;
	int rc = SSL_read(t->state, buf, size > INT_MAX ? INT_MAX : (int)size);

	return rc > 0 ? rc : tls_errno(t->state, rc);
}

static ssize_t tls_write(struct transport *t, const struct iovec *iov, int n)
{
	(void)n; /* one piece: see flat */
	errno = 0;
	int rc = SSL_write(t->state, iov->iov_base, (int)iov->iov_len);

	if (rc > 0)
		return rc;
	rc = tls_errno(t->state, rc);
	return rc == 0 ? -EPIPE : rc;
}

static void tls_finish(struct transport *t)
{
	/* One way is enough; the peer may be gone already. */
	if (SSL_is_init_finished(t->state))
		(void)SSL_shutdown(t->state);
	ERR_clear_error();
	(void)shutdown(t->watch.fd, SHUT_WR);
}

static void tls_close(struct transport *t)
{
	int fd = t->watch.fd;

	SSL_free(t->state);
	t->state = NULL;
	watch_stop(&t->watch);
	(void)close(fd); /* the descriptor is released even when close fails */
	t->watch.fd = -1;
}

static const struct transport_ops tls_ops = {
	.name = "tls",
	.handshake = tls_handshake,
	.read = tls_read,
	.write = tls_write,
	.finish = tls_finish,
	.close = tls_close,
	.flat = TLS_RECORD,
	.sticky = true,
};

/* ------------------------------------------------------------------------------------------- */

void *tls_context_new(const struct net_tls *tls, struct confab_error *err)
{
	bool own = tls->ciphers && tls->ciphers[0];
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx) {
		confab_error_set(err, CONFAB_ENOMEM, "no TLS context (%s)", reason());
		return NULL;
	}
	if (!context_setup(ctx, tls->only_13)) {
		confab_error_set(
			err, CONFAB_EUNSUPPORTED, "this OpenSSL cannot do it (%s)", reason());
		SSL_CTX_free(ctx);
		return NULL;
	}
	if (SSL_CTX_set_cipher_list(ctx, own ? tls->ciphers : CIPHERS) != 1) {
		confab_error_set(err, CONFAB_EINVAL, "ciphers '%s', none is known (%s)",
			own ? tls->ciphers : CIPHERS, reason());
		SSL_CTX_free(ctx);
		return NULL;
	}
	if (context_load(ctx, tls->cert, tls->key, err) != 0) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

void *tls_context_ref(void *context)
{
	SSL_CTX_up_ref(context);
	return context;
}

void tls_context_unref(void *context)
{
	SSL_CTX_free(context);
}

int transport_tls(struct transport *t, void *context)
{
	SSL *ssl = SSL_new(context);

	SSL_CTX_free(context);
	if (!ssl || SSL_set_fd(ssl, t->watch.fd) != 1) {
		SSL_free(ssl);
		ERR_clear_error();
		return CONFAB_ENOMEM;
	}
	SSL_set_accept_state(ssl);
	t->state = ssl;
	t->ops = &tls_ops;
	return 0;
}
