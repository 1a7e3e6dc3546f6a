/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "apps/run/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct failure { enum launch_step step; int number; };

static int become(const struct launch *l, pid_t parent)
{
    setsid();
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        return errno;
    if (getppid() != parent)
        return ESRCH; /* it died before we asked to be told */
    /* Descriptors 0 to 2 are open in this process, so none of these is among them unless it is already in its place. */
    if (dup2(l->input, 0) < 0 || dup2(l->output, 1) < 0 || dup2(l->error, 2) < 0)
        return errno;
    setrlimit(RLIMIT_NOFILE, &l->inheritance->files);
    sigaction(SIGPIPE, &l->inheritance->broken_pipe, NULL);
    sigprocmask(SIG_SETMASK, &l->inheritance->mask, NULL);
    return 0;
}

static void run_child(const struct launch *l, pid_t parent, int report)
{
    struct failure failure = { LAUNCH_SETUP, become(l, parent) };
    if (!failure.number && l->directory && chdir(l->directory) != 0)
        failure = (struct failure){ LAUNCH_DIRECTORY, errno };
    if (!failure.number) {
        execve(l->program, l->command, l->environment);
        failure = (struct failure){ LAUNCH_EXECUTE, errno };
    }
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

int process_launch(const struct launch *l, pid_t *pid, enum launch_step *failed)
{
    *failed = LAUNCH_FORK;
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return errno;
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        run_child(l, parent, report[1]);
    int fork_error = errno;
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return fork_error;
    }
    struct failure failure;
    ssize_t got;
    do
        got = read(report[0], &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    close(report[0]);
    if (got == 0) {
        *pid = child;
        return 0;
    }
    waitpid(child, NULL, 0);
    if (got != sizeof failure)
        return EIO;
    *failed = failure.step;
    return failure.number;
}
