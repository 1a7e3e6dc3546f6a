/* SPDX-License-Identifier: BSD-3-Clause */
/* A network that is cut, or loses packets, between a pool manager at one end of a cable and a process at the other.
 *
 * Bounds as doc/rfc/protocol.md has them, in one of three tries (tries.h). */
#include "tests/lib/check.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/serve/pool_info.h"
#include "tests/proc/cable.h"
#include "tests/proc/stage.h"
#include "tests/proc/tries.h"

enum { PARTITIONED = 2000, LEASE = 2500, PATIENT = 20000 };

static struct process *near, *far, *listener; /* near the manager; the other two at the other end */

static void pass_time(unsigned ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

static int open_stage(void **state)
{
    (void)state;
    const char *arguments[] = { "--listen", "cable", NULL };
    stage_open(&stage);
    process_place(cable_end(CABLE_A));
    stage_manager(&stage, arguments);
    near = stage_actor(&stage, "near");
    process_place(cable_end(CABLE_B));
    far = stage_actor(&stage, "far");
    listener = stage_actor(&stage, "listener");
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    cable_mend();
    process_place(NULL);
    stage_close(&stage);
    return 0;
}

static unsigned witness_port(void)
{
    struct arena arena = { 0 };
    struct record_pool_info info;
    char witness[MAX_WITNESS + 1];
    assert_int_equal(pool_info_decode(stage.info, &arena, &info), MSTRO_OK);
    snprintf(witness, sizeof witness, TEXT_FORMAT, TEXT_ARGUMENTS(info.witness));
    arena_release(&arena);
    return (unsigned)atoi(strrchr(witness, ':') + 1);
}

/* An object of 'near' is read by 'far'. */
static void exchange(const char *name, unsigned seed)
{
    char line[100];
    snprintf(line, sizeof line, "declare 0 %s", name);
    expect(near, line, "MSTRO_OK");
    expect(far, line, "MSTRO_OK");
    expect(far, "require 0", "MSTRO_OK");
    snprintf(line, sizeof line, "fill 0 300000 %u", seed);
    expect(near, line, "MSTRO_OK");
    expect(near, "offer 0", "MSTRO_OK");
    expect(far, "demand 0", "MSTRO_OK");
    snprintf(line, sizeof line, "check 0 300000 %u", seed);
    expect(far, line, "MSTRO_OK right");
    expect(near, "withdraw 0", "MSTRO_OK");
    expect(near, "dispose 0", "MSTRO_OK");
    expect(far, "dispose 0", "MSTRO_OK");
}

/* The name is free when the manager has noticed, too. */
static void join_again(struct process *p, const char *line)
{
    uint64_t end = clock_now() + PATIENT * NANOSECONDS_PER_MILLISECOND;
    do {
        tell(p, "%s", line);
        hear(p, PATIENT);
    } while (strncmp(p->answer, "MSTRO_CONFLICT", 14) == 0 && clock_now() < end);
    assert_memory_equal(p->answer, "MSTRO_OK", 8);
}

/* One waits for an object, offers another; the other waits for events. */
static void let_both_wait(void)
{
    exchange("before", 1);
    expect(far, "declare 0 never", "MSTRO_OK");
    expect(far, "declare 1 mine", "MSTRO_OK");
    expect(far, "fill 1 100000 1", "MSTRO_OK");
    expect(far, "offer 1", "MSTRO_OK");
    expect(listener, "subscribe 8 0", "MSTRO_OK");
    tell(far, "demand 0");
    tell(listener, "event 100000");
    hear_nothing(far, 100);
}

/* Whatever waits is told, whatever follows too, the end is in time, and after mending the same processes join again. */
static void both_are_told_and_join_again(void)
{
    unsigned first = expect_in_time(far, "MSTRO_PARTITIONED", PARTITIONED);
    unsigned second = expect_in_time(listener, "MSTRO_PARTITIONED", PARTITIONED);
    print_message("told after %u ms, the other %u ms later\n", first, second);
    assert_non_null(strstr(far->answer, "10.55.1.1"));
    expect(far, "withdraw 1", "MSTRO_PARTITIONED");
    tell(far, "finalize");
    expect_in_time(far, "MSTRO_", 1100);
    tell(listener, "finalize");
    expect_in_time(listener, "MSTRO_", 1100);
    cable_mend();
    join_again(far, "init far 0");
    join_again(listener, "init listener 0");
    exchange("after", 2);
}

static void who_cannot_reach_the_manager_is_told_within_2_s(void **state)
{
    (void)state;
    let_both_wait();
    cable_drop_to_a("1");
    both_are_told_and_join_again();
}

static void whom_the_manager_cannot_reach_is_told_within_2_s(void **state)
{
    (void)state;
    let_both_wait();
    cable_drop_to_b("1");
    both_are_told_and_join_again();
}

static void who_is_cut_off_is_told_within_2_s(void **state)
{
    (void)state;
    let_both_wait();
    cable_drop_to_a("1");
    cable_drop_to_b("1");
    both_are_told_and_join_again();
}

static void who_is_cut_off_by_a_firewall_is_told_within_2_s(void **state)
{
    (void)state;
    let_both_wait();
    cable_forbid_leaving_b();
    both_are_told_and_join_again();
}

/* The other side of it: who waits for what the one that was cut off offered. */
static void who_waits_for_one_that_was_cut_off_is_told_after_the_lease(void **state)
{
    (void)state;
    expect(near, "declare 0 remote", "MSTRO_OK");
    expect(near, "require 0", "MSTRO_OK");
    expect(far, "declare 0 remote", "MSTRO_OK");
    expect(far, "fill 0 100000 1", "MSTRO_OK");
    expect(far, "offer 0", "MSTRO_OK");
    cable_drop_to_a("1");
    cable_drop_to_b("1");
    tell(near, "demand 0");
    expect_in_time(near, "MSTRO_PEER_LOST", LEASE);
}

static void a_cut_of_half_a_second_is_not_noticed(void **state)
{
    (void)state;
    exchange("before", 1);
    cable_drop_to_a("1");
    cable_drop_to_b("1");
    pass_time(500);
    cable_mend();
    exchange("after", 2);
    pass_time(2000);
    exchange("later", 3);
}

/* TCP tries again ever more seldom: on a bad network one of two connections may stand still for longer than the lease. */
static void who_is_heard_over_the_witness_alone_is_not_evicted(void **state)
{
    (void)state;
    exchange("before", 1);
    cable_drop_to_a_but_for_port(witness_port());
    pass_time(3 * LEASE / 2);
    cable_mend();
    exchange("after", 2);
}

/* Its kernel still acknowledges. */
static void a_manager_that_stands_still_is_waited_for(void **state)
{
    (void)state;
    exchange("before", 1);
    expect(far, "declare 0 never", "MSTRO_OK");
    process_stop(&stage.manager);
    tell(far, "demand 0");
    hear_nothing(far, 6000);
    process_kill(&stage.manager, SIGCONT);
    hear_nothing(far, 1000);
    expect(near, "declare 0 never", "MSTRO_OK");
    expect(near, "fill 0 300000 7", "MSTRO_OK");
    expect(near, "offer 0", "MSTRO_OK");
    expect_within(far, "MSTRO_OK", PATIENT);
    expect(far, "check 0 300000 7", "MSTRO_OK right");
}

/* Something that listens at the manager's port and says nothing, in its place. */
static pid_t start_silent_service(unsigned port)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
        int fd = process_enter_place() ? socket(AF_INET, SOCK_STREAM, 0) : -1, on = 1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 8) == 0)
            (void)!write(ready[1], "x", 1);
        else
            _exit(1);
        pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void a_silent_service_on_the_port_of_a_manager_of_another_node_is_called_stale(void **state)
{
    (void)state;
    expect(near, "finalize", "MSTRO_OK"); /* what they leave open would keep the port */
    expect(far, "finalize", "MSTRO_OK");
    expect(listener, "finalize", "MSTRO_OK");
    process_kill(&stage.manager, SIGKILL);
    process_wait(&stage.manager, PATIENT);
    process_place(cable_end(CABLE_A));
    pid_t silent = start_silent_service(witness_port());
    process_place(cable_end(CABLE_B));
    struct process *late = stage_extra(&stage);
    tell(late, "init late 0");
    unsigned ms = expect_in_time(late, "MSTRO_POOL_STALE", 1500);
    print_message("told after %u ms\n", ms);
    kill(silent, SIGKILL);
    waitpid(silent, NULL, 0);
    process_place(cable_end(CABLE_A));
    stage_manager(&stage, NULL);
}

/* Its host answers at the port of its fabric. */
static void a_manager_of_another_node_that_stands_still_is_waited_for_by_who_joins(void **state)
{
    (void)state;
    process_stop(&stage.manager);
    struct process *late = stage_extra(&stage);
    tell(late, "init late 0");
    hear_nothing(late, 3000);
    process_kill(&stage.manager, SIGCONT);
    expect_within(late, "MSTRO_OK", PATIENT);
}

/* Slower, and that is all: nobody is taken for dead or cut off, and nobody is evicted. */
static void objects_flow_on_while_a_tenth_of_the_packets_is_lost(void **state)
{
    (void)state;
    unsigned seconds = getenv("MAESTRO_LONG") ? 300 : 15, count = 0;
    cable_drop_to_a("0.1");
    cable_drop_to_b("0.1");
    uint64_t end = clock_now() + seconds * NANOSECONDS_PER_SECOND;
    for (; clock_now() < end; count++)
        exchange("lossy", count % 200);
    print_message("%u objects in %u s\n", count, seconds);
    assert_true(count > 0);
    cable_mend();
    expect(listener, "subscribe 8 0", "MSTRO_OK"); /* who said nothing is in, too */
}

#define on(test) TRIED(open_stage, test, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on(who_cannot_reach_the_manager_is_told_within_2_s),
        on(whom_the_manager_cannot_reach_is_told_within_2_s),
        on(who_is_cut_off_is_told_within_2_s),
        on(who_is_cut_off_by_a_firewall_is_told_within_2_s),
        on(who_waits_for_one_that_was_cut_off_is_told_after_the_lease),
        on(a_cut_of_half_a_second_is_not_noticed),
        on(who_is_heard_over_the_witness_alone_is_not_evicted),
        on(a_manager_that_stands_still_is_waited_for),
        on(a_silent_service_on_the_port_of_a_manager_of_another_node_is_called_stale),
        on(a_manager_of_another_node_that_stands_still_is_waited_for_by_who_joins),
        on(objects_flow_on_while_a_tenth_of_the_packets_is_lost),
    };
    const char *why = cable_lay();
    if (why) {
        printf("1..0 # SKIP %s\n", why);
        return 0;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cable_remove();
    return failed;
}
