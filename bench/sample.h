/* SPDX-License-Identifier: BSD-3-Clause */
/* sample.h - time, memory, pinning and output of the benchmark programs */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static inline double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline uint64_t nanoseconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CPU seconds that this process has used. */
static inline double seconds_used(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

/* The pool manager of this run, from BENCH_MANAGER (its process id, in the environment); 0 when that is not set. */
static inline pid_t manager_pid(void)
{
    const char *set = getenv("BENCH_MANAGER");
    return set ? (pid_t)strtol(set, NULL, 10) : 0;
}

/* CPU seconds that the pool manager has used; 0 when it is not known. */
static inline double manager_seconds_used(void)
{
    clockid_t clock;
    struct timespec t;
    if (manager_pid() <= 0 || clock_getcpuclockid(manager_pid(), &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Bytes of memory that process 'pid' has resident (0: this one); 0 when that is not known. */
static inline double resident_bytes(pid_t pid)
{
    char path[64];
    long all, resident = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)(pid ? pid : getpid()));
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld", &all, &resident) != 2)
        resident = 0;
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/* Stay on one CPU; harmless where it does not exist. */
static inline void pin_to_cpu(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static inline int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What every benchmark program prints: one figure a line. */
static inline void print_figure(const char *name, double value, const char *unit)
{
    printf("%s %.6g %s\n", name, value, unit);
    fflush(stdout);
}

#endif
