/* SPDX-License-Identifier: BSD-3-Clause */
/* cost.h - what a piece of work costs: CPU time of this process, and memory
 *
 *     struct cost begin = cost_begin();
 *     ...
 *     struct cost spent = cost_since(begin);
 *
 * A program with cost.c has its own malloc, which counts; not under a sanitizer, where all is as slow as COST_SLOWER and 'bytes' 0. */
#ifndef TESTS_LIB_COST_H
#define TESTS_LIB_COST_H
#include <stddef.h>

#include "config.h"

#ifdef MAESTRO_SANITIZED
enum { COST_SLOWER = 20 };
#else
enum { COST_SLOWER = 1 };
#endif

/* ms: of CPU, all threads.  bytes: the most that was in use at once. */
struct cost { double ms; size_t bytes; };

struct cost cost_begin(void);
struct cost cost_since(struct cost begin);

/* How much slower than 4 ns an iteration of a fixed loop runs at this moment: 1 on the machine on which the limits were set, when nobody else
 * uses it; never less.  To be asked between the pieces of work that are measured. */
double cost_slowness(void);

#endif
