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
    struct shard *shard; /* one at present */
    struct admission *admission;
    char *info;
};

static mstro_status start_shard(struct server *s, struct host *host, const struct server_settings *settings)
{
    const char *listen = settings->listen ? settings->listen : setting_read_text("MSTRO_LISTEN");
    mstro_status status = witness_local_address(listen, s->address);
    if (status != MSTRO_OK)
        return status;
    struct fabric_options options = fabric_options_from_environment();
    options.address = s->address;
    return shard_start(&s->shard, host, settings->pool, &options);
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
    return admission_start(&s->admission, s->shard, &door);
}

static mstro_status make_info(struct server *s, const struct server_settings *settings)
{
    const struct record_shard_address shard = { .shard = 0, .provider = text_of(shard_provider(s->shard)), .address = shard_address(s->shard) };
    bool named = settings->info_file && strlen(settings->info_file) <= MAX_INFO_FILE;
    const struct record_pool_info info = {
        .oldest = PROTOCOL_OLDEST,
        .newest = PROTOCOL_VERSION,
        .pool = settings->pool,
        .workflow = settings->workflow,
        .key = bytes_of(s->key, settings->key_file ? 0 : sizeof s->key),
        .key_file = text_of(settings->key_file),
        .witness = text_of(admission_name(s->admission)),
        .shards = { 1, &shard },
        .info_file = text_of(named ? settings->info_file : NULL),
    };
    return pool_info_encode(&info, &s->info);
}

mstro_status server_start(struct server **out, struct host *host, const struct server_settings *settings)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return MSTRO_NOMEM;
    random_fill(random_kernel, s->key, sizeof s->key);
    sodium_bin2hex(s->key_text, sizeof s->key_text, s->key, sizeof s->key);
    mstro_status status = seal_ready() ? start_shard(s, host, settings) : detail_set(MSTRO_FAIL, "libsodium does not work");
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
const char *server_provider(const struct server *s) { return shard_provider(s->shard); }
const char *server_address(const struct server *s) { return s->address; }
const char *server_door(const struct server *s) { return admission_name(s->admission); }
void server_close_door(struct server *s) { admission_close_door(s->admission); }

void server_stop(struct server *s)
{
    if (!s)
        return;
    if (s->admission)
        admission_stop(s->admission);
    if (s->shard)
        shard_stop(s->shard);
    if (s->info)
        sodium_memzero(s->info, strlen(s->info));
    free(s->info);
    sodium_memzero(s, sizeof *s);
    free(s);
}

struct server_count server_count(const struct server *s)
{
    return (struct server_count){ shard_count(s->shard), admission_count(s->admission) };
}
