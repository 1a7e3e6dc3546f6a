/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* sched_getaffinity */
#include "pool-manager/manager.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/serve/server.h"
#include "maestro/core.h"
#include "pool-manager/private_file.h"
#include "pool-manager/settings.h"
#include "pool-manager/statistics.h"

#define DRAIN_LOOK (20 * NANOSECONDS_PER_MILLISECOND) /* how often to look whether all is done */

struct manager {
    const char *workflow, *info_file, *key_file;
    struct host *hosts[MAX_SHARDS];
    unsigned shards;
    struct server *server;
    int signals;
    uint64_t begin;
};

/* ---- start ---- */

/* Blocked before any thread begins, so that every thread inherits it; they are read in serve(). */
static mstro_status take_signals(struct manager *m)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    m->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return m->signals >= 0 ? MSTRO_OK : detail_set(MSTRO_IO, "cannot wait for signals: %s", strerror(errno));
}

/* Every member needs some (lib/serve/admission.c). */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Half of the cores that we may use: the others are for those who are served. */
static unsigned shards_by_cores(void)
{
    enum { MOST = 16 };
    cpu_set_t cores;
    int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    return count <= 3 ? 1 : count / 2 < MOST ? (unsigned)count / 2 : MOST;
}

static mstro_status make_pool(struct manager *m, struct id *id)
{
    struct pool_settings pool = pool_settings_default();
    random_fill(random_kernel, &pool.pool, sizeof pool.pool);
    *id = pool.pool;
    pool.workflow = text_of(m->workflow);
    pool.lease = zero_for_never(setting_amount("lease"));
    pool.heartbeat = *setting_text(setting_find("heartbeat")) ? zero_for_never(setting_amount("heartbeat")) : pool_heartbeat(pool.lease);
    pool.ack_timeout = setting_amount("ack-timeout");
    pool.event_linger = setting_amount("event-linger");
    pool.inline_limit = pool_inline_limit(setting_amount("inline-limit"));
    pool.inline_budget = setting_amount("inline-budget");
    pool.memory_budget = setting_amount("memory-budget");
    m->shards = (unsigned)setting_amount("shards");
    if (m->shards == 0)
        m->shards = shards_by_cores();
    return hosts_create(m->hosts, m->shards, &pool);
}

/* As somebody in another directory would name it. */
static const char *absolute(const char *path, char memory[PATH_MAX])
{
    char here[PATH_MAX];
    if (!path || *path == '/' || !getcwd(here, sizeof here))
        return path;
    return snprintf(memory, PATH_MAX, "%s/%s", here, path) < PATH_MAX ? memory : NULL;
}

static mstro_status start(struct manager *m)
{
    struct id id;
    char info_file[PATH_MAX];
    mstro_status status = make_pool(m, &id);
    if (status != MSTRO_OK)
        return status;
    const struct server_settings server = {
        .pool = id,
        .workflow = text_of(m->workflow),
        .listen = setting_path("listen"),
        .key_file = m->key_file,
        .info_file = absolute(m->info_file, info_file),
        .join_time = setting_amount("join-time"),
        .connections = (unsigned)setting_amount("connections"),
    };
    raise_descriptor_limit();
    status = server_start(&m->server, m->hosts, m->shards, &server);
    if (status == MSTRO_OK && m->key_file)
        status = private_file_write(m->key_file, server_key_text(m->server));
    if (status == MSTRO_OK && m->info_file)
        status = private_file_write(m->info_file, server_info(m->server));
    return status;
}

/* The line is the contract: one, on stdout, flushed. */
static mstro_status announce(const struct manager *m, bool quiet)
{
    if (!quiet && (printf(MSTRO_ENV_POOL_INFO ";%s;\n", server_info(m->server)) < 0 || fflush(stdout) != 0))
        return detail_set(MSTRO_IO, "cannot write to stdout: %s", strerror(errno));
    log_info(LOG_PM, "workflow %s: serving at %s over %s", m->workflow, server_door(m->server), server_provider(m->server));
    return MSTRO_OK;
}

/* ---- serve ---- */

static void report(const struct manager *m)
{
    statistics_print(stderr, m->workflow, m->hosts, m->server, clock_now() - m->begin);
}

/* True when a signal has come before 'until'. */
static bool wait_for_signal(const struct manager *m, uint64_t until)
{
    struct signalfd_siginfo came;
    for (;;) {
        uint64_t now = clock_now();
        struct pollfd p = { .fd = m->signals, .events = POLLIN };
        uint64_t left = until > now ? (until - now) / NANOSECONDS_PER_MILLISECOND + 1 : 0;
        int ready = poll(&p, 1, until == NO_DEADLINE || left > INT32_MAX ? -1 : (int)left);
        if (ready > 0 && read(m->signals, &came, sizeof came) == (ssize_t)sizeof came) {
            log_info(LOG_PM, "stopping: signal %u of process %u", came.ssi_signo, came.ssi_pid);
            return true;
        }
        if (ready == 0 && until != NO_DEADLINE)
            return false;
    }
}

static void serve(const struct manager *m)
{
    uint64_t interval = zero_for_never(setting_amount("statistics-interval"));
    while (!wait_for_signal(m, interval ? clock_now() + interval : NO_DEADLINE))
        report(m);
}

static bool is_busy(const struct manager *m)
{
    for (unsigned i = 0; i < m->shards; i++) {
        struct pool_count count = host_count(m->hosts[i]);
        if (count.tickets > 0 || count.waiting > 0)
            return true;
    }
    return false;
}

/* Nobody else comes in; what is under way may end, for a while.  A second signal ends the patience. */
static void drain(const struct manager *m)
{
    uint64_t end = clock_now() + setting_amount("drain-time");
    server_close_door(m->server);
    while (is_busy(m) && clock_now() < end)
        if (wait_for_signal(m, clock_now() + DRAIN_LOOK))
            break;
}

/* ---- end ---- */

static void stop(struct manager *m)
{
    if (m->server && m->info_file)
        private_file_remove(m->info_file, server_info(m->server));
    if (m->server && m->key_file)
        private_file_remove(m->key_file, server_key_text(m->server));
    server_stop(m->server);
    hosts_destroy(m->hosts, m->shards);
    if (m->signals >= 0)
        close(m->signals);
}

mstro_status manager_run(const char *info_file, bool quiet)
{
    struct manager m = { .workflow = setting_path("workflow"), .info_file = info_file, .key_file = setting_path("key-file"), .signals = -1, .begin = clock_now() };
    mstro_status status = take_signals(&m);
    if (status == MSTRO_OK)
        status = start(&m);
    if (status == MSTRO_OK)
        status = announce(&m, quiet);
    if (status == MSTRO_OK) {
        serve(&m);
        drain(&m);
        if (setting_amount("statistics"))
            report(&m);
    }
    stop(&m);
    return status;
}
