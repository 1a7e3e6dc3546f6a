/* SPDX-License-Identifier: BSD-3-Clause */
/* Joining over a real fabric: a server and its clients, each with sockets and frames of its own, in one process. */
#define _GNU_SOURCE /* memmem */
#include "tests/lib/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/client/remote.h"
#include "lib/serve/pool_info.h"
#include "lib/serve/server.h"

static struct host *hosts[MAX_SHARDS];
static struct server *server;

static struct id pool_id = { 0x1122334455667788, 0x99aabbccddeeff00 };

/* As maestro-pool-manager has it. */
static unsigned shards(void)
{
    const char *number = getenv("MSTRO_PM_PC_NUM_THREADS");
    return number ? (unsigned)atoi(number) : 1;
}

static void start_server(uint64_t join_time)
{
    struct pool_settings pool = pool_settings_default();
    pool.pool = pool_id;
    pool.workflow = text_of("join");
    assert_int_equal(hosts_create(hosts, shards(), &pool), MSTRO_OK);
    const struct server_settings settings = { .pool = pool_id, .workflow = pool.workflow, .listen = "127.0.0.1", .join_time = join_time };
    assert_int_equal(server_start(&server, hosts, shards(), &settings), MSTRO_OK);
}

static void stop_server(void)
{
    server_stop(server);
    hosts_destroy(hosts, shards());
}

static int begin(void **state)
{
    (void)state;
    pool_id.low ^= (uint64_t)getpid(); /* pools show themselves to the whole node under their ids */
    start_server(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    stop_server();
    return 0;
}

/* ---- a client that keeps the last record, and what was lost ---- */

struct guest {
    struct link_receiver receiver;
    struct link *link;
    enum record_kind kind; /* of the last record, 0: none yet */
    uint32_t status;
    char detail[512], lost_reason[256];
    mstro_status lost;
    unsigned records;
};

static void keep(struct guest *g, uint32_t status, struct text detail)
{
    g->status = status;
    snprintf(g->detail, sizeof g->detail, TEXT_FORMAT, TEXT_ARGUMENTS(detail));
}

static void on_record(struct link_receiver *receiver, const struct record *r)
{
    struct guest *g = (struct guest *)receiver;
    g->kind = r->kind;
    g->records++;
    switch (r->kind) {
    case KIND_REFUSED: keep(g, r->refused.status, r->refused.detail); break;
    case KIND_ACK: keep(g, r->ack.status, r->ack.detail); break;
    case KIND_BYE: keep(g, r->bye.status, r->bye.detail); break;
    default: break;
    }
}

static void on_lost(struct link_receiver *receiver, mstro_status status, struct text reason)
{
    struct guest *g = (struct guest *)receiver;
    g->lost = status;
    snprintf(g->lost_reason, sizeof g->lost_reason, TEXT_FORMAT, TEXT_ARGUMENTS(reason));
}

static mstro_status reach(struct guest *g, const char *info)
{
    *g = (struct guest){ .receiver = { on_record, on_lost } };
    return link_remote(&g->link, info, clock_now() + 5 * NANOSECONDS_PER_SECOND);
}

static void say(struct guest *g, const struct record *r)
{
    g->kind = 0;
    g->link->operations->send(g->link, 0, r);
    g->link->operations->flush(g->link, PACE_NOW);
}

/* Poll until something has come or the link is lost; fails after 10 s. */
static void hear(struct guest *g)
{
    uint64_t end_of_patience = clock_now() + 10 * NANOSECONDS_PER_SECOND;
    while (!g->link->operations->poll(g->link, &g->receiver, PACE_NOW) || (!g->kind && !g->lost)) {
        assert_true(clock_now() < end_of_patience);
        g->link->operations->sleep(g->link, clock_now() + 50 * NANOSECONDS_PER_MILLISECOND);
    }
}

static void part(struct guest *g) { g->link->operations->close(g->link); }

static enum record_kind join_as_process(struct guest *g, const char *component, const char *workflow, pid_t process)
{
    struct record r = { .kind = KIND_JOIN, .join = { .op = 1, .pid = (uint64_t)process, .workflow = text_of(workflow), .component = text_of(component), .host = text_of("here") } };
    say(g, &r);
    hear(g);
    return g->kind;
}

static enum record_kind join_as(struct guest *g, const char *component, const char *workflow)
{
    return join_as_process(g, component, workflow, getpid());
}

static void wait_for_connections(uint64_t count)
{
    uint64_t end_of_patience = clock_now() + 10 * NANOSECONDS_PER_SECOND;
    while (server_count(server).shard.connections != count) {
        assert_true(clock_now() < end_of_patience);
        usleep(1000);
    }
}

/* ---- who may come in ---- */

static void a_process_with_the_info_is_welcomed_and_says_goodbye(void **state)
{
    (void)state;
    struct guest g;
    assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as(&g, "one", "join"), KIND_WELCOME);
    say(&g, &(struct record){ .kind = KIND_LEAVE, .leave = { .op = 2 } });
    hear(&g);
    assert_int_equal(g.kind, KIND_BYE);
    assert_int_equal(g.status, MSTRO_OK);
    part(&g);
    wait_for_connections(0);
    assert_int_equal(host_count(hosts[0]).sessions, 0);
}

static void a_name_that_lives_is_refused_naming_host_and_process(void **state)
{
    (void)state;
    struct guest first, second;
    char pid[32];
    assert_int_equal(reach(&first, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as(&first, "twin", "join"), KIND_WELCOME);
    assert_int_equal(reach(&second, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as(&second, "twin", "join"), KIND_REFUSED);
    assert_int_equal(second.status, MSTRO_CONFLICT);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    assert_non_null(strstr(second.detail, "here"));
    assert_non_null(strstr(second.detail, pid));
    part(&second);
    part(&first);
    wait_for_connections(0);
}

static void another_workflow_is_refused(void **state)
{
    (void)state;
    struct guest g;
    assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as(&g, "one", "another"), KIND_REFUSED);
    part(&g);
}

/* Others would be made to read the memory of a process that has nothing to do with it. */
static void who_says_that_it_is_another_process_is_refused_naming_both(void **state)
{
    (void)state;
    struct guest g;
    char said[32], seen[32];
    pid_t victim = getppid();
    assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as_process(&g, "liar", "join", victim), KIND_REFUSED);
    assert_int_equal(g.status, MSTRO_REFUSED);
    snprintf(said, sizeof said, "says that it is process %d", (int)victim);
    snprintf(seen, sizeof seen, "says that it is process %d", (int)getpid());
    assert_non_null(strstr(g.detail, said));
    assert_non_null(strstr(g.detail, seen));
    assert_int_equal(host_count(hosts[0]).sessions, 0);
    part(&g);
    wait_for_connections(0);
}

static void who_dies_makes_room_for_its_name(void **state)
{
    (void)state;
    struct guest g;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
        assert_int_equal(join_as(&g, "again", "join"), KIND_WELCOME);
        part(&g); /* no LEAVE: as a process that dies */
        wait_for_connections(0);
        assert_int_equal(host_count(hosts[0]).sessions, 0);
    }
}

/* True when it lasts as long as it may. */
static bool sleeps_soundly(struct guest *g)
{
    uint64_t until = clock_now() + 20 * NANOSECONDS_PER_MILLISECOND;
    g->link->operations->sleep(g->link, until);
    return clock_now() >= until;
}

/* Who finds the token taken sleeps again, while the one who has it sees to the letter. */
static void a_letter_wakes_once_and_waits_for_who_takes_it(void **state)
{
    (void)state;
    struct guest g;
    int tries = 0;
    assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as(&g, "sleeper", "join"), KIND_WELCOME);
    say(&g, &(struct record){ .kind = KIND_RETRACT, .retract = { .op = 2, .handle = 1 } });
    while (!g.kind) { /* not polled while it is in the box */
        while (!sleeps_soundly(&g))
            assert_true(++tries < 100);
        g.link->operations->poll(g.link, &g.receiver, PACE_NOW);
    }
    assert_int_equal(g.kind, KIND_ACK);
    part(&g);
    wait_for_connections(0);
}

static void many_records_of_both_sides_arrive_in_order(void **state)
{
    (void)state;
    struct guest g;
    assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as(&g, "many", "join"), KIND_WELCOME);
    unsigned before = g.records;
    for (uint64_t op = 10; op < 5010; op++)
        g.link->operations->send(g.link, 0, &(struct record){ .kind = KIND_RETRACT, .retract = { .op = op, .handle = op } });
    g.link->operations->flush(g.link, PACE_NOW);
    uint64_t end_of_patience = clock_now() + 20 * NANOSECONDS_PER_SECOND;
    while (g.records < before + 5000) {
        assert_int_equal(g.lost, MSTRO_OK);
        assert_true(clock_now() < end_of_patience);
        if (!g.link->operations->poll(g.link, &g.receiver, PACE_NOW))
            g.link->operations->sleep(g.link, clock_now() + 50 * NANOSECONDS_PER_MILLISECOND);
    }
    assert_true(server_count(server).shard.frames_received < 1000); /* they travelled together */
    part(&g);
    wait_for_connections(0);
}

/* ---- who finds nobody, or somebody else ---- */

static char *info_with(void (*change)(struct record_pool_info *info))
{
    struct arena arena = { 0 };
    struct record_pool_info info;
    char *text;
    assert_int_equal(pool_info_decode(server_info(server), &arena, &info), MSTRO_OK);
    change(&info);
    assert_int_equal(pool_info_encode(&info, &text), MSTRO_OK);
    arena_release(&arena);
    return text;
}

static mstro_status reach_with(void (*change)(struct record_pool_info *info))
{
    struct guest g;
    char *text = info_with(change);
    uint64_t begin_time = clock_now();
    mstro_status status = reach(&g, text);
    assert_true(clock_now() - begin_time < 3 * NANOSECONDS_PER_SECOND);
    free(text);
    return status;
}

static void other_pool(struct record_pool_info *info) { info->pool.low++; }
static void other_key(struct record_pool_info *info) { info->key = bytes_of("another key of thirty-two bytes.", 32); }
static void other_port(struct record_pool_info *info) { info->witness = text_of("127.0.0.1:1"); }
static void no_address(struct record_pool_info *info) { info->witness = text_of("nowhere"); }

static void infos_that_lead_nowhere_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(reach_with(other_pool), MSTRO_POOL_STALE);
    assert_int_equal(reach_with(other_key), MSTRO_REFUSED);
    assert_non_null(strstr(mstro_error_detail(), "key"));
    assert_int_equal(reach_with(other_port), MSTRO_NO_PM);
    assert_non_null(strstr(mstro_error_detail(), "127.0.0.1:1"));
    assert_int_equal(reach_with(no_address), MSTRO_INVARG);
}

static void what_is_no_info_is_called_that(void **state)
{
    (void)state;
    char cut[POOL_INFO_MAX], changed[POOL_INFO_MAX];
    snprintf(cut, sizeof cut, "%s", server_info(server));
    snprintf(changed, sizeof changed, "%s", server_info(server));
    cut[strlen(cut) - 5] = '\0';
    changed[60] = changed[60] == 'A' ? 'B' : 'A';
    const char *bad[] = { "", "rubbish", "maestro1:", "maestro1:!!!!", cut, changed, "MSTRO_POOL_MANAGER_INFO;x;" };
    struct guest g;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(reach(&g, bad[i]), MSTRO_INVARG);
        assert_non_null(strstr(mstro_error_detail(), "info"));
    }
}

static void the_info_survives_an_environment_variable(void **state)
{
    (void)state;
    const char *info = server_info(server);
    assert_null(strpbrk(info, "; \t\n\r\"'$`\\"));
    assert_true(strlen(info) < 4096);
}

/* ---- a port that something else has now ---- */

static const char *foreign_name; /* "127.0.0.1:PORT" */
static struct id foreign_pool;

static void foreign(struct record_pool_info *info)
{
    info->witness = text_of(foreign_name);
    info->pool = foreign_pool;
    info->info_file = text_of("/somewhere/pool.info");
}

/* A service that says 'banner' to whoever comes, and nothing more; NULL: it hangs up. */
static pid_t start_foreign(const char *banner, char name[64], int *listener)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof at;
    *listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(*listener, 8), 0);
    getsockname(*listener, (struct sockaddr *)&at, &length);
    snprintf(name, 64, "127.0.0.1:%d", ntohs(at.sin_port));
    foreign_name = name;
    pid_t child = fork();
    if (child != 0)
        return child;
    for (int fd; (fd = accept(*listener, NULL, NULL)) >= 0;)
        if (!banner || write(fd, banner, strlen(banner)) < 0)
            close(fd);
    _exit(0);
}

/* How a client that was given the info of a pool that is gone fares with it; how long it took, in ms. */
static mstro_status reach_foreign(const char *banner, struct id pool, uint64_t *ms)
{
    char name[64];
    int listener;
    struct guest g;
    foreign_pool = pool;
    pid_t child = start_foreign(banner, name, &listener);
    char *text = info_with(foreign);
    uint64_t begin_time = clock_now();
    mstro_status status = reach(&g, text);
    *ms = (clock_now() - begin_time) / NANOSECONDS_PER_MILLISECOND;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(listener);
    free(text);
    return status;
}

static const struct id gone_pool = { 1, 2 };

static unsigned slowness(void)
{
    const char *text = getenv("MAESTRO_TEST_SLOWNESS");
    return text && atoi(text) > 1 ? (unsigned)atoi(text) : 1;
}

static void a_foreign_service_is_called_stale_within_a_second(void **state)
{
    (void)state;
    uint64_t ms;
    const char *banners[] = { "SSH-2.0-somebody else entirely, with a longish banner of its own\r\n", "220 hello\r\n", NULL };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(reach_foreign(banners[i], gone_pool, &ms), MSTRO_POOL_STALE);
        assert_true(ms < 1000 * slowness());
        assert_non_null(strstr(mstro_error_detail(), "MSTRO_POOL_MANAGER_INFO"));
        assert_non_null(strstr(mstro_error_detail(), "/somewhere/pool.info"));
    }
}

static void a_foreign_service_that_says_nothing_is_called_stale_soon_after_a_second(void **state)
{
    (void)state;
    uint64_t ms;
    assert_int_equal(reach_foreign("", gone_pool, &ms), MSTRO_POOL_STALE);
    assert_true(ms < 1500 * slowness());
    assert_non_null(strstr(mstro_error_detail(), "/somewhere/pool.info"));
}

/* The manager shows itself to its node, so that it is there: loaded, or standing still. */
static void a_manager_that_is_there_and_says_nothing_is_waited_for(void **state)
{
    (void)state;
    uint64_t ms;
    assert_int_equal(reach_foreign("", pool_id, &ms), MSTRO_NO_PM);
    assert_true(ms >= 4900);
    assert_non_null(strstr(mstro_error_detail(), "stands still"));
}

/* ---- who is at the door and does not come in ---- */

static int knock(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    at.sin_port = htons((uint16_t)atoi(strrchr(server_door(server), ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* The bytes that come until the end of the connection, at most 'seconds'. */
static size_t read_all(int fd, void *to, size_t size, int seconds)
{
    struct timeval patience = { .tv_sec = seconds };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    size_t used = 0;
    for (ssize_t n; (n = recv(fd, (char *)to + used, size - used, 0)) != 0; used += (size_t)n)
        assert_true(n > 0 && used < size);
    close(fd);
    return used;
}

static void garbage_gets_one_named_error_and_the_end(void **state)
{
    (void)state;
    char answer[4096];
    uint8_t huge[FRAME_HEADER_SIZE];
    struct writer w = writer_of(huge, sizeof huge);
    writer_u32(&w, FRAME_MAGIC);
    writer_u16(&w, 1);
    writer_u16(&w, FRAME_HANDSHAKE);
    writer_u32(&w, UINT32_MAX);
    memset(writer_take(&w, writer_left(&w)), 0, 20);
    static const char request[] = "GET / HTTP/1.1\r\nHost: somewhere.example\r\n\r\n";
    const struct bytes garbage[] = { bytes_of(request, sizeof request), bytes_of(huge, sizeof huge) };
    for (size_t i = 0; i < 2; i++) {
        int fd = knock();
        assert_int_equal(send(fd, garbage[i].at, garbage[i].length, MSG_NOSIGNAL), garbage[i].length);
        size_t length = read_all(fd, answer, sizeof answer, 5);
        assert_true(length > FRAME_HEADER_SIZE);
        assert_non_null(memmem(answer, length, "frame", 5));
    }
}

static void who_says_nothing_is_put_out_and_others_come_in_meanwhile(void **state)
{
    (void)state;
    stop_server();
    start_server(300 * NANOSECONDS_PER_MILLISECOND);
    int silent[50];
    for (size_t i = 0; i < 50; i++)
        silent[i] = knock();
    struct guest g;
    uint64_t begin_time = clock_now();
    assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as(&g, "honest", "join"), KIND_WELCOME);
    char answer[64];
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(read_all(silent[i], answer, sizeof answer, 5), 0);
    assert_true(clock_now() - begin_time < 5 * NANOSECONDS_PER_SECOND);
    assert_int_equal(g.lost, MSTRO_OK);
    say(&g, &(struct record){ .kind = KIND_RETRACT, .retract = { .op = 9, .handle = 9 } });
    hear(&g);
    assert_int_equal(g.kind, KIND_ACK);
    part(&g);
}

/* Shaken hands, but no JOIN. */
static void who_does_not_join_is_put_out(void **state)
{
    (void)state;
    struct guest g;
    assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
    hear(&g);
    assert_int_equal(g.lost, MSTRO_POOL_LOST);
    part(&g);
    wait_for_connections(0);
}

/* A process that serves may fork: then a socket that it has closed is open elsewhere. */
static void who_is_gone_is_forgotten_though_a_fork_holds_its_socket(void **state)
{
    (void)state;
    struct guest g;
    assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as(&g, "forked", "join"), KIND_WELCOME);
    int hold[2];
    assert_int_equal(pipe(hold), 0);
    pid_t child = fork();
    if (child == 0) {
        close(hold[1]);
        _exit(read(hold[0], hold, 1) != 0);
    }
    close(hold[0]);
    part(&g);
    wait_for_connections(0);
    for (int i = 0; i < 20; i++) { /* where it stood others stand now */
        assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
        assert_int_equal(join_as(&g, "again", "join"), KIND_WELCOME);
        part(&g);
        wait_for_connections(0);
    }
    close(hold[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* ---- the end of the pool ---- */

static void the_end_of_the_server_is_told_soon(void **state)
{
    (void)state;
    struct guest g;
    assert_int_equal(reach(&g, server_info(server)), MSTRO_OK);
    assert_int_equal(join_as(&g, "left behind", "join"), KIND_WELCOME);
    g.kind = 0;
    uint64_t begin_time = clock_now();
    server_stop(server);
    hear(&g);
    assert_int_equal(g.lost, MSTRO_POOL_LOST);
    assert_true(clock_now() - begin_time < NANOSECONDS_PER_SECOND);
    part(&g);
    hosts_destroy(hosts, shards());
    start_server(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_with_the_info_is_welcomed_and_says_goodbye),
        cmocka_unit_test(a_name_that_lives_is_refused_naming_host_and_process),
        cmocka_unit_test(another_workflow_is_refused),
        cmocka_unit_test(who_says_that_it_is_another_process_is_refused_naming_both),
        cmocka_unit_test(who_dies_makes_room_for_its_name),
        cmocka_unit_test(a_letter_wakes_once_and_waits_for_who_takes_it),
        cmocka_unit_test(many_records_of_both_sides_arrive_in_order),
        cmocka_unit_test(infos_that_lead_nowhere_are_told_apart),
        cmocka_unit_test(what_is_no_info_is_called_that),
        cmocka_unit_test(the_info_survives_an_environment_variable),
        cmocka_unit_test(a_foreign_service_is_called_stale_within_a_second),
        cmocka_unit_test(a_foreign_service_that_says_nothing_is_called_stale_soon_after_a_second),
        cmocka_unit_test(a_manager_that_is_there_and_says_nothing_is_waited_for),
        cmocka_unit_test(garbage_gets_one_named_error_and_the_end),
        cmocka_unit_test(who_says_nothing_is_put_out_and_others_come_in_meanwhile),
        cmocka_unit_test(who_does_not_join_is_put_out),
        cmocka_unit_test(who_is_gone_is_forgotten_though_a_fork_holds_its_socket),
        cmocka_unit_test(the_end_of_the_server_is_told_soon),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
