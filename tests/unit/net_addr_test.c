/**
 * net/addr: text, networks, and the walk through proxies.
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
#include <sys/un.h>

#include "net/addr.h"

static const struct {
	const char *in;
	const char *out; /* NULL: refused */
} texts[] = {
	{"192.0.2.1", "192.0.2.1"},
	{"0.0.0.0", "0.0.0.0"},
	{"::1", "::1"},
	{"2001:DB8:0:0::1", "2001:db8::1"},
	{"::ffff:192.0.2.1", "192.0.2.1"},
	{"", NULL},
	{"192.0.2", NULL},
	{"192.0.2.256", NULL},
	{"192.0.2.1:80", NULL},
	{"[::1]", NULL},
	{"fe80::1%eth0", NULL},
	{" 192.0.2.1", NULL},
	{"example.org", NULL},
	{"1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222", NULL},
};

static void text(void **state)
{
	char out[ADDR_TEXT_SIZE];
	struct addr a;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bool ok = addr_parse(&a, texts[i].in, strlen(texts[i].in));

		assert_int_equal(ok, texts[i].out != NULL);
		if (ok)
			assert_string_equal(addr_text(&a, out), texts[i].out);
	}
	a = (struct addr){.family = ADDR_UNIX};
	assert_string_equal(addr_text(&a, out), "unix");
	a = (struct addr){.family = ADDR_NONE};
	assert_string_equal(addr_text(&a, out), "unknown");
}

static void sockaddrs(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(81)};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char out[ADDR_TEXT_SIZE];
	struct addr a, b;

	(void)state;
	(void)inet_pton(AF_INET, "192.0.2.7", &in.sin_addr);
	addr_from_sockaddr(&a, (struct sockaddr *)&in);
	assert_string_equal(addr_text(&a, out), "192.0.2.7");
	assert_int_equal(a.port, 80);
	(void)inet_pton(AF_INET6, "::ffff:192.0.2.7", &in6.sin6_addr);
	addr_from_sockaddr(&b, (struct sockaddr *)&in6);
	assert_int_equal(b.family, ADDR_V4);
	assert_int_equal(b.port, 81);
	b.port = a.port;
	assert_memory_equal(&a, &b, sizeof(a));
	addr_from_sockaddr(&a, (struct sockaddr *)&un);
	assert_int_equal(a.family, ADDR_UNIX);
}

static uint64_t key(const char *s)
{
	struct addr a;

	assert_true(addr_parse(&a, s, strlen(s)));
	return addr_key(&a);
}

static void keys(void **state)
{
	(void)state;
	assert_int_equal(key("1.2.3.4"), 0x01020304);
	assert_int_equal(key("::ffff:1.2.3.4"), 0x01020304);
	assert_true(key("1.2.3.4") != key("1.2.3.5"));
	assert_true(key("2001:db8:0:1::1") == key("2001:db8:0:1:ffff::2"));
	assert_true(key("2001:db8:0:1::1") != key("2001:db8:0:2::1"));
}

static bool has(const struct addr_list *list, const char *s)
{
	struct addr a;

	assert_true(addr_parse(&a, s, strlen(s)));
	return addr_list_has(list, &a);
}

static void networks(void **state)
{
	struct addr_list list = {0};
	struct addr peer = {.family = ADDR_UNIX};

	(void)state;
	assert_false(has(&list, "127.0.0.1"));
	assert_int_equal(addr_list_add(&list, "10.0.0.0/8", NULL), 0);
	assert_int_equal(addr_list_add(&list, "192.0.2.128/25", NULL), 0);
	assert_int_equal(addr_list_add(&list, "127.0.0.1", NULL), 0);
	assert_int_equal(addr_list_add(&list, "2001:db8::/33", NULL), 0);
	assert_int_equal(addr_list_add(&list, "::1", NULL), 0);
	assert_true(has(&list, "10.255.0.1"));
	assert_true(has(&list, "::ffff:10.255.0.1"));
	assert_false(has(&list, "11.0.0.1"));
	assert_true(has(&list, "192.0.2.128"));
	assert_true(has(&list, "192.0.2.255"));
	assert_false(has(&list, "192.0.2.127"));
	assert_true(has(&list, "127.0.0.1"));
	assert_false(has(&list, "127.0.0.2"));
	assert_true(has(&list, "2001:db8:7fff::1"));
	assert_false(has(&list, "2001:db8:8000::1"));
	assert_true(has(&list, "::1"));
	assert_false(has(&list, "::2"));
	assert_false(addr_list_has(&list, &peer));
	assert_int_equal(addr_list_add(&list, "unix", NULL), 0);
	assert_true(addr_list_has(&list, &peer));
	assert_int_equal(addr_list_add(&list, "0.0.0.0/0", NULL), 0);
	assert_true(has(&list, "11.0.0.1"));
	assert_false(has(&list, "::2"));
	addr_list_fini(&list);
	assert_int_equal(list.n, 0);
}

static const struct {
	const char *in;
	const char *says;
} bad_networks[] = {
	{"", "no address"},
	{"/8", "no address"},
	{"localhost", "no address"},
	{"10.0.0.0/", "0..32"},
	{"10.0.0.0/33", "0..32"},
	{"10.0.0.0/-1", "0..32"},
	{"10.0.0.0/08", "0..32"},
	{"10.0.0.0/8x", "0..32"},
	{"::/129", "0..128"},
	{"10.1.2.3/8", "did you mean 10.0.0.0/8?"},
	{"2001:db8::1/32", "did you mean 2001:db8::/32?"},
};

static void bad(void **state)
{
	struct addr_list list = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad_networks) / sizeof(bad_networks[0]); i++) {
		struct confab_error err = {0};

		assert_int_equal(addr_list_add(&list, bad_networks[i].in, &err), CONFAB_EINVAL);
		if (strstr(err.text, bad_networks[i].says) == NULL)
			fail_msg("%s: %s", bad_networks[i].in, err.text);
	}
	assert_int_equal(list.n, 0);
}

/* Trusted: 10.0.0.0/8 and unix; the peer is 10.0.0.1. */
static const struct {
	const char *value;
	const char *client;
	bool on;
} walks[] = {
	{"203.0.113.9", "203.0.113.9", false},
	{"203.0.113.9, 10.0.0.2", "203.0.113.9", false},
	{"1.1.1.1, 203.0.113.9 ,\t10.0.0.2", "203.0.113.9", false}, /* the first is a lie */
	{"10.0.0.3, 10.0.0.2", "10.0.0.3", true},
	{"2001:db8::1", "2001:db8::1", false},
	{"[2001:db8::1]:443", "2001:db8::1", false},
	{"203.0.113.9:1234", "203.0.113.9", false},
	{"203.0.113.9,", "10.0.0.1", false},
	{"unknown, 10.0.0.2", "10.0.0.2", false},
	{"203.0.113.9, _hidden", "10.0.0.1", false},
	{"[::1", "10.0.0.1", false},
	{"", "10.0.0.1", true},
};

static void forwarded(void **state)
{
	struct addr_list trusted = {0};
	struct addr at;
	char out[ADDR_TEXT_SIZE];

	(void)state;
	assert_int_equal(addr_list_add(&trusted, "10.0.0.0/8", NULL), 0);
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		assert_true(addr_parse(&at, "10.0.0.1", 8));
		assert_int_equal(addr_forwarded(&at, &trusted, walks[i].value), walks[i].on);
		assert_string_equal(addr_text(&at, out), walks[i].client);
	}
	assert_true(addr_parse(&at, "203.0.113.1", 11)); /* a stranger is not believed */
	assert_false(addr_forwarded(&at, &trusted, "1.2.3.4"));
	assert_string_equal(addr_text(&at, out), "203.0.113.1");
	addr_list_fini(&trusted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(sockaddrs),
		cmocka_unit_test(keys),
		cmocka_unit_test(networks),
		cmocka_unit_test(bad),
		cmocka_unit_test(forwarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
