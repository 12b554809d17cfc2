/**
 * Addresses of peers: text, trusted networks, and who is behind a proxy.
 *
 * SPDX-License-Identifier: MIT
 */
#include "net/addr.h"
#include "base/alloc.h"
#include "net/http_char.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/* RFC 4291, section 2.5.5.2. */
static void set_v6(struct addr *a, const uint8_t bytes[16])
{
	bool v4 = memcmp(bytes, mapped, sizeof(mapped)) == 0;

	a->family = v4 ? ADDR_V4 : ADDR_V6;
	memcpy(a->bytes, v4 ? bytes + 12 : bytes, v4 ? 4 : 16);
}

static unsigned width(const struct addr *a)
{
	return a->family == ADDR_V4 ? 32 : a->family == ADDR_V6 ? 128 : 0;
}

static void clear_behind(struct addr *a, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		a->bytes[i / 8] &= (uint8_t) ~(0x80U >> i % 8);
}

static bool net_has(const struct addr_net *net, const struct addr *a)
{
	struct addr cut = *a;

	if (a->family != net->base.family)
		return false;
	clear_behind(&cut, net->bits);
	return memcmp(cut.bytes, net->base.bytes, sizeof(cut.bytes)) == 0;
}

/* 0..max in decimal, no sign, no leading zero; -1 for anything else */
static int parse_bits(const char *s, unsigned max)
{
	unsigned n = 0;

	if (s[0] == '\0' || (s[0] == '0' && s[1] != '\0'))
		return -1;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		n = n * 10 + (unsigned)(*s - '0');
		if (n > max)
			return -1;
	}
	return (int)n;
}

static void append(struct addr_list *list, const struct addr_net *net)
{
	list->nets = alloc_resize(list->nets, (list->n + 1) * sizeof(*list->nets));
	list->nets[list->n++] = *net;
}

/* An element of X-Forwarded-For: an address, some proxies add a port. */
static bool parse_hop(struct addr *a, const char *s, size_t len)
{
	const char *end;

	if (addr_parse(a, s, len))
		return true;
	if (len > 0 && s[0] == '[') {
		end = memchr(s, ']', len);
		return end != NULL && addr_parse(a, s + 1, (size_t)(end - s) - 1);
	}
	end = memchr(s, ':', len);
	return end != NULL && addr_parse(a, s, (size_t)(end - s)) && a->family == ADDR_V4;
}

/* ------------------------------------------------------------------------------------------ */

bool addr_parse(struct addr *a, const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	memset(a, 0, sizeof(*a));
	if (len >= sizeof(copy) || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, a->bytes) == 1) {
		a->family = ADDR_V4;
		return true;
	}
	if (inet_pton(AF_INET6, copy, bytes) != 1)
		return false;
	set_v6(a, bytes);
	return true;
}

void addr_from_sockaddr(struct addr *a, const struct sockaddr *sa)
{
	memset(a, 0, sizeof(*a));
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		a->family = ADDR_V4;
		memcpy(a->bytes, &in.sin_addr, 4);
		a->port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		set_v6(a, in6.sin6_addr.s6_addr);
		a->port = ntohs(in6.sin6_port);
	} else if (sa->sa_family == AF_UNIX) {
		a->family = ADDR_UNIX;
	}
}

const char *addr_text(const struct addr *a, char out[ADDR_TEXT_SIZE])
{
	switch ((enum addr_family)a->family) {
	case ADDR_V4:
		return inet_ntop(AF_INET, a->bytes, out, ADDR_TEXT_SIZE);
	case ADDR_V6:
		return inet_ntop(AF_INET6, a->bytes, out, ADDR_TEXT_SIZE);
	case ADDR_UNIX:
		return strcpy(out, "unix");
	case ADDR_NONE:
		break;
	}
	return strcpy(out, "unknown");
}

uint64_t addr_key(const struct addr *a)
{
	uint64_t key = 0;
	unsigned n = a->family == ADDR_V4 ? 4 : a->family == ADDR_V6 ? 8 : 0;

	for (unsigned i = 0; i < n; i++)
		key = key << 8 | a->bytes[i];
	/* 0000::/8 is nobody's (RFC 4291), so the two kinds do not meet. */
	return n == 0 ? a->family : key;
}

int addr_list_add(struct addr_list *list, const char *text, struct confab_error *err)
{
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	struct addr_net net = {0};
	struct addr cut;
	char say[ADDR_TEXT_SIZE];
	int bits;

	if (strcmp(text, "unix") == 0) {
		net.base.family = ADDR_UNIX;
		append(list, &net);
		return 0;
	}
	if (!addr_parse(&net.base, text, len))
		return confab_error_set(err, CONFAB_EINVAL,
			"'%.80s' is no address or network (like 10.0.0.0/8, 2001:db8::/32 or unix)",
			text);
	bits = slash != NULL ? parse_bits(slash + 1, width(&net.base)) : (int)width(&net.base);
	if (bits < 0)
		return confab_error_set(err, CONFAB_EINVAL,
			"'%.80s' needs a number of bits in 0..%u behind the slash", text,
			width(&net.base));
	cut = net.base;
	clear_behind(&cut, (unsigned)bits);
	if (memcmp(&cut, &net.base, sizeof(cut)) != 0)
		return confab_error_set(err, CONFAB_EINVAL,
			"'%.80s' has bits behind its network (did you mean %s/%d?)", text,
			addr_text(&cut, say), bits);
	net.bits = (uint8_t)bits;
	append(list, &net);
	return 0;
}

bool addr_list_has(const struct addr_list *list, const struct addr *a)
{
	for (size_t i = 0; i < list->n; i++) {
		if (net_has(&list->nets[i], a))
			return true;
	}
	return false;
}

void addr_list_fini(struct addr_list *list)
{
	free(list->nets);
	memset(list, 0, sizeof(*list));
}

bool addr_forwarded(struct addr *at, const struct addr_list *trusted, const char *value)
{
	size_t end = strlen(value);

	while (addr_list_has(trusted, at)) {
		size_t from = end;
		struct http_slice hop;
		struct addr next;

		if (end == 0)
			return true;
		while (from > 0 && value[from - 1] != ',')
			from--;
		hop = http_trim(value + from, end - from);
		if (!parse_hop(&next, hop.at, hop.len))
			return false;
		*at = next;
		end = from > 0 ? from - 1 : 0;
	}
	return false;
}
