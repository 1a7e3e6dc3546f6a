/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/member.h"

#include <stdlib.h>

struct member {
    const struct shard_set *shards;
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
    if (status == MSTRO_OK)
        *out = m;
    else
        member_gone(m, "");
    return status;
}

bool member_joined(const struct member *m) { return connection_joined(m->at[0]); }

void member_gone(struct member *m, const char *reason)
{
    for (unsigned i = 0; i < m->count; i++)
        shard_gone(m->shards->at[i], m->at[i], reason);
    free(m);
}
