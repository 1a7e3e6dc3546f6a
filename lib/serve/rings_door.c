/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/serve/rings_door.h"

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/fabric/rings.h"
#include "lib/serve/pool_info.h"
#include "lib/system/credential.h"
#include "lib/wire/cursor.h"

/* A manager that stands still just now takes what it is given when it goes on; the client does not wait for that. */
#define PATIENCE (500 * NANOSECONDS_PER_MILLISECOND)

_Static_assert((int)MAX_SHARDS <= (int)SEGMENT_PAIRS, "a segment has a pair of rings for every shard that a pool may have");
_Static_assert((int)SEGMENT_TOKEN == (int)RINGS_TOKEN, "a segment is taken with a token of the session");

mstro_status rings_door_open(struct id pool, int *fd)
{
    bool wanted;
    *fd = -1;
    mstro_status status = rings_wanted(&wanted);
    if (status == MSTRO_OK && wanted && handover_open(pool, CREDENTIAL_POOL, fd) != MSTRO_OK)
        log_warn(LOG_PM, "messages of this node take the network as well: %s", mstro_error_detail());
    return status;
}

mstro_status rings_offer_read(struct bytes words, int memory, struct rings_offer *offer)
{
    struct reader r = reader_of(words);
    offer->session = reader_u64(&r);
    offer->shards = reader_u16(&r);
    offer->memory = memory;
    const uint8_t *token = reader_take(&r, RINGS_TOKEN);
    if (!token || reader_left(&r) != 0)
        return detail_set(MSTRO_INVMSG, "%zu bytes were handed over that are no offer of shared memory", words.length);
    memcpy(offer->token, token, RINGS_TOKEN);
    return MSTRO_OK;
}

mstro_status rings_offer(struct id pool, const struct session_keys *keys, struct segment *s, int given)
{
    uint8_t words[HANDOVER_WORDS];
    struct writer w = writer_of(words, sizeof words);
    struct rings_tokens tokens;
    session_rings_tokens(keys, &tokens);
    writer_u64(&w, keys->session);
    writer_u16(&w, (uint16_t)s->pairs);
    writer_raw(&w, tokens.offered, sizeof tokens.offered);
    mstro_status status = handover_give(pool, CREDENTIAL_POOL, bytes_of(words, writer_length(&w)), given);
    if (status == MSTRO_OK)
        status = segment_await(s, tokens.taken, clock_now() + PATIENCE);
    sodium_memzero(words, sizeof words);
    sodium_memzero(&tokens, sizeof tokens);
    return status;
}
