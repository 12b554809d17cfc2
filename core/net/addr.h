/**
 * Addresses of peers: text, lists of trusted networks, and who is behind a trusted proxy.
 *
 * IPv4 that comes in IPv6 clothes (::ffff:1.2.3.4) is IPv4 everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <stdbool.h>
#include <confab/types.h>

struct sockaddr;

enum addr_family { ADDR_NONE = 0, ADDR_UNIX = 1, ADDR_V4 = 4, ADDR_V6 = 6 };

/** Comparable with memcmp: what is not used is zero. */
struct addr {
	uint8_t bytes[16]; /* V4: the first four */
	uint16_t port;     /* 0: unknown */
	uint8_t family;    /* enum addr_family */
	uint8_t zero;
};

/** Room for every address as text, the NUL included. */
#define ADDR_TEXT_SIZE 48

/** An address without port and zone: "192.0.2.1", "2001:db8::1". @return false if it is none */
bool addr_parse(struct addr *a, const char *text, size_t len);

/** What accept() and getsockname() say. Unknown families are ADDR_NONE. */
void addr_from_sockaddr(struct addr *a, const struct sockaddr *sa);

/** Text without the port; "unix" and "unknown" for what has no number. @return out */
const char *addr_text(const struct addr *a, char out[ADDR_TEXT_SIZE]);

/**
 * A number that stands for one customer of the Internet, for limits per address: the IPv4 address,
 * or the /64 that an IPv6 address is in. Port and zone do not count.
 */
uint64_t addr_key(const struct addr *a);

/** A network: an address and how many of its bits count. */
struct addr_net {
	struct addr base;
	uint8_t bits;
};

/** A list of networks. All zero is the empty one. */
struct addr_list {
	struct addr_net *nets;
	size_t n;
};

/**
 * Add "10.0.0.0/8", "2001:db8::/32", a single address, or "unix" for peers on Unix sockets.
 *
 * @return 0, or CONFAB_EINVAL with a sentence that says how to mend it
 */
int addr_list_add(struct addr_list *list, const char *text, struct confab_error *err);
bool addr_list_has(const struct addr_list *list, const struct addr *a);
void addr_list_fini(struct addr_list *list);

/**
 * Walk one X-Forwarded-For field from its end towards the client, as long as the address reached
 * is a trusted proxy's; what a stranger could have written is never believed.
 *
 * @param at       the address reached so far (first: the peer's); moved on
 * @param value    "client, proxy1, proxy2"; several fields are given last first
 * @return true if the walk may go on with the field before this one
 */
bool addr_forwarded(struct addr *at, const struct addr_list *trusted, const char *value);

#endif
