/**
 * confabd --print: the documents of the protocol for whoever packages confab or generates a client.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SERVER_SERVER_PRINT_H
#define SERVER_SERVER_PRINT_H

/**
 * Print a document on standard output, the same as the server with this configuration would serve.
 *
 * @param file      NULL: the built-in defaults
 * @param document  "openapi" or "asyncapi"
 * @return the program's exit status: 0; 1 with what is wrong on standard error; 2: no such document
 * Thread: main.
 */
int server_print(const char *file, const char *document);

#endif
