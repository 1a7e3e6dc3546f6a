/* SPDX-License-Identifier: BSD-3-Clause */
/* scope.h - names and what stands for them: ${NAME} in a workflow file */
#ifndef APPS_RUN_SCOPE_H
#define APPS_RUN_SCOPE_H
#include "apps/run/plan.h"

enum { SCOPE_TEXT_MAX = 128 * 1024 - 1 }; /* the longest word that a program can be given */

/* "NAME=VALUE" each, ends with NULL; what is not found here is looked up in 'outer', at last in the environment. */
struct scope {
    char *const *binding;
    const struct scope *outer;
};

const char *scope_value(const struct scope *s, struct text name);

/* A letter or '_', then letters, digits, '_' and '-'. */
bool scope_name_is_good(struct text name);

/* 'text' with every ${NAME} replaced; "$${" stands for "${", any other '$' for itself.  NULL when something is wrong: 'fault' (one
 * sentence, 'name' in it where there is one) says what. */
struct scope_fault { const char *what; struct text name; };
char *scope_expand(struct plan *p, const struct scope *s, const char *text, struct scope_fault *fault);

#endif
