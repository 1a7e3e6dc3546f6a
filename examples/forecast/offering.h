/* SPDX-License-Identifier: BSD-3-Clause */
/* offering.h - what the forecast does in the pool: offers the index, waits for its consumers, offers everything, takes it back
 *
 *   forecast/index      the names of all that will come, offered first
 *   forecast/total/N    without data: how many objects there are with the index, for who cannot read it any more
 *   message/000001 ...  the bytes of each message
 *   field/...           the values of each field, as doubles, with .maestro.ecmwf. attributes
 *
 * What is lent is taken back, oldest first, when it exceeds a limit, and all of it at the end. */
#ifndef EXAMPLES_FORECAST_OFFERING_H
#define EXAMPLES_FORECAST_OFFERING_H
#include "examples/forecast/statistics.h"

#include <stddef.h>

enum { EXPECT_MAX = 32 };

struct offering {
    const char *const *file;
    size_t files;
    struct {
        char component[64];
        unsigned instances;
    } expect[EXPECT_MAX]; /* who must be ready before the first message is offered */
    size_t expected;
    unsigned patience; /* seconds to wait for each of them */
    unsigned pace;     /* milliseconds between messages */
    size_t lend;       /* bytes lent at one time, at most, though never less than one message */
};

/* Do it, in a pool that is joined.  0 or an exit code, after a message on stderr. */
int offering_run(const struct offering *o, struct statistics *statistics);

#endif
