/**
 * Networks that are not public, as IANA registers them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fetch/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const char *const private_v4[] = {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
	"169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"};
static const char *const private_v6[] = {"::/8", "64:ff9b:1::/48", "100::/64", "2001::/23",
	"2001:db8::/32", "5f00::/16", "fc00::/7", "fe80::/9", "ff00::/8"};
static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void map_v4(uint8_t out[16], const uint8_t v4[4])
{
	memcpy(out, mapped, 12);
	memcpy(out + 12, v4, 4);
}

static bool in_net(const uint8_t addr[16], const struct address_net *net)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;
	if (memcmp(addr, net->bytes, whole) != 0)
		return false;
	return rest == 0 || ((addr[whole] ^ net->bytes[whole]) >> (8 - rest)) == 0;
}

static bool in_any(const uint8_t addr[16], const char *const *texts, size_t n)
{
	struct address_net net;
	for (size_t i = 0; i < n; i++)
		if (address_net_parse(&net, texts[i]) && in_net(addr, &net))
			return true;
	return false;
}

static bool private_v4_at(const uint8_t v4[4])
{
	uint8_t addr[16];
	map_v4(addr, v4);
	return in_any(addr, private_v4, sizeof(private_v4) / sizeof(private_v4[0]));
}

static bool is_private(const uint8_t addr[16])
{
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
	if (memcmp(addr, mapped, 12) == 0)
		return private_v4_at(addr + 12);
	if (memcmp(addr, nat64, 12) == 0) /* what stands behind the translator */
		return private_v4_at(addr + 12);
	if (addr[0] == 0x20 && addr[1] == 0x02) /* 6to4 */
		return private_v4_at(addr + 2);
	return in_any(addr, private_v6, sizeof(private_v6) / sizeof(private_v6[0]));
}

/* ------------------------------------------------------------------------------------------ */

bool address_net_parse(struct address_net *net, const char *text)
{
	char host[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	uint8_t v4[4];
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	bool is_v4 = inet_pton(AF_INET, host, v4) == 1;
	if (is_v4)
		map_v4(net->bytes, v4);
	else if (inet_pton(AF_INET6, host, net->bytes) != 1)
		return false;
	unsigned most = is_v4 ? 32 : 128;
	char *end = NULL;
	unsigned long bits = most;
	if (text[len] == '/') {
		bits = strtoul(text + len + 1, &end, 10);
		if (end == text + len + 1 || *end != '\0' || bits > most)
			return false;
	}
	net->bits = (unsigned)bits + (is_v4 ? 96 : 0);
	return true;
}

bool address_allowed(const struct sockaddr *addr, const struct address_list *allow)
{
	uint8_t bytes[16];
	if (addr->sa_family == AF_INET)
		map_v4(bytes,
			(const uint8_t *)&((const struct sockaddr_in *)(const void *)addr)
				->sin_addr);
	else if (addr->sa_family == AF_INET6)
		memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr, 16);
	else
		return false;
	if (!is_private(bytes))
		return true;
	for (size_t i = 0; i < allow->count; i++)
		if (in_net(bytes, &allow->nets[i]))
			return true;
	return false;
}
