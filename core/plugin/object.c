/**
 * From the dynamic section to symbols, libraries and the descriptor, by bounded reads of the file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/object.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/alloc.h"

#define PROGRAM_HEADERS_MAX 64
#define TABLE_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define DYNAMIC_MAX 1024
#define SYMBOLS_MAX 200000
#define DESCRIPTOR_SYMBOL "confab_plugin"

/* What the dynamic section says; addresses are of the image, sizes in bytes. */
struct dynamic {
	uint64_t strtab, strsz, symtab, hash, gnu_hash, rela, relasz, init_array_sz;
};

struct object {
	int fd;
	ElfW(Phdr) ph[PROGRAM_HEADERS_MAX];
	unsigned n_ph;
	ElfW(Dyn) * entries;
	size_t n_entries;
	struct dynamic dynamic;
	char *strings; /* dynamic.strsz bytes and a NUL */
	ElfW(Sym) * symbols;
	size_t n_symbols;
	uint32_t *imports, *exports; /* numbers of symbols */
	size_t n_imports, n_exports;
};

static const char *const unwanted[] = {"pthread_create", "pthread_key_create", "thrd_create",
	"tss_create", "fork", "vfork", "posix_spawn", "posix_spawnp", "signal", "sigaction"};

static int damaged(struct confab_error *err, const char *what)
{
	return confab_error_set(err, CONFAB_EPROTO, "has %s that cannot be read", what);
}

/* Read bytes of the image by address: inside one loaded segment; what lies behind its bytes in the file is
 * zero. */
static bool image_read(const struct object *o, uint64_t address, void *to, size_t len)
{
	for (unsigned i = 0; i < o->n_ph; i++) {
		const ElfW(Phdr) *ph = &o->ph[i];
		if (ph->p_type != PT_LOAD || address < ph->p_vaddr ||
			address - ph->p_vaddr > ph->p_memsz ||
			len > ph->p_memsz - (address - ph->p_vaddr))
			continue;
		uint64_t at = address - ph->p_vaddr;
		size_t stored = at < ph->p_filesz ? ph->p_filesz - at : 0;
		size_t wanted = len < stored ? len : stored;
		memset((char *)to + wanted, 0, len - wanted);
		return wanted == 0 ||
			pread(o->fd, to, wanted, (off_t)(ph->p_offset + at)) == (ssize_t)wanted;
	}
	return false;
}

static int headers_read(struct object *o, struct confab_error *err)
{
	ElfW(Ehdr) eh;
	if (pread(o->fd, &eh, sizeof(eh), 0) != (ssize_t)sizeof(eh) ||
		eh.e_phnum > PROGRAM_HEADERS_MAX || eh.e_phentsize != sizeof(o->ph[0]))
		return damaged(err, "program headers");
	size_t size = eh.e_phnum * sizeof(o->ph[0]);
	if (pread(o->fd, o->ph, size, (off_t)eh.e_phoff) != (ssize_t)size)
		return damaged(err, "program headers");
	o->n_ph = eh.e_phnum;
	return 0;
}

static void dynamic_note(struct dynamic *d, const ElfW(Dyn) * entry)
{
	const struct {
		int64_t tag;
		uint64_t *to;
	} wanted[] = {
		{DT_STRTAB, &d->strtab},
		{DT_STRSZ, &d->strsz},
		{DT_SYMTAB, &d->symtab},
		{DT_HASH, &d->hash},
		{DT_GNU_HASH, &d->gnu_hash},
		{DT_RELA, &d->rela},
		{DT_RELASZ, &d->relasz},
		{DT_INIT_ARRAYSZ, &d->init_array_sz},
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (entry->d_tag == wanted[i].tag)
			*wanted[i].to = entry->d_un.d_val;
}

static int dynamic_read(struct object *o, struct confab_error *err)
{
	for (unsigned i = 0; i < o->n_ph; i++) {
		const ElfW(Phdr) *ph = &o->ph[i];
		size_t size = ph->p_filesz;
		if (ph->p_type != PT_DYNAMIC)
			continue;
		if (size > DYNAMIC_MAX * sizeof(ElfW(Dyn)))
			break;
		o->n_entries = size / sizeof(ElfW(Dyn));
		o->entries = alloc_zero(o->n_entries + 1, sizeof(ElfW(Dyn)));
		size = o->n_entries * sizeof(ElfW(Dyn));
		if (pread(o->fd, o->entries, size, (off_t)ph->p_offset) != (ssize_t)size)
			break;
		for (size_t k = 0; k < o->n_entries && o->entries[k].d_tag != DT_NULL; k++)
			dynamic_note(&o->dynamic, &o->entries[k]);
		return 0;
	}
	return damaged(err, "a dynamic section");
}

/* How many symbols there are, by the GNU hash table: the end of its longest chain. 0: it is damaged. */
static size_t gnu_hash_count(const struct object *o)
{
	uint32_t head[4]; /* buckets, first hashed symbol, words of the Bloom filter, shift */
	uint64_t at = o->dynamic.gnu_hash;
	if (!image_read(o, at, head, sizeof(head)) || head[0] > SYMBOLS_MAX ||
		head[2] > SYMBOLS_MAX)
		return 0;
	uint64_t buckets = at + sizeof(head) + (uint64_t)head[2] * sizeof(ElfW(Addr));
	uint64_t chains = buckets + (uint64_t)head[0] * 4;
	uint32_t last = 0, hash;
	for (uint32_t i = 0; i < head[0]; i++) {
		uint32_t first;
		if (!image_read(o, buckets + (uint64_t)i * 4, &first, sizeof(first)))
			return 0;
		last = first > last ? first : last;
	}
	if (last == 0)
		return head[1]; /* it shows nothing: only what it calls stands before */
	if (last < head[1])
		return 0;
	do {
		if (last > SYMBOLS_MAX ||
			!image_read(
				o, chains + (uint64_t)(last - head[1]) * 4, &hash, sizeof(hash)))
			return 0;
		last++;
	} while ((hash & 1) == 0);
	return last;
}

static size_t symbols_count(const struct object *o)
{
	uint32_t head[2]; /* buckets, chains: as many as symbols */
	if (o->dynamic.gnu_hash != 0)
		return gnu_hash_count(o);
	if (o->dynamic.hash == 0 || !image_read(o, o->dynamic.hash, head, sizeof(head)))
		return 0;
	return head[1];
}

static int symbols_read(struct object *o, struct confab_error *err)
{
	const struct dynamic *d = &o->dynamic;
	size_t n = symbols_count(o);
	if (n == 0 || n > SYMBOLS_MAX || d->strsz == 0 || d->strsz > TABLE_BYTES_MAX)
		return damaged(err, "a symbol table");
	o->strings = alloc_zero(1, d->strsz + 1);
	o->symbols = alloc_zero(n, sizeof(ElfW(Sym)));
	if (!image_read(o, d->strtab, o->strings, d->strsz) ||
		!image_read(o, d->symtab, o->symbols, n * sizeof(ElfW(Sym))))
		return damaged(err, "a symbol table");
	for (size_t i = 0; i < n; i++)
		if (o->symbols[i].st_name >= d->strsz)
			return damaged(err, "a symbol table");
	o->n_symbols = n;
	return 0;
}

/* Types and bindings are at the same place in both classes. */
static unsigned binding(const ElfW(Sym) * s)
{
	return ELF64_ST_BIND(s->st_info);
}

/* Those with a name that others see, or that others must have. */
static void symbols_sort(struct object *o)
{
	o->imports = alloc_zero(o->n_symbols, sizeof(*o->imports));
	o->exports = alloc_zero(o->n_symbols, sizeof(*o->exports));
	for (size_t i = 1; i < o->n_symbols; i++) {
		const ElfW(Sym) *s = &o->symbols[i];
		if (o->strings[s->st_name] == '\0')
			continue;
		if (s->st_shndx == SHN_UNDEF && binding(s) == STB_GLOBAL)
			o->imports[o->n_imports++] = (uint32_t)i;
		else if (s->st_shndx != SHN_UNDEF && s->st_shndx != SHN_ABS &&
			binding(s) != STB_LOCAL)
			o->exports[o->n_exports++] = (uint32_t)i;
	}
}

static const char *symbol_name(const struct object *o, uint32_t symbol)
{
	return o->strings + o->symbols[symbol].st_name;
}

static const ElfW(Sym) * descriptor_symbol(const struct object *o)
{
	for (size_t i = 0; i < o->n_exports; i++)
		if (strcmp(symbol_name(o, o->exports[i]), DESCRIPTOR_SYMBOL) == 0)
			return &o->symbols[o->exports[i]];
	return NULL;
}

/* Where a pointer of the image will point: what its relocation adds, or what stands in its place. */
static uint64_t pointer_at(const struct object *o, uint64_t address)
{
	ElfW(Addr) there = 0;
	size_t n = o->dynamic.relasz / sizeof(ElfW(Rela));
	for (size_t i = 0; i < n && i < SYMBOLS_MAX; i++) {
		ElfW(Rela) rela;
		if (!image_read(o, o->dynamic.rela + i * sizeof(rela), &rela, sizeof(rela)))
			break;
		if (rela.r_offset == address)
			return ELF64_R_SYM(rela.r_info) == 0 ? (uint64_t)rela.r_addend : 0;
	}
	return image_read(o, address, &there, sizeof(there)) ? there : 0;
}

/* ------------------------------------------------------------------------------------------ */

struct object *object_open(int fd, struct confab_error *err)
{
	struct object *o = alloc_zero(1, sizeof(*o));
	o->fd = fd;
	int rc = headers_read(o, err);
	if (rc == 0)
		rc = dynamic_read(o, err);
	if (rc == 0)
		rc = symbols_read(o, err);
	if (rc == 0) {
		symbols_sort(o);
		return o;
	}
	object_close(o);
	return NULL;
}

void object_close(struct object *o)
{
	if (o == NULL)
		return;
	free(o->entries);
	free(o->strings);
	free(o->symbols);
	free(o->imports);
	free(o->exports);
	free(o);
}

const char *object_import(const struct object *o, size_t n)
{
	return n < o->n_imports ? symbol_name(o, o->imports[n]) : NULL;
}

const char *object_export(const struct object *o, size_t n)
{
	return n < o->n_exports ? symbol_name(o, o->exports[n]) : NULL;
}

const char *object_needed(const struct object *o, size_t n)
{
	for (size_t i = 0; i < o->n_entries && o->entries[i].d_tag != DT_NULL; i++)
		if (o->entries[i].d_tag == DT_NEEDED && n-- == 0)
			return o->entries[i].d_un.d_val < o->dynamic.strsz
				? o->strings + o->entries[i].d_un.d_val
				: NULL;
	return NULL;
}

const char *object_unwanted(const struct object *o, size_t n)
{
	const char *name;
	for (size_t i = 0; (name = object_import(o, i)) != NULL; i++)
		for (size_t k = 0; k < sizeof(unwanted) / sizeof(unwanted[0]); k++)
			if (strcmp(name, unwanted[k]) == 0 && n-- == 0)
				return name;
	return NULL;
}

size_t object_constructors(const struct object *o)
{
	size_t n = o->dynamic.init_array_sz / sizeof(ElfW(Addr));
	return n > 1 ? n - 1 : 0;
}

bool object_thread_locals(const struct object *o)
{
	for (unsigned i = 0; i < o->n_ph; i++)
		if (o->ph[i].p_type == PT_TLS && o->ph[i].p_memsz > 0)
			return true;
	return false;
}

bool object_unique(const struct object *o)
{
	for (size_t i = 0; i < o->n_exports; i++)
		if (binding(&o->symbols[o->exports[i]]) == STB_GNU_UNIQUE)
			return true;
	return false;
}

bool object_sanitized(const struct object *o)
{
	const char *name;
	for (size_t i = 0; (name = object_import(o, i)) != NULL; i++)
		if (strncmp(name, "__asan_", 7) == 0 || strncmp(name, "__tsan_", 7) == 0 ||
			strncmp(name, "__ubsan_", 8) == 0)
			return true;
	return false;
}

int object_descriptor(
	const struct object *o, struct confab_descriptor *out, struct confab_error *err)
{
	const ElfW(Sym) *s = descriptor_symbol(o);
	uint32_t size;
	memset(out, 0, sizeof(*out));
	if (s == NULL)
		return confab_error_set(
			err, CONFAB_ENOENT, "is no plugin (it has no symbol confab_plugin)");
	if (!image_read(o, s->st_value, &size, sizeof(size)))
		return damaged(err, "a descriptor");
	size_t len = size < sizeof(*out) ? size : sizeof(*out);
	return image_read(o, s->st_value, out, len) ? 0 : damaged(err, "a descriptor");
}

bool object_descriptor_text(const struct object *o, size_t field, char *text, size_t size)
{
	const ElfW(Sym) *s = descriptor_symbol(o);
	uint64_t at = s != NULL ? pointer_at(o, s->st_value + field) : 0;
	size_t len = 0;
	while (at != 0 && len + 1 < size && image_read(o, at + len, text + len, 1) &&
		text[len] != '\0')
		len++;
	text[len] = '\0';
	return at != 0;
}
