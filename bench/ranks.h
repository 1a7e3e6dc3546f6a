/* SPDX-License-Identifier: BSD-3-Clause */
/* ranks.h - the processes of a benchmark, numbered from 0
 *
 * Two implementations, one of which is linked: ranks_fork.c (this node, nothing else needed) and ranks_mpi.c (those of mpirun).  What
 * is not ranks_start or ranks_end is called by every rank, by one thread of it, in the same order.  A rank that fails ends all. */
#ifndef BENCH_RANKS_H
#define BENCH_RANKS_H
#include <stddef.h>
#include <stdint.h>

/* Become 'wanted' (>= 1) processes; under mpirun they exist already.  Before anything that a fork does not survive. */
void ranks_start(int *argc, char ***argv, long wanted);

int ranks_me(void);
int ranks_count(void);

void ranks_barrier(void);

enum { RANKS_NUMBERS = 2048 };

/* Each of at most RANKS_NUMBERS numbers becomes the sum, or the largest, over all ranks. */
void ranks_sum(uint64_t *numbers, size_t count);
void ranks_largest(uint64_t *numbers, size_t count);

/* This rank has done its part.  Rank 0 returns when all have; the others do not return where they were forked. */
void ranks_end(void);

#endif
