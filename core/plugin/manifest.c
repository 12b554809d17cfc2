/**
 * Reading the ELF note of a plugin's file with bounded reads only.
 *
 * SPDX-License-Identifier: MIT
 */
#include "plugin/manifest.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <confab/plugin.h>

/* More of either is no plugin of ours. */
#define PROGRAM_HEADERS_MAX 64
#define NOTES_BYTES_MAX 65536

#define NOTE_OWNER "confab"
#define NOTE_TYPE 1

#if __ELF_NATIVE_CLASS == 64
#define NATIVE_CLASS ELFCLASS64
#else
#define NATIVE_CLASS ELFCLASS32
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_DATA ELFDATA2LSB
#else
#define NATIVE_DATA ELFDATA2MSB
#endif

static int read_at(int fd, void *to, size_t len, uint64_t offset, struct confab_error *err)
{
	size_t got = 0;
	while (got < len) {
		ssize_t n = pread(fd, (char *)to + got, len - got, (off_t)(offset + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return confab_error_set(
				err, CONFAB_EIO, "cannot be read (%s)", strerror(errno));
		if (n == 0)
			return confab_error_set(err, CONFAB_EPROTO, "is cut off");
		got += (size_t)n;
	}
	return 0;
}

static int header_check(const ElfW(Ehdr) * eh, struct confab_error *err)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0 || eh->e_type != ET_DYN)
		return confab_error_set(err, CONFAB_EPROTO, "is no shared object");
	if (eh->e_ident[EI_CLASS] != NATIVE_CLASS || eh->e_ident[EI_DATA] != NATIVE_DATA)
		return confab_error_set(err, CONFAB_EPROTO, "is made for another kind of machine");
	if (eh->e_phentsize != sizeof(ElfW(Phdr)) || eh->e_phnum == 0 ||
		eh->e_phnum > PROGRAM_HEADERS_MAX)
		return confab_error_set(err, CONFAB_EPROTO, "has no usable program headers");
	return 0;
}

/* "name version major.minor" */
static int text_parse(const char *text, struct manifest *out, struct confab_error *err)
{
	char tail = '\0';
	int fields = sscanf(text, "%32s %32s %5u.%5u%c", out->name, out->version, &out->abi_major,
		&out->abi_minor, &tail);
	if (fields != 4 || !manifest_name_valid(out->name))
		return confab_error_set(err, CONFAB_EPROTO, "has a note that cannot be read");
	return 0;
}

static size_t round4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Look for our note among the notes of one segment. ENOENT: not there. */
static int notes_search(
	const char *notes, size_t len, struct manifest *out, struct confab_error *err)
{
	size_t at = 0;
	while (len - at >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) nh;
		memcpy(&nh, notes + at, sizeof(nh));
		size_t room = len - at - sizeof(nh);
		if (nh.n_namesz > room || round4(nh.n_namesz) > room ||
			nh.n_descsz > room - round4(nh.n_namesz))
			return CONFAB_ENOENT;
		const char *owner = notes + at + sizeof(nh);
		const char *text = owner + round4(nh.n_namesz);
		if (nh.n_type == NOTE_TYPE && nh.n_namesz == sizeof(NOTE_OWNER) &&
			memcmp(owner, NOTE_OWNER, sizeof(NOTE_OWNER)) == 0) {
			if (nh.n_descsz == 0 || memchr(text, '\0', nh.n_descsz) == NULL)
				return confab_error_set(
					err, CONFAB_EPROTO, "has a note that cannot be read");
			return text_parse(text, out, err);
		}
		at += sizeof(nh) + round4(nh.n_namesz) + round4(nh.n_descsz);
		if (at > len)
			break;
	}
	return CONFAB_ENOENT;
}

static int segment_search(
	int fd, const ElfW(Phdr) * ph, struct manifest *out, struct confab_error *err)
{
	char notes[NOTES_BYTES_MAX];
	if (ph->p_filesz > sizeof(notes))
		return CONFAB_ENOENT;
	int rc = read_at(fd, notes, ph->p_filesz, ph->p_offset, err);
	return rc != 0 ? rc : notes_search(notes, ph->p_filesz, out, err);
}

/* ------------------------------------------------------------------------------------------ */

bool manifest_name_valid(const char *name)
{
	size_t len = strlen(name);
	return len >= 1 && len <= MANIFEST_NAME_MAX && name[0] >= 'a' && name[0] <= 'z' &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

int manifest_read(int fd, struct manifest *out, struct confab_error *err)
{
	struct stat st;
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph[PROGRAM_HEADERS_MAX];

	memset(out, 0, sizeof(*out));
	if (fstat(fd, &st) != 0)
		return confab_error_set(err, CONFAB_EIO, "cannot be read (%s)", strerror(errno));
	uint64_t size = (uint64_t)st.st_size;
	if (size < sizeof(eh))
		return confab_error_set(err, CONFAB_EPROTO, "is no shared object");
	int rc = read_at(fd, &eh, sizeof(eh), 0, err);
	if (rc == 0)
		rc = header_check(&eh, err);
	/* Sections are not needed to run it, but who lacks them has lost its end. */
	uint64_t sections = (uint64_t)eh.e_shnum * eh.e_shentsize;
	if (rc == 0 && sections > 0 && (eh.e_shoff > size || sections > size - eh.e_shoff))
		rc = confab_error_set(err, CONFAB_EPROTO, "is cut off");
	if (rc == 0)
		rc = read_at(fd, ph, eh.e_phnum * sizeof(ph[0]), eh.e_phoff, err);
	if (rc != 0)
		return rc;
	for (unsigned i = 0; i < eh.e_phnum; i++)
		if (ph[i].p_type != PT_NULL && ph[i].p_type != PT_GNU_STACK &&
			(ph[i].p_offset > size || ph[i].p_filesz > size - ph[i].p_offset))
			return confab_error_set(err, CONFAB_EPROTO, "is cut off");
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		if (ph[i].p_type != PT_NOTE)
			continue;
		rc = segment_search(fd, &ph[i], out, err);
		if (rc != CONFAB_ENOENT)
			return rc;
	}
	return confab_error_set(err, CONFAB_EPROTO, "is no plugin (it has no confab note)");
}

int manifest_accept(const struct manifest *m, struct confab_error *err)
{
	if (m->abi_major == CONFAB_ABI_MAJOR && m->abi_minor <= CONFAB_ABI_MINOR)
		return 0;
	return confab_error_set(err, CONFAB_EABI,
		"is made for ABI %u.%u, but this server has ABI %d.%d (%s)", m->abi_major,
		m->abi_minor, CONFAB_ABI_MAJOR, CONFAB_ABI_MINOR,
		m->abi_major == CONFAB_ABI_MAJOR ? "a newer server is needed"
						 : "it must be built anew");
}
