/* SPDX-License-Identifier: BSD-3-Clause */
/* api_scenarios.h - short plays on the public interface, for roles that are threads of one process or processes of one pool
 *
 * A role says what went wrong, or NULL.  It meets the others at stage_meet, as often as they do.  Nothing else is shared. */
#ifndef TESTS_PROC_API_SCENARIOS_H
#define TESTS_PROC_API_SCENARIOS_H
#include <pthread.h>
#include <stdbool.h>

struct stage {
    pthread_barrier_t barrier;
    bool one_process;  /* the roles are threads */
    char prefix[64];   /* of every name: so that plays do not meet */
};

enum { ROLES_MAX = 10 };

struct role { const char *name; const char *(*play)(struct stage *stage); };
struct scenario { const char *sentence; struct role role[ROLES_MAX]; };

/* Each ends with a NULL sentence. */
extern const struct scenario api_scenarios[], api_group_scenarios[], api_listed_scenarios[], api_event_scenarios[];

#endif
