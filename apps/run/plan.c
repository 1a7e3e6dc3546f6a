/* SPDX-License-Identifier: BSD-3-Clause */
#include "apps/run/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/complaint.h"
#include "apps/exit_code.h"
#include "lib/base/clock.h"
#include "maestro/core.h"

void plan_init(struct plan *p)
{
    *p = (struct plan){ .grace = 5 * NANOSECONDS_PER_SECOND };
    p->manager_options = plan_take(p, sizeof(char *));
}

void plan_release(struct plan *p)
{
    arena_release(&p->arena);
}

void *plan_take(struct plan *p, size_t size)
{
    void *at = arena_take(&p->arena, size);
    if (!at) {
        complain("maestro run", "out of memory while reading the workflow");
        exit(EXIT_CODE_INTERNAL);
    }
    return memset(at, 0, size);
}

char *plan_text(struct plan *p, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = plan_take(p, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

bool plan_name_is_good(const char *name)
{
    static const char alphanumeric[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(name);
    return length > 0 && length <= PLAN_NAME_MAX && strchr(alphanumeric, name[0])
        && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == length;
}

bool plan_decides(const char *variable)
{
    static const char *const decided[] = { MSTRO_ENV_POOL_INFO,     MSTRO_ENV_WORKFLOW_NAME,     MSTRO_ENV_COMPONENT_NAME,
                                           "MSTRO_COMPONENT_INDEX", "MSTRO_COMPONENT_INSTANCES", "MSTRO_RUNTIME_DIR" };
    size_t length = strcspn(variable, "=");
    for (size_t i = 0; i < sizeof decided / sizeof decided[0]; i++)
        if (strlen(decided[i]) == length && memcmp(decided[i], variable, length) == 0)
            return true;
    return false;
}

void plan_append(struct plan *p, char ***list, uint32_t *count, char *word)
{
    /* The capacity is the next power of two; a list is full when its length with the NULL is one. */
    uint32_t used = *count + 1;
    if (!*list || (used & (used - 1)) == 0) {
        char **larger = plan_take(p, sizeof(char *) * 2 * used);
        if (*list)
            memcpy(larger, *list, sizeof(char *) * *count);
        *list = larger;
    }
    (*list)[(*count)++] = word;
    (*list)[*count] = NULL;
}
