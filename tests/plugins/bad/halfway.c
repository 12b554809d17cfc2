/**
 * halfway: takes everything there is to take, and then its load fails. As `halfway2` it has two ops at one
 * path: load succeeds, and registering fails halfway.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include <confab/chat.h>
#include <confab/doc.h>
#include <confab/event.h>
#include <confab/op.h>
#include <confab/plugin.h>
#include <confab/task.h>

static enum confab_verdict pass(struct confab_event *ev, void *ctx)
{
	(void)ev;
	(void)ctx;
	return CONFAB_PASS;
}

static void answer(struct confab_request *rq, void *ctx)
{
	(void)ctx;
	confab_reply(rq, json_object());
}

static void nothing(void *arg)
{
	(void)arg;
}

static int work(void *arg)
{
	(void)arg;
	return 0;
}

static void done(void *arg, int rc)
{
	(void)arg;
	(void)rc;
}

static void read(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	(void)arg;
	(void)rc;
	(void)key;
	(void)doc;
	(void)version;
}

static const struct confab_hook_row hooks[] = {
	CONFAB_DECIDE(CONFAB_MODERATE, "*", pass, "lets everything pass"),
};

#define OP(name_, path_) \
	{ \
		.name = (name_), .actor = CONFAB_OP_USER, .method = "GET", .path = (path_), \
		.run = answer, .doc = "Answers." \
	}
static const struct confab_op_row ops[] = {
	OP("half.one", "/v1/half/one"),
#ifdef HALFWAY_REGISTERED
	OP("half.two", "/v1/half/two"),
	OP("half.three", "/v1/half/two"),
#endif
};

static const struct confab_hook_row added = CONFAB_DECIDE(
	CONFAB_ACCEPT, "message.send", pass, "was added by load");

static int take_all(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct confab_lane *lane = confab_lane_open(p, "halfway");

	*ctx = NULL;
	for (unsigned i = 0; i < 100; i++) {
		if (!confab_timer_start(p, i, 1, nothing, NULL) || confab_post(p, nothing, NULL)) {
			return confab_error_set(err, CONFAB_EINTERNAL, "could not even begin");
		}
		confab_lane_run(lane, work, done, NULL);
	}
	(void)confab_work(p, work, done, NULL);
	confab_doc_get(p, "things", "one", read, NULL);
	(void)confab_hook_add(p, &added, NULL, NULL);
#ifdef HALFWAY_REGISTERED
	return 0;
#else
	return confab_error_set(err, CONFAB_EIO, "the second half is missing");
#endif
}

#ifdef HALFWAY_REGISTERED
#define NAME "halfway2"
#else
#define NAME "halfway"
#endif

CONFAB_PLUGIN(NAME, "1.0") = {
	CONFAB_HEAD(NAME, "1.0", "MIT"),
	.summary = "Comes to life halfway.",
	.caps = CONFAB_CAP_STORE,
	CONFAB_ROWS(hooks, hooks),
	CONFAB_ROWS(ops, ops),
	.load = take_all,
};
