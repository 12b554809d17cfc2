/**
 * confabd: the command line.
 *
 * SPDX-License-Identifier: MIT
 */
#include "programs.h"

#include <stdio.h>
#include <string.h>

#include "server/server.h"
#include "server/server_print.h"

static int usage(FILE *to, int status)
{
	fputs("usage: confabd [-c FILE] [-f] [--print DOCUMENT]\n"
	      "  -c FILE    configuration; without it the built-in defaults\n"
	      "  -f         stay in the foreground (always so; accepted for scripts)\n"
	      "  --print D  print openapi or asyncapi, the protocol for machines, and end\n"
	      "  --version  print the version\n",
		to);
	return status;
}

int confab_private_daemon_main(int argc, char **argv)
{
	const char *file = NULL, *document = NULL;
	struct server *server;
	int status;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--version") == 0) {
			puts("confabd " PACKAGE_VERSION);
			return 0;
		}
		if (strcmp(argv[i], "--help") == 0) {
			return usage(stdout, 0);
		}
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			file = argv[++i];
		} else if (strcmp(argv[i], "--print") == 0 && i + 1 < argc) {
			document = argv[++i];
		} else if (strcmp(argv[i], "-f") != 0) {
			fprintf(stderr, "confabd: '%s' is not understood\n", argv[i]);
			return usage(stderr, 2);
		}
	}
	if (document) {
		return server_print(file, document);
	}
	server = server_start(file);
	if (!server) {
		return 1;
	}
	status = server_run(server);
	server_free(server);
	return status;
}
