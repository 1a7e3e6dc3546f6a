/* SPDX-License-Identifier: BSD-3-Clause */
/* actor - an actor (actor.h) that is a process: lines on stdin, answers on stdout.  It dies with whoever started it. */
#include <signal.h>
#include <sys/prctl.h>

#include "tests/proc/actor.h"

int main(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct actor *a = actor_create(stdout);
    if (!a)
        return 1;
    actor_obeys(a, stdin);
    return 0;
}
