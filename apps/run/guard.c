/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "apps/run/guard.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/run/scratch.h"
#include "lib/base/clock.h"

#define ENVIRONMENT_MAX (1 << 20)
#define LOOK_AGAIN_MS 20

/* Is MSTRO_RUNTIME_DIR 'directory' or below it, in these strings that each end with a NUL? */
static bool environment_names(const char *environment, size_t length, const char *directory)
{
    static const char variable[] = "MSTRO_RUNTIME_DIR=";
    size_t directory_length = strlen(directory);
    for (const char *at = environment; at < environment + length; at += strlen(at) + 1) {
        if (strncmp(at, variable, sizeof variable - 1) != 0)
            continue;
        const char *value = at + sizeof variable - 1;
        return strncmp(value, directory, directory_length) == 0 && (!value[directory_length] || value[directory_length] == '/');
    }
    return false;
}

static bool belongs_to_run(const char *process, const char *directory, char *environment)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/environ", process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    size_t length = 0;
    ssize_t got;
    while (length < ENVIRONMENT_MAX && (got = read(file, environment + length, ENVIRONMENT_MAX - length)) > 0)
        length += (size_t)got;
    close(file);
    environment[length] = '\0';
    return environment_names(environment, length, directory);
}

/* Send 'signal' to every process of the run.  How many there were; -1 when /proc cannot be read. */
static int signal_all(const char *directory, int signal, char *environment)
{
    DIR *processes = opendir("/proc");
    if (!processes)
        return -1;
    int found = 0;
    for (struct dirent *entry; (entry = readdir(processes));) {
        if (!isdigit((unsigned char)entry->d_name[0]) || !belongs_to_run(entry->d_name, directory, environment))
            continue;
        if (kill((pid_t)strtol(entry->d_name, NULL, 10), signal) == 0)
            found++;
    }
    closedir(processes);
    return found;
}

static void end_all(const char *directory, uint64_t grace)
{
    char *environment = malloc(ENVIRONMENT_MAX + 1);
    if (!environment)
        return;
    uint64_t begin = clock_now();
    int left = signal_all(directory, SIGTERM, environment);
    while (left > 0) {
        uint64_t waited = clock_now() - begin;
        if (waited > grace + 10 * NANOSECONDS_PER_SECOND)
            break; /* held in the kernel: nothing more can be done to them */
        struct timespec pause = clock_to_timespec(LOOK_AGAIN_MS * NANOSECONDS_PER_MILLISECOND);
        nanosleep(&pause, NULL);
        left = signal_all(directory, waited > grace ? SIGKILL : 0, environment);
    }
    free(environment);
}

static void close_all_but(int kept)
{
    DIR *descriptors = opendir("/proc/self/fd");
    if (!descriptors)
        return;
    for (struct dirent *entry; (entry = readdir(descriptors));) {
        int descriptor = atoi(entry->d_name);
        if (descriptor > 2 && descriptor != kept && descriptor != dirfd(descriptors))
            close(descriptor);
    }
    closedir(descriptors);
}

static void keep_guard(int door, const char *directory, uint64_t grace)
{
    setsid();
    prctl(PR_SET_NAME, "maestro-guard");
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    int null = open("/dev/null", O_RDWR);
    for (int descriptor = 0; descriptor <= 2; descriptor++)
        dup2(null, descriptor); /* hold no terminal and no pipe of the user open */
    close_all_but(door);
    if (chdir("/") != 0)
        return;

    char word;
    ssize_t got;
    do
        got = read(door, &word, 1);
    while (got < 0 && errno == EINTR);
    if (got != 0)
        return;
    end_all(directory, grace);
    scratch_remove(directory);
}

int guard_start(struct guard *g, const char *runtime_directory, uint64_t grace)
{
    int door[2];
    if (pipe2(door, O_CLOEXEC) != 0)
        return errno;
    pid_t pid = fork();
    if (pid == 0) {
        close(door[1]);
        keep_guard(door[0], runtime_directory, grace);
        _exit(0);
    }
    int failure = pid < 0 ? errno : 0;
    close(door[0]);
    if (failure)
        close(door[1]);
    else
        *g = (struct guard){ .pid = pid, .door = door[1] };
    return failure;
}

void guard_dismiss(struct guard *g)
{
    ssize_t ignored = write(g->door, "x", 1);
    (void)ignored;
    close(g->door);
    waitpid(g->pid, NULL, 0);
}
