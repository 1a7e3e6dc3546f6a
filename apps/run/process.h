/* SPDX-License-Identifier: BSD-3-Clause */
/* process.h - starting one program in a session of its own */
#ifndef APPS_RUN_PROCESS_H
#define APPS_RUN_PROCESS_H
#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What this program changed about itself and its children must get back. */
struct inheritance {
    sigset_t mask;
    struct sigaction broken_pipe;
    struct rlimit files;
};

struct launch {
    const char *program;       /* a path, as program_search gives it */
    char *const *command;
    char *const *environment;
    const char *directory;     /* NULL: stay here */
    int input, output, error;  /* descriptors the program gets as 0, 1, 2 */
    const struct inheritance *inheritance;
};

enum launch_step { LAUNCH_FORK, LAUNCH_SETUP, LAUNCH_DIRECTORY, LAUNCH_EXECUTE };

/* Start it: a new session, told to end (SIGTERM) should this process die.  0, or an errno value with the step that failed; then no
 * process is left. */
int process_launch(const struct launch *l, pid_t *pid, enum launch_step *failed);

#endif
