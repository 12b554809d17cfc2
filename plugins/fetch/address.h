/**
 * Which addresses a server may be sent to by strangers: public ones, and those an administrator allows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FETCH_ADDRESS_H
#define FETCH_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_NETS_MAX 64

/** A network; of IPv4 in its mapped form, so that 16 bytes serve both. */
struct address_net {
	uint8_t bytes[16];
	unsigned bits; /* 0..128 */
};

struct address_list {
	struct address_net nets[ADDRESS_NETS_MAX];
	size_t count;
};

/** Read "10.0.0.0/8", "::1" … @return false: it is none */
bool address_net_parse(struct address_net *net, const char *text);

/** May it be connected to? Public, or in the list. What is neither IPv4 nor IPv6 may not. */
bool address_allowed(const struct sockaddr *addr, const struct address_list *allow);

#endif
