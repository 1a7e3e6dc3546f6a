/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/member.h"

#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/fabric/segment.h"

struct member {
    const struct shard_set *shards;
    uint64_t session;
    struct rings_tokens tokens;
    bool has_rings;
    unsigned count; /* of those that know it */
    struct connection *at[];
};

mstro_status member_admit(const struct shard_set *shards, struct session_keys *keys, struct bytes address, int witness, struct member **out)
{
    struct member *m = malloc(sizeof *m + shards->count * sizeof m->at[0]);
    if (!m)
        return MSTRO_NOMEM;
    *m = (struct member){ .shards = shards };
    mstro_status status = shard_admit(shards->at[0], keys, address, witness, &m->at[0]);
    while (status == MSTRO_OK && ++m->count < shards->count) {
        struct session_keys own;
        session_keys_of_shard(keys, (uint16_t)m->count, &own);
        status = shard_admit(shards->at[m->count], &own, address, witness, &m->at[m->count]);
        sodium_memzero(&own, sizeof own);
    }
    if (status != MSTRO_OK) {
        member_gone(m, "");
        return status;
    }
    m->session = keys->session;
    session_rings_tokens(keys, &m->tokens);
    *out = m;
    return status;
}

uint64_t member_session(const struct member *m) { return m->session; }

bool member_offers(const struct member *m, const uint8_t token[RINGS_TOKEN])
{
    return sodium_memcmp(m->tokens.offered, token, RINGS_TOKEN) == 0;
}

static bool take_rings(const struct shard_set *shards)
{
    bool all = true;
    for (unsigned i = 0; i < shards->count; i++)
        all = all && shard_takes_rings(shards->at[i]);
    return all;
}

/* The client begins to speak when it is taken, and what it says first lies in the rings by the time that they are looked into. */
mstro_status member_use_rings(struct member *m, int memory)
{
    struct segment segment;
    if (m->has_rings)
        return detail_set(MSTRO_INVMSG, "it has offered memory before");
    mstro_status status = segment_adopt(&segment, m->count, memory);
    if (status == MSTRO_OK && !take_rings(m->shards)) {
        segment_refuse(&segment);
        status = detail_set(MSTRO_UNIMPL, "this pool's network does not sleep where a bell would be heard");
    }
    if (status == MSTRO_OK && !segment_take(&segment, m->tokens.taken))
        status = detail_set(MSTRO_TIMEOUT, "the client has not waited for it to be taken");
    for (unsigned i = 0; i < m->count && status == MSTRO_OK; i++)
        shard_use_rings(m->at[i], segment_pair(&segment, i));
    m->has_rings = status == MSTRO_OK;
    segment_close(&segment);
    return status;
}

bool member_joined(const struct member *m) { return connection_joined(m->at[0]); }

void member_gone(struct member *m, const char *reason)
{
    for (unsigned i = 0; i < m->count; i++)
        shard_gone(m->shards->at[i], m->at[i], reason);
    sodium_memzero(&m->tokens, sizeof m->tokens);
    free(m);
}
