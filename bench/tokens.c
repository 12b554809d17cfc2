/**
 * Access tokens: from the command line, a file, a shared secret, or the server's login.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tokens.h"
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* A minted token outlives every run. */
#define TOKEN_LIFE_S 86400

static void add(struct tokens *t, const char *text)
{
	char **grown = realloc(t->list, (t->count + 1u) * sizeof(char *));
	char *copy = strdup(text);
	if (grown == NULL || copy == NULL)
		abort();
	t->list = grown;
	t->list[t->count++] = copy;
}

static void user_name(char *out, size_t size, const struct options *o, uint32_t i)
{
	if (o->users > 1)
		(void)snprintf(out, size, "%s%u", o->user, i);
	else
		(void)snprintf(out, size, "%s", o->user);
}

/* A file's lines without their ends. @return 0 or -1 after an error was printed */
static int read_lines(struct tokens *t, const char *path)
{
	char line[8192];
	FILE *f = fopen(path, "re");
	if (f == NULL) {
		perror(path);
		return -1;
	}
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] != '\0')
			add(t, line);
	}
	(void)fclose(f);
	if (t->count == 0)
		(void)fprintf(stderr, "confab-bench: %s is empty\n", path);
	return t->count > 0 ? 0 : -1;
}

/* RFC 4648, section 5, without padding. */
static void base64url(char *out, const void *bytes, size_t n)
{
	(void)EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
	for (char *p = out; *p != '\0'; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
		else if (*p == '=')
			*p = '\0';
		if (*p == '\0')
			break;
	}
}

/* RFC 7515, section 3: header, payload and HS256 signature. */
static void mint(struct tokens *t, const char *user, const char *secret)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	char payload[256], token[1024];
	unsigned char signature[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	long long now = (long long)time(NULL);

	(void)snprintf(payload, sizeof payload, "{\"sub\":\"%s\",\"iat\":%lld,\"exp\":%lld}", user,
		now, now + TOKEN_LIFE_S);
	base64url(token, header, sizeof header - 1);
	size_t n = strlen(token);
	token[n++] = '.';
	base64url(token + n, payload, strlen(payload));
	n = strlen(token);
	(void)HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)token, n,
		signature, &size);
	token[n++] = '.';
	base64url(token + n, signature, size);
	add(t, token);
}

static int mint_all(struct tokens *t, const struct options *o)
{
	struct tokens secret = {0};
	char user[80];

	if (read_lines(&secret, o->jwt_secret_file) != 0)
		return -1;
	for (uint32_t i = 0; i < o->users; i++) {
		user_name(user, sizeof user, o, i);
		mint(t, user, secret.list[0]);
	}
	tokens_fini(&secret);
	return 0;
}

static json_t *credentials(const char *user, const char *password)
{
	return json_pack("{s:s s:s}", "user", user, "password", password);
}

/* @return 0 or -1 after an error was printed */
static int log_in(struct tokens *t, const struct options *o, const char *user)
{
	int status;

	if (o->enroll)
		json_decref(http_post(
			o, "/v1/auth/register", NULL, credentials(user, o->password), &status));
	json_t *answer = http_post(
		o, "/v1/auth/login", NULL, credentials(user, o->password), &status);
	const char *access = json_string_value(json_object_get(answer, "access"));
	if (access == NULL)
		access = json_string_value(
			json_object_get(json_object_get(answer, "ok"), "access"));
	if (access != NULL)
		add(t, access);
	else
		(void)fprintf(stderr, "confab-bench: no login for %s (status %d)\n", user, status);
	int rc = access != NULL ? 0 : -1;
	json_decref(answer);
	return rc;
}

/* ---------------------------------------------------------------------------------------- */

int tokens_init(struct tokens *t, const struct options *o)
{
	char user[80];
	int rc = 0;

	memset(t, 0, sizeof *t);
	if (o->token != NULL)
		add(t, o->token);
	else if (o->token_file != NULL)
		rc = read_lines(t, o->token_file);
	else if (o->jwt_secret_file != NULL)
		rc = mint_all(t, o);
	else if (o->password != NULL)
		for (uint32_t i = 0; i < o->users && rc == 0; i++) {
			user_name(user, sizeof user, o, i);
			rc = log_in(t, o, user);
		}
	return rc;
}

void tokens_fini(struct tokens *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		free(t->list[i]);
	free(t->list);
	memset(t, 0, sizeof *t);
}
