/**
 * Which addresses are public, a row per case.
 *
 * SPDX-License-Identifier: MIT
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "fetch/address.h"

static bool allowed(const char *text, const struct address_list *allow)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return address_allowed((const struct sockaddr *)(const void *)&four, allow);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return address_allowed((const struct sockaddr *)(const void *)&six, allow);
}

static void only_public_ones_are_connected_to(void **state)
{
	static const char *const open[] = {"1.1.1.1", "172.32.0.1", "11.0.0.1", "100.128.0.1",
		"223.255.255.255", "2606:4700::1111", "2a00::1", "::ffff:1.1.1.1",
		"64:ff9b::101:101", "2002:101:101::1"};
	static const char *const closed[] = {"0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1",
		"127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"198.18.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fc00::1", "fd12::1",
		"fe80::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
		"::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
		"2002:7f00:1::", "2002:a00:1::1", "2001:db8::1", "2001::1"};
	const struct address_list none = {.count = 0};
	(void)state;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (!allowed(open[i], &none))
			fail_msg("%s is refused", open[i]);
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (allowed(closed[i], &none))
			fail_msg("%s is connected to", closed[i]);
}

static void what_is_allowed_is_connected_to(void **state)
{
	struct address_list some = {.count = 3};
	(void)state;
	assert_true(address_net_parse(&some.nets[0], "10.1.0.0/16"));
	assert_true(address_net_parse(&some.nets[1], "::1"));
	assert_true(address_net_parse(&some.nets[2], "fd00::/9"));
	assert_true(allowed("10.1.255.1", &some));
	assert_true(allowed("::ffff:10.1.0.1", &some));
	assert_true(allowed("::1", &some));
	assert_true(allowed("fd7f::1", &some));
	assert_false(allowed("10.2.0.1", &some));
	assert_false(allowed("::2", &some));
	assert_false(allowed("fd80::1", &some));
}

static void what_is_no_network_is_said_to_be_none(void **state)
{
	static const char *const wrong[] = {"", "localhost", "10.0.0.0/33", "10.0.0.0/",
		"10.0.0.0/8x", "::/129", "1.2.3", "/8", "1.2.3.4/-1"};
	struct address_net net;
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (address_net_parse(&net, wrong[i]))
			fail_msg("'%s' is taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_public_ones_are_connected_to),
		cmocka_unit_test(what_is_allowed_is_connected_to),
		cmocka_unit_test(what_is_no_network_is_said_to_be_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
