/* SPDX-License-Identifier: BSD-3-Clause */
/* in_process - the scenarios with a thread for each role, and the pool inside the process
 *
 *     in_process [FILE...] */
#define _GNU_SOURCE /* pipe2 */
#include "tests/lib/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "maestro/maestro.h"
#include "tests/proc/actor.h"
#include "tests/scenarios/direct.h"

static struct player { pthread_t thread; bool runs; struct process pipes; FILE *in, *out; struct actor *actor; } players[PLAY_ROLES];

static void *obey(void *argument)
{
    struct player *player = argument;
    actor_obeys(player->actor, player->in);
    return NULL;
}

static void open_player(struct player *player)
{
    int to[2], from[2];
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    *player = (struct player){ .pipes = { .in = to[1], .out = from[0] }, .in = fdopen(to[0], "r"), .out = fdopen(from[1], "w") };
    assert_true(player->in && player->out);
    player->actor = actor_create(player->out);
    assert_non_null(player->actor);
    assert_int_equal(pthread_create(&player->thread, NULL, obey, player), 0);
    player->runs = true;
}

static int begin(void **state)
{
    const struct play *play = *state;
    for (int i = 0; i < play->roles; i++)
        open_player(&players[i]);
    return mstro_init("scenarios", "threads", 0) == MSTRO_OK ? 0 : -1;
}

/* Who is in a call gets out of it by finalize, at once. */
static int end(void **state)
{
    (void)state;
    for (int i = 0; i < PLAY_ROLES && players[i].runs; i++)
        close(players[i].pipes.in);
    mstro_finalize();
    for (int i = 0; i < PLAY_ROLES && players[i].runs; i++) {
        pthread_join(players[i].thread, NULL);
        actor_destroy(players[i].actor);
        fclose(players[i].in);
        fclose(players[i].out);
        close(players[i].pipes.out);
        players[i].runs = false;
    }
    return 0;
}

static void with_a_thread_for_each_role(void **state)
{
    const struct play *play = *state;
    struct process *actor[PLAY_ROLES];
    for (int i = 0; i < play->roles; i++)
        actor[i] = &players[i].pipes;
    direct(play, actor);
}

int main(int argc, char **argv)
{
    static const struct deployment one_process = { "scenarios in a process", false, with_a_thread_for_each_role, begin, end };
    signal(SIGPIPE, SIG_IGN);
    setenv("MSTRO_FINALIZE_TIMEOUT", "0", 1);
    unsetenv("MSTRO_POOL_MANAGER_INFO");
    return direct_files(&one_process, argc, argv);
}
