/**
 * What the thin programs call: one entry each, all the rest is in libconfab.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

/** confabd, the daemon. @return its exit status. Thread: main, the only one yet. */
int confab_private_daemon_main(int argc, char **argv);

/** confabctl, the administrator's program. @return its exit status. Thread: main. */
int confab_private_ctl_main(int argc, char **argv);

/** confab-helper, which decodes what strangers made. @return its exit status. Thread: main. */
int confab_private_helper_main(int argc, char **argv);

/** confab-sim, the server over virtual time. @return its exit status. Thread: main. */
int confab_private_sim_main(int argc, char **argv);

#endif
