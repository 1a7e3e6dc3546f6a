/* SPDX-License-Identifier: BSD-3-Clause */
/* share.h - a segment that a client has offered and a pool has taken, both seen from one process */
#ifndef TESTS_LIB_SHARE_H
#define TESTS_LIB_SHARE_H
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/fabric/segment.h"
#include "tests/lib/check.h"

static const unsigned char share_token[SEGMENT_TOKEN] = "what only the two can know";

static inline void share_offer(struct segment *client, struct segment *pool, unsigned pairs)
{
    int given;
    assert_int_equal(segment_create(client, pairs, &given), MSTRO_OK);
    assert_int_equal(segment_adopt(pool, pairs, given), MSTRO_OK);
    close(given);
}

static inline void share_segment(struct segment *client, struct segment *pool, unsigned pairs)
{
    share_offer(client, pool, pairs);
    assert_true(segment_take(pool, share_token));
    assert_int_equal(segment_await(client, share_token, clock_now()), MSTRO_OK);
}

#endif
