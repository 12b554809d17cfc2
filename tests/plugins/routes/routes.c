/**
 * routes: one route for every way a body may go and an answer may come, and some that behave badly.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <confab/chat.h>
#include <confab/http.h>
#include <confab/plugin.h>
#include <confab/task.h>

#define AT(path) "/v1/x/routes/" path
#define BITE 1000
#define CHUNK 65536

struct routes {
	uint64_t gone, drained; /* how often */
};

/* GET hello/{name}?greeting= */
static void hello(struct confab_http *h, void *ctx)
{
	const char *greeting = confab_http_param(h, "greeting");
	const char *tone = confab_http_header(h, "X-Tone");

	(void)ctx;
	(void)confab_http_set(h, "X-Answered-By", "routes");
	confab_http_json(h, 200,
		json_pack("{s:s, s:s, s:s, s:s*, s:s}", "name", confab_http_param(h, "name"),
			"greeting", greeting ? greeting : "hello", "path", confab_http_path(h),
			"tone", tone, "method", confab_http_method(h)));
}

/* GET me, GET boss */
static void me(struct confab_http *h, void *ctx)
{
	(void)ctx;
	confab_http_json(h, 200, json_pack("{s:s}", "user", confab_actor_id(confab_http_actor(h))));
}

/* POST json */
static void echo_json(struct confab_http *h, void *ctx)
{
	(void)ctx;
	confab_http_json(h, 201, json_deep_copy(confab_http_args(h)));
}

/* POST bytes */
static void echo_bytes(struct confab_http *h, void *ctx)
{
	size_t len = 0;
	const char *bytes = confab_http_body(h, &len);

	(void)ctx;
	confab_http_bytes(h, 200, confab_http_header(h, "Content-Type"), bytes, len);
}

/* PUT file: comes back as it went, from the file. */
static void echo_file(struct confab_http *h, void *ctx)
{
	uint64_t bytes = 0;
	int fd = dup(confab_http_fd(h, &bytes));

	(void)ctx;
	if (fd < 0 || lseek(fd, 0, SEEK_END) != (off_t)bytes)
		confab_http_error(h, "internal", "the file is not as long as was said");
	else
		confab_http_file(h, 200, "application/x-echo", fd);
}

/* POST stream: BITE bytes at a time are asked for. */
struct count {
	uint64_t bytes, pieces, most;
};

static void count_begin(struct confab_http *h, void *ctx)
{
	(void)ctx;
	*confab_http_slot(h) = calloc(1, sizeof(struct count));
	confab_http_want(h, BITE);
}

static void count_piece(struct confab_http *h, const char *bytes, size_t len, bool last, void *ctx)
{
	struct count *count = *confab_http_slot(h);

	(void)bytes;
	(void)ctx;
	count->bytes += len;
	count->pieces += len > 0;
	count->most = len > count->most ? len : count->most;
	if (!last) {
		confab_http_want(h, len);
		return;
	}
	confab_http_json(h, 200,
		json_pack("{s:I, s:I, s:I}", "bytes", (json_int_t)count->bytes, "pieces",
			(json_int_t)count->pieces, "most", (json_int_t)count->most));
	free(count);
}

static void count_gone(struct confab_http *h, void *ctx)
{
	struct routes *r = ctx;

	free(*confab_http_slot(h));
	r->gone++;
}

/* POST stall: takes ten bytes and no more. */
static void stall(struct confab_http *h, void *ctx)
{
	(void)ctx;
	confab_http_want(h, 10);
}

static void stall_piece(struct confab_http *h, const char *bytes, size_t len, bool last, void *ctx)
{
	(void)h;
	(void)bytes;
	(void)len;
	(void)last;
	(void)ctx;
}

static void gone(struct confab_http *h, void *ctx)
{
	struct routes *r = ctx;

	(void)h;
	r->gone++;
}

/* GET long/{bytes}: as fast as the client takes it. */
struct flow {
	uint64_t left;
};

static void flow_on(struct confab_http *h, size_t room, void *ctx)
{
	static const char zeros[CHUNK];
	struct routes *r = ctx;
	struct flow *flow = *confab_http_slot(h);

	r->drained++;
	while (flow->left > 0 && room > 0) {
		size_t len = flow->left < CHUNK ? (size_t)flow->left : CHUNK;

		flow->left -= len;
		room = confab_http_write(h, zeros, len);
	}
	if (flow->left > 0)
		return;
	free(flow);
	confab_http_end(h);
}

static void flow_begin(struct confab_http *h, void *ctx)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	flow->left = strtoull(confab_http_param(h, "bytes"), NULL, 10);
	*confab_http_slot(h) = flow;
	confab_http_begin(h, 200, "application/x-zeros");
	flow_on(h, 1, ctx);
}

static void flow_gone(struct confab_http *h, void *ctx)
{
	count_gone(h, ctx);
}

/* GET never: is not answered. */
static void never(struct confab_http *h, void *ctx)
{
	(void)h;
	(void)ctx;
}

/* GET twice: answers again after its answer's head is out. */
static void twice(struct confab_http *h, void *ctx)
{
	(void)ctx;
	confab_http_begin(h, 200, "text/plain");
	(void)confab_http_write(h, "once", 4);
	confab_http_json(h, 200, json_object());
	confab_http_end(h);
}

static void counts(struct confab_http *h, void *ctx)
{
	const struct routes *r = ctx;

	confab_http_json(h, 200,
		json_pack("{s:I, s:I}", "gone", (json_int_t)r->gone, "drained",
			(json_int_t)r->drained));
}

static const struct confab_route_row rows[] = {
	{"GET", AT("hello/{name}"), "X-Tone", .run = hello},
	{"GET", AT("me"), NULL, CONFAB_OP_USER, .run = me},
	{"GET", AT("boss"), NULL, CONFAB_OP_ADMIN, .run = me},
	{"POST", AT("json"), NULL, CONFAB_OP_NONE, CONFAB_HTTP_JSON, 4096, .run = echo_json},
	{"POST", AT("bytes"), NULL, CONFAB_OP_NONE, CONFAB_HTTP_BYTES, 65536, .run = echo_bytes},
	{"PUT", AT("file"), NULL, CONFAB_OP_NONE, CONFAB_HTTP_FILE, 8 << 20, .run = echo_file},
	{"PUT", AT("mine"), NULL, CONFAB_OP_USER, CONFAB_HTTP_FILE, 8 << 20, .run = echo_file},
	{"POST", AT("stream"), NULL, CONFAB_OP_NONE, CONFAB_HTTP_STREAM, 8 << 20,
		.run = count_begin, .piece = count_piece, .gone = count_gone},
	{"POST", AT("stall"), NULL, CONFAB_OP_NONE, CONFAB_HTTP_STREAM, 8 << 20, .run = stall,
		.piece = stall_piece, .gone = gone},
	{"GET", AT("long/{bytes}"), NULL, .run = flow_begin, .drained = flow_on, .gone = flow_gone},
	{"GET", AT("never"), NULL, .run = never, .gone = gone},
	{"GET", AT("asleep"), NULL, .run = never, .gone = gone, .idle_ms = 100},
	{"GET", AT("twice"), NULL, .run = twice},
	{"GET", AT("counts"), NULL, .run = counts},
};

static int routes_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)p;
	*ctx = calloc(1, sizeof(struct routes));
	return *ctx ? 0 : confab_error_set(err, CONFAB_ENOMEM, "out of memory");
}

CONFAB_PLUGIN("routes", "1.0") = {
	CONFAB_HEAD("routes", "1.0", "MIT"),
	.summary = "Answers HTTP requests in every way.",
	.caps = CONFAB_CAP_HTTP_ROUTE,
	CONFAB_ROWS(routes, rows),
	.load = routes_load,
	.unload = free,
};
