/* SPDX-License-Identifier: BSD-3-Clause */
/* with_manager - the scenarios with a process for each role, and maestro-pool-manager between them
 *
 *     with_manager [FILE...] */
#include "tests/lib/check.h"

#include "tests/scenarios/direct.h"

static int begin(void **state)
{
    void *nothing = *state;
    return stage_begin(&nothing);
}

static int end(void **state)
{
    void *nothing = *state;
    return stage_end(&nothing);
}

static void with_a_process_for_each_role(void **state)
{
    const struct play *play = *state;
    struct process *actor[PLAY_ROLES];
    for (int i = 0; i < play->roles; i++)
        actor[i] = stage_actor(&stage, play->role[i]);
    direct(play, actor);
}

int main(int argc, char **argv)
{
    static const struct deployment daemon = { "scenarios with a manager", true, with_a_process_for_each_role, begin, end };
    return direct_files(&daemon, argc, argv);
}
