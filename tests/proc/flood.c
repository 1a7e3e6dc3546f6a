/* SPDX-License-Identifier: BSD-3-Clause */
/* A manager whose door is crowded, or that is short of descriptors or of memory: it refuses by name and serves the others.
 *
 * MAESTRO_LONG: as many as there may be.  An argument: only the tests that it matches. */
#define _GNU_SOURCE /* prlimit */
#include "tests/lib/check.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/serve/pool_info.h"
#include "lib/serve/witness.h"
#include "tests/lib/entries.h"
#include "tests/proc/stage.h"

enum { PATIENT = 20000, JOIN_TIME = 5000 };

static struct process *first, *second;
static pid_t flooder;

static bool is_long(void) { return getenv("MAESTRO_LONG") != NULL; }

static unsigned slowness(void)
{
    const char *text = getenv("MAESTRO_TEST_SLOWNESS");
    return text && atoi(text) > 1 ? (unsigned)atoi(text) : 1;
}

static void pass_time(unsigned ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

static int open_empty(void **state)
{
    (void)state;
    stage_open(&stage);
    return 0;
}

static int open_stage(void **state)
{
    open_empty(state);
    stage_manager(&stage, NULL);
    first = stage_actor(&stage, "first");
    second = stage_actor(&stage, "second");
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    if (flooder > 0) {
        kill(flooder, SIGKILL);
        waitpid(flooder, NULL, 0);
        flooder = 0;
    }
    stage_close(&stage);
    return 0;
}

/* The manager started by the program with these arguments before its path: prlimit, say. */
static void start_manager_by(const char *program, const char *const before[], const char *option)
{
    char path[4096];
    const char *arguments[16];
    size_t count = 0;
    snprintf(path, sizeof path, "%s", built("pool-manager/maestro-pool-manager"));
    for (; before[count]; count++)
        arguments[count] = before[count];
    arguments[count++] = path;
    arguments[count++] = option;
    arguments[count++] = "--shards=1"; /* each costs descriptors and addresses */
    arguments[count] = NULL;
    stage_manager_by(&stage, program, arguments);
}

static void exchange(struct process *from, struct process *to, const char *name)
{
    char line[100];
    snprintf(line, sizeof line, "declare 0 %s", name);
    expect(from, line, "MSTRO_OK");
    expect(to, line, "MSTRO_OK");
    expect(from, "fill 0 100000 1", "MSTRO_OK");
    expect(from, "offer 0", "MSTRO_OK");
    expect(to, "demand 0", "MSTRO_OK");
    expect(to, "check 0 100000 1", "MSTRO_OK right");
    expect(from, "withdraw 0", "MSTRO_OK");
    expect(from, "dispose 0", "MSTRO_OK");
    expect(to, "dispose 0", "MSTRO_OK");
}

static unsigned descriptors_of_manager(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)stage.manager.pid);
    return (unsigned)entries_of(path);
}

/* Until the manager has no more than so many open. */
static void wait_for_descriptors(unsigned most, unsigned ms)
{
    uint64_t end = clock_now() + ms * slowness() * NANOSECONDS_PER_MILLISECOND;
    while (descriptors_of_manager() > most) {
        if (clock_now() > end)
            fail_msg("%u descriptors are open, expected %u", descriptors_of_manager(), most);
        pass_time(20);
    }
}

static long long cpu_of_manager(void) { return process_cpu(&stage.manager) / 1000000; } /* ms */

/* ---- who stands at the door ---- */

static struct sockaddr_in door;
static struct id pool;

static void find_door(void)
{
    struct arena arena = { 0 };
    struct record_pool_info info;
    char witness[MAX_WITNESS + 1];
    assert_int_equal(pool_info_decode(stage.info, &arena, &info), MSTRO_OK);
    snprintf(witness, sizeof witness, TEXT_FORMAT, TEXT_ARGUMENTS(info.witness));
    pool = info.pool;
    arena_release(&arena);
    door = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    door.sin_port = htons((uint16_t)atoi(strrchr(witness, ':') + 1));
}

static int knock(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&door, sizeof door) != 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* True: the other side has closed it. */
static bool is_shut(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN);
}

/* As if a handshake began: anybody who knows the id of the pool can do so. */
static void say_hello(int fd)
{
    static const uint8_t key[WORKFLOW_KEY_SIZE];
    const struct handshake_self self = { .oldest = PROTOCOL_OLDEST, .newest = PROTOCOL_VERSION, .suites = seal_suites(), .pool = pool, .workflow_key = key };
    struct handshake h;
    struct witness_outbox outbox;
    uint8_t random[HANDSHAKE_RANDOM_SIZE];
    random_fill(random_kernel, random, sizeof random);
    if (handshake_hello(&h, &self, random, bytes_of("sixteen bytes...", 16), witness_begin(&outbox)) == MSTRO_OK)
        witness_send(fd, &outbox);
}

/* What a flood has of each kind; those that are put out come again at once, 'garbage' a second say something and go. */
struct flood { unsigned idle, half_open, garbage; };

static void keep_up(int *fds, unsigned count, bool hello)
{
    for (unsigned i = 0; i < count; i++) {
        if (fds[i] >= 0 && !is_shut(fds[i]))
            continue;
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = knock();
        struct pollfd p = { .fd = fds[i], .events = POLLOUT };
        if (hello && fds[i] >= 0 && poll(&p, 1, 100) == 1)
            say_hello(fds[i]);
    }
}

static void flood_for_ever(const struct flood *f)
{
    int *idle = malloc((f->idle + 1) * sizeof *idle), *half_open = malloc((f->half_open + 1) * sizeof *half_open);
    uint64_t next = clock_now();
    memset(idle, -1, (f->idle + 1) * sizeof *idle);
    memset(half_open, -1, (f->half_open + 1) * sizeof *half_open);
    for (;;) {
        keep_up(idle, f->idle, false);
        keep_up(half_open, f->half_open, true);
        for (; f->garbage && next < clock_now(); next += NANOSECONDS_PER_SECOND / f->garbage) {
            int fd = knock();
            struct pollfd p = { .fd = fd, .events = POLLOUT };
            if (fd >= 0 && poll(&p, 1, 100) == 1)
                (void)!send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
            close(fd);
        }
        pass_time(1);
    }
}

static void start_flood(const struct flood *f)
{
    find_door();
    flooder = fork();
    if (flooder == 0) {
        struct rlimit limit;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        flood_for_ever(f);
    }
}

static void stop_flood(void)
{
    kill(flooder, SIGKILL);
    waitpid(flooder, NULL, 0);
    flooder = 0;
}

static void an_honest_process_joins_within_10_s_through_a_flood(void **state)
{
    (void)state;
    const struct flood f = is_long() ? (struct flood){ 5000, 200, 500 } : (struct flood){ 1300, 50, 100 };
    unsigned before = descriptors_of_manager(), worst = 0;
    start_flood(&f);
    wait_for_descriptors(100000, 1);
    pass_time(1000); /* so that it is under way */
    for (int i = 0; i < (is_long() ? 10 : 3); i++) {
        struct process *late = stage_extra(&stage);
        char line[64];
        snprintf(line, sizeof line, "init late-%d 0", i);
        tell(late, "%s", line);
        unsigned ms = expect_within(late, "MSTRO_OK", 10000);
        worst = ms > worst ? ms : worst;
        exchange(first, late, "through the flood");
        expect(late, "finalize", "MSTRO_OK");
    }
    exchange(first, second, "of those inside");
    print_message("joined after %u ms at most, with %u descriptors open\n", worst, descriptors_of_manager());
    stop_flood();
    wait_for_descriptors(before, JOIN_TIME + 3000);
}

static void who_stands_at_the_door_and_says_nothing_is_put_out_after_5_s(void **state)
{
    (void)state;
    find_door();
    int silent = knock(), begun = knock();
    struct pollfd both[2] = { { .fd = silent, .events = POLLIN }, { .fd = begun, .events = POLLOUT } };
    assert_int_equal(poll(both + 1, 1, 1000), 1);
    say_hello(begun);
    both[1].events = POLLIN;
    uint64_t since = clock_now();
    assert_int_equal(poll(both, 1, (int)((JOIN_TIME + 2000) * slowness())), 1);
    assert_true(clock_now() - since > (JOIN_TIME - 500) * NANOSECONDS_PER_MILLISECOND);
    assert_true(is_shut(silent));
    char challenge[HANDSHAKE_MAX];
    while (recv(begun, challenge, sizeof challenge, MSG_DONTWAIT) > 0)
        ;
    assert_int_equal(poll(both + 1, 1, 2000), 1);
    assert_true(is_shut(begun));
    close(silent);
    close(begun);
}

/* ---- descriptors ---- */

enum { FEW = 64, CROWD = 120 }; /* room for some ten, however many the manager itself has open at its start: fewer than there are actors */

/* Those inside first, then as many at the door as come: the reserve is theirs. */
static void a_manager_short_of_descriptors_keeps_those_inside_and_says_why_others_cannot_come_in(void **state)
{
    (void)state;
    char limit[32];
    const char *before[] = { limit, NULL };
    struct process *inside[ACTORS], *refused = NULL;
    unsigned count = 0;
    snprintf(limit, sizeof limit, "--nofile=%d:%d", FEW, FEW);
    start_manager_by("/usr/bin/prlimit", before, "--log-level=warn");
    for (; !refused && count < ACTORS - 1; count++) {
        char line[64];
        inside[count] = stage_extra(&stage);
        snprintf(line, sizeof line, "init member-%u 0", count);
        tell(inside[count], "%s", line);
        hear(inside[count], PATIENT);
        if (strncmp(inside[count]->answer, "MSTRO_OK", 8) != 0)
            refused = inside[count--];
    }
    assert_non_null(refused);
    assert_memory_equal(refused->answer, "MSTRO_QUOTA", 11);
    assert_non_null(strstr(refused->answer, "open files"));
    print_message("%u are in, %u of %d descriptors are open\n", count, descriptors_of_manager(), FEW);
    assert_true(count >= 4);
    exchange(inside[0], inside[1], "of those inside");
    const struct flood f = { .idle = CROWD };
    start_flood(&f);
    pass_time(500);
    long long used = cpu_of_manager();
    pass_time(2000);
    used = cpu_of_manager() - used;
    print_message("%lld ms of CPU time in 2 s, %u descriptors\n", used, descriptors_of_manager());
    assert_true(descriptors_of_manager() < FEW); /* what an operator needs to look at it is left */
    exchange(inside[0], inside[1], "with a crowd at the door");
    stop_flood();
    expect(inside[0], "finalize", "MSTRO_OK");
    tell(refused, "init member-x 0");
    expect_within(refused, "MSTRO_OK", PATIENT);
}

static unsigned highest_descriptor_of_manager(void)
{
    char path[64];
    int highest = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)stage.manager.pid);
    DIR *all = opendir(path);
    assert_non_null(all);
    for (struct dirent *entry; (entry = readdir(all));)
        highest = atoi(entry->d_name) > highest ? atoi(entry->d_name) : highest;
    closedir(all);
    return (unsigned)highest;
}

static void limit_descriptors_of_manager(rlim_t most)
{
    struct rlimit limit;
    assert_int_equal(prlimit(stage.manager.pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = most ? most : limit.rlim_max;
    assert_int_equal(prlimit(stage.manager.pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

/* Its limit is lowered while it runs, to 'most'. */
static void bear_it_with(rlim_t most, const char *name, const char *expected)
{
    enum { KNOCKS = 16 };
    int waiting[KNOCKS];
    char line[64];
    limit_descriptors_of_manager(most);
    for (size_t i = 0; i < KNOCKS; i++)
        waiting[i] = knock();
    struct process *late = stage_extra(&stage);
    snprintf(line, sizeof line, "init %s 0", name);
    tell(late, "%s", line);
    pass_time(500);
    long long used = cpu_of_manager();
    pass_time(2000);
    used = cpu_of_manager() - used;
    hear(late, PATIENT);
    print_message("%lld ms of CPU time in 2 s; %s\n", used, late->answer);
    assert_true(used < 300 * slowness());
    if (strncmp(late->answer, expected, strlen(expected)) != 0)
        fail_msg("expected %s: %s", expected, late->answer);
    exchange(first, second, "of those inside");
    limit_descriptors_of_manager(0);
    for (size_t i = 0; i < KNOCKS; i++)
        close(waiting[i]);
    if (strcmp(expected, "MSTRO_OK") != 0)
        expect(late, line, "MSTRO_OK");
}

static void a_manager_without_a_descriptor_does_not_spin(void **state)
{
    (void)state;
    find_door();
    bear_it_with(8, "fewer", "MSTRO_NO_PM"); /* not a single one for whoever comes */
    enum { OF_MEMBER = 3 }; /* its witness, and for the shard a bell or a connection */
    bear_it_with(highest_descriptor_of_manager() + 1 + OF_MEMBER, "as-many", "MSTRO_OK"); /* those who stand at the door make room */
}

static void who_has_got_the_last_descriptor_is_not_put_out_for_nobody(void **state)
{
    (void)state;
    enum { KNOCKS = 32, DOTS = 2 /* the folder's entries for itself and the one above */ };
    int waiting[KNOCKS];
    unsigned left = 0;
    char byte;
    find_door();
    unsigned most = highest_descriptor_of_manager() + 2, room = most + DOTS - descriptors_of_manager();
    assert_in_range(room, 1, KNOCKS - 1);
    limit_descriptors_of_manager(most);
    for (size_t i = 0; i < KNOCKS; i++)
        waiting[i] = knock();
    exchange(first, second, "while many stand at the door");
    pass_time(300);
    for (size_t i = 0; i < KNOCKS; i++) {
        left += recv(waiting[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
        close(waiting[i]);
    }
    assert_int_equal(left, room);
}

/* ---- memory ---- */

static uint64_t memory_of_manager(const char *what)
{
    char path[64], line[256], field[64];
    unsigned long long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)stage.manager.pid);
    snprintf(field, sizeof field, "%s: %%llu", what);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        sscanf(line, field, &kib);
    fclose(file);
    return kib << 10;
}

/* The others go on; what the greedy one has can be given back, and then there is room again. */
static void fill_until_refused(const char *status, const char *or, uint64_t most)
{
    find_door();
    struct process *greedy = stage_actor(&stage, "greedy"), *modest = stage_actor(&stage, "modest");
    struct process *partner = stage_actor(&stage, "partner");
    exchange(modest, partner, "before");
    tell(greedy, "many thing 200000 16");
    hear(greedy, 5 * PATIENT);
    print_message("%.200s; %llu MiB resident\n", greedy->answer, (unsigned long long)(memory_of_manager("VmRSS") >> 20));
    if (strncmp(greedy->answer, status, strlen(status)) != 0 && strncmp(greedy->answer, or, strlen(or)) != 0)
        fail_msg("expected %s: %s", status, greedy->answer);
    assert_true(memory_of_manager("VmRSS") < most);
    assert_int_equal(process_wait(&stage.manager, 0), -1); /* it lives */
    expect(modest, "usage", "MSTRO_OK");
    tell(partner, "init again 0");
    expect_within(partner, "MSTRO_NOT_TWICE", PATIENT);
    process_kill(greedy, SIGKILL);
    process_wait(greedy, PATIENT);
    uint64_t end = clock_now() + PATIENT * NANOSECONDS_PER_MILLISECOND;
    do { /* the pool needs a moment to see that it has died */
        tell(modest, "declare 1 after");
        hear(modest, PATIENT);
        tell(modest, "offer 1");
        hear(modest, PATIENT);
    } while (strncmp(modest->answer, "MSTRO_OK", 8) != 0 && clock_now() < end);
    assert_memory_equal(modest->answer, "MSTRO_OK", 8);
    exchange(modest, partner, "later");
}

static void beyond_its_memory_budget_a_manager_refuses_by_name_and_goes_on(void **state)
{
    (void)state;
    const char *arguments[] = { "--memory-budget=16MiB", NULL };
    stage_manager(&stage, arguments);
    fill_until_refused("MSTRO_QUOTA", "MSTRO_QUOTA", UINT64_C(200) << 20);
}

/* A quarter of it is the budget when nobody says otherwise. */
static void a_manager_of_limited_address_space_refuses_by_name_before_it_is_full(void **state)
{
    (void)state;
    const char *before[] = { "--as=200000000", NULL };
    start_manager_by("/usr/bin/prlimit", before, "--log-level=warn");
    fill_until_refused("MSTRO_QUOTA", "MSTRO_QUOTA", UINT64_C(200) << 20);
}

static void a_manager_that_gets_no_memory_any_more_refuses_by_name_and_goes_on(void **state)
{
    (void)state;
    const char *before[] = { "--as=200000000", NULL };
    start_manager_by("/usr/bin/prlimit", before, "--memory-budget=0");
    fill_until_refused("MSTRO_NOMEM", "MSTRO_QUOTA", UINT64_C(200) << 20);
}

#define on(opened, test) cmocka_unit_test_setup_teardown(test, opened, close_stage)

int main(int argc, char *argv[])
{
    const char *sanitizer = getenv("SANITIZER_FLAGS");
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    if (sanitizer && *sanitizer) { /* it has terabytes of addresses for itself; cmocka calls what is skipped "not ok" */
        print_message("# no limits of address space in a sanitizer build\n");
        cmocka_set_skip_filter("a_manager_*_refuses_by_name_*");
    }
    const struct CMUnitTest tests[] = {
        on(open_stage, an_honest_process_joins_within_10_s_through_a_flood),
        on(open_stage, who_stands_at_the_door_and_says_nothing_is_put_out_after_5_s),
        on(open_empty, a_manager_short_of_descriptors_keeps_those_inside_and_says_why_others_cannot_come_in),
        on(open_stage, a_manager_without_a_descriptor_does_not_spin),
        on(open_stage, who_has_got_the_last_descriptor_is_not_put_out_for_nobody),
        on(open_empty, beyond_its_memory_budget_a_manager_refuses_by_name_and_goes_on),
        on(open_empty, a_manager_of_limited_address_space_refuses_by_name_before_it_is_full),
        on(open_empty, a_manager_that_gets_no_memory_any_more_refuses_by_name_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
