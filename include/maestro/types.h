/* SPDX-License-Identifier: BSD-3-Clause */
/* types.h - the types that several nouns share */
#ifndef MAESTRO_TYPES_H
#define MAESTRO_TYPES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "status.h"

/* Handles: opaque, may be NULL. */
typedef struct mstro_cdo_ *mstro_cdo;
typedef struct mstro_cdo_attributes_ *mstro_cdo_attributes;
typedef struct mstro_cdo_selector_ *mstro_cdo_selector;
typedef struct mstro_subscription_ *mstro_subscription;
typedef struct mstro_schema_ *mstro_schema;
typedef struct mstro_group_ *mstro_group;
typedef struct mstro_request_ *mstro_request;
typedef struct mstro_pool_event_ *mstro_pool_event;

typedef uint64_t mstro_nanosec_t; /* nanoseconds */
typedef uint64_t mstro_app_id;    /* one run of one process in one pool; never 0, never used again in an epoch of the pool */

/* A moment, as in RFC 3339: seconds since 1970-01-01T00:00:00Z, nanoseconds (0 to 999 999 999), and the offset from UTC, in
 * minutes, with which the moment is written. */
typedef struct mstro_timestamp { int64_t sec; int32_t nsec; int16_t offset; } mstro_timestamp;

/* 'len' bytes at 'data'. */
typedef struct mstro_blob { size_t len; void *data; } mstro_blob;

/* A list or tuple inside another one: 'count' values, the first at 'items' (attributes.h says how they stand there). */
typedef struct mstro_list { size_t count; const void *items; } mstro_list;

#endif
