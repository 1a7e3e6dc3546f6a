/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/server.h"

#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/base/random.h"
#include "lib/base/setting.h"
#include "lib/serve/pool_info.h"

struct server {
    uint8_t key[WORKFLOW_KEY_SIZE];
    char key_text[KEY_TEXT_SIZE];
    char address[WITNESS_ADDRESS_MAX];
    struct shard *shard[MAX_SHARDS];
    struct shard_set shards;
    struct admission *admission;
    char *info;
};

static mstro_status start_shards(struct server *s, struct host *const hosts[], unsigned count, const struct server_settings *settings)
{
    const char *listen = settings->listen ? settings->listen : setting_read_text("MSTRO_LISTEN");
    mstro_status status = witness_local_address(listen, s->address);
    if (status != MSTRO_OK)
        return status;
    struct fabric_options options = fabric_options_from_environment();
    options.address = s->address;
    s->shards.at = s->shard;
    while (status == MSTRO_OK && s->shards.count < count) {
        status = shard_start(&s->shard[s->shards.count], hosts[s->shards.count], settings->pool, &options);
        s->shards.count += status == MSTRO_OK;
    }
    return status;
}

static mstro_status start_admission(struct server *s, const struct server_settings *settings)
{
    const struct admission_settings door = {
        .self = { .oldest = PROTOCOL_OLDEST, .newest = PROTOCOL_VERSION, .suites = seal_suites(), .pool = settings->pool, .workflow_key = s->key },
        .address = s->address,
        .join_time = settings->join_time,
        .half_open = settings->half_open,
        .connections = settings->connections,
    };
    return admission_start(&s->admission, &s->shards, &door);
}

static mstro_status make_info(struct server *s, const struct server_settings *settings)
{
    struct record_shard_address shard[MAX_SHARDS];
    for (unsigned i = 0; i < s->shards.count; i++)
        shard[i] = (struct record_shard_address){ .shard = (uint16_t)i, .provider = text_of(shard_provider(s->shard[i])),
                                                   .address = shard_address(s->shard[i]) };
    bool named = settings->info_file && strlen(settings->info_file) <= MAX_INFO_FILE;
    const struct record_pool_info info = {
        .oldest = PROTOCOL_OLDEST,
        .newest = PROTOCOL_VERSION,
        .pool = settings->pool,
        .workflow = settings->workflow,
        .key = bytes_of(s->key, settings->key_file ? 0 : sizeof s->key),
        .key_file = text_of(settings->key_file),
        .witness = text_of(admission_name(s->admission)),
        .shards = { s->shards.count, shard },
        .info_file = text_of(named ? settings->info_file : NULL),
    };
    return pool_info_encode(&info, &s->info);
}

mstro_status server_start(struct server **out, struct host *const hosts[], unsigned shards, const struct server_settings *settings)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return MSTRO_NOMEM;
    random_fill(random_kernel, s->key, sizeof s->key);
    sodium_bin2hex(s->key_text, sizeof s->key_text, s->key, sizeof s->key);
    mstro_status status = seal_ready() ? start_shards(s, hosts, shards, settings) : detail_set(MSTRO_FAIL, "libsodium does not work");
    if (status == MSTRO_OK)
        status = start_admission(s, settings);
    if (status == MSTRO_OK)
        status = make_info(s, settings);
    if (status != MSTRO_OK)
        server_stop(s);
    else
        *out = s;
    return status;
}

const char *server_info(const struct server *s) { return s->info; }
const char *server_key_text(const struct server *s) { return s->key_text; }
const char *server_provider(const struct server *s) { return shard_provider(s->shard[0]); }
const char *server_address(const struct server *s) { return s->address; }
const char *server_door(const struct server *s) { return admission_name(s->admission); }
void server_close_door(struct server *s) { admission_close_door(s->admission); }

void server_stop(struct server *s)
{
    if (!s)
        return;
    if (s->admission)
        admission_stop(s->admission);
    for (unsigned i = 0; i < s->shards.count; i++)
        shard_halt(s->shard[i]);
    for (unsigned i = 0; i < s->shards.count; i++)
        shard_stop(s->shard[i]);
    if (s->info)
        sodium_memzero(s->info, strlen(s->info));
    free(s->info);
    sodium_memzero(s, sizeof *s);
    free(s);
}

struct server_count server_count(const struct server *s)
{
    struct server_count count = { shard_count(s->shard[0]), admission_count(s->admission) };
    for (unsigned i = 1; i < s->shards.count; i++) { /* each has every connection */
        struct shard_count more = shard_count(s->shard[i]);
        count.shard.frames_received += more.frames_received;
        count.shard.records_received += more.records_received;
        count.shard.frames_forged += more.frames_forged;
        count.shard.frames_duplicate += more.frames_duplicate;
        count.shard.sessions_broken += more.sessions_broken;
    }
    return count;
}

unsigned server_shards(const struct server *s) { return s->shards.count; }
struct shard_count server_shard_count(const struct server *s, unsigned shard) { return shard_count(s->shard[shard]); }
