/**
 * A WebSocket echo at / with messages of up to 16 MB, for conformance suites: prints its address and
 * serves until it is told to stop. `net_echo_server [CERT KEY] [PORT]`.
 *
 * SPDX-License-Identifier: MIT
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "loop/loop.h"
#include "net/net_start.h"

#define IO_THREADS 2

static struct loop *main_loop;

static void stop_now(int sig)
{
	(void)sig;
	loop_stop(main_loop);
}

static enum codec_result echo(void *ctx, confab_conn_id conn, char *bytes, size_t len, bool text,
	struct buf *out, bool *out_text, uint16_t *close_code)
{
	(void)ctx;
	(void)conn;
	(void)close_code;
	buf_add(out, bytes, len);
	*out_text = text;
	return CODEC_ANSWERED;
}

static const struct codec echo_codec = {.path = "/", .max_message = 16u << 20, .decode = echo};

static struct net *net_make(struct loop **io, struct loop *logic, struct confab_error *err)
{
	static const struct codec *const codecs[] = {&echo_codec};
	struct net_config config = {
		.main = main_loop,
		.logic = logic,
		.io = io,
		.n_io = IO_THREADS,
		.codecs = codecs,
		.n_codecs = 1,
	};

	net_limits_default(&config.limits);
	return net_new(&config, err);
}

static int serve(struct net *net, struct loop **io, char **argv, int argc, struct confab_error *err)
{
	char address[32];
	bool tls = argc >= 3;
	const char *port = argc == 2 || argc == 4 ? argv[argc - 1] : "0";
	const struct net_tls files = {.cert = argv[1], .key = argv[2]};
	struct net_listener l = {.address = address, .fd = -1, .tls = tls};

	(void)snprintf(address, sizeof(address), "127.0.0.1:%.5s", port);
	void *context = tls ? net_tls_read(&files, err) : NULL;

	if (tls && !context)
		return err->code;
	if (net_listen(net, &l, err) != 0)
		return err->code;
	if (tls)
		net_tls_set(net, 0, context);
	for (int i = 0; i < IO_THREADS; i++)
		if (loop_start(io[i], err) != 0)
			return err->code;
	net_start(net);
	printf("%s\n", net_listener_name(net, 0));
	fflush(stdout);
	loop_run(main_loop);
	for (int i = 0; i < IO_THREADS; i++) {
		loop_stop(io[i]);
		loop_join(io[i]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct confab_error err = {0};
	struct loop *io[IO_THREADS] = {NULL};
	struct loop *logic = loop_new("logic", &err);
	int rc = 1;

	main_loop = loop_new("main", &err);
	for (int i = 0; i < IO_THREADS; i++)
		io[i] = loop_new("io", &err);
	struct net *net = err.code == 0 ? net_make(io, logic, &err) : NULL;

	signal(SIGTERM, stop_now);
	signal(SIGINT, stop_now);
	if (net && serve(net, io, argv, argc, &err) == 0)
		rc = 0;
	else
		fprintf(stderr, "net_echo_server: %s\n", err.text);
	net_free(net);
	for (int i = 0; i < IO_THREADS; i++)
		loop_free(io[i]);
	loop_free(logic);
	loop_free(main_loop);
	return rc;
}
