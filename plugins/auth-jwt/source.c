/**
 * Key sets by stdio and libcurl.
 *
 * SPDX-License-Identifier: MIT
 */
#include "auth-jwt/source.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What has come so far. */
struct body {
	char *bytes;
	size_t len, max;
};

static size_t body_add(char *bytes, size_t size, size_t n, void *arg)
{
	struct body *body = arg;
	size_t len = size * n;
	if (len > body->max - body->len)
		return 0; /* libcurl gives up */
	char *grown = realloc(body->bytes, body->len + len + 1);
	if (grown == NULL)
		return 0;
	memcpy(grown + body->len, bytes, len);
	body->bytes = grown;
	body->len += len;
	body->bytes[body->len] = '\0';
	return len;
}

static bool loopback(const char *host)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);
		if (strncasecmp(host, names[i], len) == 0 && strchr(":/", host[len]) != NULL)
			return true;
	}
	return false;
}

/* Every option must be taken: one that is not would be a hole. */
static bool curl_prepare(CURL *curl, const char *url, struct body *body)
{
	CURLcode rc = curl_easy_setopt(curl, CURLOPT_URL, url);
	rc = rc ? rc : curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	rc = rc ? rc : curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	rc = rc ? rc : curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	rc = rc ? rc : curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	rc = rc ? rc : curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	rc = rc ? rc : curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)SOURCE_TIMEOUT_MS);
	rc = rc ? rc : curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_add);
	rc = rc ? rc : curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	return rc == CURLE_OK;
}

/* ------------------------------------------------------------------------------------------ */

char *source_file(const char *path, size_t max, size_t *len, struct confab_error *err)
{
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		confab_error_set(
			err, CONFAB_EIO, "%s cannot be opened (%s)", path, strerror(errno));
		return NULL;
	}
	char *bytes = malloc(max + 2);
	*len = bytes != NULL ? fread(bytes, 1, max + 1, file) : 0;
	bool bad = bytes == NULL || ferror(file) || *len > max;
	fclose(file);
	if (bad) {
		confab_error_set(err, CONFAB_EIO, "%s cannot be read, or is longer than %zu bytes",
			path, max);
		free(bytes);
		return NULL;
	}
	bytes[*len] = '\0';
	return bytes;
}

int source_url_check(const char *url, struct confab_error *err)
{
	if (strncasecmp(url, "https://", 8) == 0)
		return 0;
	if (strncasecmp(url, "http://", 7) == 0 && loopback(url + 7))
		return 0;
	return confab_error_set(
		err, CONFAB_EINVAL, "keys must come over https:// (or from this machine)");
}

char *source_url(const char *url, size_t max, size_t *len, struct confab_error *err)
{
	struct body body = {.max = max};
	long status = 0;
	if (source_url_check(url, err) != 0)
		return NULL;
	CURL *curl = curl_easy_init();
	CURLcode rc = CURLE_FAILED_INIT;
	if (curl != NULL && curl_prepare(curl, url, &body))
		rc = curl_easy_perform(curl);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	if (rc == CURLE_OK && status == 200 && body.bytes != NULL) {
		*len = body.len;
		return body.bytes;
	}
	confab_error_set(err, CONFAB_EIO, "%s answers no keys (%s, status %ld)", url,
		rc == CURLE_WRITE_ERROR ? "too long" : curl_easy_strerror(rc), status);
	free(body.bytes);
	return NULL;
}
