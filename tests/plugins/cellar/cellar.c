/**
 * cellar: keeps blobs in memory, and is a push transport that only remembers what it was given. It answers
 * from workers, to show that providers may.
 *
 * SPDX-License-Identifier: MIT
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <confab/log.h>
#include <confab/plugin.h>
#include <confab/provider/blob.h>
#include <confab/provider/push.h>
#include <confab/task.h>

#ifndef CELLAR_NAME
#define CELLAR_NAME "cellar"
#endif
#define BLOBS_MAX 16

struct kept {
	char name[CONFAB_BLOB_NAME_MAX + 1], type[CONFAB_BLOB_TYPE_MAX + 1];
	int fd;
	uint64_t bytes;
};

struct cellar {
	struct confab_plugin *plugin;
	struct kept kept[BLOBS_MAX];
};

/* A new file with the bytes of another, at offset 0. */
static int copy(int fd, uint64_t bytes)
{
	int to = memfd_create("blob", MFD_CLOEXEC);
	off_t at = 0;

	while (to >= 0 && (uint64_t)at < bytes)
		if (sendfile(to, fd, &at, bytes - (uint64_t)at) <= 0)
			break;
	if (to >= 0)
		(void)lseek(to, 0, SEEK_SET);
	return to;
}

static struct kept *find(struct cellar *c, const char *name)
{
	for (size_t i = 0; i < BLOBS_MAX; i++)
		if (strcmp(c->kept[i].name, name) == 0)
			return &c->kept[i];
	return NULL;
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static void say(void *arg, int rc)
{
	(void)rc;
	confab_question_answer(arg);
}

/* On a worker: any thread may answer. */
static int say_there(void *arg)
{
	confab_question_answer(arg);
	return 0;
}

static void answer(struct cellar *c, struct confab_question *q, int rc)
{
	q->rc = rc;
	if (confab_work(c->plugin, nothing, say, q) != 0)
		confab_question_answer(q);
}

static void put(void *ctx, struct confab_blob *blob)
{
	struct cellar *c = ctx;
	struct kept *k = find(c, blob->name);

	if (k) {
		answer(c, &blob->q, k->bytes == blob->bytes ? 0 : CONFAB_EEXIST);
		return;
	}
	k = find(c, "");
	if (!k) {
		answer(c, &blob->q, CONFAB_ELIMIT);
		return;
	}
	(void)snprintf(k->name, sizeof(k->name), "%s", blob->name);
	(void)snprintf(k->type, sizeof(k->type), "%s", blob->type);
	k->fd = copy(blob->fd, blob->bytes);
	k->bytes = blob->bytes;
	answer(c, &blob->q, 0);
}

static void look(void *ctx, struct confab_blob *blob)
{
	struct cellar *c = ctx;
	const struct kept *k = find(c, blob->name);

	if (k) {
		blob->bytes = k->bytes;
		(void)snprintf(blob->type, sizeof(blob->type), "%s", k->type);
	}
	answer(c, &blob->q, k ? 0 : CONFAB_ENOENT);
}

static void open_blob(void *ctx, struct confab_blob *blob)
{
	const struct kept *k = find(ctx, blob->name);

	if (k)
		blob->fd = copy(k->fd, k->bytes);
	look(ctx, blob);
}

static void drop(void *ctx, struct confab_blob *blob)
{
	struct cellar *c = ctx;
	struct kept *k = find(c, blob->name);

	if (k) {
		(void)close(k->fd);
		memset(k, 0, sizeof(*k));
	}
	answer(c, &blob->q, 0);
}

static void send_push(void *ctx, struct confab_push *push)
{
	struct cellar *c = ctx;

	if (strcmp(push->target, "gone") == 0) {
		push->q.rc = CONFAB_ENOENT;
	} else if (strcmp(push->target, "busy") == 0) {
		push->q.rc = CONFAB_EBUSY;
		push->retry_ms = 5000;
	} else {
		confab_log(c->plugin, CONFAB_LOG_INFO, "pushed %zu bytes (topic %s)",
			push->payload_len, push->topic ? push->topic : "none");
	}
	if (confab_work(c->plugin, say_there, NULL, &push->q) != 0)
		confab_question_answer(&push->q);
}

static const char *key(void *ctx)
{
	(void)ctx;
	return "public";
}

static const struct confab_blob_store blobs = {sizeof(blobs), "memory", put, open_blob, look, drop};
static const struct confab_push_transport transport = {sizeof(transport), "test", send_push, key};
static const struct confab_provide_row provides[] = {
	{"blob", 1, &blobs, sizeof(blobs)},
	{"push", 1, &transport, sizeof(transport)},
};

static int cellar_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct cellar *c = calloc(1, sizeof(*c));

	if (!c)
		return confab_error_set(err, CONFAB_ENOMEM, "out of memory");
	c->plugin = p;
	*ctx = c;
	return 0;
}

static void cellar_unload(void *ctx)
{
	struct cellar *c = ctx;

	for (size_t i = 0; i < BLOBS_MAX; i++)
		if (c->kept[i].name[0])
			(void)close(c->kept[i].fd);
	free(c);
}

CONFAB_PLUGIN(CELLAR_NAME, "1.0") = {
	CONFAB_HEAD(CELLAR_NAME, "1.0", "MIT"),
	.summary = "Keeps blobs in memory.",
	CONFAB_ROWS(provides, provides),
	.load = cellar_load,
	.unload = cellar_unload,
};
