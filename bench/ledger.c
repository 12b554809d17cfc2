/**
 * The records of what was sent.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* ---------------------------------------------------------------------------------------- */

void ledger_init(struct ledger *l)
{
	uint32_t words[2] = {0, 0};
	memset(l, 0, sizeof *l);
	if (getrandom(words, sizeof words, 0) != (ssize_t)sizeof words)
		abort();
	ledger_hex(l->run, words[0]);
	ledger_hex(l->run + 8, words[1]);
}

void ledger_fini(struct ledger *l)
{
	free(l->sent);
	memset(l, 0, sizeof *l);
}

uint32_t ledger_add(struct ledger *l, uint32_t channel, uint32_t sender, uint64_t intended_ns)
{
	if (l->count == l->cap) {
		if (l->cap >= 1u << 31)
			return LEDGER_NONE;
		uint32_t cap = l->cap == 0 ? 4096 : l->cap * 2;
		struct sent *grown = realloc(l->sent, cap * sizeof *grown);
		if (grown == NULL)
			abort();
		l->sent = grown;
		l->cap = cap;
	}
	l->sent[l->count] = (struct sent){
		.intended_ns = intended_ns, .channel = channel, .sender = sender};
	return l->count++;
}

void ledger_cid(const struct ledger *l, uint32_t number, char out[LEDGER_CID_LEN + 1])
{
	memcpy(out, l->run, LEDGER_RUN_LEN);
	ledger_hex(out + LEDGER_RUN_LEN, number);
	out[LEDGER_CID_LEN] = '\0';
}

uint32_t ledger_find(const struct ledger *l, const char *cid, size_t n)
{
	if (n != LEDGER_CID_LEN || memcmp(cid, l->run, LEDGER_RUN_LEN) != 0)
		return LEDGER_NONE;
	uint32_t number = 0;
	for (size_t i = LEDGER_RUN_LEN; i < LEDGER_CID_LEN; i++) {
		int v = hex_value(cid[i]);
		if (v < 0)
			return LEDGER_NONE;
		number = number << 4 | (uint32_t)v;
	}
	return number < l->count ? number : LEDGER_NONE;
}

void ledger_hex(char out[8], uint32_t number)
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 7; i >= 0; i--) {
		out[i] = digits[number & 15];
		number >>= 4;
	}
}
