/* SPDX-License-Identifier: BSD-3-Clause */
#include "apps/run/summary.h"

#include "config.h"

#include <errno.h>
#include <string.h>

#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

#include "apps/exit_code.h"
#include "lib/base/clock.h"

static const char *const state_names[] = {
    [PROCESS_WAITING] = "waiting", [PROCESS_RUNNING] = "running", [PROCESS_DONE] = "done",
    [PROCESS_FAILED] = "failed",   [PROCESS_STOPPED] = "stopped", [PROCESS_SKIPPED] = "skipped",
};

static double cpu_seconds(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) + (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* "3", "6 (timeout)", "signal 9", "-" */
static const char *describe_exit(const struct process *p, char text[32])
{
    if (!p->ended && p->state != PROCESS_FAILED)
        return "-";
    if (p->timed_out)
        snprintf(text, 32, "%d (timeout)", p->exit_code);
    else if (p->signal)
        snprintf(text, 32, "signal %d", p->signal);
    else
        snprintf(text, 32, "%d", p->exit_code);
    return text;
}

static void print_process(const struct process *p, int width, FILE *to)
{
    char exit[32], elapsed[32] = "-";
    if (p->ended)
        run_format_elapsed(p->ended - p->began, elapsed);
    fprintf(to, "  %-*s  %-8s  %-11s  %10s  %8.2f s  %6ld MiB\n", width, p->label, state_names[p->state], describe_exit(p, exit), elapsed,
            cpu_seconds(&p->usage), p->usage.ru_maxrss / 1024);
}

void summary_print(const struct run *r, FILE *to)
{
    char elapsed[32];
    int width = (int)strlen(r->manager.label);
    for (uint32_t i = 0; i < r->plan->tasks; i++)
        if ((int)strlen(r->process[i].label) > width)
            width = (int)strlen(r->process[i].label);
    run_format_elapsed(r->ended - r->began, elapsed);
    fprintf(to, "maestro run: workflow %s: %s after %s\n", r->plan->workflow, r->exit_code == EXIT_CODE_OK ? "done" : "failed", elapsed);
    fprintf(to, "  %-*s  %-8s  %-11s  %10s  %10s  %10s\n", width, "PROCESS", "STATE", "EXIT", "ELAPSED", "CPU", "MEMORY");
    for (uint32_t i = 0; i < r->plan->tasks; i++)
        print_process(&r->process[i], width, to);
    print_process(&r->manager, width, to);
    if (r->exit_code != EXIT_CODE_OK)
        fprintf(to, "  exit code %d: %s\n", r->exit_code, r->reason);
}

#ifdef HAVE_JANSSON
bool summary_has_json(void)
{
    return true;
}

static double seconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / (double)NANOSECONDS_PER_SECOND;
}

static json_t *process_json(const struct process *p)
{
    bool known = p->ended || p->state == PROCESS_FAILED;
    json_t *object = json_pack("{s:s, s:s, s:f, s:f, s:i, s:I, s:b}", "label", p->label, "state", state_names[p->state], "elapsed",
                               p->ended ? seconds(p->ended - p->began) : 0.0, "cpu", cpu_seconds(&p->usage), "memory_kib",
                               (int)p->usage.ru_maxrss, "lines", (json_int_t)(p->standard.lines + p->error.lines), "timed_out", p->timed_out);
    if (!object)
        return NULL;
    if (p->task) {
        json_object_set_new(object, "stage", json_string(p->task->stage->name));
        json_object_set_new(object, "index", json_integer(p->task->index));
    }
    json_object_set_new(object, "exit_code", known ? json_integer(p->exit_code) : json_null());
    json_object_set_new(object, "signal", p->signal ? json_integer(p->signal) : json_null());
    return object;
}

/* A reason may hold the name of a file, which may be any bytes; JSON is UTF-8. */
static json_t *reason_json(const char *reason)
{
    json_t *string = json_string(reason);
    if (string)
        return string;
    char ascii[sizeof ((struct run *)0)->reason];
    snprintf(ascii, sizeof ascii, "%s", reason);
    for (char *at = ascii; *at; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    return json_string(ascii);
}

bool summary_write_json(const struct run *r, FILE *to)
{
    json_t *processes = json_array();
    for (uint32_t i = 0; i < r->plan->tasks; i++)
        json_array_append_new(processes, process_json(&r->process[i]));
    bool ok = r->exit_code == EXIT_CODE_OK;
    json_t *root = json_pack("{s:i, s:s, s:i, s:o, s:f, s:o, s:o}", "version", 1, "workflow", r->plan->workflow, "exit_code", r->exit_code,
                             "reason", ok ? json_null() : reason_json(r->reason), "elapsed", seconds(r->ended - r->began), "pool_manager",
                             process_json(&r->manager), "processes", processes);
    bool written = root && json_dumpf(root, to, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 && fputc('\n', to) != EOF && fflush(to) == 0;
    json_decref(root);
    return written;
}
#else
bool summary_has_json(void)
{
    return false;
}

bool summary_write_json(const struct run *r, FILE *to)
{
    (void)r, (void)to;
    errno = ENOTSUP;
    return false;
}
#endif

/* A word as a shell would take it. */
static void print_word(const char *word, FILE *to)
{
    if (*word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%") == strlen(word)) {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (; *word; word++)
        *word == '\'' ? fputs("'\\''", to) : fputc(*word, to);
    fputc('\'', to);
}

static void print_names(const struct plan *p, const char *head, const uint32_t *stage, uint32_t count, FILE *to)
{
    for (uint32_t i = 0; i < count; i++)
        fprintf(to, "%s%s", i == 0 ? head : ", ", p->stage[stage[i]].name);
}

static void print_task(const struct plan *p, const struct task *t, FILE *to)
{
    fprintf(to, "[%s]", t->label);
    print_names(p, " after ", t->stage->after, t->stage->after_count, to);
    print_names(p, " once ready: ", t->stage->after_ready, t->stage->after_ready_count, to);
    fputc('\n', to);
    fputs(" ", to);
    if (t->directory) {
        fputs(" cd ", to);
        print_word(t->directory, to);
        fputs(" &&", to);
    }
    fputs(" env", to);
    for (char **at = t->variables; *at; at++)
        fputc(' ', to), print_word(*at, to);
    for (char **at = t->command; *at; at++)
        fputc(' ', to), print_word(*at, to);
    fputc('\n', to);
}

void summary_print_plan(const struct plan *p, const char *manager, FILE *to)
{
    fprintf(to, "workflow %s\n[pool-manager]\n  ", p->workflow);
    print_word(manager, to);
    for (char **at = p->manager_options; *at; at++)
        fputc(' ', to), print_word(*at, to);
    fputc('\n', to);
    for (uint32_t i = 0; i < p->tasks; i++)
        print_task(p, &p->task[i], to);
}
