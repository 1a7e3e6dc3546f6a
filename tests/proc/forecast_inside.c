/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole forecast workflow in one process: its stages are threads, and the pool is inside.
 *
 * With two arguments it is no test, but runs the workflow on the file INPUT and leaves what it makes in the folder OUTPUT. */
#include "tests/lib/check.h"

#include <maestro/maestro.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "examples/forecast/archiving.h"
#include "examples/forecast/coordination.h"
#include "examples/forecast/level_job.h"
#include "examples/forecast/offering.h"
#include "examples/forecast/production.h"
#include "tests/proc/forecast_made.h"
#include "tests/proc/forecast_sample.h"

enum { INSTANCES = 2, STAGES = 3 + INSTANCES, JOBS = 2 };

static const char *folder;
static char *input;

/* One stage: a thread and what became of it. */
struct stage {
    pthread_t thread;
    unsigned instance;
    size_t lend;
    int code;
    struct statistics statistics;
};

static void *offer(void *argument)
{
    struct stage *stage = argument;
    const char *path[] = {input};
    const struct offering offering = {
        .file = path, .files = 1, .expect = {{"archive", 1}, {"products", INSTANCES}, {"coordinator", 1}}, .expected = 3, .patience = 60, .lend = stage->lend};
    stage->code = offering_run(&offering, &stage->statistics);
    return NULL;
}

static void *produce(void *argument)
{
    struct stage *stage = argument;
    stage->code = production_run(folder, stage->instance, INSTANCES, &stage->statistics);
    return NULL;
}

static void *archive(void *argument)
{
    struct stage *stage = argument;
    stage->code = archiving_run(folder, &stage->statistics);
    return NULL;
}

/* A job of the coordinator's: a thread, too. */
struct job {
    pthread_t thread;
    const char *group;
    int code;
};

static void *work(void *argument)
{
    struct job *job = argument;
    struct statistics statistics = {0};
    job->code = level_job_run(folder, job->group, &statistics);
    statistics_free(&statistics);
    return NULL;
}

static int start(void *context, unsigned number, const char *group)
{
    struct job *job = &((struct job *)context)[number];
    assert_true(number >= 1 && number <= JOBS);
    job->group = group;
    return pthread_create(&job->thread, NULL, work, job) == 0 ? 0 : 70;
}

static int ended(void *context, unsigned number, bool wait)
{
    struct job *job = &((struct job *)context)[number];
    if (wait)
        pthread_join(job->thread, NULL);
    else if (pthread_tryjoin_np(job->thread, NULL) != 0)
        return -1;
    return job->code;
}

static void *coordinate(void *argument)
{
    struct stage *stage = argument;
    struct job job[1 + JOBS] = {0};
    stage->code = coordination_run(&(struct job_runner){job, start, ended}, &stage->statistics);
    return NULL;
}

/* All stages from begin to end, the forecast's first, then the archive's and the coordinator's: true when all went well. */
static bool run_stages(struct stage stage[STAGES], size_t lend)
{
    bool good = mstro_init("forecast-inside", "all", 0) == MSTRO_OK;
    stage[0].lend = lend;
    pthread_create(&stage[0].thread, NULL, offer, &stage[0]);
    pthread_create(&stage[1].thread, NULL, archive, &stage[1]);
    pthread_create(&stage[2].thread, NULL, coordinate, &stage[2]);
    for (unsigned i = 0; i < INSTANCES; i++) {
        stage[3 + i].instance = i;
        pthread_create(&stage[3 + i].thread, NULL, produce, &stage[3 + i]);
    }
    for (unsigned i = 0; i < STAGES; i++) {
        pthread_join(stage[i].thread, NULL);
        good = good && stage[i].code == 0;
    }
    return mstro_finalize() == MSTRO_OK && good;
}

static void run_and_count(size_t lend)
{
    struct stage stage[STAGES] = {0};
    assert_true(run_stages(stage, lend));
    assert_int_equal(stage[0].statistics.messages, SAMPLE_MESSAGES);
    assert_int_equal(stage[0].statistics.fields, SAMPLE_FIELDS);
    assert_int_equal(stage[0].statistics.offered, SAMPLE_MESSAGES + SAMPLE_FIELDS);
    assert_int_equal(stage[1].statistics.demanded, SAMPLE_MESSAGES);
    assert_int_equal(stage[2].statistics.jobs, JOBS);
    for (unsigned i = 0; i < STAGES; i++)
        statistics_free(&stage[i].statistics);
}

static void all_stages_in_one_process_give_what_is_right(void **state)
{
    (void)state;
    run_and_count((size_t)1 << 30);
    assert_int_equal(verify_output(folder, (char *const[]){input}, 1), 0);
}

static void forecast_that_lends_one_message_at_a_time_gives_the_same(void **state)
{
    (void)state;
    run_and_count(1);
    assert_int_equal(verify_output(folder, (char *const[]){input}, 1), 0);
}

static int begin(void **state)
{
    int result = made_begin(state);
    folder = made_folder;
    input = made_input;
    return result;
}

static int run_on(char *file, const char *output)
{
    struct stage stage[STAGES] = {0};
    input = file;
    folder = output;
    bool good = run_stages(stage, (size_t)1 << 30);
    for (unsigned i = 0; i < STAGES; i++)
        statistics_free(&stage[i].statistics);
    return good ? 0 : 1;
}

int main(int argc, char *argv[])
{
    if (argc == 3)
        return run_on(argv[1], argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_stages_in_one_process_give_what_is_right),
        cmocka_unit_test(forecast_that_lends_one_message_at_a_time_gives_the_same),
    };
    return cmocka_run_group_tests(tests, begin, made_end);
}
