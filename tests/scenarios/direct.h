/* SPDX-License-Identifier: BSD-3-Clause */
/* direct.h - a play by actors (tests/proc/actor.h), which are threads or processes */
#ifndef TESTS_SCENARIOS_DIRECT_H
#define TESTS_SCENARIOS_DIRECT_H
#include "tests/proc/stage.h"
#include "tests/scenarios/play.h"

/* Tell the actors, one a role, what to do, step by step; what goes wrong fails the running cmocka test, and says in which line. */
void direct(const struct play *play, struct process *const actor[]);

/* How a deployment plays: the state of 'play' and its set_up and tear_down is the struct play. */
struct deployment {
    const char *name;
    bool processes; /* a role is one */
    void (*play)(void **state);
    int (*set_up)(void **state), (*tear_down)(void **state);
};

/* Each file is a test, one that needs processes where there are none is skipped.  The exit code. */
int direct_files(const struct deployment *deployment, int argc, char **argv);

#endif
