/* SPDX-License-Identifier: BSD-3-Clause */
/* plan.h - what a run will start: stages, and of each stage its instances with their words and variables spelt out
 *
 * A plan owns everything it points to in its arena; it is made before anything is started and does not change any more. */
#ifndef APPS_RUN_PLAN_H
#define APPS_RUN_PLAN_H
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"

enum { PLAN_STAGES_MAX = 256, PLAN_INSTANCES_MAX = 1024, PLAN_TASKS_MAX = 4096, PLAN_NAME_MAX = 64 };

struct stage {
    const char *name;
    uint32_t instances;
    const uint32_t *after;       /* stages that must have ended well before this one starts */
    uint32_t after_count;
    const uint32_t *after_ready; /* stages that must be ready before this one starts */
    uint32_t after_ready_count;
    const char *ready;           /* an instance is ready once it printed a line that holds this; NULL: once it is started */
    bool optional;               /* its failure ends neither the run nor counts */
    bool service;                /* is ended when all others are done */
    uint64_t timeout;            /* ns for each instance; 0: none */
    uint32_t line;               /* of its name in the workflow file; 0: from the command line */
};

/* One instance of a stage: one process to start. */
struct task {
    const struct stage *stage;
    uint32_t index;
    const char *label;      /* "forecast.0" */
    char **command;         /* ends with NULL */
    char **variables;       /* "NAME=VALUE", what is added to the environment; ends with NULL */
    const char *directory;  /* NULL: where the run was started */
};

struct plan {
    const char *workflow;
    const char *file;       /* NULL: from the command line */
    struct stage *stage;
    uint32_t stages;
    struct task *task;      /* in the order of the stages */
    uint32_t tasks;
    char **manager_options; /* words for the pool manager; ends with NULL */
    uint64_t timeout;       /* ns for the whole run; 0: none */
    uint64_t grace;         /* ns between asking a process to end and killing it */
    struct arena arena;
};

/* An empty plan.  Memory that is short ends the program: nothing has been started yet. */
void plan_init(struct plan *p);
void plan_release(struct plan *p);

void *plan_take(struct plan *p, size_t size);
char *plan_text(struct plan *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* May 'name' be that of a workflow or stage?  Letters, digits and "_.-", at most PLAN_NAME_MAX, beginning with a letter or digit. */
bool plan_name_is_good(const char *name);

/* Is 'variable' ("NAME" or "NAME=VALUE") one that a run sets itself, so that nobody else may? */
bool plan_decides(const char *variable);

/* The list "WORD", ..., NULL with one word more; 'count' does not count the NULL. */
void plan_append(struct plan *p, char ***list, uint32_t *count, char *word);

#endif
