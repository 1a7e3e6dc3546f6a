/* SPDX-License-Identifier: BSD-3-Clause */
/* source.h - where the bytes of an offered object are, as a ticket tells it */
#ifndef LIB_TRANSPORT_SOURCE_H
#define LIB_TRANSPORT_SOURCE_H
#include <stdbool.h>

#include "lib/base/view.h"
#include "lib/fabric/fabric.h"

/* A piece of the holder's memory. */
struct payload_place {
    uint64_t address;            /* in the holder's process */
    uint64_t base, key;          /* for one-sided reads (region_base, region_key); key 0: not exposed */
};

struct payload_source {
    struct id node;              /* of the holder (lib/system/node.h) */
    int32_t process;
    bool shown;                  /* the kernel has said that this is the holder's process; else its number is hearsay */
    uint64_t length;
    struct payload_place data;
    struct payload_place word;   /* the validity word (words.h) */
    uint64_t valid;              /* what it holds as long as the bytes are these */
    unsigned char serving[FABRIC_ADDRESS_MAX];
    size_t serving_length;       /* of the holder's serving endpoint; 0: none */
};

#endif
