/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool-manager/statistics.h"

#include <inttypes.h>
#include <sys/resource.h>

static uint64_t nanoseconds(struct timeval t) { return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u; }

/* Names are UTF-8 without control characters here; what JSON minds is escaped. */
static void print_text(FILE *to, const char *key, const char *text)
{
    fprintf(to, ",\"%s\":\"", key);
    for (; *text; text++)
        fprintf(to, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    fputc('"', to);
}

static void print_number(FILE *to, const char *key, uint64_t value) { fprintf(to, ",\"%s\":%" PRIu64, key, value); }

void statistics_print(FILE *to, const char *workflow, struct host *host, const struct server *server, uint64_t uptime)
{
    struct pool_count pool = host_count(host);
    struct server_count served = server_count(server);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    fputs("{\"maestro-pool-manager\":1", to);
    print_text(to, "workflow", workflow);
    print_text(to, "provider", server_provider(server));
    print_number(to, "uptime_ns", uptime);
    print_number(to, "cpu_ns", nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime));
    print_number(to, "frames_received", served.shard.frames_received);
    print_number(to, "records_received", served.shard.records_received);
    print_number(to, "frames_forged", served.shard.frames_forged);
    print_number(to, "frames_duplicate", served.shard.frames_duplicate);
    print_number(to, "sessions_broken", served.shard.sessions_broken);
    print_number(to, "refused", served.admission.refused);
    print_number(to, "half_open_dropped", served.admission.half_open_dropped);
    print_number(to, "connections", served.shard.connections);
    print_number(to, "sessions", pool.sessions);
    print_number(to, "cdos", pool.cdos);
    print_number(to, "requires", pool.requires);
    print_number(to, "tickets", pool.tickets);
    print_number(to, "waiting", pool.waiting);
    print_number(to, "subscriptions", pool.subscriptions);
    print_number(to, "inline_bytes", pool.inline_bytes);
    print_number(to, "memory_bytes", pool.memory_bytes);
    fputs("}\n", to);
    fflush(to);
}
