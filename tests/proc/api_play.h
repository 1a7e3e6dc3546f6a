/* SPDX-License-Identifier: BSD-3-Clause */
/* api_play.h - what roles of a play are written with: a failed expectation ends the role with a text */
#ifndef TESTS_PROC_API_PLAY_H
#define TESTS_PROC_API_PLAY_H
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "maestro/maestro.h"
#include "tests/proc/api_scenarios.h"

/* The text of a failure: this thread's. */
const char *play_failure(const char *file, int line, const char *what, mstro_status got);

#define EXPECT(call, status) \
    do { \
        mstro_status got_ = (call); \
        if (got_ != (status)) \
            return play_failure(__FILE__, __LINE__, #call " should give " #status, got_); \
    } while (0)
#define OK(call) EXPECT(call, MSTRO_OK)
#define CHECK(condition) \
    do { \
        if (!(condition)) \
            return play_failure(__FILE__, __LINE__, #condition, MSTRO_OK); \
    } while (0)

/* Wait until every role is here. */
void meet(struct stage *s);

/* "PREFIX WHAT", this thread's until the next call. */
const char *name_of(struct stage *s, const char *what);

/* Bytes that tell their place and the seed. */
void fill(unsigned char *at, size_t size, unsigned seed);
bool holds(const unsigned char *at, size_t size, unsigned seed);

/* Declare a handle with a buffer (NULL: none) and a size (negative: none). */
mstro_status declare_with(const char *name, void *data, int64_t size, mstro_cdo *cdo);

#endif
