/**
 * auth-local: whole requests against a store in memory, on simulated loops. Requests and actors are
 * this test's own (its Makefile.inc renames the functions that ask about them).
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <confab/chat.h>
#include <confab/op.h>
#include <confab/provider/accounts.h>
#include <confab/provider/auth.h>
#include <confab/service.h>

#include "base/log.h"
#include "config/config.h"
#include "config/report.h"
#include "loop/loop.h"
#include "loop/sim.h"
#include "loop/work.h"
#include "plugin/host.h"
#include "store/memory.h"

/* ---- what the core would answer ----------------------------------------------------------- */

struct confab_actor {
	const char *id;
	const struct confab_session *session;
	bool may;
};

struct confab_session {
	const char *id;
};

struct confab_request {
	struct mail mail;
	const char *op;
	json_t *args;
	struct confab_actor *actor;
	const char *peer;
	unsigned answers;
	json_t *ok;
	char code[32], text[128];
	unsigned retry_ms;
};

const json_t *confab_request_args(const struct confab_request *rq)
{
	return rq->args;
}

const struct confab_actor *confab_request_actor(const struct confab_request *rq)
{
	return rq->actor;
}

const char *confab_request_peer(const struct confab_request *rq)
{
	return rq->peer;
}

void confab_reply(struct confab_request *rq, json_t *ok)
{
	rq->answers++;
	json_decref(rq->ok);
	rq->ok = ok;
}

void confab_reply_later(
	struct confab_request *rq, const char *code, const char *text, unsigned retry_ms)
{
	rq->answers++;
	snprintf(rq->code, sizeof(rq->code), "%s", code);
	snprintf(rq->text, sizeof(rq->text), "%s", text);
	rq->retry_ms = retry_ms;
}

void confab_reply_error(struct confab_request *rq, const char *code, const char *text)
{
	confab_reply_later(rq, code, text, 0);
}

const char *confab_actor_id(const struct confab_actor *a)
{
	return a->id;
}

const struct confab_session *confab_actor_session(const struct confab_actor *a)
{
	return a->session;
}

const char *confab_session_id(const struct confab_session *s)
{
	return s->id;
}

int confab_may(const struct confab_actor *who, const struct confab_channel *ch, const char *grant)
{
	(void)ch;
	return who->may && strcmp(grant, "invite") == 0;
}

void confab_verify_done(struct confab_verify *v)
{
	(void)v; /* auth-local answers at once */
}

/* ---- a server of a store and auth-local --------------------------------------------------- */

static struct confab_store memory_vtable; /* filled in main */
static const struct confab_provide_row store_provides[] = {
	{"store", 1, &memory_vtable, sizeof(memory_vtable)}};

static int load_store(struct confab_plugin *p, void **ctx, struct confab_error *err)
{
	(void)err;
	*ctx = memory_new();
	confab_ready(p, 0, NULL);
	return 0;
}

static void unload_store(void *ctx)
{
	memory_free(ctx);
}

static const struct confab_descriptor store = {CONFAB_HEAD("store-memory", "1", "MIT"),
	.load = load_store, .unload = unload_store, CONFAB_ROWS(provides, store_provides)};

extern const struct confab_descriptor confab_plugin; /* auth-local's */

static struct loop *loop;
static struct pool *pool;
static struct host *host;
static struct config *cfg;
static struct mail errand;
static bool finished;
static int result;
static char said[512];
static json_t *service_reply;

static void on_done(void *arg, int rc, const struct confab_error *err)
{
	(void)arg;
	finished = true;
	result = rc;
	snprintf(said, sizeof(said), "%s", err->text);
}

static bool is_finished(void *arg)
{
	(void)arg;
	return finished;
}

static void wait_done(void)
{
	assert_true(sim_run_until(sim_now_us() + 120000000, is_finished, NULL));
	finished = false;
}

static void do_start(struct mail *m)
{
	(void)m;
	host_start(host, cfg, loop, pool, on_done, NULL);
}

static void do_stop(struct mail *m)
{
	(void)m;
	host_stop(host, on_done, NULL);
}

static void on_logic(void (*fn)(struct mail *m))
{
	errand.run = fn;
	loop_post(loop, &errand);
}

static void begin(const char *yaml)
{
	struct confab_error err = {0};
	size_t n;
	finished = false;
	sim_begin(23);
	loop = loop_new("logic", &err);
	pool = pool_new("workers", 2, 100, &err);
	host = host_new(&(struct host_options){.data_dir = "/nowhere"});
	assert_int_equal(host_open_static(host, &confab_plugin, &err), 0);
	assert_int_equal(host_open_static(host, &store, &err), 0);
	struct config_plugin_table *tables = host_tables(host, &n);
	const struct config_options options = {tables, n, CONFIG_KEEP_SECRETS};
	struct config_report *report = config_report_new("test");
	cfg = config_parse("test", yaml, strlen(yaml), &options, report);
	if (cfg == NULL)
		config_report_print(report, stderr);
	assert_non_null(cfg);
	config_report_free(report);
	free(tables);
	assert_int_equal(loop_start(loop, &err), 0);
	on_logic(do_start);
	wait_done();
	assert_string_equal(said, "");
}

static void end(void)
{
	on_logic(do_stop);
	wait_done();
	json_decref(service_reply);
	service_reply = NULL;
	host_free(host);
	config_unref(cfg);
	pool_free(pool);
	loop_stop(loop);
	sim_run_until(sim_now_us() + 1000, NULL, NULL);
	loop_free(loop);
	sim_end();
}

#define SERVER(...) \
	"store: {provider: store-memory}\nauth: {providers: [auth-local]}\nplugins:\n" \
	"  store-memory:\n  auth-local: {hash_memory: 8MB, hash_passes: 1" __VA_ARGS__ "}\n"

static void *auth_ctx(void)
{
	return confab_plugin_ctx(host_find(host, "auth-local"));
}

static void run_op(struct mail *m)
{
	struct confab_request *rq = (struct confab_request *)m;
	const struct confab_descriptor *d = plugin_descriptor(host_find(host, "auth-local"));
	const struct confab_op_row *ops = d->ops.rows;
	for (uint32_t i = 0; i < d->ops.n; i++)
		if (strcmp(ops[i].name, rq->op) == 0)
			ops[i].run(rq, auth_ctx());
}

static bool is_answered(void *arg)
{
	return ((struct confab_request *)arg)->answers > 0;
}

/* Begin a request; args are taken. */
static struct confab_request *ask(const char *op, struct confab_actor *actor, json_t *args)
{
	struct confab_request *rq = calloc(1, sizeof(*rq));
	rq->op = op;
	rq->actor = actor;
	rq->args = args;
	rq->peer = "192.0.2.1";
	rq->mail.run = run_op;
	loop_post(loop, &rq->mail);
	return rq;
}

static void forget(struct confab_request *rq)
{
	json_decref(rq->args);
	json_decref(rq->ok);
	free(rq);
}

/* Ask, wait, and look at the code of the answer ("" : it went well). @return the answer, own */
static json_t *answer_of(const char *op, struct confab_actor *actor, json_t *args, const char *code)
{
	struct confab_request *rq = ask(op, actor, args);
	assert_true(sim_run_until(sim_now_us() + 60000000, is_answered, rq));
	sim_run_until(sim_now_us() + 1000, NULL, NULL);
	if (strcmp(rq->code, code) != 0 || rq->answers != 1)
		fail_msg("%s: '%s' (%s), expected '%s'; %u answers", op, rq->code, rq->text, code,
			rq->answers);
	json_t *ok = json_incref(rq->ok);
	forget(rq);
	return ok;
}

static void expect(const char *op, struct confab_actor *actor, json_t *args, const char *code)
{
	json_decref(answer_of(op, actor, args, code));
}

static json_t *person(const char *user, const char *password)
{
	return json_pack("{s:s, s:s}", "user", user, "password", password);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

static struct confab_verify verify(const char *token)
{
	struct confab_verify v = {.token = token, .rc = 77};
	void *ctx;
	const struct confab_auth *auth = host_service(
		host, "auth-local", "auth", 1, sizeof(*auth), &ctx);
	assert_non_null(auth);
	auth->verify(ctx, &v);
	return v;
}

/* ---- cases -------------------------------------------------------------------------------- */

static void register_and_login(void **state)
{
	(void)state;
	begin(SERVER(", register: open"));
	json_t *tokens = answer_of("auth.register", NULL, person("Ann", "correct horse"), "");
	struct confab_verify v = verify(text_of(tokens, "access"));
	assert_int_equal(v.rc, 0);
	assert_string_equal(v.user, "ann");
	assert_string_equal(v.role, "user");
	assert_string_equal(v.session, text_of(tokens, "session"));
	json_decref(tokens);
	assert_int_equal(verify("eyJhbGciOiJIUzI1NiJ9.e30.x").rc, CONFAB_ENOENT);
	assert_int_equal(verify("cfa1.AAAA.AAAA").rc, CONFAB_EPERM);
	expect("auth.register", NULL, person("ann", "another one"), "exists");
	expect("auth.register", NULL, person("bob", "short"), "bad_request");
	expect("auth.register", NULL, person("b b", "long enough"), "bad_request");
	expect("auth.login", NULL, person("ann", "correct horse"), "");
	expect("auth.login", NULL, person("ANN", "correct horse"), "");
	expect("auth.login", NULL, person("ann", "wrong horse"), "credentials");
	expect("auth.login", NULL, person("nobody", "correct horse"), "credentials");
	end();
}

static json_t *refresh_args(const json_t *tokens)
{
	return json_pack("{s:s}", "refresh", text_of(tokens, "refresh"));
}

static void refresh_is_good_once(void **state)
{
	(void)state;
	begin(SERVER(", register: open"));
	json_t *first = answer_of("auth.register", NULL, person("ann", "correct horse"), "");
	json_t *second = answer_of("auth.refresh", NULL, refresh_args(first), "");
	assert_string_equal(text_of(first, "session"), text_of(second, "session"));
	assert_string_not_equal(text_of(first, "refresh"), text_of(second, "refresh"));
	/* The answer was lost: within the grace time the client may ask again. */
	json_t *third = answer_of("auth.refresh", NULL, refresh_args(first), "");
	json_t *fourth = answer_of("auth.refresh", NULL, refresh_args(third), "");
	/* An access token ends with its time, and not before. */
	assert_int_equal(verify(text_of(fourth, "access")).rc, 0);
	sim_run_until(sim_now_us() + (int64_t)15 * 60 * 1000000, NULL, NULL);
	assert_int_equal(verify(text_of(fourth, "access")).rc, CONFAB_ETIMEDOUT);
	/* A thief comes with an old one: the session ends for both. */
	expect("auth.refresh", NULL, refresh_args(third), "token");
	expect("auth.refresh", NULL, refresh_args(fourth), "token");
	expect("auth.refresh", NULL, json_pack("{s:s}", "refresh", "cfr1.x.y"), "token");
	json_decref(first);
	json_decref(second);
	json_decref(third);
	json_decref(fourth);
	end();
}

static void invitations(void **state)
{
	(void)state;
	struct confab_actor ann = {.id = "ann", .may = true}, eve = {.id = "eve"};
	begin(SERVER(", register: invite"));
	expect("auth.register", NULL, person("bob", "correct horse"), "refused");
	expect("auth.invite", &eve, json_object(), "forbidden");
	expect("auth.invite", &ann, json_pack("{s:s}", "role", "admin"), "bad_request");
	json_t *invite = answer_of("auth.invite", &ann, json_pack("{s:s}", "role", "guest"), "");
	json_t *bob = person("bob", "correct horse"), *eva = person("eva", "correct horse");
	json_object_set(bob, "invite", json_object_get(invite, "invite"));
	json_object_set(eva, "invite", json_object_get(invite, "invite"));
	json_t *tokens = answer_of("auth.register", NULL, bob, "");
	assert_string_equal(text_of(tokens, "role"), "guest");
	expect("auth.register", NULL, eva, "refused");
	json_decref(tokens);
	json_decref(invite);
	end();
	begin(SERVER(", register: closed"));
	expect("auth.register", NULL, person("bob", "correct horse"), "refused");
	end();
}

static void guessing_takes_longer_and_longer(void **state)
{
	(void)state;
	begin(SERVER(", register: open, free_attempts: 3"));
	expect("auth.register", NULL, person("ann", "correct horse"), "");
	for (int i = 0; i < 3; i++)
		expect("auth.login", NULL, person("ann", "guess"), "credentials");
	struct confab_request *rq = ask("auth.login", NULL, person("ann", "correct horse"));
	assert_true(sim_run_until(sim_now_us() + 1000000, is_answered, rq));
	assert_string_equal(rq->code, "rate");
	assert_true(rq->retry_ms > 0 && rq->retry_ms <= 1000);
	forget(rq);
	/* Not for others at this address, and not for ever. */
	expect("auth.login", NULL, person("bob", "guess"), "credentials");
	sim_run_until(sim_now_us() + 1000000, NULL, NULL);
	expect("auth.login", NULL, person("ann", "correct horse"), "");
	expect("auth.login", NULL, person("ann", "correct horse"), "");
	end();
}

static void another_password(void **state)
{
	(void)state;
	begin(SERVER(", register: open"));
	json_t *here = answer_of("auth.register", NULL, person("ann", "correct horse"), "");
	json_t *there = answer_of("auth.login", NULL, person("ann", "correct horse"), "");
	struct confab_session session = {text_of(here, "session")};
	struct confab_actor ann = {.id = "ann", .session = &session};
	struct confab_actor jwt = {.id = "joe"};
	expect("auth.password", &ann,
		json_pack("{s:s, s:s}", "password", "wrong", "new", "battery staple"),
		"credentials");
	expect("auth.password", &ann,
		json_pack("{s:s, s:s}", "password", "correct horse", "new", "short"),
		"bad_request");
	expect("auth.password", &jwt,
		json_pack("{s:s, s:s}", "password", "correct horse", "new", "battery staple"),
		"not_found");
	expect("auth.password", &ann,
		json_pack("{s:s, s:s}", "password", "correct horse", "new", "battery staple"), "");
	expect("auth.login", NULL, person("ann", "correct horse"), "credentials");
	expect("auth.login", NULL, person("ann", "battery staple"), "");
	expect("auth.refresh", NULL, refresh_args(there), "token");
	json_t *still = answer_of("auth.refresh", NULL, refresh_args(here), "");
	/* Out. */
	expect("auth.logout", &ann, json_object(), "");
	expect("auth.refresh", NULL, refresh_args(still), "token");
	json_decref(here);
	json_decref(there);
	json_decref(still);
	end();
}

/* From one address; others do not notice. */
static void accounts_are_not_made_by_the_dozen(void **state)
{
	(void)state;
	struct confab_request *rq = NULL;
	char name[16];
	begin(SERVER(", register: open, free_attempts: 1"));
	for (int i = 0; i < 7; i++) {
		if (rq != NULL)
			forget(rq);
		snprintf(name, sizeof(name), "user%d", i);
		rq = ask("auth.register", NULL, person(name, "correct horse"));
		assert_true(sim_run_until(sim_now_us() + 1000000, is_answered, rq));
	}
	assert_string_equal(rq->code, "rate");
	forget(rq);
	rq = ask("auth.register", NULL, person("other", "correct horse"));
	rq->peer = "198.51.100.7";
	assert_true(sim_run_until(sim_now_us() + 1000000, is_answered, rq));
	assert_string_equal(rq->code, "");
	forget(rq);
	end();
}

/* ---- the service -------------------------------------------------------------------------- */

static void on_service(void *arg, int rc, const char *text, const json_t *reply)
{
	(void)arg;
	finished = true;
	result = rc;
	snprintf(said, sizeof(said), "%s", text);
	json_decref(service_reply);
	service_reply = reply != NULL ? json_deep_copy(reply) : NULL;
}

static const struct confab_accounts *accounts(void **ctx)
{
	return host_service(
		host, NULL, "auth-local.accounts", 1, sizeof(struct confab_accounts), ctx);
}

static void do_create(struct mail *m)
{
	void *ctx;
	(void)m;
	accounts(&ctx)->create(ctx, "root", "correct horse", "admin", "Root", on_service, NULL);
}

static void do_disable(struct mail *m)
{
	void *ctx;
	(void)m;
	accounts(&ctx)->set_disabled(ctx, "root", true, on_service, NULL);
}

static void do_enable(struct mail *m)
{
	void *ctx;
	(void)m;
	accounts(&ctx)->set_disabled(ctx, "root", false, on_service, NULL);
}

static void do_password(struct mail *m)
{
	void *ctx;
	(void)m;
	accounts(&ctx)->set_password(ctx, "root", "battery staple", on_service, NULL);
}

static void do_get(struct mail *m)
{
	void *ctx;
	(void)m;
	accounts(&ctx)->get(ctx, "root", on_service, NULL);
}

static void do_sign_in(struct mail *m)
{
	void *ctx;
	(void)m;
	accounts(&ctx)->sign_in(ctx, "root", "console", on_service, NULL);
}

static void serve(void (*fn)(struct mail *m), int rc)
{
	on_logic(fn);
	wait_done();
	if (result != rc)
		fail_msg("%s: %s, expected %s", said, confab_code_name(result),
			confab_code_name(rc));
}

static void service(void **state)
{
	(void)state;
	begin(SERVER(", register: closed"));
	serve(do_get, CONFAB_ENOENT);
	serve(do_sign_in, CONFAB_ENOENT);
	serve(do_create, 0);
	serve(do_create, CONFAB_EEXIST);
	json_t *tokens = answer_of("auth.login", NULL, person("root", "correct horse"), "");
	assert_string_equal(verify(text_of(tokens, "access")).role, "admin");
	serve(do_disable, 0);
	expect("auth.login", NULL, person("root", "correct horse"), "credentials");
	expect("auth.refresh", NULL, refresh_args(tokens), "token");
	serve(do_enable, 0);
	serve(do_password, 0);
	expect("auth.login", NULL, person("root", "battery staple"), "");
	serve(do_sign_in, 0);
	assert_int_equal(verify(text_of(service_reply, "access")).rc, 0);
	serve(do_get, 0);
	assert_string_equal(text_of(service_reply, "role"), "admin");
	assert_string_equal(text_of(service_reply, "name"), "Root");
	assert_null(json_object_get(service_reply, "hash"));
	json_decref(tokens);
	end();
}

/* ---- pressure ------------------------------------------------------------------------------ */

#define CROWD 70

/* More than may wait: some are told busy; and all are answered, though the plugin is unloaded. */
static void every_request_is_answered_once(void **state)
{
	(void)state;
	struct confab_request *crowd[CROWD];
	unsigned busy = 0, refused = 0;
	char name[16];
	begin(SERVER(", register: open, free_attempts: 1000"));
	for (int i = 0; i < CROWD; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		crowd[i] = ask("auth.login", NULL, person(name, "correct horse"));
	}
	/* In the middle of it. */
	sim_run_until(sim_now_us() + 300, NULL, NULL);
	end();
	for (int i = 0; i < CROWD; i++) {
		assert_int_equal(crowd[i]->answers, 1);
		busy += strcmp(crowd[i]->code, "busy") == 0;
		refused += strcmp(crowd[i]->code, "credentials") == 0;
		forget(crowd[i]);
	}
	assert_int_equal(busy + refused, CROWD);
	assert_true(busy >= CROWD - 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(register_and_login),
		cmocka_unit_test(refresh_is_good_once),
		cmocka_unit_test(invitations),
		cmocka_unit_test(guessing_takes_longer_and_longer),
		cmocka_unit_test(another_password),
		cmocka_unit_test(accounts_are_not_made_by_the_dozen),
		cmocka_unit_test(service),
		cmocka_unit_test(every_request_is_answered_once),
	};
	memory_vtable = *memory_store();
	log_level_set(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
