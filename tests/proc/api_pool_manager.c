/* SPDX-License-Identifier: BSD-3-Clause */
/* api_pool_manager.c - a process that lets others into its pool, and others that join and leave it */
#include "tests/lib/check.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "maestro/maestro.h"

#define OK(call) assert_int_equal(call, MSTRO_OK)

/* In a child an assertion must end the child: its status says which. */
#define MUST(call, status) \
    do { \
        mstro_status got_ = (call); \
        if (got_ != (status)) { \
            fprintf(stderr, "# line %d: " #call ": %s, %s\n", __LINE__, mstro_status_name(got_), mstro_error_detail()); \
            _exit(1); \
        } \
    } while (0)
#define TRUE(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "# line %d: " #condition "\n", __LINE__); \
            _exit(1); \
        } \
    } while (0)

enum { LARGE = 300000 };

struct guest { pid_t pid; int to; };

/* A child that has not begun with the library; it begins when it is told the info. */
static struct guest make_guest(void (*play)(const char *info))
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    struct guest g = { .pid = fork(), .to = pipes[1] };
    assert_true(g.pid >= 0);
    if (g.pid == 0) {
        char info[16384];
        size_t used = 0;
        ssize_t got;
        close(pipes[1]);
        while (used < sizeof info - 1 && (got = read(pipes[0], info + used, sizeof info - 1 - used)) > 0)
            used += (size_t)got;
        info[used] = '\0';
        play(info);
        exit(0);
    }
    close(pipes[0]);
    return g;
}

static void tell(struct guest *g, const char *info)
{
    assert_int_equal(write(g->to, info, strlen(info)), (ssize_t)strlen(info));
    close(g->to);
}

static void wait_for(struct guest *g)
{
    int status;
    assert_int_equal(waitpid(g->pid, &status, 0), g->pid);
    assert_int_equal(status, 0);
}

static mstro_cdo declare_with(const char *name, void *data, int64_t size)
{
    mstro_cdo cdo = NULL;
    if (mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo) != MSTRO_OK)
        return NULL;
    if (data)
        mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, data, false, true);
    if (data)
        mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false);
    return cdo;
}

static unsigned char *make_data(unsigned char value)
{
    unsigned char *data = malloc(LARGE);
    if (data)
        memset(data, value, LARGE);
    return data;
}

static bool all_are(const unsigned char *data, unsigned char value)
{
    for (int i = 0; i < LARGE; i++)
        if (data[i] != value)
            return false;
    return true;
}

static void take(const char *name, unsigned char value)
{
    void *data;
    int64_t size;
    mstro_cdo cdo = declare_with(name, NULL, 0);
    MUST(mstro_cdo_demand(cdo), MSTRO_OK);
    MUST(mstro_cdo_access_ptr(cdo, &data, &size), MSTRO_OK);
    TRUE(size == LARGE && all_are(data, value));
    MUST(mstro_cdo_dispose(cdo), MSTRO_OK);
    free(data);
}

static void lend(const char *name, unsigned char value)
{
    unsigned char *data = make_data(value);
    mstro_cdo cdo = declare_with(name, data, LARGE);
    MUST(mstro_cdo_offer(cdo), MSTRO_OK);
    MUST(mstro_cdo_withdraw(cdo), MSTRO_OK);
    MUST(mstro_cdo_dispose(cdo), MSTRO_OK);
    free(data);
}

/* Joins by the environment, takes what was there before, what came after, and brings something. */
static void play_guest(const char *info)
{
    setenv("MSTRO_POOL_MANAGER_INFO", info, 1);
    MUST(mstro_init("served", "guest", 3), MSTRO_OK);
    take("offered before the pool listened", 1);
    take("offered after", 2);
    lend("of the guest", 3);
    MUST(mstro_finalize(), MSTRO_OK);
}

static void take_events(mstro_subscription sub, int *joined, int *left)
{
    while (!*joined || !*left) {
        struct timespec until;
        mstro_pool_event event;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 30;
        OK(mstro_subscription_timedwait(sub, &until, &event));
        for (mstro_pool_event e = event; e; e = e->next) {
            *joined += e->kind == MSTRO_POOL_EVENT_APP_JOIN && strcmp(e->join.component_name, "guest") == 0;
            *left += e->kind == MSTRO_POOL_EVENT_APP_LEAVE && strcmp(e->leave.component_name, "guest") == 0;
        }
        OK(mstro_pool_event_dispose(event));
    }
}

static void pool_of_a_process_serves_another_and_loses_nothing(void **state)
{
    (void)state;
    struct guest guest = make_guest(play_guest);
    char *info = NULL;
    int joined = 0, left = 0;
    mstro_subscription sub;
    OK(mstro_init("served", "house", 0));
    assert_int_equal(mstro_pm_getinfo(&info), MSTRO_NO_PM);
    assert_int_equal(mstro_pm_terminate(), MSTRO_NO_PM);
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_LEAVE, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub));
    unsigned char *one = make_data(1), *two = make_data(2);
    mstro_cdo before = declare_with("offered before the pool listened", one, LARGE), after = declare_with("offered after", two, LARGE);
    mstro_cdo brought = declare_with("of the guest", NULL, 0);
    OK(mstro_cdo_require(brought));
    OK(mstro_cdo_offer(before));
    OK(mstro_pm_start());
    assert_int_equal(mstro_pm_start(), MSTRO_NOT_TWICE);
    OK(mstro_pm_getinfo(&info));
    assert_null(strchr(info, ';'));
    assert_null(strchr(info, '\n'));
    tell(&guest, info);
    OK(mstro_cdo_offer(after));
    void *data;
    OK(mstro_cdo_demand(brought));
    OK(mstro_cdo_access_ptr(brought, &data, NULL));
    assert_true(all_are(data, 3));
    take_events(sub, &joined, &left);
    wait_for(&guest);
    OK(mstro_cdo_withdraw(before));
    OK(mstro_cdo_withdraw(after));
    OK(mstro_subscription_dispose(sub));
    OK(mstro_pm_terminate());
    OK(mstro_cdo_offer(before)); /* the pool goes on */
    OK(mstro_cdo_withdraw(before));
    OK(mstro_finalize());
    free(info);
    free(data);
    free(one);
    free(two);
}

/* Joins by a call, once nothing of it is alive, and leaves again. */
static void play_visitor(const char *info)
{
    char *own = NULL;
    MUST(mstro_init("visited", "visitor", 0), MSTRO_OK);
    mstro_cdo alive = declare_with("alive", NULL, 0);
    MUST(mstro_pm_attach(info), MSTRO_BUSY);
    TRUE(strstr(mstro_error_detail(), "alive"));
    MUST(mstro_cdo_dispose(alive), MSTRO_OK);
    MUST(mstro_pm_attach("nonsense"), MSTRO_INVARG);
    MUST(mstro_pm_detach(), MSTRO_NO_PM);
    lend("still in its own pool", 5);
    MUST(mstro_pm_attach(info), MSTRO_OK);
    MUST(mstro_pm_attach(info), MSTRO_NOT_TWICE);
    MUST(mstro_pm_start(), MSTRO_CONFLICT);
    MUST(mstro_pm_getinfo(&own), MSTRO_OK);
    TRUE(strcmp(own, info) == 0);
    free(own);
    take("for the visitor", 4);
    MUST(mstro_pm_detach(), MSTRO_OK);
    lend("in its own pool again", 5);
    MUST(mstro_finalize(), MSTRO_OK);
}

static void process_can_join_and_leave_by_calls(void **state)
{
    (void)state;
    struct guest visitor = make_guest(play_visitor);
    char *info;
    OK(mstro_init("visited", "house", 0));
    OK(mstro_pm_start());
    OK(mstro_pm_getinfo(&info));
    unsigned char *data = make_data(4);
    mstro_cdo cdo = declare_with("for the visitor", data, LARGE);
    OK(mstro_cdo_offer(cdo));
    tell(&visitor, info);
    wait_for(&visitor);
    OK(mstro_cdo_withdraw(cdo));
    OK(mstro_finalize());
    free(data);
    free(info);
}

/* Demands what never comes; the pool ends. */
static void play_orphan(const char *info)
{
    mstro_cdo cdo;
    setenv("MSTRO_POOL_MANAGER_INFO", info, 1);
    MUST(mstro_init("short-lived", "orphan", 0), MSTRO_OK);
    cdo = declare_with("never offered", NULL, 0);
    mstro_subscription sub;
    mstro_pool_event event;
    struct pollfd watched = { .events = POLLIN };
    MUST(mstro_subscribe(NULL, MSTRO_POOL_EVENT_LOST, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub), MSTRO_OK);
    MUST(mstro_subscription_fd(sub, &watched.fd), MSTRO_OK);
    MUST(poll(&watched, 1, 0) == 0 ? MSTRO_OK : MSTRO_FAIL, MSTRO_OK);
    MUST(mstro_cdo_demand(cdo), MSTRO_POOL_LOST);
    for (int i = 0; i < 2; i++) { /* it stays readable: there is nothing to take that would change that */
        MUST(poll(&watched, 1, 10000) == 1 ? MSTRO_OK : MSTRO_FAIL, MSTRO_OK);
        MUST(mstro_subscription_poll(sub, &event), MSTRO_POOL_LOST);
    }
    MUST(mstro_cdo_demand(cdo), MSTRO_POOL_LOST);
    MUST(mstro_finalize(), MSTRO_OK);
}

static void who_has_joined_a_pool_that_ends_is_told_so_and_can_end(void **state)
{
    (void)state;
    struct guest orphan = make_guest(play_orphan);
    char *info;
    OK(mstro_init("short-lived", "house", 0));
    OK(mstro_pm_start());
    OK(mstro_pm_getinfo(&info));
    mstro_subscription sub;
    mstro_pool_event event;
    OK(mstro_subscribe(NULL, MSTRO_POOL_EVENT_DEMAND, MSTRO_SUBSCRIPTION_OPTS_DEFAULT, &sub));
    tell(&orphan, info);
    OK(mstro_subscription_wait(sub, &event));
    assert_string_equal(event->demand.cdo_name, "never offered");
    assert_string_equal(event->demand.component_name, "orphan");
    OK(mstro_pool_event_dispose(event));
    OK(mstro_subscription_dispose(sub));
    OK(mstro_pm_terminate());
    wait_for(&orphan);
    OK(mstro_finalize());
    free(info);
}

/* Nobody asks it for a sign of life: its thread has nothing to do. */
static void idle_for_a_second(const char *info)
{
    struct timespec before, after;
    setenv("MSTRO_POOL_MANAGER_INFO", info, 1);
    MUST(mstro_init("served", "idle", 0), MSTRO_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    poll(NULL, 0, 1000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    TRUE((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 < 300);
    MUST(mstro_finalize(), MSTRO_OK);
}

static void heartbeat_of_never_keeps_nobody_awake(void **state)
{
    (void)state;
    struct guest guest = make_guest(idle_for_a_second);
    char *info = NULL;
    setenv("MSTRO_HEARTBEAT", "never", 1);
    setenv("MSTRO_LEASE", "never", 1);
    OK(mstro_init("served", "house", 0));
    OK(mstro_pm_start());
    OK(mstro_pm_getinfo(&info));
    tell(&guest, info);
    wait_for(&guest);
    OK(mstro_finalize());
    free(info);
    unsetenv("MSTRO_HEARTBEAT");
    unsetenv("MSTRO_LEASE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_of_a_process_serves_another_and_loses_nothing),
        cmocka_unit_test(process_can_join_and_leave_by_calls),
        cmocka_unit_test(who_has_joined_a_pool_that_ends_is_told_so_and_can_end),
        cmocka_unit_test(heartbeat_of_never_keeps_nobody_awake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
