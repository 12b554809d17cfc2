/**
 * Real sockets on loopback: TCP and Unix, TLS with reload, PROXY headers, files, and what happens
 * when descriptors or connections run out.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "loop/work.h"
#include "net/net_start.h"

enum listener_nr { L_PLAIN, L_TLS, L_PROXY, L_UNIX, L_COUNT };

struct server {
	struct loop *main, *logic, *io[2];
	struct pool *pool;
	struct net *net;
	char dir[64];
	char address[L_COUNT][160];
	uint32_t per_address;
};

static enum codec_result echo(void *ctx, confab_conn_id conn, char *bytes, size_t len, bool text,
	struct buf *out, bool *out_text, uint16_t *close_code)
{
	(void)ctx;
	(void)conn;
	(void)close_code;
	*out_text = text;
	buf_add(out, bytes, len);
	return CODEC_ANSWERED;
}

struct peer_answer {
	struct answer a;
	char text[64];
};

static void peer_encode(struct answer *a, struct buf *out)
{
	buf_str(out, ((struct peer_answer *)(void *)a)->text);
}

static void peer_release(struct answer *a)
{
	free(a);
}

/** Says who asks. */
static void handle_peer(void *ctx, const struct http_request *rq)
{
	struct peer_answer *pa = calloc(1, sizeof(*pa));

	(void)ctx;
	(void)snprintf(pa->text, sizeof(pa->text), "<%s>", rq->peer);
	pa->a = (struct answer){.conn = rq->conn,
		.stream = rq->stream,
		.encode = peer_encode,
		.release = peer_release,
		.settles = true};
	net_answer(rq->net, &pa->a);
}

static const struct codec echo_codec = {.path = "/echo", .max_message = 1u << 20, .decode = echo};
static const struct http_route routes[] = {
	{.method = "GET", .path = "/peer", .handle = handle_peer},
};

static void path_in(const struct server *s, const char *name, char out[128])
{
	(void)snprintf(out, 128, "%s/%s", s->dir, name);
}

static void file_write(const struct server *s, const char *name, const void *bytes, size_t len)
{
	char path[128];

	path_in(s, name, path);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

/** A self-signed certificate for that name. */
static void certificate_write(const struct server *s, const char *common_name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	char path[128];

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	path_in(s, "cert.pem", path);
	FILE *f = fopen(path, "w");

	PEM_write_X509(f, cert);
	fclose(f);
	path_in(s, "key.pem", path);
	f = fopen(path, "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static int tls_load(struct server *s, struct confab_error *err)
{
	char cert[128], key[128];

	path_in(s, "cert.pem", cert);
	path_in(s, "key.pem", key);
	void *context = net_tls_read(&(struct net_tls){.cert = cert, .key = key}, err);

	if (!context)
		return err->code;
	net_tls_set(s->net, L_TLS, context);
	return 0;
}

static void listen_all(struct server *s)
{
	struct confab_error err = {0};
	char unix_address[140];

	(void)snprintf(unix_address, sizeof(unix_address), "unix:%s/sock", s->dir);
	const struct net_listener listeners[L_COUNT] = {
		[L_PLAIN] = {.address = "127.0.0.1:0", .fd = -1},
		[L_TLS] = {.address = "[::1]:0", .fd = -1, .tls = true},
		[L_PROXY] = {.address = "127.0.0.1:0", .fd = -1, .proxy = true},
		[L_UNIX] = {.address = unix_address, .fd = -1, .mode = 0600},
	};

	for (size_t i = 0; i < L_COUNT; i++) {
		assert_int_equal(net_listen(s->net, &listeners[i], &err), 0);
		(void)snprintf(
			s->address[i], sizeof(s->address[i]), "%s", net_listener_name(s->net, i));
	}
}

static void server_begin(struct server *s)
{
	static const struct codec *const codecs[] = {&echo_codec};
	struct confab_error err = {0};
	struct loop **loops[] = {&s->main, &s->logic, &s->io[0], &s->io[1]};

	strcpy(s->dir, "/tmp/net_socket_test.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	for (size_t i = 0; i < 4; i++)
		assert_non_null(*loops[i] = loop_new("test", &err));
	s->pool = pool_new("files", 1, 100, &err);
	assert_non_null(s->pool);
	struct net_files files = {
		.prefix = "/", .dir = s->dir, .immutable = "static/", .csp = "default-src 'self'"};
	struct net_config config = {
		.main = s->main,
		.logic = s->logic,
		.io = s->io,
		.n_io = 2,
		.pool = s->pool,
		.codecs = codecs,
		.n_codecs = 1,
		.routes = routes,
		.n_routes = 1,
		.files = &files,
		.n_files = 1,
	};

	net_limits_default(&config.limits);
	config.limits.per_address = s->per_address;
	config.limits.linger_ms = 250;
	s->net = net_new(&config, &err);
	assert_non_null(s->net);
	listen_all(s);
	certificate_write(s, "first.test");
	assert_int_equal(tls_load(s, &err), 0);
	net_start(s->net);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(loop_start(*loops[i], &err), 0);
}

static void main_stop(struct server *s)
{
	loop_stop(s->main);
	loop_join(s->main);
}

static void server_end(struct server *s)
{
	struct loop *loops[] = {s->main, s->logic, s->io[0], s->io[1]};
	char command[128];

	for (size_t i = 0; i < 4; i++) {
		loop_stop(loops[i]);
		loop_join(loops[i]);
	}
	pool_free(s->pool);
	net_free(s->net);
	for (size_t i = 0; i < 4; i++)
		loop_free(loops[i]);
	(void)snprintf(command, sizeof(command), "rm -rf %s", s->dir);
	assert_int_equal(system(command), 0);
}

static int dial_now(const char *address)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} a = {0};
	const struct timeval patience = {.tv_sec = 5};
	socklen_t len = sizeof(a.un);
	uint16_t port = (uint16_t)atoi(strrchr(address, ':') + 1);

	if (strncmp(address, "unix:", 5) == 0) {
		a.un.sun_family = AF_UNIX;
		(void)snprintf(a.un.sun_path, sizeof(a.un.sun_path), "%s", address + 5);
	} else if (address[0] == '[') {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_addr = in6addr_loopback;
		a.in6.sin6_port = htons(port);
		len = sizeof(a.in6);
	} else {
		a.in.sin_family = AF_INET;
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a.in.sin_port = htons(port);
		len = sizeof(a.in);
	}
	int fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(fd, &a.sa, len), 0);
	return fd;
}

static int dial(const char *address)
{
	int fd = dial_now(address);

	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/** Everything until the end. */
static void read_to_end(int fd, struct buf *out)
{
	char bytes[65536];
	ssize_t n;

	buf_clear(out);
	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		buf_add(out, bytes, (size_t)n);
	assert_true(n == 0);
}

static void ask(const char *address, const char *request, struct buf *out)
{
	int fd = dial(address);

	say(fd, request);
	read_to_end(fd, out);
	close(fd);
}

#define END "Host: t\r\nConnection: close\r\n\r\n"

static void every_kind_of_socket_is_heard(void **state)
{
	struct server s = {0};
	struct buf out;
	struct stat st;
	char path[128];

	(void)state;
	server_begin(&s);
	buf_init(&out);
	ask(s.address[L_PLAIN], "GET /peer HTTP/1.1\r\n" END, &out);
	assert_non_null(strstr(out.bytes, "<127.0.0.1>"));
	ask(s.address[L_UNIX], "GET /peer HTTP/1.1\r\n" END, &out);
	assert_non_null(strstr(out.bytes, "<unix>"));
	path_in(&s, "sock", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	buf_fini(&out);
	server_end(&s);
	assert_int_not_equal(stat(path, &st), 0);
}

static void the_proxy_header_says_who_comes(void **state)
{
	static const char header[] =
		"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC6\x33\x64\x01\x7F\0\0\x01"
		"\x10\0\0\x50";
	struct server s = {0};
	struct buf out;

	(void)state;
	server_begin(&s);
	buf_init(&out);
	/* Whole, and byte by byte. */
	for (size_t step = sizeof(header) - 1; step > 0; step = step > 1 ? 1 : 0) {
		int fd = dial(s.address[L_PROXY]), one = 1;

		setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
		for (size_t at = 0; at < sizeof(header) - 1; at += step)
			assert_int_equal(send(fd, header + at, step, 0), step);
		say(fd, "GET /peer HTTP/1.1\r\n" END);
		read_to_end(fd, &out);
		assert_non_null(strstr(out.bytes, "<198.51.100.1>"));
		close(fd);
	}
	int fd = dial(s.address[L_PROXY]);
	char byte;

	say(fd, "GET /peer HTTP/1.1\r\n" END);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
	buf_fini(&out);
	server_end(&s);
}

struct tls_client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

static void tls_dial(struct tls_client *t, const char *address, int version)
{
	static const unsigned char alpn[] = "\x02h2\x08http/1.1";

	t->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(t->ctx, version);
	SSL_CTX_set_max_proto_version(t->ctx, version);
	SSL_CTX_set_alpn_protos(t->ctx, alpn, sizeof(alpn) - 1);
	t->ssl = SSL_new(t->ctx);
	t->fd = dial(address);
	SSL_set_fd(t->ssl, t->fd);
	assert_int_equal(SSL_connect(t->ssl), 1);
}

static void tls_hang_up(struct tls_client *t)
{
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	close(t->fd);
}

static void tls_expect_name(struct tls_client *t, const char *wanted)
{
	X509 *cert = SSL_get1_peer_certificate(t->ssl);
	char name[64];

	X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof(name));
	assert_string_equal(name, wanted);
	X509_free(cert);
}

static void tls_ask(struct tls_client *t, const char *path, size_t least)
{
	char text[256], bytes[65536];
	size_t sum = 0;

	(void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", path);
	assert_true(SSL_write(t->ssl, text, (int)strlen(text)) > 0);
	while (sum < least) {
		int n = SSL_read(t->ssl, bytes, sizeof(bytes));

		assert_true(n > 0);
		if (sum == 0)
			assert_memory_equal(bytes, "HTTP/1.1 200 OK", 15);
		sum += (size_t)n;
	}
}

struct reload {
	struct mail mail;
	struct server *s;
	_Atomic int rc; /* 1: not yet */
	struct confab_error err;
};

static void reload_run(struct mail *m)
{
	struct reload *r = (struct reload *)(void *)m;

	r->rc = tls_load(r->s, &r->err);
}

static int reload_now(struct server *s)
{
	struct reload r = {.mail.run = reload_run, .s = s, .rc = 1};

	loop_post(s->main, &r.mail);
	while (r.rc == 1)
		usleep(1000);
	return r.rc;
}

static void tls_speaks_both_versions_and_survives_a_reload(void **state)
{
	struct server s = {0};
	struct tls_client old, new;
	const unsigned char *alpn;
	unsigned len;
	char *big = calloc(1, 3000000);

	(void)state;
	server_begin(&s);
	file_write(&s, "big.bin", big, 3000000);
	free(big);
	tls_dial(&old, s.address[L_TLS], TLS1_2_VERSION);
	tls_expect_name(&old, "first.test");
	SSL_get0_alpn_selected(old.ssl, &alpn, &len);
	assert_int_equal(len, 8);
	tls_ask(&old, "/peer", 100);
	tls_ask(&old, "/big.bin", 3000000);
	/* A file that is none keeps what there is. */
	file_write(&s, "cert.pem", "nonsense", 8);
	assert_true(reload_now(&s) < 0);
	certificate_write(&s, "second.test");
	assert_int_equal(reload_now(&s), 0);
	tls_dial(&new, s.address[L_TLS], TLS1_3_VERSION);
	tls_expect_name(&new, "second.test");
	tls_ask(&new, "/big.bin", 3000000);
	tls_ask(&old, "/peer", 100); /* still there, with its own certificate */
	tls_hang_up(&old);
	tls_hang_up(&new);
	/* Who speaks no TLS there is turned away. */
	int fd = dial(s.address[L_TLS]);
	char bytes[64];

	say(fd, "GET / HTTP/1.1\r\n" END);
	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
	close(fd);
	server_end(&s);
}

static const struct {
	const char *request;
	const char *expect[4];
	const char *never;
} file_rows[] = {
	{"GET /a.txt HTTP/1.1\r\n" END,
		{"200 OK", "Content-Length: 10\r\n", "text/plain", "0123456789"},
		"Content-Encoding"},
	{"HEAD /a.txt HTTP/1.1\r\n" END, {"200 OK", "Content-Length: 10\r\n", "ETag: \""}, "01234"},
	{"GET /a.txt HTTP/1.1\r\nRange: bytes=2-4\r\n" END,
		{"206 ", "Content-Range: bytes 2-4/10\r\n", "\r\n\r\n234"}, "2345"},
	{"GET /a.txt HTTP/1.1\r\nRange: bytes=-3\r\n" END,
		{"206 ", "Content-Range: bytes 7-9/10\r\n", "\r\n\r\n789"}, NULL},
	{"GET /a.txt HTTP/1.1\r\nRange: bytes=10-\r\n" END,
		{"416 ", "Content-Range: bytes */10\r\n"}, NULL},
	{"GET /a.txt HTTP/1.1\r\nIf-None-Match: *\r\n" END, {"304 ", "ETag: "}, "Content-Length"},
	{"GET /a.txt HTTP/1.1\r\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n" END,
		{"304 "}, "01234"},
	{"GET /a.txt HTTP/1.1\r\nIf-Match: \"other\"\r\n" END, {"412 "}, "01234"},
	{"GET /a.txt HTTP/1.1\r\nAccept-Encoding: gzip, br;q=0\r\n" END,
		{"200 OK", "Content-Encoding: gzip\r\n", "text/plain", "ZIPPED"}, "01234"},
	{"GET /empty HTTP/1.1\r\n" END, {"200 OK", "Content-Length: 0\r\n"}, NULL},
	{"GET /folder HTTP/1.1\r\n" END, {"301 ", "Location: /folder/\r\n"}, NULL},
	{"GET /folder/ HTTP/1.1\r\n" END, {"200 OK", "<p>", "Content-Security-Policy: default-src"},
		NULL},
	{"GET /static/x.js HTTP/1.1\r\n" END, {"immutable", "text/javascript"}, NULL},
	{"GET /none HTTP/1.1\r\n" END, {"404 "}, NULL},
	{"GET /link HTTP/1.1\r\n" END, {"404 "}, "root:"},
	{"GET /out/passwd HTTP/1.1\r\n" END, {"404 "}, "root:"},
	{"GET /%2e%2e/etc/passwd HTTP/1.1\r\n" END, {"400 "}, "root:"},
	{"GET /.hidden HTTP/1.1\r\n" END, {"404 "}, NULL},
	{"GET //etc/passwd HTTP/1.1\r\n" END, {"404 "}, "root:"},
	{"POST /a.txt HTTP/1.1\r\nContent-Length: 0\r\n" END, {"404 "}, NULL},
};

static void files_are_served_and_nothing_else(void **state)
{
	struct server s = {0};
	struct buf out;
	char path[128];

	(void)state;
	server_begin(&s);
	buf_init(&out);
	path_in(&s, "folder", path);
	mkdir(path, 0755);
	path_in(&s, "static", path);
	mkdir(path, 0755);
	file_write(&s, "a.txt", "0123456789", 10);
	file_write(&s, "a.txt.gz", "ZIPPED", 6);
	file_write(&s, "empty", "", 0);
	file_write(&s, "folder/index.html", "<p>", 3);
	file_write(&s, "static/x.js", "1", 1);
	file_write(&s, ".hidden", "no", 2);
	path_in(&s, "link", path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	path_in(&s, "out", path);
	assert_int_equal(symlink("/etc", path), 0);
	for (size_t i = 0; i < sizeof(file_rows) / sizeof(file_rows[0]); i++) {
		ask(s.address[L_PLAIN], file_rows[i].request, &out);
		for (size_t k = 0; k < 4 && file_rows[i].expect[k]; k++)
			if (!strstr(out.bytes, file_rows[i].expect[k]))
				fail_msg("%s: no '%s' in %s", file_rows[i].request,
					file_rows[i].expect[k], out.bytes);
		if (file_rows[i].never && strstr(out.bytes, file_rows[i].never))
			fail_msg("%s: '%s' in %s", file_rows[i].request, file_rows[i].never,
				out.bytes);
	}
	buf_fini(&out);
	server_end(&s);
}

static void one_address_gets_so_many_and_no_more(void **state)
{
	struct server s = {.per_address = 3};
	struct buf out;
	int fds[3];
	char byte;

	(void)state;
	server_begin(&s);
	buf_init(&out);
	for (int i = 0; i < 3; i++)
		fds[i] = dial(s.address[L_PLAIN]);
	int fd = dial(s.address[L_PLAIN]);

	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
	ask(s.address[L_UNIX], "GET /peer HTTP/1.1\r\n" END, &out); /* these have no address */
	assert_non_null(strstr(out.bytes, "<unix>"));
	struct net_stats stats;

	net_stats(s.net, &stats);
	assert_int_equal(stats.refused[NET_REFUSAL_ADDRESS], 1);
	/* Who leaves makes room, by and by. */
	close(fds[0]);
	for (int i = 0; i < 500; i++) {
		fd = dial(s.address[L_PLAIN]);
		say(fd, "GET /peer HTTP/1.1\r\n" END);
		ssize_t n = recv(fd, &byte, 1, 0);

		close(fd);
		if (n == 1)
			break;
		assert_true(i < 499);
		usleep(10000);
	}
	close(fds[1]);
	close(fds[2]);
	buf_fini(&out);
	server_end(&s);
}

static void running_out_of_descriptors_passes(void **state)
{
	struct server s = {0};
	struct rlimit before, tight;
	struct net_stats stats;
	struct buf out;
	int waste[64], n = 0, fds[8];

	(void)state;
	server_begin(&s);
	buf_init(&out);
	for (int i = 0; i < 8; i++)
		fds[i] = -1;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	int top = open("/dev/null", O_RDONLY);

	close(top);
	tight = before;
	tight.rlim_cur = (rlim_t)top + 12;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	fds[0] = dial(s.address[L_PLAIN]); /* one that will wait at the door */
	while (n < 64 && (waste[n] = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	close(waste[--n]);
	fds[1] = dial(s.address[L_PLAIN]);
	for (int i = 0; i < 1000; i++) {
		net_stats(s.net, &stats);
		if (stats.refused[NET_REFUSAL_FILES] > 0)
			break;
		usleep(5000);
	}
	assert_true(stats.refused[NET_REFUSAL_FILES] > 0);
	/* It did not spin: a refusal per quarter of a second at most. */
	assert_in_range(stats.refused[NET_REFUSAL_FILES], 1, 40);
	while (n > 0)
		close(waste[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	ask(s.address[L_PLAIN], "GET /peer HTTP/1.1\r\n" END, &out);
	assert_non_null(strstr(out.bytes, "<127.0.0.1>"));
	for (int i = 0; i < 8; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	buf_fini(&out);
	server_end(&s);
}

static void inherited_sockets_and_bad_addresses(void **state)
{
	static const char *const bad[] = {"", "8080", "host.invalid:80", "127.0.0.1:http",
		"127.0.0.1:99999x", "unix:/nonexistent/dir/sock"};
	struct server s = {0};
	struct confab_error err = {0};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	(void)state;
	server_begin(&s);
	main_stop(&s); /* listeners are its loop's */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct net_listener l = {.address = bad[i], .fd = -1};

		err.code = 0;
		assert_true(net_listen(s.net, &l, &err) < 0);
		assert_non_null(strstr(err.text, "listener"));
	}
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 10), 0);
	assert_int_equal(net_listen(s.net, &(struct net_listener){.fd = fd}, &err), 0);
	assert_memory_equal(net_listener_name(s.net, L_COUNT), "127.0.0.1:", 10);
	server_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_socket_is_heard),
		cmocka_unit_test(the_proxy_header_says_who_comes),
		cmocka_unit_test(tls_speaks_both_versions_and_survives_a_reload),
		cmocka_unit_test(files_are_served_and_nothing_else),
		cmocka_unit_test(one_address_gets_so_many_and_no_more),
		cmocka_unit_test(running_out_of_descriptors_passes),
		cmocka_unit_test(inherited_sockets_and_bad_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
