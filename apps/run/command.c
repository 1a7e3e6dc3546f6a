/* SPDX-License-Identifier: BSD-3-Clause */
#include "apps/run/command.h"

#include <string.h>

#include "maestro/core.h"

struct task *plan_add_task(struct plan *p, const struct stage *s, uint32_t index)
{
    struct task *t = &p->task[p->tasks++];
    uint32_t count = 0;
    *t = (struct task){ .stage = s, .index = index, .label = plan_text(p, "%s.%u", s->name, index) };
    plan_append(p, &t->variables, &count, plan_text(p, "%s=%s", MSTRO_ENV_COMPONENT_NAME, s->name));
    plan_append(p, &t->variables, &count, plan_text(p, "MSTRO_COMPONENT_INDEX=%u", index));
    plan_append(p, &t->variables, &count, plan_text(p, "MSTRO_COMPONENT_INSTANCES=%u", s->instances));
    return t;
}

/* The last part of the program's path, with '_' for what no name may hold. */
static const char *name_after(struct plan *p, const char *program)
{
    const char *slash = strrchr(program, '/');
    char *name = plan_text(p, "%.*s", PLAN_NAME_MAX, slash && slash[1] ? slash + 1 : program);
    for (char *at = name; *at; at++)
        if (!plan_name_is_good((char[]){ 'x', *at, '\0' }))
            *at = '_';
    return plan_name_is_good(name) ? name : "command";
}

void plan_from_command(struct plan *p, char *const *command, uint32_t instances)
{
    struct stage *s = plan_take(p, sizeof *s);
    *s = (struct stage){ .name = name_after(p, command[0]), .instances = instances };
    p->stage = s;
    p->stages = 1;
    p->task = plan_take(p, instances * sizeof *p->task);
    for (uint32_t i = 0; i < instances; i++)
        plan_add_task(p, s, i)->command = (char **)command;
}
