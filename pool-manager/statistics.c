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

static void add(struct pool_count *sum, const struct pool_count *more)
{
    sum->cdos += more->cdos;
    sum->generations += more->generations;
    sum->requires += more->requires;
    sum->tickets += more->tickets;
    sum->waiting += more->waiting;
    sum->inline_bytes += more->inline_bytes;
    sum->memory_bytes += more->memory_bytes;
}

static void print_pool(FILE *to, const struct pool_count *pool)
{
    print_number(to, "sessions", pool->sessions);
    print_number(to, "cdos", pool->cdos);
    print_number(to, "requires", pool->requires);
    print_number(to, "tickets", pool->tickets);
    print_number(to, "waiting", pool->waiting);
    print_number(to, "subscriptions", pool->subscriptions);
    print_number(to, "subscription_names", pool->subscription_names);
    print_number(to, "inline_bytes", pool->inline_bytes);
    print_number(to, "memory_bytes", pool->memory_bytes);
}

static void print_frames(FILE *to, const struct shard_count *shard)
{
    print_number(to, "frames_received", shard->frames_received);
    print_number(to, "records_received", shard->records_received);
    print_number(to, "frames_forged", shard->frames_forged);
    print_number(to, "frames_duplicate", shard->frames_duplicate);
    print_number(to, "sessions_broken", shard->sessions_broken);
}

static void print_shard(FILE *to, unsigned number, const struct pool_count *pool, const struct shard_count *frames)
{
    fprintf(to, "%s{\"shard\":%u", number ? "," : "", number);
    print_frames(to, frames);
    print_pool(to, pool);
    fputc('}', to);
}

void statistics_print(FILE *to, const char *workflow, struct host *const hosts[], const struct server *server, uint64_t uptime)
{
    unsigned shards = server_shards(server);
    struct pool_count pool[MAX_SHARDS] = { 0 };
    struct server_count served = server_count(server);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    for (unsigned i = 0; i < shards; i++)
        pool[i] = host_count(hosts[i]);
    struct pool_count sum = pool[0]; /* every shard knows every session and every subscription */
    for (unsigned i = 1; i < shards; i++)
        add(&sum, &pool[i]);
    fputs("{\"maestro-pool-manager\":1", to);
    print_text(to, "workflow", workflow);
    print_text(to, "provider", server_provider(server));
    print_number(to, "uptime_ns", uptime);
    print_number(to, "cpu_ns", nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime));
    print_frames(to, &served.shard);
    print_number(to, "refused", served.admission.refused);
    print_number(to, "half_open_dropped", served.admission.half_open_dropped);
    print_number(to, "connections", served.shard.connections);
    print_pool(to, &sum);
    fputs(",\"shards\":[", to);
    for (unsigned i = 0; i < shards; i++) {
        struct shard_count frames = server_shard_count(server, i);
        print_shard(to, i, &pool[i], &frames);
    }
    fputs("]}\n", to);
    fflush(to);
}
