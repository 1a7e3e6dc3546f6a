/* SPDX-License-Identifier: BSD-3-Clause */
#include "apps/run/scope.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *value_here(char *const *binding, struct text name)
{
    for (; binding && *binding; binding++)
        if (strncmp(*binding, name.at, name.length) == 0 && (*binding)[name.length] == '=')
            return *binding + name.length + 1;
    return NULL;
}

const char *scope_value(const struct scope *s, struct text name)
{
    for (; s; s = s->outer) {
        const char *value = value_here(s->binding, name);
        if (value)
            return value;
    }
    extern char **environ;
    return value_here(environ, name);
}

bool scope_name_is_good(struct text name)
{
    if (name.length == 0 || !(isalpha((unsigned char)name.at[0]) || name.at[0] == '_'))
        return false;
    for (size_t i = 1; i < name.length; i++)
        if (!isalnum((unsigned char)name.at[i]) && name.at[i] != '_' && name.at[i] != '-')
            return false;
    return true;
}

/* Text under way, in memory that doubles. */
struct growth { struct plan *plan; char *at; size_t length, capacity; };

static bool grow(struct growth *g, const char *piece, size_t length)
{
    if (length > SCOPE_TEXT_MAX - g->length)
        return false;
    if (g->length + length + 1 > g->capacity) {
        g->capacity = 2 * (g->length + length + 1);
        char *larger = plan_take(g->plan, g->capacity);
        memcpy(larger, g->at ? g->at : "", g->length);
        g->at = larger;
    }
    memcpy(g->at + g->length, piece, length);
    g->length += length;
    g->at[g->length] = '\0';
    return true;
}

static const char too_long[] = "longer than any program can be given";

static char *fail(struct scope_fault *fault, const char *what, struct text name)
{
    *fault = (struct scope_fault){ what, name };
    return NULL;
}

/* Replace the reference at 'dollar' ("${NAME}"); what follows it, or NULL with 'fault'. */
static const char *replace(struct growth *g, const struct scope *s, const char *dollar, struct scope_fault *fault)
{
    struct text name = { dollar + 2, strcspn(dollar + 2, "}") };
    if (!name.at[name.length])
        return fail(fault, "'${' without a '}'", (struct text){ 0 });
    if (!scope_name_is_good(name))
        return fail(fault, "no name of a parameter or variable", name);
    const char *value = scope_value(s, name);
    if (!value)
        return fail(fault, "neither a parameter nor in the environment", name);
    if (!grow(g, value, strlen(value)))
        return fail(fault, too_long, (struct text){ 0 });
    return name.at + name.length + 1;
}

char *scope_expand(struct plan *p, const struct scope *s, const char *text, struct scope_fault *fault)
{
    struct growth g = { .plan = p };
    while (*text) {
        size_t plain = strcspn(text, "$");
        if (plain > 0 || text[1] != '{') {
            bool escaped = plain == 0 && strncmp(text, "$${", 3) == 0;
            size_t length = plain ? plain : 1;
            if (!grow(&g, escaped ? "${" : text, escaped ? 2 : length))
                return fail(fault, too_long, (struct text){ 0 });
            text += escaped ? 3 : length;
        } else if (!(text = replace(&g, s, text, fault)))
            return NULL;
    }
    return g.at ? g.at : plan_text(p, "%s", "");
}
