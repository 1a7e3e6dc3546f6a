/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/level_set.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ecCodes says "pl" of fields that it knows a MARS language for, and the type of the level of others.  The members of the groups have the
 * same metadata, and are not meant. */
const char level_set_query[] =
    "(and (.maestro.core.cdo.name ~= \"^field/\") (.maestro.ecmwf.levtype ~= \"^(pl|isobaric)\")"
    " (or (.maestro.ecmwf.param = 131) (.maestro.ecmwf.param = 132)"
    "     (and (or (.maestro.ecmwf.param = 129) (.maestro.ecmwf.param = 156))"
    "          (or (.maestro.ecmwf.levelist = 500) (.maestro.ecmwf.levelist = 1000)))))";

static const struct {
    const char *name, *missing;
} kinds[LEVEL_SET_KINDS] = {
    [LEVEL_SET_WIND] = {"wind", "no greatest wind: the input has no level of pressure with both u and v as grid points"},
    [LEVEL_SET_GEOPOTENTIAL] = {"geopotential", "no layer temperature: the input has no geopotential (gh or z) at both 500 and 1000 hPa"},
};

void level_sets_free(struct level_sets *sets)
{
    for (size_t i = 0; i < sets->count; i++)
        free(sets->set[i].member);
    free(sets->set);
    *sets = (struct level_sets){0};
}

static struct level_set *add_set(struct level_sets *sets, enum level_set_kind kind, const struct field_entry *like)
{
    if (sets->count == sets->capacity) {
        size_t capacity = sets->capacity ? 2 * sets->capacity : 16;
        struct level_set *set = realloc(sets->set, capacity * sizeof *set);
        if (!set)
            return NULL;
        sets->set = set;
        sets->capacity = capacity;
    }
    struct level_set *set = &sets->set[sets->count++];
    *set = (struct level_set){.kind = kind, .like = like};
    snprintf(set->name, sizeof set->name, LEVEL_SET_PREFIX "%zu/%s/%s", sets->count, kinds[kind].name, like->time);
    return set;
}

/* The set that a field like this belongs to, made if need be; NULL when memory is short. */
static struct level_set *set_of(struct level_sets *sets, enum level_set_kind kind, const struct field_entry *like)
{
    for (size_t i = sets->count; i-- > 0;) { /* most often it is the last one */
        struct level_set *set = &sets->set[i];
        if (set->kind == kind && strcmp(set->like->time, like->time) == 0 && strcmp(set->like->grid, like->grid) == 0
            && set->like->copy == like->copy)
            return set;
    }
    return add_set(sets, kind, like);
}

static int add_pair(struct level_set *set, const struct product *product)
{
    if (set->members + 2 > set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : 16;
        size_t *member = realloc(set->member, capacity * sizeof *member);
        if (!member)
            return -1;
        set->member = member;
        set->capacity = capacity;
    }
    set->member[set->members++] = product->input[0];
    set->member[set->members++] = product->input[1];
    return 0;
}

static bool at_pressure(const struct field_entry *field)
{
    return strncmp(field->level, "isobaric", strlen("isobaric")) == 0;
}

int level_sets_make(struct level_sets *sets, const struct plan *plan, const struct field_index *index)
{
    size_t made[LEVEL_SET_KINDS] = {0};
    *sets = (struct level_sets){0};
    for (size_t i = 0; i < plan->count; i++) {
        const struct product *product = &plan->product[i];
        const struct field_entry *first = &index->entry[product->input[0]];
        enum level_set_kind kind = product->kind == PRODUCT_THICKNESS ? LEVEL_SET_GEOPOTENTIAL : LEVEL_SET_WIND;
        if ((product->kind != PRODUCT_WIND_SPEED && product->kind != PRODUCT_THICKNESS) || !at_pressure(first))
            continue;
        struct level_set *set = set_of(sets, kind, first);
        if (!set || add_pair(set, product)) {
            warnx("out of memory");
            level_sets_free(sets);
            return -1;
        }
        made[kind]++;
    }
    for (size_t kind = 0; kind < LEVEL_SET_KINDS; kind++)
        if (!made[kind])
            snprintf(sets->missing[sets->missing_count++], sizeof sets->missing[0], "%s", kinds[kind].missing);
    return 0;
}

bool level_set_parse(const char *name, unsigned *number, enum level_set_kind *kind, const char **time)
{
    int end = 0;
    if (sscanf(name, LEVEL_SET_PREFIX "%u/%n", number, &end) != 1 || end == 0)
        return false;
    for (size_t i = 0; i < LEVEL_SET_KINDS; i++) {
        size_t length = strlen(kinds[i].name);
        if (strncmp(name + end, kinds[i].name, length) == 0 && name[end + length] == '/') {
            *kind = (enum level_set_kind)i;
            *time = name + end + length + 1;
            return true;
        }
    }
    return false;
}
