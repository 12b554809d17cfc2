/**
 * Walking the dynamic symbol table of a file with bounded reads.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/imports.h"

#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/alloc.h"

#define SECTIONS_MAX 1024
#define TABLE_BYTES_MAX (16 * 1024 * 1024)

static const char *const unwanted[] = {
	"pthread_create", "pthread_key_create", "fork", "vfork", "signal", "sigaction"};

static int damaged(struct confab_error *err)
{
	return confab_error_set(err, CONFAB_EPROTO, "has a symbol table that cannot be read");
}

/* @return a section's bytes to free(), or NULL */
static char *section_read(int fd, const ElfW(Shdr) * section)
{
	if (section->sh_size == 0 || section->sh_size > TABLE_BYTES_MAX)
		return NULL;
	char *bytes = alloc_zero(1, section->sh_size + 1);
	ssize_t n = pread(fd, bytes, section->sh_size, (off_t)section->sh_offset);
	if (n == (ssize_t)section->sh_size)
		return bytes;
	free(bytes);
	return NULL;
}

static bool is_unwanted(const char *name)
{
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
		if (strcmp(unwanted[i], name) == 0)
			return true;
	return false;
}

static int symbols_look(int fd, const ElfW(Shdr) * table, const ElfW(Shdr) * names, char name[32],
	struct confab_error *err)
{
	char *symbols = section_read(fd, table), *texts = section_read(fd, names);
	int rc = symbols == NULL || texts == NULL ? damaged(err) : 0;
	for (size_t at = 0; rc == 0 && at + sizeof(ElfW(Sym)) <= table->sh_size && name[0] == '\0';
		at += sizeof(ElfW(Sym))) {
		ElfW(Sym) symbol;
		memcpy(&symbol, symbols + at, sizeof(symbol));
		if (symbol.st_name >= names->sh_size)
			rc = damaged(err);
		else if (symbol.st_shndx == SHN_UNDEF && is_unwanted(texts + symbol.st_name))
			snprintf(name, 32, "%s", texts + symbol.st_name);
	}
	free(symbols);
	free(texts);
	return rc;
}

/* ------------------------------------------------------------------------------------------ */

int imports_find(int fd, char name[32], struct confab_error *err)
{
	ElfW(Ehdr) eh;
	name[0] = '\0';
	if (pread(fd, &eh, sizeof(eh), 0) != (ssize_t)sizeof(eh) || eh.e_shnum > SECTIONS_MAX)
		return damaged(err);
	if (eh.e_shnum == 0 || eh.e_shentsize != sizeof(ElfW(Shdr)))
		return 0; /* stripped of its sections: nothing can be said */
	size_t size = eh.e_shnum * sizeof(ElfW(Shdr));
	ElfW(Shdr) *sections = alloc_zero(eh.e_shnum, sizeof(*sections));
	int rc = pread(fd, sections, size, (off_t)eh.e_shoff) == (ssize_t)size ? 0 : damaged(err);
	for (unsigned i = 0; i < eh.e_shnum && rc == 0; i++) {
		if (sections[i].sh_type != SHT_DYNSYM)
			continue;
		rc = sections[i].sh_link < eh.e_shnum
			? symbols_look(fd, &sections[i], &sections[sections[i].sh_link], name, err)
			: damaged(err);
	}
	free(sections);
	return rc;
}
