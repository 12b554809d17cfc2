/**
 * One request on its way: documents, hashing, and exactly one answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-local/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a hasher is given: nothing of the flow is touched on its lane but this. */
struct hashing {
	struct flow *flow;
	const char *password; /* the flow's */
	struct password_cost cost;
	uint8_t salt[PASSWORD_SALT_BYTES];
	char hash[PASSWORD_HASH_SIZE];
	bool make, right;
};

static void wipe(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void flow_free(struct flow *f)
{
	wipe(f->password);
	wipe(f->new_password);
	json_decref(f->doc);
	json_decref(f->kept);
	json_decref(f->answer);
	free(f);
}

static const char *arg_of(const struct flow *f, const char *key)
{
	const json_t *args = f->rq != NULL ? confab_request_args(f->rq) : NULL;
	return json_string_value(json_object_get(args, key));
}

static struct password_cost cost_of(const struct local *l)
{
	const struct confab_settings *s = confab_plugin_settings(l->plugin);
	return (struct password_cost){
		.memory_kib = (uint32_t)(confab_setting_int(s, ROW_HASH_MEMORY) / 1024),
		.passes = (uint32_t)confab_setting_int(s, ROW_HASH_PASSES),
		.lanes = (uint32_t)confab_setting_int(s, ROW_HASH_LANES),
	};
}

static void got(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct flow *f = arg;
	(void)key;
	json_decref(f->doc);
	f->doc = doc != NULL ? json_deep_copy(doc) : NULL;
	f->version = version;
	f->rc = rc;
	f->step(f);
}

static void put(void *arg, int rc, const char *key, const json_t *doc, uint64_t version)
{
	struct flow *f = arg;
	(void)key;
	(void)doc;
	f->rc = rc;
	if (rc == 0)
		f->version = version;
	f->step(f);
}

static int hash_run(void *arg)
{
	struct hashing *h = arg;
	if (h->make)
		return password_hash(h->password, &h->cost, h->salt, h->hash);
	if (h->hash[0] != '\0') {
		h->right = password_check(h->password, h->hash);
		return 0;
	}
	/* Nobody's password takes as long as somebody's. */
	return password_hash(h->password, &h->cost, h->salt, h->hash);
}

static void hash_done(void *arg, int rc)
{
	struct hashing *h = arg;
	struct flow *f = h->flow;
	f->local->hashing--;
	f->rc = rc;
	f->right = h->right;
	if (h->make && rc == 0)
		snprintf(f->hash, sizeof(f->hash), "%s", h->hash);
	free(h);
	if (rc != 0)
		flow_fail_later(f, CONFAB_EBUSY, "busy",
			"passwords cannot be checked just now; try again", 1000);
	else
		f->step(f);
}

static void hash_begin(struct flow *f, struct hashing *h, flow_fn step)
{
	struct local *l = f->local;
	if (l->hashing >= HASHES_WAITING_MAX) {
		free(h);
		flow_fail_later(f, CONFAB_EBUSY, "busy",
			"too many people sign in just now; try again", 1000);
		return;
	}
	h->flow = f;
	h->cost = cost_of(l);
	confab_random(h->salt, sizeof(h->salt));
	f->step = step;
	l->hashing++;
	confab_lane_run(l->hashers[l->next_hasher++ % l->n_hashers], hash_run, hash_done, h);
}

/* ------------------------------------------------------------------------------------------ */

struct flow *flow_new(struct local *l, struct confab_request *rq)
{
	struct flow *f = calloc(1, sizeof(*f));
	if (f == NULL)
		abort(); /* small and fixed */
	f->local = l;
	f->rq = rq;
	snprintf(f->role, sizeof(f->role), "user");
	const char *device = arg_of(f, "device"), *name = arg_of(f, "name");
	snprintf(f->device, sizeof(f->device), "%s", device != NULL ? device : "");
	snprintf(f->name, sizeof(f->name), "%s", name != NULL ? name : "");
	const char *peer = rq != NULL ? confab_request_peer(rq) : NULL;
	snprintf(f->peer, sizeof(f->peer), "%s", peer != NULL ? peer : "");
	return f;
}

void flow_reply(struct flow *f, json_t *ok)
{
	if (f->rq != NULL) {
		confab_reply(f->rq, ok);
	} else {
		f->done(f->arg, 0, "", ok);
		json_decref(ok);
	}
	flow_free(f);
}

void flow_fail(struct flow *f, int rc, const char *word, const char *text)
{
	if (f->rq != NULL)
		confab_reply_error(f->rq, word, text);
	else
		f->done(f->arg, rc, text, NULL);
	flow_free(f);
}

void flow_fail_later(struct flow *f, int rc, const char *word, const char *text, unsigned retry_ms)
{
	if (f->rq != NULL)
		confab_reply_later(f->rq, word, text, retry_ms);
	else
		f->done(f->arg, rc, text, NULL);
	flow_free(f);
}

void flow_fail_store(struct flow *f)
{
	if (f->rc == CONFAB_EUNKNOWN)
		flow_fail(f, f->rc, "unknown", "it is not known whether this was done; try again");
	else
		flow_fail_later(f, CONFAB_EBUSY, "busy",
			"the store is busy; nothing was done, try again", 1000);
}

void flow_get(struct flow *f, const char *coll, const char *key, flow_fn step)
{
	f->step = step;
	confab_doc_get(f->local->plugin, coll, key, got, f);
}

void flow_put(struct flow *f, const char *coll, const char *key, const char *index,
	int64_t expires_ms, flow_fn step)
{
	f->step = step;
	confab_doc_put(f->local->plugin, coll, key, json_deep_copy(f->doc), index, expires_ms,
		f->version, put, f);
}

void flow_delete(struct flow *f, const char *coll, const char *key, flow_fn step)
{
	f->step = step;
	confab_doc_delete(f->local->plugin, coll, key, CONFAB_ANY_VERSION, put, f);
}

void flow_hash(struct flow *f, flow_fn step)
{
	struct hashing *h = calloc(1, sizeof(*h));
	if (h == NULL)
		abort();
	h->make = true;
	h->password = f->new_password != NULL ? f->new_password : f->password;
	hash_begin(f, h, step);
}

void flow_check(struct flow *f, flow_fn step)
{
	struct hashing *h = calloc(1, sizeof(*h));
	if (h == NULL)
		abort();
	h->password = f->password;
	snprintf(h->hash, sizeof(h->hash), "%s", f->hash);
	hash_begin(f, h, step);
}

bool flow_outdated(const struct flow *f)
{
	struct password_cost cost = cost_of(f->local);
	return password_outdated(f->hash, &cost);
}

bool flow_user(struct flow *f, const char *user)
{
	size_t len = user != NULL ? strlen(user) : 0;
	bool good = len >= 1 && len <= CONFAB_ID_MAX;
	for (size_t i = 0; i < len && good; i++) {
		char c = user[i];
		/* One person, one name: Ann and ann are the same. */
		f->user[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
		good = (f->user[i] >= 'a' && f->user[i] <= 'z') || (c >= '0' && c <= '9') ||
			c == '_' || c == '-' || c == '.';
	}
	if (!good)
		flow_fail(f, CONFAB_EINVAL, "bad_request",
			"a user's name is 1 to 64 letters a-z, digits, '_', '-' and '.'");
	return good;
}

bool flow_password(struct flow *f, const char *password)
{
	const struct confab_settings *s = confab_plugin_settings(f->local->plugin);
	size_t len = password != NULL ? strlen(password) : 0;
	size_t min = (size_t)confab_setting_int(s, ROW_PASSWORD_MIN);
	char text[96];
	if (len >= min && len <= PASSWORD_BYTES_MAX)
		return true;
	snprintf(
		text, sizeof(text), "a password has %zu to %d characters", min, PASSWORD_BYTES_MAX);
	flow_fail(f, CONFAB_EINVAL, "bad_request", text);
	return false;
}
