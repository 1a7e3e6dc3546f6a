/* SPDX-License-Identifier: BSD-3-Clause */
/* tries.h - bounds of a system that shares its machine with other tests
 *
 * What a case says is always asserted.  How long it took may be too long in a try or two, when somebody else had the processors just
 * then: the case is played again from its beginning, and fails when it was late in each of three tries.  A system that is late by its
 * nature is late in all of them. */
#ifndef TESTS_PROC_TRIES_H
#define TESTS_PROC_TRIES_H
#include <stdint.h>

#include "tests/proc/stage.h"

enum { TRIES = 3 };

struct tried { int (*open)(void **state); void (*play)(void **state); int (*close)(void **state); };

/* A case for cmocka's list. */
#define TRIED(open, play, close) { #play, tries_play, open, close, &(struct tried){ open, play, close } }

void tries_play(void **state);

/* It took 'took', and may take 'most', in ns; five times that in a sanitizer build.  One that took longer makes its try a late one. */
void tries_took(uint64_t took, uint64_t most);

/* Hear what begins with 'beginning', within 'ms'; how long it took, in ms. */
unsigned expect_in_time(struct process *p, const char *beginning, unsigned ms);

#endif
