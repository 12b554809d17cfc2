/**
 * The handler of deadly signals. Everything below the first ruled line is called by it and keeps to what
 * signal-safety(7) allows, but for the walk over the stack, which was tried once before (crash_install).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/crash.h"

#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash_text.h"
#include "base/log.h"
#include "base/running.h"

#define MODULES_MAX 300 /* plugins, several copies of some; and the libraries of the start */
#define FRAMES_MAX 48
#define STACK_BYTES ((size_t)64 * 1024)

struct module {
	atomic_int used;
	_Atomic uintptr_t low, high; /* low 0: not to be looked at */
	char name[33], version[33];
	bool plugin;
};

/* The door: a handler is given nothing. */
static struct {
	atomic_int crashing; /* the thread that speaks */
	bool armed;
	int fd; /* of CRASH_FILE, -1: none */
	pid_t pid;
	char version[64];
	struct module modules[MODULES_MAX];
	struct crash_text text; /* one crash at a time */
} door = {.fd = -1};

static _Thread_local void *own_stack; /* for the handler; NULL: the thread has none of ours */

static const struct {
	int number;
	const char *name;
} signals[] = {
	{SIGSEGV, "SIGSEGV"},
	{SIGBUS, "SIGBUS"},
	{SIGILL, "SIGILL"},
	{SIGFPE, "SIGFPE"},
	{SIGABRT, "SIGABRT"},
};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* What is known of a crash. */
struct crash {
	const char *signal;
	uintptr_t address; /* that was touched, 0: none */
	uintptr_t pc;
	char thread[17];
	const struct running *running;
	bool stalled;               /* from outside, while a loop did not come back */
	const struct module *owner; /* a plugin, or NULL */
	void *frames[FRAMES_MAX];
	int n_frames;
};

/* Of sanitizers; not there without one. */
extern void __sanitizer_set_death_callback(void (*fn)(void)) __attribute__((weak));

/* ---- in the handler ------------------------------------------------------------------------ */

static const struct module *module_at(uintptr_t address)
{
	for (unsigned i = 0; i < MODULES_MAX; i++) {
		uintptr_t low = atomic_load(&door.modules[i].low);

		if (low != 0 && address >= low && address < atomic_load(&door.modules[i].high))
			return &door.modules[i];
	}
	return NULL;
}

static const struct module *plugin_at(uintptr_t address)
{
	const struct module *m = module_at(address);

	return m != NULL && m->plugin ? m : NULL;
}

static uintptr_t pc_of(const ucontext_t *uc)
{
#if defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)uc->uc_mcontext.pc;
#else
	(void)uc;
	return 0;
#endif
}

static void place_put(struct crash_text *t, uintptr_t address)
{
	const struct module *m = module_at(address);

	if (m != NULL) {
		crash_text_str(t, m->name);
		crash_text_str(t, "+");
		address -= atomic_load(&m->low);
	}
	crash_text_hex(t, address);
}

static void first_line(struct crash_text *t, const struct crash *c)
{
	crash_text_str(t, "confabd ");
	crash_text_str(t, door.version);
	crash_text_str(t, ", crashed by ");
	crash_text_str(t, c->signal);
	if (c->address != 0) {
		crash_text_str(t, " at address ");
		crash_text_hex(t, c->address);
	}
	crash_text_str(t, " in thread '");
	crash_text_str(t, c->thread);
	crash_text_str(t, "'");
	if (c->running != NULL) {
		crash_text_str(t,
			c->stalled ? " while a loop was stalled by plugin '" : " while plugin '");
		crash_text_str(t, c->running->plugin);
		crash_text_str(t, c->stalled ? "' (" : "' ran (");
		crash_text_str(t, c->running->place);
		crash_text_str(t, c->running->detail[0] ? ", " : "");
		crash_text_str(t, c->running->detail);
		crash_text_str(t, ")");
	}
	if (c->owner != NULL) {
		crash_text_str(t, "; the address lies in plugin '");
		crash_text_str(t, c->owner->name);
		crash_text_str(t, "'");
	}
	crash_text_str(t, "\n");
}

static void report(struct crash_text *t, const struct crash *c)
{
	first_line(t, c);
	for (int i = 0; i < c->n_frames; i++) {
		crash_text_str(t, "  frame ");
		place_put(t, (uintptr_t)c->frames[i]);
		crash_text_str(t, "\n");
	}
	for (unsigned i = 0; i < MODULES_MAX; i++) {
		const struct module *m = &door.modules[i];
		uintptr_t low = atomic_load(&m->low);

		if (low == 0 || !m->plugin)
			continue;
		crash_text_str(t, "  plugin ");
		crash_text_str(t, m->name);
		crash_text_str(t, " ");
		crash_text_str(t, m->version);
		crash_text_str(t, " ");
		crash_text_hex(t, low);
		crash_text_str(t, "-");
		crash_text_hex(t, atomic_load(&m->high));
		crash_text_str(t, "\n");
	}
	for (const struct running_cell *cell = running_cells(); cell != NULL; cell = cell->next) {
		const struct running *r = running_get(cell);

		if (r == NULL)
			continue;
		crash_text_str(t, "  thread '");
		crash_text_str(t, cell->thread);
		crash_text_str(t, "' runs plugin '");
		crash_text_str(t, r->plugin);
		crash_text_str(t, "' (");
		crash_text_str(t, r->place);
		crash_text_str(t, ")\n");
	}
}

static void member(struct crash_text *t, const char *name, const char *value)
{
	crash_text_str(t, ",\"");
	crash_text_str(t, name);
	crash_text_str(t, "\":");
	crash_text_json(t, value);
}

static void record(struct crash_text *t, const struct crash *c)
{
	bool two = c->owner != NULL &&
		(c->running == NULL || strcmp(c->owner->name, c->running->plugin) != 0);

	crash_text_str(t, "{\"ts\":");
	crash_text_dec(t, clock_real_ms());
	member(t, "version", door.version);
	member(t, "signal", c->signal);
	member(t, "thread", c->thread);
	member(t, "running", c->running != NULL ? c->running->plugin : "");
	member(t, "place", c->running != NULL ? c->running->place : "");
	member(t, "owner", c->owner != NULL ? c->owner->name : "");
	crash_text_str(t, ",\"blamed\":[");
	if (c->running != NULL)
		crash_text_json(t, c->running->plugin);
	if (two) {
		crash_text_str(t, c->running != NULL ? "," : "");
		crash_text_json(t, c->owner->name);
	}
	crash_text_str(t, "],\"frames\":[");
	for (int i = 0; i < c->n_frames; i++) {
		crash_text_str(t, i > 0 ? ",\"" : "\"");
		place_put(t, (uintptr_t)c->frames[i]);
		crash_text_str(t, "\"");
	}
	crash_text_str(t, "]}\n");
}

/* Everything is collected; say it. */
static void tell(const struct crash *c)
{
	int log_fd = log_descriptor();

	door.text.len = 0;
	report(&door.text, c);
	crash_text_write(&door.text, STDERR_FILENO);
	if (log_fd != STDERR_FILENO)
		crash_text_write(&door.text, log_fd);
	door.text.len = 0;
	record(&door.text, c);
	if (door.fd >= 0) {
		crash_text_write(&door.text, door.fd);
		(void)fsync(door.fd); /* the next start must find it */
	}
}

/* Only the process that was installed speaks, and only the first thread that crashes. Another one waits
 * for it: it ends us all when it has spoken. */
static bool first_to_crash(void)
{
	int crashing = 0, self = (int)gettid();

	if (!door.armed || getpid() != door.pid)
		return false;
	if (atomic_compare_exchange_strong(&door.crashing, &crashing, self))
		return true;
	while (crashing != self)
		(void)pause();
	return false;
}

static void collect(struct crash *c)
{
	int n = backtrace(c->frames, FRAMES_MAX);
	int skip = 0;

	/* The frames above the one that crashed are ours and the kernel's. */
	for (int i = 0; i < n && c->pc != 0; i++)
		if ((uintptr_t)c->frames[i] == c->pc)
			skip = i;
	memmove(c->frames, c->frames + skip, (size_t)(n - skip) * sizeof(c->frames[0]));
	c->n_frames = n - skip;
	(void)prctl(PR_GET_NAME, c->thread);
	c->running = running_current();
}

static void died(int number, siginfo_t *info, void *context)
{
	bool sent = info->si_code <= 0;

	if (first_to_crash()) {
		struct crash c = {.signal = "a signal", .pc = pc_of(context)};

		for (unsigned i = 0; i < SIGNALS; i++)
			if (signals[i].number == number)
				c.signal = signals[i].name;
		c.address = sent || number == SIGABRT ? 0 : (uintptr_t)info->si_addr;
		collect(&c);
		if (sent && info->si_pid != door.pid) {
			/* Somebody else wants our end: the service manager, as a loop stalled. */
			c.running = running_stalled();
			c.stalled = c.running != NULL;
		} else {
			c.owner = plugin_at(c.pc);
			if (c.owner == NULL && c.address != 0)
				c.owner = plugin_at(c.address);
		}
		tell(&c);
	}
	(void)signal(number, SIG_DFL);
	if (sent)
		(void)raise(number); /* pending until we return; a fault comes again by itself */
}

/* A sanitizer has found something and is about to end the process. */
static void sanitizer_died(void)
{
	struct crash c = {.signal = "a sanitizer's finding"};

	if (!first_to_crash())
		return;
	collect(&c);
	for (int i = 0; i < c.n_frames && c.owner == NULL; i++)
		c.owner = plugin_at((uintptr_t)c.frames[i]);
	tell(&c);
}

/* ------------------------------------------------------------------------------------------- */

static int module_add(
	const char *name, const char *version, uintptr_t low, uintptr_t high, bool plugin)
{
	for (int i = 0; i < MODULES_MAX; i++) {
		struct module *m = &door.modules[i];

		int free_one = 0;

		if (!atomic_compare_exchange_strong(&m->used, &free_one, 1))
			continue;
		(void)snprintf(m->name, sizeof(m->name), "%.32s", name);
		(void)snprintf(m->version, sizeof(m->version), "%.32s", version);
		m->plugin = plugin;
		atomic_store(&m->high, high);
		atomic_store(&m->low, low);
		return i;
	}
	return -1;
}

/* The program and its libraries, as far as they are there at the start. */
static int library_add(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t low = UINTPTR_MAX, high = 0;
	const char *slash = strrchr(info->dlpi_name, '/');

	(void)size;
	(void)arg;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type != PT_LOAD)
			continue;
		if (info->dlpi_addr + ph->p_vaddr < low)
			low = info->dlpi_addr + ph->p_vaddr;
		if (info->dlpi_addr + ph->p_vaddr + ph->p_memsz > high)
			high = info->dlpi_addr + ph->p_vaddr + ph->p_memsz;
	}
	if (low < high)
		(void)module_add(slash != NULL          ? slash + 1
				: *info->dlpi_name != 0 ? info->dlpi_name
							: "confabd",
			"", low, high, false);
	return 0;
}

void crash_install(const char *version, const char *dir)
{
	struct sigaction act = {.sa_flags = SA_SIGINFO | SA_ONSTACK}, before;
	void *warm[1];
	char path[4096];

	(void)snprintf(door.version, sizeof(door.version), "%s", version);
	door.pid = getpid();
	if (dir != NULL) {
		(void)snprintf(path, sizeof(path), "%s/" CRASH_FILE, dir);
		door.fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		if (door.fd < 0)
			log_warning("crash report, no record will be kept (%s: %m)", path);
	}
	(void)dl_iterate_phdr(library_add, NULL);
	(void)backtrace(warm, 1); /* loads what it needs while that is allowed */
	running_thread_begin("main");
	crash_thread_begin();
	act.sa_sigaction = died;
	sigemptyset(&act.sa_mask);
	door.armed = true;
	for (unsigned i = 0; i < SIGNALS; i++)
		if (sigaction(signals[i].number, NULL, &before) == 0 &&
			before.sa_handler == SIG_DFL)
			(void)sigaction(signals[i].number, &act, NULL);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(sanitizer_died);
}

void crash_disarm(void)
{
	door.armed = false;
}

void crash_thread_begin(void)
{
	stack_t stack = {.ss_size = STACK_BYTES}, before;

	/* A sanitizer's threads have one already. */
	if (sigaltstack(NULL, &before) != 0 || !(before.ss_flags & SS_DISABLE))
		return;
	stack.ss_sp = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack.ss_sp == MAP_FAILED)
		return; /* a stack that is used up will not be reported */
	if (sigaltstack(&stack, NULL) == 0)
		own_stack = stack.ss_sp;
	else
		(void)munmap(stack.ss_sp, STACK_BYTES);
}

void crash_thread_end(void)
{
	stack_t none = {.ss_flags = SS_DISABLE};

	if (own_stack == NULL)
		return;
	(void)sigaltstack(&none, NULL);
	(void)munmap(own_stack, STACK_BYTES);
	own_stack = NULL;
}

int crash_module_add(const char *name, const char *version, uintptr_t low, uintptr_t high)
{
	return module_add(name, version, low, high, true);
}

void crash_module_remove(int module)
{
	if (module < 0)
		return;
	atomic_store(&door.modules[module].low, 0);
	atomic_store(&door.modules[module].used, 0);
}
