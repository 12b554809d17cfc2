/**
 * The spawner process and what it hears and says on the control socket (SOCK_SEQPACKET, one
 * struct per packet).
 *
 *      START + descriptors [channel, file?, code?] ─▶          KILL ─▶          ◀─ ENDED (wait status)
 *
 * When the socket closes, the spawner kills its children and ends.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LOOP_SPAWNER_H
#define LOOP_SPAWNER_H

#include "loop/helper_spawner.h"

#define SPAWNER_MAGIC 0x7370776eu /* "spwn" */
#define SPAWNER_PARALLEL_MAX 64
#define SPAWNER_FDS_MAX 3

enum spawner_word { SPAWNER_START = 1, SPAWNER_KILL = 2, SPAWNER_ENDED = 3 };

struct spawner_packet {
	uint32_t magic;
	uint32_t word; /* enum spawner_word */
	uint32_t job;
	int32_t status;      /* ENDED: as from waitpid */
	uint32_t file, code; /* START: 1, if that descriptor comes with it */
	struct helper_limits limits;
	char function[HELPER_NAME_MAX + 1];
};

/**
 * Be the spawner.
 *
 * @param control  its end of the socket
 * @param program  the helper program, opened with O_PATH
 * Thread: the only one of the forked process; ends with it.
 */
_Noreturn void spawner_main(int control, int program, const struct helper_options *options);

/**
 * Become a helper: limits, namespaces, descriptors, exec. Ends the process when it cannot.
 *
 * @param file  beside the channel, or -1
 * @param code  of a plugin, whose function it is; or -1
 * Thread: the only one of a child of the spawner.
 */
_Noreturn void spawner_exec(int program, const char *path, const struct spawner_packet *start,
	int channel, int file, int code);

#endif
