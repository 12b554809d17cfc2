/**
 * One blocking HTTP request with a JSON body, for setting up a run.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include "options.h"

#include <jansson.h>

/**
 * POST a JSON object and read the JSON object of the answer. RFC 9112.
 *
 * @param o       host, port and TLS settings
 * @param path    absolute path
 * @param bearer  access token, or NULL
 * @param body    taken
 * @param status  set to the answer's status, or 0 when there was none
 * @return the answer's object, a new reference, or NULL
 */
json_t *http_post(
	const struct options *o, const char *path, const char *bearer, json_t *body, int *status);

#endif
