/* SPDX-License-Identifier: BSD-3-Clause */
/* run.h - one run under way: its processes, what became of them, and why it ends
 *
 * One thread; everything happens in the loop of supervisor.c. */
#ifndef APPS_RUN_RUN_H
#define APPS_RUN_RUN_H
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "apps/run/guard.h"
#include "apps/run/output.h"
#include "apps/run/plan.h"
#include "apps/run/process.h"

/* How to go about it, from the command line. */
struct conduct {
    bool quiet;            /* no summary for people */
    bool labels;           /* false: the only process has our stdout and stderr */
    bool data_to_error;    /* what stages print on stdout goes to our stderr, because our stdout has the JSON summary */
    bool give_input;       /* stages get our stdin instead of /dev/null */
    uint64_t manager_wait; /* ns for the pool manager to say where it is */
};

enum process_state {
    PROCESS_WAITING, /* for the stages it comes after */
    PROCESS_RUNNING,
    PROCESS_DONE,
    PROCESS_FAILED,
    PROCESS_STOPPED, /* by us */
    PROCESS_SKIPPED  /* never started */
};

struct process {
    const struct task *task;  /* NULL: the pool manager */
    const char *label;
    enum process_state state;
    pid_t pid;
    bool ready, asked_to_end, timed_out, killed;
    int exit_code;            /* once it has ended */
    int signal;               /* that ended it, or 0 */
    uint64_t began, ended;    /* monotonic; 0: not yet */
    uint64_t kill_at;         /* once it was asked to end */
    struct rusage usage;
    struct source standard, error;
    struct run *run;
};

enum phase { PHASE_OPENING, PHASE_RUNNING, PHASE_ENDING, PHASE_CLOSING, PHASE_SWEEPING, PHASE_FLUSHING, PHASE_OVER };

struct run {
    const struct plan *plan;
    const struct conduct *conduct;
    struct inheritance inheritance;
    char runtime_directory[PATH_MAX];
    struct guard guard;
    struct output output;
    struct process manager;
    struct process *process;  /* one for each task */
    char manager_path[PATH_MAX];
    char *info;               /* what the pool manager said, "MSTRO_POOL_MANAGER_INFO=..." */
    int signals;              /* signalfd */
    int null;                 /* /dev/null */
    enum phase phase;
    uint64_t began, ended, phase_began, wake;
    bool impatient;           /* asked to end twice */
    int exit_code;
    char reason[512];         /* why it does not end with 0 */
    struct process *suspect;  /* failed first, and may have failed because of another whose end is not known yet */
    pid_t told[256];          /* orphans that were asked to end */
    size_t told_count;
};

/* Remember why the run fails; only the first reason counts. */
void run_fail(struct run *r, int exit_code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Can the programs that do not come after others be started?  0, or the exit code after a complaint. */
int run_check_tasks(const struct plan *p);

/* The process that is under suspicion is the reason. */
void run_accuse(struct run *r);

/* Start a process; on failure it is PROCESS_FAILED and the run has failed. */
void run_start_manager(struct run *r);
void run_start_task(struct run *r, struct process *p);

/* Say to the process's group that it should end, and remember when it will be killed. */
void run_ask_to_end(struct run *r, struct process *p, uint64_t now);
void run_kill(struct process *p);

/* Collect what has ended. */
void run_reap(struct run *r);

/* "1.23 s", "12 min 3 s" */
void run_format_elapsed(uint64_t nanoseconds, char text[32]);

/* Carry the plan out.  The exit code; 'r' then says what happened, and is given back by run_release. */
int run_supervise(struct run *r, const struct plan *plan, const struct conduct *conduct);
void run_release(struct run *r);

#endif
