/**
 * Counted memory: each block has a head that names its account.
 *
 * SPDX-License-Identifier: MIT
 */
#include <confab/memory.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plugin/memory.h"
#include "plugin/plugin_internal.h"

/* What stands before a block; as large as malloc aligns. */
struct head {
	struct account *account;
	size_t size;
};
_Static_assert(sizeof(struct head) == 16, "blocks stay aligned for everything");

/* Accounts by name: few, and never freed. */
static struct {
	pthread_mutex_t lock;
	_Atomic(struct account *) first; /* lock: to add one */
} accounts = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void count(struct account *a, size_t more, size_t less)
{
	size_t now = atomic_fetch_add(&a->bytes, more - less) + more - less;
	size_t most = atomic_load(&a->most);

	while (now > most && more > less && !atomic_compare_exchange_weak(&a->most, &most, now))
		;
}

static bool known(const struct account *a)
{
	const struct account *at = atomic_load(&accounts.first);

	while (at != NULL && at != a)
		at = at->next;
	return at != NULL;
}

static struct head *head_of(void *mem)
{
	struct head *head = (struct head *)mem - 1;

	if (!known(head->account)) {
		log_error("plugin, gave back memory that is not of confab_alloc(), or gave it back "
			  "twice");
		abort();
	}
	return head;
}

/* ------------------------------------------------------------------------------------------ */

struct account *account_of(const char *plugin)
{
	struct account *a;

	pthread_mutex_lock(&accounts.lock);
	for (a = accounts.first; a != NULL && strcmp(a->plugin, plugin) != 0; a = a->next)
		;
	if (a == NULL) {
		a = alloc_zero(1, sizeof(*a));
		a->plugin = alloc_str(plugin);
		a->next = accounts.first;
		accounts.first = a;
	}
	pthread_mutex_unlock(&accounts.lock);
	return a;
}

void *confab_alloc(struct confab_plugin *p, size_t size)
{
	struct head *head = NULL;

	plugin_check(p);
	if (size <= SIZE_MAX - sizeof(*head))
		head = calloc(1, sizeof(*head) + size);
	if (head == NULL)
		return NULL;
	head->account = p->account;
	head->size = size;
	atomic_fetch_add(&p->account->blocks, 1);
	count(p->account, size, 0);
	return head + 1;
}

void *confab_resize(struct confab_plugin *p, void *mem, size_t size)
{
	struct head *head, *grown;
	size_t before;

	if (mem == NULL)
		return confab_alloc(p, size);
	head = head_of(mem);
	before = head->size;
	if (size > SIZE_MAX - sizeof(*head))
		return NULL;
	grown = realloc(head, sizeof(*head) + size);
	if (grown == NULL)
		return NULL;
	grown->size = size;
	count(grown->account, size, before);
	return grown + 1;
}

char *confab_copy(struct confab_plugin *p, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? confab_alloc(p, len + 1) : NULL;

	return copy != NULL ? memcpy(copy, text, len) : NULL;
}

void confab_free(void *mem)
{
	struct head *head;

	if (mem == NULL)
		return;
	head = head_of(mem);
	atomic_fetch_sub(&head->account->blocks, 1);
	count(head->account, 0, head->size);
	head->account = NULL;
	free(head);
}
