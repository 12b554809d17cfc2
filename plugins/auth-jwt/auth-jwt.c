/**
 * auth-jwt: users that another service has signed in, by its JSON Web Tokens. Glue only.
 *
 * SPDX-License-Identifier: MIT
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confab/log.h>
#include <confab/plugin.h>
#include <confab/provider/auth.h>
#include <confab/service.h>
#include <confab/settings.h>
#include <confab/task.h>

#include "auth-jwt/cache.h"
#include "auth-jwt/claims.h"
#include "auth-jwt/jwt.h"
#include "auth-jwt/keys.h"
#include "auth-jwt/source.h"

/* Verified tokens remembered, and tokens being verified or waiting for keys at once. */
#define CACHE_MAX 10000
#define JOBS_MAX 1024
/* Keys are not asked for more often than this because of a kid that nobody knows [ms]. */
#define REFETCH_MS 30000

enum {
	ROW_SECRET,
	ROW_JWKS_FILE,
	ROW_JWKS_URL,
	ROW_REFRESH,
	ROW_ISSUER,
	ROW_AUDIENCE,
	ROW_LEEWAY,
	ROW_USER_CLAIM,
	ROW_ROLE_CLAIM,
	ROW_ADMIN_VALUE,
	ROW_GUEST_VALUE,
};

static const struct confab_setting settings[] = {
	[ROW_SECRET] = {"secret", CONFAB_SETTING_SECRET, .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "Secret of HS256 tokens, 32 bytes or more; best {file: PATH}."},
	[ROW_JWKS_FILE] = {"jwks_file", CONFAB_SETTING_PATH, .flags = CONFAB_SETTING_RELOADABLE,
		.doc = "JWK Set with public keys of RS256, ES256 and EdDSA tokens."},
	[ROW_JWKS_URL] = {"jwks_url", CONFAB_SETTING_STRING, NULL, 0, 2048,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "HTTPS address of such a set; asked at the start, every `refresh`, and when "
		       "a token names a key that is not known."},
	[ROW_REFRESH] = {"refresh", CONFAB_SETTING_DURATION, "1h", 60000, 604800000,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "How often the set is read anew."},
	[ROW_ISSUER] = {"issuer", CONFAB_SETTING_STRING, NULL, 0, 1024,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "What `iss` must be; tokens of others are left to other providers."},
	[ROW_AUDIENCE] = {"audience", CONFAB_SETTING_LIST, NULL, 0, 16,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "One of these must be in `aud`."},
	[ROW_LEEWAY] = {"leeway", CONFAB_SETTING_DURATION, "30s", 0, 300000,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "How far clocks may differ."},
	[ROW_USER_CLAIM] = {"user_claim", CONFAB_SETTING_STRING, "sub", 1, 256,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "The claim with the user's id: a name, or a path of names with dots."},
	[ROW_ROLE_CLAIM] = {"role_claim", CONFAB_SETTING_STRING, NULL, 0, 256,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "The claim with the server role, a text or a list; unset: all are users."},
	[ROW_ADMIN_VALUE] = {"admin_value", CONFAB_SETTING_STRING, "admin", 0, 256,
		.flags = CONFAB_SETTING_RELOADABLE,
		.doc = "The value of that claim that makes an administrator."},
	[ROW_GUEST_VALUE] = {"guest_value", CONFAB_SETTING_STRING, NULL, 0, 256,
		.flags = CONFAB_SETTING_RELOADABLE, .doc = "The value that makes a guest."},
};

struct job;

struct jwt_auth {
	struct confab_plugin *plugin;
	struct confab_lane *lane; /* reads key sets */
	struct keys *keys;        /* in force */
	struct cache *cache;
	struct confab_timer *refresh;
	struct job *waiting; /* for keys */
	unsigned jobs;
	bool fetching, ready;
	int64_t fetched_ms; /* monotonic; 0: never */
};

/* One token being verified. Settings are copied, as they may change meanwhile. */
struct job {
	struct job *next;
	struct jwt_auth *auth;
	struct confab_verify *v;
	struct keys *keys;
	char *token, *issuer, *user, *role, *admin, *guest;
	char **audiences;
	size_t n_audiences;
	int64_t leeway_ms, now_ms;
	bool again; /* keys were fetched for it already */
	enum jwt_result result;
	struct verified verified;
	json_t *claims;
	char why[160];
};

/* One reading of the sources. */
struct fetch {
	struct jwt_auth *auth;
	char *secret, *file, *url;
	struct keys *keys;
	unsigned skipped;
	struct confab_error err;
};

static char *copy_of(const char *s)
{
	return s != NULL && s[0] != '\0' ? strdup(s) : NULL;
}

/* ---- verifying --------------------------------------------------------------------------- */

static void job_free(struct job *job)
{
	for (size_t i = 0; i < job->n_audiences; i++)
		free(job->audiences[i]);
	free(job->audiences);
	free(job->token);
	free(job->issuer);
	free(job->user);
	free(job->role);
	free(job->admin);
	free(job->guest);
	keys_unref(job->keys);
	json_decref(job->claims);
	job->auth->jobs--;
	free(job);
}

static struct job *job_new(struct jwt_auth *auth, struct confab_verify *v)
{
	const struct confab_settings *s = confab_plugin_settings(auth->plugin);
	struct confab_list audiences = confab_setting_list(s, ROW_AUDIENCE);
	struct job *job = calloc(1, sizeof(*job));
	if (job == NULL)
		abort(); /* small and fixed */
	job->auth = auth;
	job->v = v;
	job->token = strdup(v->token);
	job->issuer = copy_of(confab_setting_str(s, ROW_ISSUER));
	job->user = copy_of(confab_setting_str(s, ROW_USER_CLAIM));
	job->role = copy_of(confab_setting_str(s, ROW_ROLE_CLAIM));
	job->admin = copy_of(confab_setting_str(s, ROW_ADMIN_VALUE));
	job->guest = copy_of(confab_setting_str(s, ROW_GUEST_VALUE));
	job->leeway_ms = confab_setting_duration_ms(s, ROW_LEEWAY);
	job->audiences = calloc(audiences.count + 1, sizeof(char *));
	if (job->audiences == NULL || job->token == NULL || job->user == NULL)
		abort();
	for (size_t i = 0; i < audiences.count; i++)
		job->audiences[job->n_audiences++] = strdup(audiences.items[i]);
	auth->jobs++;
	return job;
}

static void answer(struct confab_verify *v, int rc, const struct verified *who, const char *why)
{
	v->rc = rc;
	if (who != NULL) {
		snprintf(v->user, sizeof(v->user), "%s", who->user);
		snprintf(v->role, sizeof(v->role), "%s", who->role);
		v->expires_ms = who->expires_ms;
	}
	snprintf(v->text, sizeof(v->text), "%s", why);
	confab_verify_done(v);
}

/* Worker. */
static int job_run(void *arg)
{
	struct job *job = arg;
	struct jwt_policy policy = {
		.issuer = job->issuer,
		.audiences = (const char *const *)job->audiences,
		.n_audiences = job->n_audiences,
		.leeway_ms = job->leeway_ms,
	};
	struct claims_rule rule = {job->user, job->role, job->admin, job->guest};
	int64_t expires_ms = 0;
	job->result = jwt_verify(
		job->token, job->keys, &policy, job->now_ms, &job->claims, &expires_ms, job->why);
	if (job->result == JWT_GOOD &&
		claims_read(job->claims, &rule, &job->verified, job->why) != 0)
		job->result = JWT_BAD;
	job->verified.expires_ms = expires_ms + job->leeway_ms;
	return 0;
}

static void fetch_begin(struct jwt_auth *auth);
static void job_begin(struct job *job);

/* Keys may have changed: wait for them once, if they were not read just now. */
static bool job_waits(struct job *job)
{
	struct jwt_auth *auth = job->auth;
	if (job->result != JWT_UNKNOWN_KEY || job->again)
		return false;
	if (!auth->fetching && auth->fetched_ms != 0 &&
		confab_now_ms() - auth->fetched_ms < REFETCH_MS)
		return false;
	job->again = true;
	job->next = auth->waiting;
	auth->waiting = job;
	fetch_begin(auth);
	return true;
}

static void job_done(void *arg, int rc)
{
	static const int codes[] = {
		[JWT_GOOD] = 0,
		[JWT_NOT_OURS] = CONFAB_ENOENT,
		[JWT_BAD] = CONFAB_EPERM,
		[JWT_EXPIRED] = CONFAB_ETIMEDOUT,
		[JWT_UNKNOWN_KEY] = CONFAB_EPERM,
	};
	struct job *job = arg;
	if (rc != 0) {
		answer(job->v, CONFAB_EBUSY, NULL, "tokens cannot be verified just now");
	} else if (job_waits(job)) {
		return;
	} else if (job->result == JWT_GOOD) {
		if (job->keys == job->auth->keys)
			cache_put(job->auth->cache, job->token, &job->verified);
		answer(job->v, 0, &job->verified, "");
	} else {
		answer(job->v, codes[job->result], NULL, job->why);
	}
	job_free(job);
}

static void job_begin(struct job *job)
{
	keys_unref(job->keys);
	job->keys = keys_ref(job->auth->keys);
	job->now_ms = confab_time_ms();
	if (confab_work(job->auth->plugin, job_run, job_done, job) != 0)
		job_done(job, CONFAB_EBUSY);
}

static void verify(void *ctx, struct confab_verify *v)
{
	struct jwt_auth *auth = ctx;
	if (!jwt_looks_like(v->token)) {
		answer(v, CONFAB_ENOENT, NULL, "");
		return;
	}
	const struct verified *known = cache_find(auth->cache, v->token, confab_time_ms());
	if (known != NULL)
		answer(v, 0, known, "");
	else if (auth->jobs >= JOBS_MAX)
		answer(v, CONFAB_EBUSY, NULL, "too many tokens are verified just now");
	else
		job_begin(job_new(auth, v));
}

/* ---- keys -------------------------------------------------------------------------------- */

/* Lane: read everything that is set; the first failure ends it. */
static int fetch_run(void *arg)
{
	struct fetch *fetch = arg;
	size_t len = 0;
	int rc = fetch->secret != NULL
		? keys_add_secret(fetch->keys, fetch->secret, strlen(fetch->secret), &fetch->err)
		: 0;
	for (int i = 0; i < 2 && rc == 0; i++) {
		const char *from = i == 0 ? fetch->file : fetch->url;
		if (from == NULL)
			continue;
		char *text = i == 0 ? source_file(from, KEYS_BYTES_MAX, &len, &fetch->err)
				    : source_url(from, KEYS_BYTES_MAX, &len, &fetch->err);
		unsigned skipped = 0;
		rc = text == NULL ? fetch->err.code
				  : keys_add_set(fetch->keys, text, len, &skipped, &fetch->err);
		fetch->skipped += skipped;
		free(text);
	}
	return rc;
}

static void fetch_free(struct fetch *fetch)
{
	if (fetch->secret != NULL)
		explicit_bzero(fetch->secret, strlen(fetch->secret));
	free(fetch->secret);
	free(fetch->file);
	free(fetch->url);
	keys_unref(fetch->keys);
	free(fetch);
}

static void keys_use(struct jwt_auth *auth, struct fetch *fetch)
{
	keys_unref(auth->keys);
	auth->keys = keys_ref(fetch->keys);
	confab_log(auth->plugin, CONFAB_LOG_INFO, "keys, were read (%zu good, %u of no use here)",
		keys_count(auth->keys), fetch->skipped);
}

static void fetch_done(void *arg, int rc)
{
	struct fetch *fetch = arg;
	struct jwt_auth *auth = fetch->auth;
	auth->fetching = false;
	auth->fetched_ms = confab_now_ms();
	cache_clear(auth->cache); /* what was verified meanwhile may follow former settings */
	if (rc == 0)
		keys_use(auth, fetch);
	else
		confab_log(auth->plugin, CONFAB_LOG_ERROR, "keys, could not be read (%s)",
			fetch->err.code != 0 ? fetch->err.text : confab_code_text(rc));
	if (!auth->ready) {
		/* A server for keys that is away now may be there when somebody signs in. */
		bool later = rc != 0 && fetch->url != NULL;
		confab_ready(auth->plugin, later ? 0 : rc, fetch->err.text);
		auth->ready = true;
	}
	fetch_free(fetch);
	struct job *waiting = auth->waiting;
	auth->waiting = NULL;
	while (waiting != NULL) {
		struct job *job = waiting;
		waiting = job->next;
		job_begin(job);
	}
}

static void fetch_begin(struct jwt_auth *auth)
{
	const struct confab_settings *s = confab_plugin_settings(auth->plugin);
	if (auth->fetching)
		return;
	struct fetch *fetch = calloc(1, sizeof(*fetch));
	if (fetch == NULL)
		abort(); /* small and fixed */
	auth->fetching = true;
	fetch->auth = auth;
	fetch->keys = keys_new();
	fetch->secret = copy_of(confab_setting_str(s, ROW_SECRET));
	fetch->file = copy_of(confab_setting_str(s, ROW_JWKS_FILE));
	fetch->url = copy_of(confab_setting_str(s, ROW_JWKS_URL));
	confab_lane_run(auth->lane, fetch_run, fetch_done, fetch);
}

static void refresh_due(void *arg)
{
	fetch_begin(arg);
}

static void refresh_start(struct jwt_auth *auth)
{
	unsigned every = (unsigned)confab_setting_duration_ms(
		confab_plugin_settings(auth->plugin), ROW_REFRESH);
	confab_timer_stop(auth->refresh);
	auth->refresh = confab_timer_start(auth->plugin, every, every, refresh_due, auth);
}

/* ---- life -------------------------------------------------------------------------------- */

/* Worker: what can be said about the settings before they are in force. */
static int jwt_prepare(const struct confab_settings *s, void **built, struct confab_error *err)
{
	const char *secret = confab_setting_str(s, ROW_SECRET);
	const char *file = confab_setting_str(s, ROW_JWKS_FILE);
	const char *url = confab_setting_str(s, ROW_JWKS_URL);
	bool has_secret = secret != NULL && secret[0] != '\0';
	bool has_file = file != NULL && file[0] != '\0', has_url = url != NULL && url[0] != '\0';
	*built = NULL;
	if (!has_secret && !has_file && !has_url)
		return confab_error_set(
			err, CONFAB_EINVAL, "has no keys: set secret, jwks_file or jwks_url");
	if (has_url && source_url_check(url, err) != 0)
		return err->code;
	struct fetch fetch = {.keys = keys_new()};
	fetch.secret = has_secret ? strdup(secret) : NULL;
	fetch.file = has_file ? strdup(file) : NULL;
	int rc = fetch_run(&fetch);
	if (rc != 0)
		confab_error_set(err, rc, "%s", fetch.err.text);
	free(fetch.secret);
	free(fetch.file);
	keys_unref(fetch.keys);
	return rc;
}

static void jwt_discard(void *built)
{
	(void)built; /* prepare only looks */
}

static void jwt_commit(void *ctx)
{
	struct jwt_auth *auth = ctx;
	cache_clear(auth->cache);
	refresh_start(auth);
	fetch_begin(auth);
}

static int jwt_load(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	struct jwt_auth *auth = calloc(1, sizeof(*auth));
	if (auth == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(auth);
		return confab_error_set(err, CONFAB_ENOMEM, "libcurl cannot be used");
	}
	auth->plugin = p;
	auth->keys = keys_new();
	auth->cache = cache_new(CACHE_MAX);
	auth->lane = confab_lane_open(p, "keys");
	if (auth->cache == NULL || auth->lane == NULL) {
		cache_free(auth->cache);
		keys_unref(auth->keys);
		free(auth);
		return confab_error_set(err, CONFAB_ENOMEM, "no thread for reading keys");
	}
	*ctx = auth;
	refresh_start(auth);
	fetch_begin(auth);
	return 0;
}

static void jwt_unload(void *ctx)
{
	struct jwt_auth *auth = ctx;
	confab_timer_stop(auth->refresh);
	confab_lane_close(auth->lane);
	cache_free(auth->cache);
	keys_unref(auth->keys);
	free(auth);
}

static const struct confab_auth auth_vtable = {
	.size = sizeof(auth_vtable), .name = "auth-jwt", .verify = verify};

static const struct confab_provide_row provides[] = {
	{"auth", 1, &auth_vtable, sizeof(auth_vtable)},
};

CONFAB_PLUGIN("auth-jwt", "1.0") = {
	CONFAB_HEAD("auth-jwt", "1.0", "MIT"),
	.summary = "Users that another service has signed in, by its JSON Web Tokens.",
	.flags = CONFAB_RESIDENT, /* libcurl's resolver has threads of its own */
	.caps = CONFAB_CAP_NET_OUT,
	CONFAB_ROWS(settings, settings),
	CONFAB_ROWS(provides, provides),
	.prepare = jwt_prepare,
	.discard = jwt_discard,
	.commit = jwt_commit,
	.load = jwt_load,
	.unload = jwt_unload,
};
