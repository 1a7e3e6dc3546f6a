/* SPDX-License-Identifier: BSD-3-Clause */
/* ranks_fork.c - ranks that are forked here; the barrier and the sums are in memory that they share */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/ranks.h"

static struct shared {
    pthread_barrier_t barrier;
    _Atomic uint64_t number[RANKS_NUMBERS];
} *shared;
static int me, count = 1;

int ranks_me(void) { return me; }
int ranks_count(void) { return count; }
void ranks_barrier(void) { pthread_barrier_wait(&shared->barrier); }

/* A rank that failed would be waited for at the barrier for ever. */
static void when_a_rank_ends(int number)
{
    int status;
    (void)number;
    while (waitpid(-1, &status, WNOHANG) > 0)
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            static const char text[] = "bench: a process of the benchmark failed\n";
            if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
                /* there is nobody to tell */
            }
            _exit(1); /* the others follow: PR_SET_PDEATHSIG */
        }
}

static void watch_ranks(void)
{
    struct sigaction action = { .sa_handler = when_a_rank_ends, .sa_flags = SA_RESTART | SA_NOCLDSTOP };
    sigaction(SIGCHLD, &action, NULL);
}

void ranks_start(int *argc, char ***argv, long wanted)
{
    pthread_barrierattr_t kind;
    pid_t parent = getpid();
    (void)argc, (void)argv;
    count = (int)wanted;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (wanted < 1 || shared == MAP_FAILED) {
        fprintf(stderr, "bench: cannot make %ld processes\n", wanted);
        exit(2);
    }
    pthread_barrierattr_init(&kind);
    pthread_barrierattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->barrier, &kind, (unsigned)count);
    watch_ranks();
    for (int rank = 1; rank < count; rank++) {
        pid_t child = fork();
        if (child < 0) {
            perror("bench: fork");
            exit(1);
        }
        if (child == 0) {
            signal(SIGCHLD, SIG_DFL);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent)
                _exit(1);
            me = rank;
            return;
        }
    }
}

static void combine(uint64_t *numbers, size_t how_many, void (*into)(_Atomic uint64_t *to, uint64_t value))
{
    ranks_barrier();
    if (me == 0)
        for (size_t i = 0; i < how_many; i++)
            atomic_store(&shared->number[i], 0);
    ranks_barrier();
    for (size_t i = 0; i < how_many; i++)
        into(&shared->number[i], numbers[i]);
    ranks_barrier();
    for (size_t i = 0; i < how_many; i++)
        numbers[i] = atomic_load(&shared->number[i]);
}

static void add(_Atomic uint64_t *to, uint64_t value) { atomic_fetch_add(to, value); }

static void raise_to(_Atomic uint64_t *to, uint64_t value)
{
    uint64_t seen = atomic_load(to);
    while (seen < value && !atomic_compare_exchange_weak(to, &seen, value))
        ;
}

void ranks_sum(uint64_t *numbers, size_t how_many) { combine(numbers, how_many, add); }
void ranks_largest(uint64_t *numbers, size_t how_many) { combine(numbers, how_many, raise_to); }

void ranks_end(void)
{
    if (me != 0)
        exit(0);
    sigset_t child, before;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before); /* who is waited for here is not the handler's */
    int status;
    while (wait(&status) > 0)
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            exit(1);
}
