/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/lib/check.h"

#include "tests/proc/tries.h"

#include "lib/base/clock.h"
#include "tests/lib/slowness.h"

static uint64_t late_by; /* the worst of this try, ns */

void tries_took(uint64_t took, uint64_t most)
{
    if (took > most * SLOWER && took - most * SLOWER > late_by)
        late_by = took - most * SLOWER;
}

void tries_play(void **state)
{
    const struct tried *tried = *state;
    for (int i = 1;; i++) {
        late_by = 0;
        tried->play(state);
        if (late_by == 0)
            return;
        print_message("try %d of %d: %.1f ms late\n", i, TRIES, (double)late_by / NANOSECONDS_PER_MILLISECOND);
        if (i == TRIES)
            fail_msg("late in each of %d tries", TRIES);
        assert_int_equal(tried->close(state), 0);
        assert_int_equal(tried->open(state), 0);
    }
}

unsigned expect_in_time(struct process *p, const char *beginning, unsigned ms)
{
    enum { PATIENCE = 20000 };
    unsigned took = expect_within(p, beginning, PATIENCE);
    tries_took(took * NANOSECONDS_PER_MILLISECOND, ms * NANOSECONDS_PER_MILLISECOND);
    return took;
}
