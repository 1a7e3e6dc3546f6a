/* SPDX-License-Identifier: BSD-3-Clause */
/* level_set.h - fields of several levels of pressure that are of use together only
 *
 *   wind          u and v at every level of pressure that has both
 *   geopotential  gh, or else z, at 500 and 1000 hPa
 *
 * There is a set for each time and grid.  What the index does not announce belongs to no set, and is not waited for. */
#ifndef EXAMPLES_FORECAST_LEVEL_SET_H
#define EXAMPLES_FORECAST_LEVEL_SET_H
#include "examples/forecast/plan.h"

#include <stdbool.h>

/* The fields of all sets, by their metadata. */
extern const char level_set_query[];

enum level_set_kind { LEVEL_SET_WIND, LEVEL_SET_GEOPOTENTIAL, LEVEL_SET_KINDS };

/* The group of a set: number, kind and time. */
#define LEVEL_SET_PREFIX "levels/"
enum { LEVEL_SET_NAME_MAX = 128 };

struct level_set {
    enum level_set_kind kind;
    char name[LEVEL_SET_NAME_MAX];
    const struct field_entry *like; /* one of the fields: time and grid of all of them */
    size_t *member;                 /* places in the index, in pairs: u and v; the upper and the lower level */
    size_t members, capacity;
};

struct level_sets {
    struct level_set *set;
    size_t count, capacity;
    char missing[LEVEL_SET_KINDS][120]; /* sentences: which set the index has no fields for */
    size_t missing_count;
};

/* Find the sets of 'index', which must outlive them, by the products of its plan.  -1 after a message on stderr: memory is short. */
int level_sets_make(struct level_sets *sets, const struct plan *plan, const struct field_index *index);
void level_sets_free(struct level_sets *sets);

/* Take a group's name apart; false when it is not that of a set.  'time' points into 'name'. */
bool level_set_parse(const char *name, unsigned *number, enum level_set_kind *kind, const char **time);

#endif
