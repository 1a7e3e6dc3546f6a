/* SPDX-License-Identifier: BSD-3-Clause */
/* ranks_mpi.c - the ranks of mpirun; a rank that fails ends without MPI_Finalize, and mpirun ends the others */
#include <stdio.h>
#include <stdlib.h>

#include <mpi.h>

#include "bench/ranks.h"

static int me, count;

int ranks_me(void) { return me; }
int ranks_count(void) { return count; }
void ranks_barrier(void) { MPI_Barrier(MPI_COMM_WORLD); }

void ranks_start(int *argc, char ***argv, long wanted)
{
    int level;
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &me);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    if (wanted > 1 && wanted != count && me == 0)
        fprintf(stderr, "bench: mpirun decides how many processes there are: %d, not %ld\n", count, wanted);
}

void ranks_sum(uint64_t *numbers, size_t how_many)
{
    MPI_Allreduce(MPI_IN_PLACE, numbers, (int)how_many, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
}

void ranks_largest(uint64_t *numbers, size_t how_many)
{
    MPI_Allreduce(MPI_IN_PLACE, numbers, (int)how_many, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD);
}

void ranks_end(void)
{
    MPI_Finalize();
    if (me != 0)
        exit(0);
}
