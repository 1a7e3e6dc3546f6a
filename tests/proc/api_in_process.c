/* SPDX-License-Identifier: BSD-3-Clause */
/* api_in_process.c - the plays of api_scenarios.c with threads as roles and the pool inside the process */
#include "tests/lib/check.h"

#include <stdio.h>
#include <unistd.h>

#include "maestro/maestro.h"
#include "tests/proc/api_scenarios.h"

struct actor { pthread_t thread; const struct role *role; struct stage *stage; const char *wrong; char text[512]; };

static void *act(void *argument)
{
    struct actor *a = argument;
    const char *wrong = a->role->play(a->stage);
    if (wrong) { /* the text is this thread's; the others may wait for this one for ever */
        snprintf(a->text, sizeof a->text, "%s", wrong);
        fprintf(stderr, "# %s: %s\n", a->role->name, a->text);
        mstro_finalize();
        _exit(1);
    }
    return NULL;
}

static void play(void **state)
{
    const struct scenario *scenario = *state;
    struct stage stage = { .one_process = true };
    struct actor actor[ROLES_MAX];
    unsigned count = 0;
    while (count < ROLES_MAX && scenario->role[count].play)
        count++;
    snprintf(stage.prefix, sizeof stage.prefix, "%d", (int)getpid());
    assert_int_equal(mstro_init("api scenarios", "threads", 0), MSTRO_OK);
    pthread_barrier_init(&stage.barrier, NULL, count);
    for (unsigned i = 0; i < count; i++) {
        actor[i] = (struct actor){ .role = &scenario->role[i], .stage = &stage };
        assert_int_equal(pthread_create(&actor[i].thread, NULL, act, &actor[i]), 0);
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(actor[i].thread, NULL);
    pthread_barrier_destroy(&stage.barrier);
    assert_int_equal(mstro_finalize(), MSTRO_OK);
}

int main(void)
{
    struct CMUnitTest tests[64];
    size_t count = 0;
    for (const struct scenario *s = api_scenarios; s->sentence; s++)
        tests[count++] = (struct CMUnitTest){ .name = s->sentence, .test_func = play, .initial_state = (void *)(uintptr_t)s };
    for (const struct scenario *s = api_group_scenarios; s->sentence; s++)
        tests[count++] = (struct CMUnitTest){ .name = s->sentence, .test_func = play, .initial_state = (void *)(uintptr_t)s };
    for (const struct scenario *s = api_listed_scenarios; s->sentence; s++)
        tests[count++] = (struct CMUnitTest){ .name = s->sentence, .test_func = play, .initial_state = (void *)(uintptr_t)s };
    for (const struct scenario *s = api_event_scenarios; s->sentence; s++)
        tests[count++] = (struct CMUnitTest){ .name = s->sentence, .test_func = play, .initial_state = (void *)(uintptr_t)s };
    return _cmocka_run_group_tests("api in process", tests, count, NULL, NULL);
}
