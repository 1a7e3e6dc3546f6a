/* SPDX-License-Identifier: BSD-3-Clause */
/* api_with_manager.c - the plays of api_scenarios.c with processes as roles and a pool manager between them */
#include "tests/lib/check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/proc/api_play.h"

#define MANAGER "pool-manager/maestro-pool-manager"

static pid_t manager;
static char runtime[] = "/tmp/maestro-api-XXXXXX";
static char workflow[64];

/* The line is MSTRO_POOL_MANAGER_INFO;<info>; */
static void read_info(int from)
{
    static char line[16384];
    size_t used = 0;
    while (used < sizeof line - 1 && !memchr(line, '\n', used)) {
        ssize_t got = read(from, line + used, sizeof line - 1 - used);
        assert_true(got > 0);
        used += (size_t)got;
    }
    char *info = strchr(line, ';'), *end = info ? strchr(info + 1, ';') : NULL;
    assert_non_null(end);
    *end = '\0';
    setenv("MSTRO_POOL_MANAGER_INFO", info + 1, 1);
}

static int start_manager(void **state)
{
    (void)state;
    int out[2];
    snprintf(workflow, sizeof workflow, "api %d", (int)getpid());
    assert_non_null(mkdtemp(runtime));
    setenv("MSTRO_RUNTIME_DIR", runtime, 1);
    setenv("MSTRO_WORKFLOW_NAME", workflow, 1);
    assert_int_equal(pipe(out), 0);
    manager = fork();
    assert_true(manager >= 0);
    if (manager == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execl(MANAGER, MANAGER, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    read_info(out[0]);
    close(out[0]);
    return 0;
}

static int stop_manager(void **state)
{
    (void)state;
    int status;
    kill(manager, SIGTERM);
    assert_int_equal(waitpid(manager, &status, 0), manager);
    assert_int_equal(status, 0);
    assert_int_equal(rmdir(runtime), 0); /* it has left nothing there */
    return 0;
}

/* ---- plays that need processes ---- */

enum { SERVED = 1 << 20 };

/* Ends without withdrawing: finalize waits until who required has it. */
static const char *end_while_needed(struct stage *s)
{
    unsigned char *data = malloc(SERVED);
    mstro_cdo cdo;
    CHECK(data);
    fill(data, SERVED, 4);
    OK(declare_with(name_of(s, "left behind"), data, SERVED, &cdo));
    meet(s);
    OK(mstro_cdo_offer(cdo));
    OK(mstro_finalize());
    free(data);
    meet(s);
    return NULL;
}

static const char *need_what_is_left_behind(struct stage *s)
{
    mstro_cdo cdo;
    void *data;
    OK(mstro_cdo_declare(name_of(s, "left behind"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_require(cdo));
    meet(s);
    meet(s); /* the producer is gone */
    OK(mstro_cdo_demand(cdo));
    OK(mstro_cdo_access_ptr(cdo, &data, NULL));
    CHECK(holds(data, SERVED, 4));
    OK(mstro_cdo_dispose(cdo));
    free(data);
    return NULL;
}

/* Has no patience: what is still needed is dropped; somebody else offers it later. */
static const char *leave_at_once(struct stage *s)
{
    unsigned char *data = malloc(SERVED);
    mstro_cdo cdo;
    CHECK(data);
    OK(mstro_finalize());
    setenv("MSTRO_FINALIZE_TIMEOUT", "0", 1);
    OK(mstro_init(NULL, "impatient", 5));
    OK(declare_with(name_of(s, "dropped"), data, SERVED, &cdo));
    meet(s);
    OK(mstro_cdo_offer(cdo));
    EXPECT(mstro_finalize(), MSTRO_TIMEOUT);
    unsetenv("MSTRO_FINALIZE_TIMEOUT");
    meet(s);
    meet(s); /* the loss was told */
    OK(mstro_init(NULL, "patient", 0));
    OK(mstro_cdo_declare(name_of(s, "dropped"), MSTRO_ATTR_DEFAULT, &cdo));
    OK(mstro_cdo_offer(cdo));
    OK(mstro_finalize());
    free(data);
    return NULL;
}

/* Its buffer is too small, so that it cannot be served ahead. */
static const char *be_told_of_the_loss(struct stage *s)
{
    unsigned char small[10];
    mstro_cdo cdo;
    OK(declare_with(name_of(s, "dropped"), small, sizeof small, &cdo));
    OK(mstro_cdo_require(cdo));
    meet(s);
    meet(s);
    mstro_status first = mstro_cdo_demand(cdo);
    if (first == MSTRO_NOMEM) /* it met bytes that were coming ahead; then the loss is for the next one, however close the two were */
        first = mstro_cdo_demand(cdo);
    CHECK(first == MSTRO_PEER_LOST);
    CHECK(strstr(mstro_error_detail(), "impatient.5") && strstr(mstro_error_detail(), "left"));
    meet(s);
    OK(mstro_cdo_demand(cdo)); /* once: the requirement stayed and binds to the next offer */
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

/* Says that it would rather wait: no loss is told. */
static const char *bear_the_loss(struct stage *s)
{
    unsigned char small[10];
    const char *wait = "wait";
    mstro_cdo cdo;
    mstro_request req;
    OK(declare_with(name_of(s, "dropped"), small, sizeof small, &cdo));
    OK(mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_ON_LOSS, &wait, true, false));
    OK(mstro_cdo_require(cdo));
    meet(s);
    meet(s);
    OK(mstro_cdo_demand_async(cdo, &req));
    meet(s);
    mstro_status first = mstro_request_wait(req);
    CHECK(first == MSTRO_OK || first == MSTRO_NOMEM);
    if (first == MSTRO_NOMEM) /* it met bytes that were coming ahead */
        OK(mstro_cdo_demand(cdo));
    OK(mstro_cdo_dispose(cdo));
    return NULL;
}

static const struct scenario with_processes_only[] = {
    { "finalize_waits_until_who_requires_has_it", { { "producer", end_while_needed }, { "consumer", need_what_is_left_behind } } },
    { "finalize_without_patience_drops_and_the_requirer_is_told_once",
      { { "producer", leave_at_once }, { "consumer", be_told_of_the_loss }, { "bearing", bear_the_loss } } },
    { NULL, { { NULL, NULL } } },
};

/* ---- the stage ---- */

static void act(const struct role *role, struct stage *stage)
{
    mstro_status s = mstro_init(NULL, role->name, 0);
    if (s != MSTRO_OK) {
        fprintf(stderr, "# %s: init: %s, %s\n", role->name, mstro_status_name(s), mstro_error_detail());
        _exit(1);
    }
    const char *wrong = role->play(stage);
    if (wrong) {
        fprintf(stderr, "# %s: %s\n", role->name, wrong);
        _exit(1);
    }
    s = mstro_finalize();
    if (s != MSTRO_OK)
        fprintf(stderr, "# %s: finalize: %s, %s\n", role->name, mstro_status_name(s), mstro_error_detail());
    exit(s == MSTRO_OK ? 0 : 1);
}

static struct stage *make_stage(const struct scenario *scenario, unsigned count)
{
    struct stage *stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(stage, MAP_FAILED);
    pthread_barrierattr_t shared;
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&stage->barrier, &shared, count);
    pthread_barrierattr_destroy(&shared);
    snprintf(stage->prefix, sizeof stage->prefix, "%.40s", scenario->sentence);
    return stage;
}

/* When one has failed, the others may wait for it for ever. */
static unsigned wait_for_actors(pid_t actor[], unsigned count)
{
    unsigned wrong = 0;
    for (unsigned left = count; left > 0; left--) {
        int status;
        pid_t ended = waitpid(0, &status, 0);
        assert_true(ended > 0);
        bool bad = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        for (unsigned i = 0; i < count; i++) {
            if (actor[i] == ended)
                actor[i] = 0;
            else if (bad && actor[i] && wrong == 0)
                kill(actor[i], SIGKILL);
        }
        assert_int_not_equal(ended, manager);
        wrong += bad;
    }
    return wrong;
}

static void play(void **state)
{
    const struct scenario *scenario = *state;
    pid_t actor[ROLES_MAX];
    unsigned count = 0;
    while (count < ROLES_MAX && scenario->role[count].play)
        count++;
    struct stage *stage = make_stage(scenario, count);
    fflush(stdout);
    for (unsigned i = 0; i < count; i++) {
        actor[i] = fork();
        assert_true(actor[i] >= 0);
        if (actor[i] == 0)
            act(&scenario->role[i], stage);
    }
    assert_int_equal(wait_for_actors(actor, count), 0);
    munmap(stage, sizeof *stage);
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
    for (const struct scenario *s = with_processes_only; s->sentence; s++)
        tests[count++] = (struct CMUnitTest){ .name = s->sentence, .test_func = play, .initial_state = (void *)(uintptr_t)s };
    return _cmocka_run_group_tests("api with a manager", tests, count, start_manager, stop_manager);
}
