/**
 * The command line of confab-bench.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum mode { MODE_IDLE, MODE_FANOUT, MODE_SATURATE, MODE_ECHO, MODE_SEND, MODE_CONNECT };

struct options {
	enum mode mode;
	uint32_t count; /* the mode's number: connections, subscribers, senders */
	const char *host;
	const char *port;
	const char *path;
	const char *subprotocol;
	bool tls;
	bool insecure;
	bool hello;
	const char *ca_file;
	const char *token;
	const char *token_file;
	const char *jwt_secret_file;
	const char *user; /* with users > 1 a prefix, followed by 0, 1, 2 … */
	const char *password;
	uint32_t users;
	bool enroll; /* register the users first */
	const char *channel;
	bool join;
	bool resume;
	uint32_t from;     /* idle: connections at the first reading */
	uint32_t senders;  /* connections that send, in fanout and saturate */
	uint32_t watchers; /* send: connections that check the stream */
	double rate;       /* messages per second; 0: search, in saturate */
	uint32_t body;     /* bytes of text */
	double warmup_s;
	double duration_s;
	double drain_s;
	double limit_ms;      /* saturate: the p99 that still counts as good */
	uint32_t concurrency; /* connections in the making at once */
	uint32_t sources;     /* source addresses to spread over; 0: as needed */
	pid_t pid;            /* of the server; 0: not given */
	bool json;
};

/**
 * Read the command line.
 *
 * @param o  filled; its strings are borrowed from argv
 * @return 0, 1 when help or version was printed, or -1 after an error was printed
 */
int options_read(struct options *o, int argc, char **argv);
/** @return the mode's name */
const char *mode_name(enum mode mode);

#endif
