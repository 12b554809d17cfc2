/**
 * Listening sockets: IPv4, IPv6, Unix with a mode, and those that somebody else has bound.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/alloc.h"

#define BACKLOG 4096
#define MODE_DEFAULT 0660

static char *text_copy(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(alloc_resize(NULL, size), s, size);
}

static int failed(struct confab_error *err, int fd, const char *address, const char *what)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	return confab_error_set(
		err, CONFAB_EIO, "listener '%s', cannot %s (%s)", address, what, strerror(saved));
}

/** Whoever left a socket behind is gone if nobody answers there. */
static void unlink_stale(const struct sockaddr_un *sun)
{
	struct stat st;

	if (lstat(sun->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) != 0 && errno == ECONNREFUSED)
		(void)unlink(sun->sun_path); /* bind says what is wrong */
	(void)close(fd);
}

static int bind_unix(const struct net_listener *l, const char *path, struct confab_error *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(sun.sun_path))
		return confab_error_set(err, CONFAB_EINVAL,
			"listener '%s', the path has more than %zu bytes", l->address,
			sizeof(sun.sun_path) - 1);
	strcpy(sun.sun_path, path);
	unlink_stale(&sun);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return failed(err, fd, l->address, "make a socket");
	/* No moment in which others may connect: the mask, not a later chmod. */
	mode_t mask = umask(0777 & ~(mode_t)(l->mode ? l->mode : MODE_DEFAULT));
	int rc = bind(fd, (const struct sockaddr *)&sun, sizeof(sun));

	umask(mask);
	return rc == 0 ? fd : failed(err, fd, l->address, "bind");
}

/** Split "host:port", "[v6]:port" or "*:port". */
static int host_port(const char *address, char host[64], char port[8], struct confab_error *err)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (!colon || len == 0 || len >= 64 || strlen(colon + 1) == 0 || strlen(colon + 1) >= 8 ||
		strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return confab_error_set(err, CONFAB_EINVAL,
			"listener '%s' is no address; write 127.0.0.1:8080, "
			"[::1]:8080, *:8080 or unix:/path",
			address);
	strcpy(port, colon + 1);
	if (address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	memcpy(host, address, len);
	host[len] = '\0';
	return 0;
}

static int bind_inet(const struct net_listener *l, struct confab_error *err)
{
	char host[64], port[8];
	int one = 1;

	if (host_port(l->address, host, port, err) != 0)
		return CONFAB_EINVAL;
	bool any = strcmp(host, "*") == 0;
	const struct addrinfo hints = {
		.ai_family = any ? AF_INET6 : AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV | (any ? 0 : AI_NUMERICHOST),
	};
	struct addrinfo *ai = NULL;
	int rc = getaddrinfo(any ? NULL : host, port, &hints, &ai);

	if (rc != 0)
		return confab_error_set(err, CONFAB_EINVAL, "listener '%s' is no address (%s)",
			l->address, gai_strerror(rc));
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int only_v6 = !any;

	if (fd < 0) {
		freeaddrinfo(ai);
		return failed(err, fd, l->address, "make a socket");
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)); /* bind tells */
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6));
	rc = bind(fd, ai->ai_addr, ai->ai_addrlen);
	freeaddrinfo(ai);
	return rc == 0 ? fd : failed(err, fd, l->address, "bind");
}

/* ------------------------------------------------------------------------------------------- */

int listener_socket(
	const struct net_listener *l, char **name, char **path, struct confab_error *err)
{
	bool is_unix = l->address && strncmp(l->address, "unix:", 5) == 0;
	int fd = l->fd, one = 1;

	*path = NULL;
	if (fd < 0) {
		fd = is_unix ? bind_unix(l, l->address + 5, err) : bind_inet(l, err);
		if (fd < 0)
			return fd;
		if (listen(fd, BACKLOG) != 0)
			return failed(err, fd, l->address, "listen");
		if (is_unix)
			*path = text_copy(l->address + 5);
	} else if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
		fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
		return failed(err, fd, l->address ? l->address : "inherited", "be used");
	}
	/* Accepted sockets inherit it; of a Unix socket it means nothing and fails. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*name = listener_name(fd);
	return fd;
}

char *listener_name(int fd)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_storage ss;
	} a = {0};
	socklen_t len = sizeof(a);
	char host[INET6_ADDRSTRLEN] = "", text[160] = "unknown";

	if (getsockname(fd, &a.sa, &len) != 0)
		return text_copy(text);
	if (a.sa.sa_family == AF_INET && inet_ntop(AF_INET, &a.in.sin_addr, host, sizeof(host)))
		(void)snprintf(text, sizeof(text), "%s:%u", host, ntohs(a.in.sin_port));
	else if (a.sa.sa_family == AF_INET6 &&
		inet_ntop(AF_INET6, &a.in6.sin6_addr, host, sizeof(host)))
		(void)snprintf(text, sizeof(text), "[%s]:%u", host, ntohs(a.in6.sin6_port));
	else if (a.sa.sa_family == AF_UNIX)
		(void)snprintf(text, sizeof(text), "unix:%.108s", a.un.sun_path);
	return text_copy(text);
}
