/* SPDX-License-Identifier: BSD-3-Clause */
/* reap.c - processes end: on their own, when asked, when killed */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "apps/exit_code.h"
#include "apps/run/run.h"
#include "lib/base/clock.h"

void run_fail(struct run *r, int exit_code, const char *format, ...)
{
    if (r->exit_code != EXIT_CODE_OK)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->reason, sizeof r->reason, format, arguments);
    va_end(arguments);
    r->exit_code = exit_code;
    output_say(&r->output, "%s", r->reason);
}

void run_ask_to_end(struct run *r, struct process *p, uint64_t now)
{
    if (p->asked_to_end)
        return;
    p->asked_to_end = true;
    p->kill_at = now + r->plan->grace;
    kill(-p->pid, SIGTERM);
    kill(-p->pid, SIGCONT); /* what was stopped could not end */
}

void run_kill(struct process *p)
{
    if (p->killed)
        return;
    p->killed = true;
    kill(-p->pid, SIGKILL);
}

void run_format_elapsed(uint64_t nanoseconds, char text[32])
{
    uint64_t seconds = nanoseconds / NANOSECONDS_PER_SECOND;
    if (seconds < 60)
        snprintf(text, 32, "%.2f s", (double)nanoseconds / (double)NANOSECONDS_PER_SECOND);
    else if (seconds < 3600)
        snprintf(text, 32, "%u min %u s", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
    else
        snprintf(text, 32, "%u h %u min", (unsigned)(seconds / 3600), (unsigned)(seconds / 60 % 60));
}

/* "ended with exit code 3", "was ended by signal 9 (Killed)", and after how long. */
static const char *describe_end(const struct process *p, char text[160])
{
    char elapsed[32];
    run_format_elapsed(p->ended - p->began, elapsed);
    if (p->timed_out)
        snprintf(text, 160, "did not end within its timeout, %s", elapsed);
    else if (p->signal)
        snprintf(text, 160, "was ended by signal %d (%s) after %s", p->signal, strsignal(p->signal), elapsed);
    else
        snprintf(text, 160, "ended with exit code %d after %s", p->exit_code, elapsed);
    return text;
}

static void note_end(struct process *p, int status, const struct rusage *usage)
{
    p->ended = clock_now();
    p->usage = *usage;
    p->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    p->exit_code = p->signal ? EXIT_CODE_SIGNAL + p->signal : WEXITSTATUS(status);
}

/* A service that was asked to end may do so by the signal. */
static bool ended_well(const struct process *p)
{
    bool by_request = p->asked_to_end && (p->signal == SIGTERM || p->exit_code == EXIT_CODE_SIGNAL + SIGTERM);
    return p->exit_code == 0 || (p->task->stage->service && by_request);
}

static void accuse(struct run *r, const struct process *p)
{
    char how[160];
    run_fail(r, p->exit_code, "%s %s", p->label, describe_end(p, how));
}

void run_accuse(struct run *r)
{
    if (r->suspect)
        accuse(r, r->suspect);
    r->suspect = NULL;
}

/* The kernel does not tell in which order processes ended.  One that was ended by a signal is the reason why others give up with
 * an exit code of theirs rather than the other way round, so an exit code has to wait a little for such an end. */
static void suspect(struct run *r, struct process *p)
{
    if (p->signal || p->timed_out || r->phase != PHASE_RUNNING)
        accuse(r, p);
    else if (!r->suspect)
        r->suspect = p;
}

static void judge_task(struct run *r, struct process *p)
{
    char how[160];
    if (p->timed_out)
        p->exit_code = EXIT_CODE_TIMED_OUT;
    if (p->asked_to_end && r->exit_code != EXIT_CODE_OK && !p->timed_out)
        p->state = PROCESS_STOPPED;
    else
        p->state = !p->timed_out && ended_well(p) ? PROCESS_DONE : PROCESS_FAILED;
    if (p->state != PROCESS_FAILED)
        return;
    if (p->task->stage->optional)
        output_say(&r->output, "%s %s; it is optional: the run goes on", p->label, describe_end(p, how));
    else
        suspect(r, p);
}

static void judge_manager(struct run *r)
{
    struct process *p = &r->manager;
    char how[160];
    p->state = p->asked_to_end ? PROCESS_DONE : PROCESS_FAILED;
    describe_end(p, how);
    if (!p->asked_to_end)
        run_fail(r, EXIT_CODE_UNREACHABLE, "the pool manager %s%s", how, r->info ? "" : ", before it said where it is");
    else if (p->killed)
        run_fail(r, EXIT_CODE_UNREACHABLE, "the pool manager did not end when asked and was killed");
    else if (p->exit_code != 0 && p->signal != SIGTERM)
        run_fail(r, EXIT_CODE_UNREACHABLE, "the pool manager %s when it was asked to end", how);
}

static void reap_manager(struct run *r)
{
    int status;
    struct rusage usage;
    if (r->manager.state != PROCESS_RUNNING || wait4(r->manager.pid, &status, WNOHANG, &usage) != r->manager.pid)
        return;
    note_end(&r->manager, status, &usage);
    judge_manager(r);
}

static void reap_task(struct run *r, pid_t pid, int status, const struct rusage *usage)
{
    for (uint32_t i = 0; i < r->plan->tasks; i++) {
        struct process *p = &r->process[i];
        if (p->state != PROCESS_RUNNING || p->pid != pid)
            continue;
        note_end(p, status, usage);
        judge_task(r, p);
        return;
    }
    /* An orphan: of no consequence. */
}

void run_reap(struct run *r)
{
    int status;
    struct rusage usage;
    pid_t pid;
    /* The manager first: where stages end because it died, that is the reason. */
    reap_manager(r);
    while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
        if (pid == r->manager.pid && r->manager.state == PROCESS_RUNNING) {
            note_end(&r->manager, status, &usage);
            judge_manager(r);
            continue;
        }
        reap_manager(r);
        reap_task(r, pid, status, &usage);
    }
}
