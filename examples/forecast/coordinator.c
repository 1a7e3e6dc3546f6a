/* SPDX-License-Identifier: BSD-3-Clause */
/* coordinator - the stage that starts others: a job for each level set, when the last field of it has been offered */
#include "examples/forecast/coordination.h"
#include "examples/forecast/stage.h"

#include <err.h>
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
    "usage: coordinator --output=FOLDER COMMAND...\n"
    "Gather the fields of each level set that a forecast offers: u and v at all levels of pressure, geopotential at 500 and\n"
    "1000 hPa.  When all fields of one have been offered, offer them as a group and run COMMAND... GROUP, with\n"
    "MSTRO_COMPONENT_INDEX the number of the set.\n";

enum { WORDS_MAX = 64 };

/* The processes of the jobs by their numbers. */
struct processes {
    char **command;
    pid_t *process;
    size_t room;
};

/* Our environment, but as instance 'number'; 'entry' is the text of that, the caller frees the array. */
static char **environment_of(unsigned number, char *entry, size_t size)
{
    static const char name[] = "MSTRO_COMPONENT_INDEX=";
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **all = calloc(count + 2, sizeof *all);
    if (!all)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], name, sizeof name - 1) != 0)
            all[kept++] = environ[i];
    snprintf(entry, size, "%s%u", name, number);
    all[kept] = entry;
    return all;
}

static bool make_room(struct processes *p, unsigned number)
{
    if (number < p->room)
        return true;
    size_t room = 2 * (size_t)number + 16;
    pid_t *process = realloc(p->process, room * sizeof *process);
    if (!process)
        return false;
    p->process = process;
    p->room = room;
    return true;
}

static int start(void *context, unsigned number, const char *group)
{
    struct processes *p = context;
    char *words[WORDS_MAX + 2], entry[64];
    size_t count = 0;
    for (; p->command[count]; count++)
        words[count] = p->command[count];
    words[count] = (char *)(uintptr_t)group;
    words[count + 1] = NULL;
    char **environment = environment_of(number, entry, sizeof entry);
    if (!environment || !make_room(p, number)) {
        free(environment);
        warnx("out of memory");
        return 70;
    }
    int error = posix_spawnp(&p->process[number], words[0], NULL, NULL, words, environment);
    free(environment);
    if (!error)
        return 0;
    warnx("cannot start %s for %s: %s", words[0], group, strerror(error));
    return 1;
}

static int ended(void *context, unsigned number, bool wait)
{
    const struct processes *p = context;
    int status = 0;
    pid_t process;
    while ((process = waitpid(p->process[number], &status, wait ? 0 : WNOHANG)) < 0 && errno == EINTR)
        ;
    if (process == 0)
        return -1;
    return process < 0 ? 70 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(const char *folder, char *operand[], struct statistics *statistics)
{
    (void)folder;
    struct processes processes = {.command = operand};
    const struct job_runner runner = {&processes, start, ended};
    int code = coordination_run(&runner, statistics);
    free(processes.process);
    return code;
}

int main(int argc, char *argv[])
{
    return stage_main(argc, argv,
                      &(struct stage_program){"coordinator", usage, .operands = 1, .operands_max = WORDS_MAX, .run = run});
}
