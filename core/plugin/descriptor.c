/**
 * Checking the tables of a plugin, row by row.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plugin/descriptor_internal.h"
#include "plugin/manifest.h"

/* What one plugin may bring, per table. */
#define ROWS_MAX 1000
/* What newer headers of the same minor may have added to a row or the descriptor [bytes]. */
#define UNKNOWN_MAX 256
#define CODEC_MESSAGE_MAX ((size_t)16 * 1024 * 1024)

#define KNOWN_FLAGS (CONFAB_RESIDENT | CONFAB_READS_FILES)
#define KNOWN_CAPS \
	(CONFAB_CAP_NET_OUT | CONFAB_CAP_HTTP_ROUTE | CONFAB_CAP_STORE | CONFAB_CAP_USERS | \
		CONFAB_CAP_SESSIONS)

/* A table: its name, where it is in the descriptor, how large its rows are here and were in 1.0,
 * and what is wrong with a row (NULL: nothing). */
struct table_kind {
	const char *name;
	size_t at, copy_at;
	size_t row_size, row_size_min;
	const char *(*fault)(const void *row);
};

static const char *setting_fault(const void *row)
{
	const struct confab_setting *s = row;
	if (!word_valid(s->name, 32, WORD_SNAKE))
		return "its name is not 1 to 32 of a-z, 0-9 and _";
	if (s->type < CONFAB_SETTING_BOOL || s->type > CONFAB_SETTING_TREE)
		return "its type is unknown";
	if (s->type == CONFAB_SETTING_ENUM && s->words == NULL)
		return "it has no words to choose from";
	if (s->min > s->max)
		return "its range is empty";
	if (s->doc == NULL)
		return "it has no sentence that explains it";
	return NULL;
}

static const char *hook_fault(const void *row)
{
	const struct confab_hook_row *h = row;
	if (h->stage < CONFAB_ACCEPT || h->stage > CONFAB_OBSERVE)
		return "its stage is unknown";
	if (h->kinds == NULL || h->kinds[0] == '\0')
		return "it names no kinds of events";
	if (h->stage == CONFAB_OBSERVE && (h->observe == NULL || h->decide != NULL))
		return "at observe it must have an observe function and no other";
	if (h->stage != CONFAB_OBSERVE && (h->decide == NULL || h->observe != NULL))
		return "at this stage it must have a decide function and no other";
	return NULL;
}

static const char *kind_fault(const void *row)
{
	const struct confab_kind_row *k = row;
	if (!word_valid(k->name, 64, WORD_SNAKE "."))
		return "its name is not 1 to 64 of a-z, 0-9, _ and .";
	if (k->class_ < CONFAB_DURABLE || k->class_ > CONFAB_EPHEMERAL)
		return "its class is unknown";
	if (k->class_ == CONFAB_DURABLE && k->build == NULL)
		return "it is durable but has no build function";
	if (k->class_ != CONFAB_EPHEMERAL && k->log != CONFAB_LOG_CHANNEL &&
		k->log != CONFAB_LOG_OWN)
		return "its log is unknown";
	return NULL;
}

static const char *op_fault(const void *row)
{
	const struct confab_op_row *o = row;
	if (!word_valid(o->name, 64, WORD_SNAKE "."))
		return "its name is not 1 to 64 of a-z, 0-9, _ and .";
	if (o->actor < CONFAB_OP_NONE || o->actor > CONFAB_OP_ADMIN)
		return "its actor is unknown";
	if ((o->method == NULL) != (o->path == NULL))
		return "it has only one of method and path";
	if (o->actor == CONFAB_OP_NONE && o->path == NULL)
		return "it is for anybody, so it needs a method and a path";
	if (o->path != NULL && o->path[0] != '/')
		return "its path does not begin with /";
	if ((o->kind == NULL) == (o->run == NULL))
		return "it must either start a kind of event or have a run function";
	return NULL;
}

static const char *command_fault(const void *row)
{
	const struct confab_command_row *c = row;
	if (!word_valid(c->name, 32, WORD_SNAKE))
		return "its name is not 1 to 32 of a-z, 0-9 and _";
	if (c->help == NULL || c->run == NULL)
		return "it lacks a help line or a run function";
	return NULL;
}

static const char *todo_fault(const void *row)
{
	const struct confab_todo_row *t = row;
	if (!word_valid(t->name, 32, WORD_SNAKE))
		return "its name is not 1 to 32 of a-z, 0-9 and _";
	if (t->run == NULL)
		return "it has no run function";
	if (t->attempts < 1 || t->attempts > 1000)
		return "its attempts are not 1 to 1000";
	return NULL;
}

static const char *slot_fault(const void *row)
{
	const struct confab_slot_row *s = row;
	if (s->on < CONFAB_ON_SESSION || s->on > CONFAB_ON_EVENT)
		return "what it hangs on is unknown";
	return s->free_ == NULL ? "it has no free function" : NULL;
}

static const char *codec_fault(const void *row)
{
	const struct confab_codec_row *c = row;
	if (c->path == NULL || c->path[0] != '/')
		return "its path does not begin with /";
	if (c->max_message == 0 || c->max_message > CODEC_MESSAGE_MAX)
		return "its longest message is not 1 byte to 16 MB";
	return c->decode == NULL ? "it has no decode function" : NULL;
}

static const char *provide_fault(const void *row)
{
	const struct confab_provide_row *s = row;
	size_t said;
	if (!word_valid(s->service, 64, WORD_SNAKE ".-"))
		return "its service is not 1 to 64 of a-z, 0-9, _, - and .";
	if (s->vtable == NULL || s->size < sizeof(said))
		return "it has no functions";
	memcpy(&said, s->vtable, sizeof(said));
	return said != s->size ? "its functions do not begin with their size" : NULL;
}

#define TABLE(field, type, fault_) \
	{ \
#field, offsetof(struct confab_descriptor, field), \
			offsetof(struct descriptor, field), sizeof(type), sizeof(type), fault_ \
	}

/* row_size_min is a row's size in ABI 1.0: write it as a number when a row grows. */
static const struct table_kind table_kinds[] = {
	TABLE(settings, struct confab_setting, setting_fault),
	TABLE(hooks, struct confab_hook_row, hook_fault),
	TABLE(kinds, struct confab_kind_row, kind_fault),
	TABLE(ops, struct confab_op_row, op_fault),
	TABLE(commands, struct confab_command_row, command_fault),
	TABLE(todos, struct confab_todo_row, todo_fault),
	TABLE(slots, struct confab_slot_row, slot_fault),
	TABLE(codecs, struct confab_codec_row, codec_fault),
	TABLE(provides, struct confab_provide_row, provide_fault),
	TABLE(routes, struct confab_route_row, route_fault),
	TABLE(metrics, struct confab_metric_row, metric_fault),
	TABLE(verbs, struct confab_verb_row, verb_fault),
	TABLE(helpers, struct confab_helper_row, helper_fault),
	TABLE(collections, struct confab_collection_row, collection_fault),
};
#define N_TABLES (sizeof(table_kinds) / sizeof(table_kinds[0]))

static struct confab_table *table_of(struct descriptor *d, const struct table_kind *kind)
{
	return (struct confab_table *)((char *)&d->d + kind->at);
}

/* What a plugin was compiled with may be larger than what this host knows, as long as the plugin uses none
 * of it. @return how many bytes of the unknown part are used */
static size_t unknown_used(const void *bytes, size_t known, size_t size)
{
	const char *from = bytes;
	size_t used = 0;
	for (size_t i = known; i < size; i++)
		used += from[i] != 0;
	return used;
}

/* Copy one table to rows of this host's size; then look at each row. */
static int table_read(struct descriptor *d, const struct table_kind *kind, struct confab_error *err)
{
	struct confab_table *t = table_of(d, kind);
	const char *from = t->rows;
	size_t from_size = t->row_size;

	t->rows = NULL;
	t->row_size = (uint32_t)kind->row_size;
	if (t->n == 0)
		return 0;
	if (from == NULL || t->n > ROWS_MAX)
		return confab_error_set(err, CONFAB_EINVAL, "table %s has %u rows (at most %d)",
			kind->name, t->n, from != NULL ? ROWS_MAX : 0);
	if (from_size < kind->row_size_min || from_size > kind->row_size + UNKNOWN_MAX)
		return confab_error_set(err, CONFAB_EABI,
			"table %s has rows of %zu bytes, ABI %u.%u has %zu", kind->name, from_size,
			d->d.abi_major, d->d.abi_minor, kind->row_size);
	char *to = alloc_zero(t->n, kind->row_size);
	memcpy((char *)d + kind->copy_at, &to, sizeof(to));
	t->rows = to;
	for (uint32_t i = 0; i < t->n; i++) {
		size_t known = from_size < kind->row_size ? from_size : kind->row_size;
		memcpy(to + i * kind->row_size, from + i * from_size, known);
		if (unknown_used(from + i * from_size, known, from_size) > 0)
			return confab_error_set(err, CONFAB_EABI,
				"table %s, row %u: it uses fields behind the %zu bytes that this "
				"server's ABI %d.%d knows; a newer server is needed",
				kind->name, i + 1, kind->row_size, CONFAB_ABI_MAJOR,
				CONFAB_ABI_MINOR);
		const char *fault = kind->fault(to + i * kind->row_size);
		if (fault != NULL)
			return confab_error_set(err, CONFAB_EINVAL, "table %s, row %u: %s",
				kind->name, i + 1, fault);
	}
	return 0;
}

/* Whether the first member of a table's rows is a name, which must be there once. */
static bool named(const char *table)
{
	static const char *const tables[] = {"settings", "kinds", "ops", "commands", "todos",
		"metrics", "verbs", "helpers", "collections"};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(tables[i], table) == 0)
			return true;
	return false;
}

static int names_check(
	const char *table, const void *rows, size_t n, size_t row_size, struct confab_error *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *name;
		memcpy(&name, (const char *)rows + i * row_size, sizeof(name));
		for (size_t k = 0; k < i; k++) {
			const char *other;
			memcpy(&other, (const char *)rows + k * row_size, sizeof(other));
			if (strcmp(name, other) == 0)
				return confab_error_set(
					err, CONFAB_EINVAL, "table %s has '%s' twice", table, name);
		}
	}
	return 0;
}

static int head_check(const struct confab_descriptor *d, struct confab_error *err)
{
	if (d->name == NULL || !manifest_name_valid(d->name) || d->version == NULL ||
		d->licence == NULL)
		return confab_error_set(err, CONFAB_EINVAL, "lacks a name, a version or a licence");
	if (d->flags & ~(uint32_t)KNOWN_FLAGS)
		return confab_error_set(err, CONFAB_EINVAL, "has unknown flags (0x%x)", d->flags);
	if (d->caps & ~(uint32_t)KNOWN_CAPS)
		return confab_error_set(
			err, CONFAB_EINVAL, "has unknown capabilities (0x%x)", d->caps);
	if (d->settings.n > 0 && d->prepare != NULL && d->discard == NULL)
		return confab_error_set(err, CONFAB_EINVAL, "has prepare but no discard");
	return 0;
}

/* ------------------------------------------------------------------------------------------ */

bool word_valid(const char *s, size_t max, const char *set)
{
	size_t len = s != NULL ? strlen(s) : 0;
	return len >= 1 && len <= max && s[0] >= 'a' && s[0] <= 'z' && strspn(s, set) == len;
}

int descriptor_read(
	const struct confab_descriptor *from, struct descriptor *out, struct confab_error *err)
{
	memset(out, 0, sizeof(*out));
	/* size and ABI stand first for ever; the size of 1.0 is today's. */
	if (from->abi_major != CONFAB_ABI_MAJOR || from->abi_minor > CONFAB_ABI_MINOR ||
		from->size < sizeof(out->d) || from->size > sizeof(out->d) + UNKNOWN_MAX)
		return confab_error_set(err, CONFAB_EABI,
			"has a descriptor of %u bytes for ABI %u.%u, but this server's "
			"ABI %d.%d has %zu",
			from->size, from->abi_major, from->abi_minor, CONFAB_ABI_MAJOR,
			CONFAB_ABI_MINOR, sizeof(out->d));
	if (unknown_used(from, sizeof(out->d), from->size) > 0)
		return confab_error_set(err, CONFAB_EABI,
			"uses tables or functions that this server's ABI %d.%d does not know; a "
			"newer server is needed",
			CONFAB_ABI_MAJOR, CONFAB_ABI_MINOR);
	memcpy(&out->d, from, sizeof(out->d));
	int rc = head_check(&out->d, err);
	/* Until each was copied, the tables are the plugin's: fini must not meet them. */
	for (size_t i = 0; i < N_TABLES; i++)
		if (rc == 0)
			rc = table_read(out, &table_kinds[i], err);
	for (size_t i = 0; i < N_TABLES && rc == 0; i++) {
		const struct confab_table *t = table_of(out, &table_kinds[i]);

		if (named(table_kinds[i].name))
			rc = names_check(table_kinds[i].name, t->rows, t->n, t->row_size, err);
	}
	if (rc == 0)
		rc = routes_check(out, err);
	if (rc != 0)
		descriptor_fini(out);
	return rc;
}

void descriptor_fini(struct descriptor *d)
{
	for (size_t i = 0; i < N_TABLES; i++) {
		void *rows;
		memcpy(&rows, (char *)d + table_kinds[i].copy_at, sizeof(rows));
		free(rows);
	}
	memset(d, 0, sizeof(*d));
}

const char *descriptor_table(const struct confab_descriptor *d, size_t n, uint32_t *rows)
{
	struct confab_table t;
	if (n >= N_TABLES)
		return NULL;
	memcpy(&t, (const char *)d + table_kinds[n].at, sizeof(t));
	*rows = t.n;
	return table_kinds[n].name;
}

bool descriptor_provides(const struct descriptor *d, const char *service)
{
	for (uint32_t i = 0; i < d->d.provides.n; i++)
		if (strcmp(d->provides[i].service, service) == 0)
			return true;
	return false;
}
