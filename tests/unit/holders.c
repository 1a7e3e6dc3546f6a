/* SPDX-License-Identifier: BSD-3-Clause */
/* Which process a session is, as the kernel says it, whatever the process says. */
#include "tests/lib/check.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/client/holders.h"

enum { SHOWN = 11, ABSENT = 12, OWN = 13 };

static struct id pool;
static pid_t child;

/* A child that shows itself as session SHOWN. */
static int open_child(void **state)
{
    (void)state;
    int ready[2], fd;
    char byte;
    pool = (struct id){ (uint64_t)getpid(), 77 };
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        if (credential_show(pool, SHOWN, &fd) == MSTRO_OK)
            (void)!write(ready[1], "x", 1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return 0;
}

static void end_child(void)
{
    if (child <= 0)
        return;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = 0;
}

static int close_child(void **state)
{
    (void)state;
    end_child();
    return 0;
}

static void the_kernel_names_who_shows_itself_and_tells_its_end(void **state)
{
    (void)state;
    int32_t process = 0;
    int alive = -1;
    assert_int_equal(credential_look(pool, SHOWN, &process, &alive), MSTRO_OK);
    assert_int_equal(process, child);
    assert_true(credential_lives(alive));
    end_child();
    struct pollfd p = { .fd = alive, .events = POLLIN };
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_false(credential_lives(alive));
    close(alive);
    assert_int_equal(credential_look(pool, SHOWN, &process, NULL), MSTRO_NOENT);
}

static void a_process_that_stands_still_is_seen(void **state)
{
    (void)state;
    int32_t process = 0;
    int status;
    kill(child, SIGSTOP);
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_int_equal(credential_look(pool, SHOWN, &process, NULL), MSTRO_OK);
    assert_int_equal(process, child);
}

static void a_name_that_is_taken_cannot_be_shown_and_another_pool_has_names_of_its_own(void **state)
{
    (void)state;
    int fd;
    struct id other = { pool.high, pool.low + 1 };
    int32_t process;
    assert_int_equal(credential_show(pool, SHOWN, &fd), MSTRO_IO);
    assert_int_equal(fd, -1);
    assert_int_equal(credential_look(other, SHOWN, &process, NULL), MSTRO_NOENT);
    assert_int_equal(credential_show(other, SHOWN, &fd), MSTRO_OK);
    assert_int_equal(credential_look(other, SHOWN, &process, NULL), MSTRO_OK);
    assert_int_equal(process, getpid());
    close(fd);
}

/* The backlog holds 64. */
static void many_may_look_while_somebody_attends(void **state)
{
    (void)state;
    int fd;
    struct id own = { pool.high, pool.low + 2 };
    int32_t process;
    mstro_status status = MSTRO_OK;
    assert_int_equal(credential_show(own, SHOWN, &fd), MSTRO_OK);
    for (int i = 0; i < 200 && status == MSTRO_OK; i++)
        status = credential_look(own, SHOWN, &process, NULL);
    assert_int_equal(status, MSTRO_REFUSED);
    assert_true(credential_attend(fd));
    assert_int_equal(credential_look(own, SHOWN, &process, NULL), MSTRO_OK);
    close(fd);
}

/* A ticket of a hostile holder names the process of somebody else. */
static void only_the_process_that_shows_itself_is_the_holder(void **state)
{
    (void)state;
    struct holders h;
    holders_init(&h);
    holders_know_self(&h, pool, OWN);
    assert_false(holders_check(&h, SHOWN, getppid()));
    assert_false(holders_check(&h, SHOWN, getpid()));
    assert_false(holders_check(&h, ABSENT, child));
    assert_false(holders_check(&h, ABSENT, getpid()));
    assert_false(holders_check(&h, OWN, child));
    assert_true(holders_check(&h, OWN, getpid()));
    assert_true(holders_check(&h, SHOWN, child));
    assert_true(holders_check(&h, SHOWN, child));
    end_child();
    assert_false(holders_check(&h, SHOWN, getpid()));
    holders_release(&h);
}

static void what_has_ended_is_no_holder_though_it_was_seen(void **state)
{
    (void)state;
    struct holders h;
    holders_init(&h);
    holders_know_self(&h, pool, OWN);
    pid_t number = child;
    assert_true(holders_check(&h, SHOWN, number));
    end_child();
    assert_false(holders_check(&h, SHOWN, number)); /* another process may have this number now */
    holders_release(&h);
}

static unsigned descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++) {
        int copy = dup(fd);
        count += copy >= 0;
        if (copy >= 0)
            close(copy);
    }
    return count;
}

static void more_holders_than_are_kept_cost_no_more_descriptors(void **state)
{
    (void)state;
    enum { MANY = HOLDERS_KEPT + 8 };
    struct holders h;
    int fd[MANY];
    unsigned before = descriptors();
    for (uint64_t i = 0; i < MANY; i++)
        assert_int_equal(credential_show(pool, 100 + i, &fd[i]), MSTRO_OK);
    holders_init(&h);
    holders_know_self(&h, pool, OWN);
    for (uint64_t round = 0; round < 2; round++)
        for (uint64_t i = 0; i < MANY; i++)
            assert_true(holders_check(&h, 100 + i, getpid()));
    for (uint64_t i = 0; i < MANY; i++)
        close(fd[i]);
    assert_int_equal(descriptors(), before + HOLDERS_KEPT);
    holders_release(&h);
    assert_int_equal(descriptors(), before);
}

#define with_child(test) cmocka_unit_test_setup_teardown(test, open_child, close_child)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_child(the_kernel_names_who_shows_itself_and_tells_its_end),
        with_child(a_process_that_stands_still_is_seen),
        with_child(a_name_that_is_taken_cannot_be_shown_and_another_pool_has_names_of_its_own),
        with_child(many_may_look_while_somebody_attends),
        with_child(only_the_process_that_shows_itself_is_the_holder),
        with_child(what_has_ended_is_no_holder_though_it_was_seen),
        with_child(more_holders_than_are_kept_cost_no_more_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
