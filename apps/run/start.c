/* SPDX-License-Identifier: BSD-3-Clause */
/* start.c - starting the pool manager and the instances of stages */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/complaint.h"
#include "apps/exit_code.h"
#include "apps/program_path.h"
#include "apps/run/run.h"
#include "lib/base/clock.h"
#include "maestro/core.h"

extern char **environ;

static bool same_variable(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");
    return strcspn(b, "=") == length && memcmp(a, b, length) == 0;
}

static void environment_put(char **environment, size_t *count, char *variable)
{
    for (size_t i = 0; i < *count; i++)
        if (same_variable(environment[i], variable)) {
            environment[i] = variable;
            return;
        }
    environment[(*count)++] = variable;
}

static size_t list_length(char *const *list)
{
    size_t count = 0;
    while (list && list[count])
        count++;
    return count;
}

/* Our environment without what a run decides, then 'common', then 'own'; the list is the caller's, the strings are not.  NULL when
 * memory is short. */
static char **environment_make(char *const *common, char *const *own)
{
    char **environment = calloc(list_length(environ) + list_length(common) + list_length(own) + 1, sizeof *environment);
    if (!environment)
        return NULL;
    size_t count = 0;
    for (char **at = environ; *at; at++)
        if (!plan_decides(*at))
            environment[count++] = *at;
    for (; common && *common; common++)
        environment_put(environment, &count, *common);
    for (; own && *own; own++)
        environment_put(environment, &count, *own);
    return environment;
}

/* A pipe whose reading end is a source of our output; its writing end, or -1. */
static int open_source(struct run *r, struct process *p, struct source *s, struct sink *sink)
{
    int end[2];
    if (pipe2(end, O_CLOEXEC) != 0)
        return -1;
    fcntl(end[0], F_SETFL, O_NONBLOCK);
    s->descriptor = end[0];
    s->sink = sink;
    s->label = p->label;
    output_add(&r->output, s);
    return end[1];
}

static int launch_failure_code(enum launch_step step, int number)
{
    if (step == LAUNCH_EXECUTE || step == LAUNCH_DIRECTORY)
        return number == ENOENT || number == ENOTDIR ? EXIT_CODE_NO_PROGRAM : EXIT_CODE_NOT_EXECUTABLE;
    return EXIT_CODE_INTERNAL;
}

/* What is wrong, seen from the person who wrote the command. */
static const char *launch_failure_text(const struct launch *l, enum launch_step step, int number, char *text, size_t size)
{
    if (step == LAUNCH_DIRECTORY)
        snprintf(text, size, "its directory '%s': %s", l->directory, strerror(number));
    else if (step == LAUNCH_EXECUTE && number == ENOEXEC)
        snprintf(text, size, "%s is neither a program nor a script that begins with #!", l->program);
    else if (step == LAUNCH_EXECUTE)
        snprintf(text, size, "%s: %s", l->program, strerror(number));
    else
        snprintf(text, size, "no new process: %s", strerror(number));
    return text;
}

static void mark_started(struct process *p)
{
    p->state = PROCESS_RUNNING;
    p->began = clock_now();
    p->ready = !p->task || !p->task->stage->ready;
}

static void mark_failed(struct process *p, int exit_code)
{
    p->state = PROCESS_FAILED;
    p->exit_code = exit_code;
}

/* Start 'p' as 'l' says, which lacks the descriptors only; 0, or the exit code, with 'why'. */
static int launch_process(struct run *r, struct process *p, struct launch *l, char *why, size_t size)
{
    bool own = r->conduct->labels || !p->task;
    struct sink *standard = r->conduct->data_to_error || !p->task ? r->output.for_error : &r->output.standard;
    l->inheritance = &r->inheritance;
    l->input = r->conduct->give_input && p->task ? STDIN_FILENO : r->null;
    l->output = own ? open_source(r, p, &p->standard, standard) : r->conduct->data_to_error ? STDERR_FILENO : STDOUT_FILENO;
    l->error = own ? open_source(r, p, &p->error, r->output.for_error) : STDERR_FILENO;
    enum launch_step step = LAUNCH_SETUP;
    int number = l->output < 0 || l->error < 0 ? errno : process_launch(l, &p->pid, &step);
    if (own && l->output >= 0)
        close(l->output);
    if (own && l->error >= 0)
        close(l->error);
    if (!number) {
        mark_started(p);
        return 0;
    }
    launch_failure_text(l, step, number, why, size);
    return launch_failure_code(step, number);
}

/* What the task's command would start; 0, or the exit code, with 'why'. */
static int find_program(const struct task *t, char program[PATH_MAX], char *why, size_t size)
{
    const char *search = getenv("PATH");
    for (char **variable = t->variables; *variable; variable++)
        if (same_variable(*variable, "PATH"))
            search = *variable + strlen("PATH=");
    if (t->directory && access(t->directory, X_OK) != 0) {
        int number = errno;
        snprintf(why, size, "its directory '%s': %s", t->directory, strerror(number));
        return launch_failure_code(LAUNCH_DIRECTORY, number);
    }
    int failure = program_search(t->command[0], search, t->directory, program);
    if (!failure)
        return 0;
    bool is_path = strchr(t->command[0], '/');
    if (failure == ENOENT)
        snprintf(why, size, is_path ? "%s: No such file or directory" : "%s: not found in PATH", t->command[0]);
    else
        snprintf(why, size, is_path ? "%s: not an executable file" : "%s: not executable where PATH finds it", t->command[0]);
    return launch_failure_code(LAUNCH_EXECUTE, failure);
}

int run_check_tasks(const struct plan *p)
{
    char program[PATH_MAX], why[PATH_MAX + 128];
    for (uint32_t i = 0; i < p->tasks; i++) {
        const struct task *t = &p->task[i];
        int code = t->index == 0 && t->stage->after_count == 0 ? find_program(t, program, why, sizeof why) : 0;
        if (!code)
            continue;
        complain("maestro run", "cannot start %s: %s", t->label, why);
        if (p->file)
            advise("the stage stands in %s, line %u; nothing was started", p->file, t->stage->line);
        return code;
    }
    return 0;
}

void run_start_task(struct run *r, struct process *p)
{
    const struct task *t = p->task;
    char program[PATH_MAX], workflow[PLAN_NAME_MAX + 32], runtime[PATH_MAX + 32], why[PATH_MAX + 128] = "out of memory";
    snprintf(workflow, sizeof workflow, "%s=%s", MSTRO_ENV_WORKFLOW_NAME, r->plan->workflow);
    snprintf(runtime, sizeof runtime, "MSTRO_RUNTIME_DIR=%s", r->runtime_directory);
    char *common[] = { workflow, runtime, r->info, NULL };
    char **environment = environment_make(common, t->variables);
    int code = environment ? find_program(t, program, why, sizeof why) : EXIT_CODE_INTERNAL;
    if (!code) {
        struct launch l = { program, t->command, environment, t->directory, -1, -1, -1, NULL };
        code = launch_process(r, p, &l, why, sizeof why);
    }
    free(environment);
    if (!code)
        return;
    mark_failed(p, code);
    if (t->stage->optional)
        output_say(&r->output, "cannot start %s: %s; it is optional: the run goes on", p->label, why);
    else
        run_fail(r, code, "cannot start %s: %s", p->label, why);
}

/* -- the pool manager -- */

/* "MSTRO_POOL_MANAGER_INFO;<info>;" -> "MSTRO_POOL_MANAGER_INFO=<info>".  The line holds the workflow's key and is never shown. */
static bool take_info(void *context, struct text line)
{
    static const char head[] = MSTRO_ENV_POOL_INFO ";";
    struct process *manager = context;
    struct run *r = manager->run;
    size_t head_length = sizeof head - 1;
    if (r->info || line.length < head_length + 2 || memcmp(line.at, head, head_length) != 0)
        return false;
    struct text info = { line.at + head_length, line.length - head_length - 1 };
    if (line.at[line.length - 1] != ';' || memchr(info.at, ';', info.length) || memchr(info.at, '\0', info.length))
        return false;
    if (asprintf(&r->info, "%s=" TEXT_FORMAT, MSTRO_ENV_POOL_INFO, TEXT_ARGUMENTS(info)) < 0)
        r->info = NULL;
    return true;
}

static char **manager_words(const struct run *r)
{
    size_t count = list_length(r->plan->manager_options);
    char **words = calloc(count + 2, sizeof *words);
    if (words) {
        words[0] = (char *)r->manager_path;
        memcpy(words + 1, r->plan->manager_options, count * sizeof *words);
    }
    return words;
}

void run_start_manager(struct run *r)
{
    struct process *p = &r->manager;
    char workflow[PLAN_NAME_MAX + 32], runtime[PATH_MAX + 32], why[PATH_MAX + 128];
    snprintf(workflow, sizeof workflow, "%s=%s", MSTRO_ENV_WORKFLOW_NAME, r->plan->workflow);
    snprintf(runtime, sizeof runtime, "MSTRO_RUNTIME_DIR=%s", r->runtime_directory);
    char *common[] = { workflow, runtime, NULL };
    char **environment = environment_make(common, NULL), **words = manager_words(r);
    struct launch l = { r->manager_path, words, environment, NULL, -1, -1, -1, NULL };
    p->standard.line = take_info;
    p->standard.context = p;
    int code = environment && words ? launch_process(r, p, &l, why, sizeof why) : EXIT_CODE_INTERNAL;
    free(environment);
    free(words);
    if (code) {
        mark_failed(p, code);
        run_fail(r, EXIT_CODE_UNREACHABLE, "cannot start the pool manager: %s", code == EXIT_CODE_INTERNAL ? "out of memory" : why);
    }
}
