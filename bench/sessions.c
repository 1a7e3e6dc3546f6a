/* SPDX-License-Identifier: BSD-3-Clause */
/* sessions - many sessions with one pool manager, all of them in this process: joining, memory, and operations over all of them
 *
 * Each session is what a process has: a connection, an endpoint, a thread.  So many operations as IN-FLIGHT are under way, whatever
 * the number of sessions; an object (no attributes, no data) is offered, withdrawn and disposed of by one session, then comes
 * the next session's turn.  Needs MSTRO_POOL_MANAGER_INFO. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "bench/options.h"
#include "bench/sample.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/random.h"
#include "lib/client/remote.h"
#include "lib/client/session.h"
#include "lib/system/node.h"

static struct settings {
    long sessions, in_flight;
    double seconds;
} set = { .sessions = 64, .in_flight = 64, .seconds = 1 };

static struct session **session;

/* One operation after another of an object. */
static struct slot {
    struct mstro_request_ request;
    struct session *session;
    uint64_t handle;
    char name[48];
} *slots;

static void fail(const char *what)
{
    fprintf(stderr, "sessions: %s: %s\n", what, mstro_error_detail());
    exit(1);
}

static struct session *join(long index)
{
    struct node node;
    if (node_self(&node) != MSTRO_OK)
        fail("node");
    struct session_identity who = { .workflow = "bench", .component = "session", .index = ((int64_t)getpid() << 16) + index, .host = node.host,
                                    .node = node.id, .word_seed = random_word(random_kernel) };
    struct link *link;
    struct session *s;
    uint64_t deadline = clock_now() + 10 * NANOSECONDS_PER_SECOND;
    if (link_remote(&link, getenv("MSTRO_POOL_MANAGER_INFO"), deadline) != MSTRO_OK || session_open(&s, link, &who, deadline) != MSTRO_OK)
        fail("joining");
    return s;
}

static void join_all(void)
{
    double *took = calloc((size_t)set.sessions, sizeof *took), all = seconds_now(), manager = resident_bytes(manager_pid());
    for (long i = 0; i < set.sessions; i++) {
        double since = seconds_now();
        session[i] = join(i);
        took[i] = seconds_now() - since;
    }
    all = seconds_now() - all;
    print_figure("join-first", took[0] * 1e3, "ms");
    qsort(took, (size_t)set.sessions, sizeof *took, compare_doubles);
    print_figure("join-median", took[set.sessions / 2] * 1e3, "ms");
    print_figure("join-longest", took[set.sessions - 1] * 1e3, "ms");
    print_figure("join-all", all, "s");
    if (manager_pid())
        print_figure("manager-a-session", (resident_bytes(manager_pid()) - manager) / (double)set.sessions, "bytes");
    free(took);
}

static void start(struct slot *slot, struct session *s)
{
    enum record_kind before = slot->request.record.kind;
    struct record record = { 0 };
    if (before == KIND_OFFER) {
        record = (struct record){ .kind = KIND_WITHDRAW, .withdraw = { .handle = slot->handle } };
    } else if (before == KIND_WITHDRAW) {
        record = (struct record){ .kind = KIND_DISPOSE, .dispose = { .handle = slot->handle } };
    } else {
        slot->session = s;
        slot->handle = session_number(s);
        snprintf(slot->name, sizeof slot->name, "bench/session/%p/%013" PRIu64, (void *)s, slot->handle);
        record = (struct record){ .kind = KIND_OFFER, .offer = { .handle = slot->handle, .name = text_of(slot->name) } };
    }
    request_init(&slot->request, &record, NULL);
    session_start(slot->session, &slot->request);
}

static void finish(struct slot *slot)
{
    if (!session_wait(slot->session, &slot->request.done, NO_DEADLINE) || slot->request.status != MSTRO_OK) {
        fprintf(stderr, "sessions: an operation failed: %s\n", slot->request.detail ? slot->request.detail : "");
        exit(1);
    }
    request_release(&slot->request);
}

static void work(void)
{
    double since = 0, used = 0, manager_used = 0;
    uint64_t turn = 0, counted = 0, operations = 0;
    bool warm = false;
    double began = seconds_now();
    for (long i = 0; i < set.in_flight; i++)
        start(&slots[i], session[turn++ % (uint64_t)set.sessions]);
    for (uint64_t at = 0;; at = (at + 1) % (uint64_t)set.in_flight, operations++) {
        finish(&slots[at]);
        bool next = slots[at].request.record.kind == KIND_DISPOSE;
        if (!warm && seconds_now() - began > set.seconds / 4 && operations >= 3 * (uint64_t)set.sessions) { /* each has been spoken to */
            warm = true;
            since = seconds_now();
            used = seconds_used();
            manager_used = manager_seconds_used();
            counted = operations;
        } else if (warm && seconds_now() - since > set.seconds) {
            break;
        }
        start(&slots[at], session[next ? turn++ % (uint64_t)set.sessions : 0]);
    }
    double all = (double)(operations - counted), took = seconds_now() - since;
    print_figure("operations", all / took, "1/s");
    print_figure("cpu", (seconds_used() - used) * 1e6 / all, "us/operation");
    if (manager_pid())
        print_figure("manager-cpu", (manager_seconds_used() - manager_used) * 1e6 / all, "us/operation");
}

int main(int argc, char **argv)
{
    const struct bench_option options[] = {
        { "sessions", OPTION_COUNT, &set.sessions, "that join" },
        { "in-flight", OPTION_COUNT, &set.in_flight, "operations at once, of all sessions together" },
        { "seconds", OPTION_REAL, &set.seconds, "time to measure" },
        { 0 }
    };
    options_read(argc, argv, options, "many sessions with one pool manager, in one process");
    if (set.sessions < 1 || set.in_flight < 1 || !getenv("MSTRO_POOL_MANAGER_INFO")) {
        fprintf(stderr, "sessions: --sessions and --in-flight at least 1, and MSTRO_POOL_MANAGER_INFO\n");
        return 2;
    }
    session = calloc((size_t)set.sessions, sizeof *session);
    slots = calloc((size_t)set.in_flight, sizeof *slots);
    join_all();
    work();
    /* The end of the process ends the sessions: what is measured has been, and 512 goodbyes take long. */
    fflush(NULL);
    _exit(0);
}
