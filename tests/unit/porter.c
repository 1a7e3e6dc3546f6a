/* SPDX-License-Identifier: BSD-3-Clause */
/* What strangers bring holds one thread up, and nobody else. */
#define _GNU_SOURCE /* memfd_create */
#include "tests/lib/lingering.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/system/credential.h"
#include "lib/system/handover.h"
#include "lib/system/porter.h"

enum { NUMBER = 5 };

struct door {
    struct id pool;
    struct porter *porter;
    atomic_uint memories, shortages;
    char words[HANDOVER_WORDS];
};

static void memory_came(void *context, struct bytes words, int memory)
{
    struct door *d = context;
    memcpy(d->words, words.at, words.length);
    assert_true(fcntl(memory, F_GET_SEALS) >= 0);
    close(memory);
    d->memories++;
}

static void nobody_attended(void *context) { ((struct door *)context)->shortages++; }

static void door_open(struct door *d)
{
    static uint64_t doors;
    int shown, handed;
    *d = (struct door){ .pool = { (uint64_t)getpid(), 1000 + doors++ } };
    assert_int_equal(credential_show(d->pool, NUMBER, &shown), MSTRO_OK);
    assert_int_equal(handover_open(d->pool, NUMBER, &handed), MSTRO_OK);
    assert_int_equal(porter_start(&d->porter, shown, handed, &(struct porter_events){ d, memory_came, nobody_attended }), MSTRO_OK);
}

static void await(atomic_uint *count, unsigned wanted)
{
    uint64_t until = clock_now() + 20 * NANOSECONDS_PER_SECOND;
    while (*count < wanted && clock_now() < until)
        poll(NULL, 0, 1);
    assert_int_equal(*count, wanted);
}

static void give_memory(struct door *d, const char *words)
{
    int memory = memfd_create("given", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(handover_give(d->pool, NUMBER, bytes_of((const uint8_t *)words, strlen(words) + 1), memory), MSTRO_OK);
    close(memory);
}

static void bring(struct door *d, int type, const int *fds, size_t count)
{
    struct sockaddr_un name;
    socklen_t length = credential_name(d->pool, NUMBER, &name);
    bring_descriptors(type, &name, length, fds, count);
}

/* Whether the other end of this pipe has been closed everywhere. */
static void await_closed(int reading)
{
    struct pollfd p = { .fd = reading, .events = POLLIN };
    assert_int_equal(poll(&p, 1, 20000), 1);
    assert_true(p.revents & POLLHUP);
}

static void memory_gets_past_it_with_its_words(void **state)
{
    (void)state;
    struct door d;
    door_open(&d);
    give_memory(&d, "hello");
    await(&d.memories, 1);
    assert_string_equal(d.words, "hello");
    porter_stop(d.porter);
}

static void all_else_is_closed_and_nobody_hears_of_it(void **state)
{
    (void)state;
    struct door d;
    int ends[2];
    door_open(&d);
    int memory = memfd_create("given", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pipe(ends), 0);
        const int one[] = { ends[1] }, more[] = { memory, ends[1], memory };
        bring(&d, i % 2 ? SOCK_DGRAM : SOCK_STREAM, i < 2 ? one : more, i < 2 ? 1 : 3);
        close(ends[1]);
        await_closed(ends[0]);
        close(ends[0]);
    }
    close(memory);
    assert_int_equal(d.memories, 0);
    give_memory(&d, "still there");
    await(&d.memories, 1);
    assert_int_equal(d.shortages, 0);
    porter_stop(d.porter);
}

static void who_looks_is_dismissed_however_many_come(void **state)
{
    (void)state;
    struct door d;
    int32_t process;
    door_open(&d);
    uint64_t until = clock_now() + 20 * NANOSECONDS_PER_SECOND;
    for (int i = 0; i < 500; i++) {
        mstro_status status;
        while ((status = credential_look(d.pool, NUMBER, &process, NULL)) == MSTRO_REFUSED && clock_now() < until)
            poll(NULL, 0, 1);
        assert_int_equal(status, MSTRO_OK);
    }
    porter_stop(d.porter);
    assert_int_equal(credential_look(d.pool, NUMBER, &process, NULL), MSTRO_NOENT);
}

/* It sees it as soon as there is one again. */
static void shortage_of_descriptors_is_told(void **state)
{
    (void)state;
    struct door d;
    struct rlimit limit, none;
    door_open(&d);
    int memory = memfd_create("given", MFD_CLOEXEC | MFD_ALLOW_SEALING), over = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un name;
    socklen_t length = credential_name(d.pool, NUMBER, &name);
    assert_int_equal(connect(over, (struct sockaddr *)&name, length), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    int next = dup(over); /* and none is free below it */
    none.rlim_cur = (rlim_t)next;
    close(next);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    send_descriptors(over, &memory, 1);
    await(&d.shortages, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(d.memories, 0);
    give_memory(&d, "again");
    await(&d.memories, 1);
    close(over);
    close(memory);
    porter_stop(d.porter);
}

static void *close_it(void *fd)
{
    close(*(int *)fd);
    free(fd);
    return NULL;
}

/* The porter may have been faster, and this be the last one. */
static void close_elsewhere(int fd)
{
    pthread_t thread;
    int *at = malloc(sizeof *at);
    assert_non_null(at);
    *at = fd;
    assert_int_equal(pthread_create(&thread, NULL, close_it, at), 0);
    pthread_detach(thread);
}

/* In a queue of either kind, alone and behind what is taken. */
static void what_lingers_holds_nobody_else_up(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct door d;
        int32_t process;
        int reader, fd = lingering_socket(&reader), memory = memfd_create("given", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        const int alone[] = { fd }, behind[] = { memory, fd };
        door_open(&d);
        uint64_t begin = clock_now();
        bring(&d, kind % 2 ? SOCK_DGRAM : SOCK_STREAM, kind < 2 ? alone : behind, kind < 2 ? 1 : 2);
        close_elsewhere(fd);
        close(memory);
        porter_stop(d.porter);
        assert_true(clock_now() - begin < NANOSECONDS_PER_SECOND);
        assert_int_equal(credential_look(d.pool, NUMBER, &process, NULL), MSTRO_NOENT); /* though it may be in there still */
        close(reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_gets_past_it_with_its_words),
        cmocka_unit_test(all_else_is_closed_and_nobody_hears_of_it),
        cmocka_unit_test(who_looks_is_dismissed_however_many_come),
        cmocka_unit_test(shortage_of_descriptors_is_told),
        cmocka_unit_test(what_lingers_holds_nobody_else_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
