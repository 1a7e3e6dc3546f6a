/* SPDX-License-Identifier: BSD-3-Clause */
/* ear.h - what an endpoint was told: how many frames, in which order, what the last one was, and who was lost */
#ifndef TESTS_LIB_EAR_H
#define TESTS_LIB_EAR_H
#include <stdio.h>
#include <xxhash.h>

#include "lib/base/clock.h"
#include "lib/fabric/fabric.h"
#include "tests/lib/check.h"

struct ear {
    _Atomic unsigned frames, sent, lost;
    size_t last_length;
    uint64_t last_hash;
    uint32_t last_number; /* with which a frame begins */
    unsigned out_of_order;
    char why[128];
};

static inline void hear(void *context, struct bytes frame)
{
    struct ear *ear = context;
    uint32_t number = 0;
    memcpy(&number, frame.at, frame.length < 4 ? frame.length : 4);
    if (ear->frames && number != ear->last_number + 1)
        ear->out_of_order++;
    ear->last_number = number;
    ear->last_length = frame.length;
    ear->last_hash = XXH3_64bits(frame.at, frame.length);
    ear->frames++;
}

static inline void hear_sent(void *context, struct peer *peer)
{
    (void)peer;
    ((struct ear *)context)->sent++;
}

static inline void hear_lost(void *context, struct peer *peer, const char *why)
{
    struct ear *ear = context;
    (void)peer;
    snprintf(ear->why, sizeof ear->why, "%s", why);
    ear->lost++;
}

static inline struct endpoint_events events_of(struct ear *ear) { return (struct endpoint_events){ ear, hear, hear_sent, hear_lost }; }

static inline void drive_until(struct fabric *f, const _Atomic unsigned *counter, unsigned wanted, uint64_t deadline)
{
    while (*counter < wanted && clock_now() < deadline)
        fabric_progress(f, deadline);
}

#endif
