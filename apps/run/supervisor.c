/* SPDX-License-Identifier: BSD-3-Clause */
/* supervisor.c - the phases of a run, and the loop that goes through them
 *
 *   opening   the pool manager is started and says where it is
 *   running   stages are started as their turn comes, until all that count are done or something fails
 *   ending    what still runs, and what stages left behind, is asked to end, then killed
 *   closing   the pool manager is asked to end, then killed
 *   sweeping  whatever is left is killed
 *   flushing  the last output is written */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/exit_code.h"
#include "apps/run/orphans.h"
#include "apps/run/run.h"
#include "apps/run/scratch.h"
#include "lib/base/clock.h"

#define LOOK_AGAIN (20 * NANOSECONDS_PER_MILLISECOND)
#define SUSPENSE (100 * NANOSECONDS_PER_MILLISECOND) /* for the process whose end made another fail to be seen as ended, too */
#define GIVE_UP_AFTER (10 * NANOSECONDS_PER_SECOND) /* the time of grace, and SIGKILL */

static void wake_at(struct run *r, uint64_t when)
{
    if (when < r->wake)
        r->wake = when;
}

/* -- which stage's turn it is -- */

static bool stage_is(const struct run *r, const struct stage *s, bool (*holds)(const struct process *))
{
    for (uint32_t i = 0; i < r->plan->tasks; i++)
        if (r->process[i].task->stage == s && !holds(&r->process[i]))
            return false;
    return true;
}

static bool has_ended(const struct process *p)
{
    return p->state != PROCESS_WAITING && p->state != PROCESS_RUNNING;
}

static bool is_ready(const struct process *p)
{
    return has_ended(p) || (p->state == PROCESS_RUNNING && p->ready);
}

static bool turn_has_come(const struct run *r, const struct stage *s)
{
    for (uint32_t i = 0; i < s->after_count; i++)
        if (!stage_is(r, &r->plan->stage[s->after[i]], has_ended))
            return false;
    for (uint32_t i = 0; i < s->after_ready_count; i++)
        if (!stage_is(r, &r->plan->stage[s->after_ready[i]], is_ready))
            return false;
    return true;
}

static void start_due_stages(struct run *r)
{
    for (uint32_t i = 0; i < r->plan->tasks && r->exit_code == EXIT_CODE_OK && !r->suspect; i++)
        if (r->process[i].state == PROCESS_WAITING && turn_has_come(r, r->process[i].task->stage))
            run_start_task(r, &r->process[i]);
}

static bool all_done_but_services(const struct run *r)
{
    for (uint32_t i = 0; i < r->plan->tasks; i++)
        if (!r->process[i].task->stage->service && !has_ended(&r->process[i]))
            return false;
    return true;
}

static size_t count_running(const struct run *r)
{
    size_t count = 0;
    for (uint32_t i = 0; i < r->plan->tasks; i++)
        count += r->process[i].state == PROCESS_RUNNING;
    return count;
}

/* -- time -- */

static void mind_suspect(struct run *r, uint64_t now)
{
    if (!r->suspect)
        return;
    if (now >= r->suspect->ended + SUSPENSE || count_running(r) == 0)
        run_accuse(r);
    else
        wake_at(r, r->suspect->ended + SUSPENSE);
}

/* Ask what has run out of its time to end; kill what was asked and did not. */
static void mind_deadline(struct run *r, struct process *p, uint64_t now)
{
    if (p->state != PROCESS_RUNNING)
        return;
    uint64_t timeout = p->task ? p->task->stage->timeout : 0;
    if (timeout && !p->asked_to_end) {
        if (now >= p->began + timeout) {
            p->timed_out = true;
            run_ask_to_end(r, p, now);
        } else
            wake_at(r, p->began + timeout);
    }
    if (p->asked_to_end && !p->killed) {
        if (now >= p->kill_at || r->impatient)
            run_kill(p);
        else
            wake_at(r, p->kill_at);
    }
}

static void mind_deadlines(struct run *r, uint64_t now)
{
    for (uint32_t i = 0; i < r->plan->tasks; i++)
        mind_deadline(r, &r->process[i], now);
    mind_deadline(r, &r->manager, now);
    if (!r->plan->timeout || r->phase > PHASE_RUNNING)
        return;
    if (now >= r->began + r->plan->timeout)
        run_fail(r, EXIT_CODE_TIMED_OUT, "the run did not end within its timeout");
    else
        wake_at(r, r->began + r->plan->timeout);
}

/* -- what was left behind -- */

static bool is_ours(void *context, pid_t pid)
{
    struct run *r = context;
    if (pid == r->guard.pid || pid == r->manager.pid)
        return true;
    for (uint32_t i = 0; i < r->plan->tasks; i++)
        if (r->process[i].state == PROCESS_RUNNING && r->process[i].pid == pid)
            return true;
    return false;
}

static const char *left_by(const struct run *r, pid_t session)
{
    for (uint32_t i = 0; i < r->plan->tasks; i++)
        if (r->process[i].pid == session)
            return r->process[i].label;
    return "a stage";
}

static bool tell_once(struct run *r, pid_t pid)
{
    for (size_t i = 0; i < r->told_count; i++)
        if (r->told[i] == pid)
            return false;
    if (r->told_count == sizeof r->told / sizeof r->told[0])
        return false; /* so many are not asked: they are killed after the time of grace */
    r->told[r->told_count++] = pid;
    return true;
}

/* Ask orphans to end, or kill them.  How many there are. */
static size_t end_orphans(struct run *r, bool by_force)
{
    struct orphan orphan[64];
    size_t count = orphans_find(orphan, sizeof orphan / sizeof orphan[0], is_ours, r);
    for (size_t i = 0; i < count; i++) {
        bool first = tell_once(r, orphan[i].pid);
        if (first && !by_force)
            output_say(&r->output, "ending %s (process %d), left behind by %s", orphan[i].name, (int)orphan[i].pid, left_by(r, orphan[i].session));
        if (first || by_force)
            kill(orphan[i].pid, by_force ? SIGKILL : SIGTERM);
        if (first)
            kill(orphan[i].pid, SIGCONT);
    }
    return count;
}

/* A process that does not end by SIGKILL (held in the kernel, or it became another user's) must not hold the run for ever. */
static bool must_give_up(struct run *r, uint64_t now)
{
    uint64_t limit = r->phase_began + (r->impatient ? 0 : r->plan->grace) + GIVE_UP_AFTER;
    wake_at(r, limit);
    if (now < limit)
        return false;
    run_fail(r, EXIT_CODE_INTERNAL, "a process that was killed does not end; the run leaves it behind");
    return true;
}

/* -- phases: enter once, then step until it names another -- */

static void enter_opening(struct run *r)
{
    run_start_manager(r);
}

static enum phase step_opening(struct run *r, uint64_t now)
{
    if (r->exit_code == EXIT_CODE_OK && r->info)
        return PHASE_RUNNING;
    if (r->exit_code == EXIT_CODE_OK && now >= r->phase_began + r->conduct->manager_wait) {
        char waited[32];
        run_format_elapsed(r->conduct->manager_wait, waited);
        run_fail(r, EXIT_CODE_UNREACHABLE, "the pool manager (%s) did not say where it is within %s", r->manager_path, waited);
    }
    wake_at(r, r->phase_began + r->conduct->manager_wait);
    return r->exit_code == EXIT_CODE_OK ? PHASE_OPENING : PHASE_ENDING;
}

static void enter_nothing(struct run *r)
{
    (void)r;
}

static enum phase step_running(struct run *r, uint64_t now)
{
    mind_suspect(r, now);
    if (r->exit_code == EXIT_CODE_OK)
        start_due_stages(r);
    return r->exit_code != EXIT_CODE_OK || (!r->suspect && all_done_but_services(r)) ? PHASE_ENDING : PHASE_RUNNING;
}

static void enter_ending(struct run *r)
{
    uint64_t now = clock_now();
    size_t running = count_running(r);
    if (r->exit_code != EXIT_CODE_OK && running > 0)
        output_say(&r->output, "ending the %zu process%s still running", running, running == 1 ? " that is" : "es that are");
    for (uint32_t i = 0; i < r->plan->tasks; i++) {
        if (r->process[i].state == PROCESS_RUNNING)
            run_ask_to_end(r, &r->process[i], now);
        if (r->process[i].state == PROCESS_WAITING)
            r->process[i].state = PROCESS_SKIPPED;
    }
}

static enum phase step_ending(struct run *r, uint64_t now)
{
    uint64_t force_at = r->phase_began + r->plan->grace;
    size_t orphans = end_orphans(r, now >= force_at || r->impatient);
    if (orphans > 0)
        wake_at(r, now + LOOK_AGAIN);
    return count_running(r) + orphans == 0 || must_give_up(r, now) ? PHASE_CLOSING : PHASE_ENDING;
}

static void enter_closing(struct run *r)
{
    if (r->manager.state == PROCESS_RUNNING)
        run_ask_to_end(r, &r->manager, clock_now());
}

static enum phase step_closing(struct run *r, uint64_t now)
{
    return r->manager.state != PROCESS_RUNNING || must_give_up(r, now) ? PHASE_SWEEPING : PHASE_CLOSING;
}

static enum phase step_sweeping(struct run *r, uint64_t now)
{
    if (end_orphans(r, true) == 0 || must_give_up(r, now))
        return PHASE_FLUSHING;
    wake_at(r, now + LOOK_AGAIN);
    return PHASE_SWEEPING;
}

static void enter_flushing(struct run *r)
{
    if (!scratch_remove(r->runtime_directory))
        run_fail(r, EXIT_CODE_INTERNAL, "cannot remove %s: %s", r->runtime_directory, strerror(errno));
    output_close_sources(&r->output);
    output_status(&r->output, "");
}

static enum phase step_flushing(struct run *r, uint64_t now)
{
    (void)now;
    return output_flushed(&r->output) || r->impatient ? PHASE_OVER : PHASE_FLUSHING;
}

static const struct {
    const char *name;
    void (*enter)(struct run *r);
    enum phase (*step)(struct run *r, uint64_t now);
} phases[] = {
    [PHASE_OPENING] = { "starting the pool manager", enter_opening, step_opening },
    [PHASE_RUNNING] = { "running", enter_nothing, step_running },
    [PHASE_ENDING] = { "ending", enter_ending, step_ending },
    [PHASE_CLOSING] = { "ending the pool manager", enter_closing, step_closing },
    [PHASE_SWEEPING] = { "ending what is left", enter_nothing, step_sweeping },
    [PHASE_FLUSHING] = { "", enter_flushing, step_flushing },
    [PHASE_OVER] = { "", enter_nothing, NULL },
};

static void enter(struct run *r, enum phase phase)
{
    r->phase = phase;
    r->phase_began = clock_now();
    phases[phase].enter(r);
}

/* Go through as many phases as can be left at once.  Deadlines come after the step, which may have started something. */
static void advance(struct run *r)
{
    while (r->phase != PHASE_OVER) {
        uint64_t now = clock_now();
        int exit_code = r->exit_code;
        r->wake = NO_DEADLINE;
        enum phase next = phases[r->phase].step(r, now);
        if (next != r->phase)
            enter(r, next);
        else {
            mind_deadlines(r, now);
            if (r->exit_code == exit_code)
                return;
        }
    }
}

/* -- the foot of the terminal -- */

static void show_progress(struct run *r, uint64_t now)
{
    if (!r->output.progress || r->phase >= PHASE_FLUSHING)
        return;
    size_t waiting = 0, running = 0, ended = 0;
    for (uint32_t i = 0; i < r->plan->tasks; i++) {
        enum process_state state = r->process[i].state;
        *(state == PROCESS_WAITING ? &waiting : state == PROCESS_RUNNING ? &running : &ended) += 1;
    }
    char elapsed[32], text[160];
    uint64_t seconds = (now - r->began) / NANOSECONDS_PER_SECOND;
    run_format_elapsed(seconds * NANOSECONDS_PER_SECOND, elapsed);
    if (seconds < 60)
        snprintf(elapsed, sizeof elapsed, "%u s", (unsigned)seconds);
    snprintf(text, sizeof text, "%.64s: %s, %zu waiting, %zu running, %zu ended, %s", r->plan->workflow, phases[r->phase].name, waiting,
             running, ended, elapsed);
    if (strcmp(text, r->output.status) != 0)
        output_status(&r->output, text);
    wake_at(r, r->began + (seconds + 1) * NANOSECONDS_PER_SECOND);
}

/* -- signals -- */

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static void handle_signal(struct run *r, int number)
{
    if (number == SIGCHLD)
        return; /* reaping is done each time round */
    run_accuse(r);
    r->impatient = r->phase == PHASE_FLUSHING || (r->phase >= PHASE_ENDING && r->exit_code != EXIT_CODE_OK);
    run_fail(r, EXIT_CODE_SIGNAL + number, "%s: ending the run", number == SIGINT ? "interrupted" : strsignal(number));
}

static void handle_signals(struct run *r)
{
    struct signalfd_siginfo about;
    while (read(r->signals, &about, sizeof about) == sizeof about)
        handle_signal(r, (int)about.ssi_signo);
}

/* Signals that were ignored when we were started (nohup) stay ignored. */
static int take_signals(struct run *r)
{
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    for (size_t i = 0; i < sizeof ending_signals / sizeof ending_signals[0]; i++) {
        struct sigaction present;
        sigaction(ending_signals[i], NULL, &present);
        if (present.sa_handler != SIG_IGN)
            sigaddset(&taken, ending_signals[i]);
    }
    sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, &r->inheritance.broken_pipe);
    sigprocmask(SIG_BLOCK, &taken, &r->inheritance.mask);
    return signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* -- the loop -- */

static int poll_timeout(const struct run *r)
{
    if (r->wake == NO_DEADLINE)
        return -1;
    uint64_t now = clock_now();
    uint64_t left = r->wake > now ? (r->wake - now + NANOSECONDS_PER_MILLISECOND - 1) / NANOSECONDS_PER_MILLISECOND : 0;
    return left < 60000 ? (int)left : 60000;
}

static void turn(struct run *r, struct pollfd *wait)
{
    show_progress(r, clock_now());
    wait[0] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
    size_t count = 1 + output_prepare(&r->output, wait + 1);
    bool files_wait = !output_flushed(&r->output) && (r->output.standard.always || r->output.error.always);
    if (poll(wait, count, files_wait ? 0 : poll_timeout(r)) < 0)
        return; /* interrupted; the descriptors say nothing then */
    handle_signals(r);
    output_handle(&r->output, wait + 1);
    run_reap(r);
}

static void loop(struct run *r, struct pollfd *wait)
{
    enter(r, PHASE_OPENING);
    for (advance(r); r->phase != PHASE_OVER; advance(r))
        turn(r, wait);
}

/* Two pipes a process, and what this program needs itself. */
static void raise_file_limit(struct run *r)
{
    getrlimit(RLIMIT_NOFILE, &r->inheritance.files);
    struct rlimit wanted = r->inheritance.files;
    rlim_t needed = 2 * (rlim_t)r->plan->tasks + 64;
    if (wanted.rlim_cur < needed)
        wanted.rlim_cur = needed < wanted.rlim_max ? needed : wanted.rlim_max;
    setrlimit(RLIMIT_NOFILE, &wanted);
}

static const char *const colours[] = { "\033[36m", "\033[33m", "\033[35m", "\033[32m", "\033[34m", "\033[31m" };

static void process_init(struct run *r, struct process *p, const struct task *t)
{
    *p = (struct process){ .run = r, .task = t, .label = t ? t->label : "pool-manager" };
    p->standard.descriptor = p->error.descriptor = -1;
    if (t)
        p->standard.colour = p->error.colour = colours[(size_t)(t->stage - r->plan->stage) % (sizeof colours / sizeof colours[0])];
}

static bool watch_line(void *context, struct text line)
{
    struct process *p = context;
    const char *ready = p->task->stage->ready;
    if (!p->ready && memmem(line.at, line.length, ready, strlen(ready)))
        p->ready = true;
    return false;
}

static bool make_processes(struct run *r)
{
    r->process = calloc(r->plan->tasks ? r->plan->tasks : 1, sizeof *r->process);
    if (!r->process || !output_init(&r->output, 2 * (size_t)r->plan->tasks + 2))
        return false;
    process_init(r, &r->manager, NULL);
    for (uint32_t i = 0; i < r->plan->tasks; i++) {
        struct process *p = &r->process[i];
        process_init(r, p, &r->plan->task[i]);
        if (p->task->stage->ready) {
            p->standard.line = p->error.line = watch_line;
            p->standard.context = p->error.context = p;
        }
    }
    return true;
}

int run_supervise(struct run *r, const struct plan *plan, const struct conduct *conduct)
{
    r->plan = plan;
    r->conduct = conduct;
    r->began = clock_now();
    struct pollfd *wait = NULL;
    int failure = 0;
    r->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (r->null < 0 || !make_processes(r) || !(wait = calloc(output_poll_size(&r->output) + 1, sizeof *wait)))
        failure = ENOMEM;
    if (!failure)
        failure = guard_start(&r->guard, r->runtime_directory, plan->grace);
    if (failure) {
        free(wait);
        scratch_remove(r->runtime_directory);
        return r->exit_code = EXIT_CODE_INTERNAL;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    raise_file_limit(r);
    r->signals = take_signals(r);
    loop(r, wait);
    free(wait);
    r->ended = clock_now();
    guard_dismiss(&r->guard);
    close(r->signals);
    close(r->null);
    return r->exit_code;
}

void run_release(struct run *r)
{
    if (r->process)
        output_release(&r->output);
    free(r->process);
    free(r->info);
}
