/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/plan.h"

#include <err.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fields of an index, found by what they are. */
struct finder {
    const struct field_index *index;
    void *root; /* a tree (search.h) of pointers to entries */
};

static int by_meaning(const void *a, const void *b)
{
    const struct field_entry *x = a, *y = b;
    int order = strcmp(x->param, y->param);
    if (!order)
        order = strcmp(x->level, y->level);
    if (!order)
        order = strcmp(x->time, y->time);
    if (!order)
        order = strcmp(x->grid, y->grid);
    return order ? order : (x->copy > y->copy) - (x->copy < y->copy);
}

static int finder_make(struct finder *finder, const struct field_index *index)
{
    *finder = (struct finder){.index = index};
    for (size_t i = 0; i < index->count; i++)
        if (!tsearch(&index->entry[i], &finder->root, by_meaning))
            return -1;
    return 0;
}

static void leave_entry(void *entry)
{
    (void)entry; /* it belongs to the index */
}

/* The field that is like 'like' but for parameter and level (NULL: the same): its place, or -1. */
static long find(const struct finder *finder, const struct field_entry *like, const char *param, const char *level)
{
    struct field_entry wanted = *like;
    snprintf(wanted.param, sizeof wanted.param, "%s", param);
    if (level)
        snprintf(wanted.level, sizeof wanted.level, "%s", level);
    struct field_entry *const *found = tfind(&wanted, &finder->root, by_meaning);
    return found ? (long)(*found - finder->index->entry) : -1;
}

static int add(struct plan *plan, enum product_kind kind, size_t inputs, const long input[])
{
    if (plan->count == plan->capacity) {
        size_t capacity = plan->capacity ? 2 * plan->capacity : 64;
        struct product *product = realloc(plan->product, capacity * sizeof *product);
        if (!product)
            return -1;
        plan->product = product;
        plan->capacity = capacity;
    }
    struct product *product = &plan->product[plan->count++];
    *product = (struct product){.kind = kind, .inputs = inputs};
    for (size_t i = 0; i < inputs; i++)
        product->input[i] = (size_t)input[i];
    return 0;
}

/* "u" -> "v", "10u" -> "10v"; false for anything else. */
static bool northward(const char *param, char *other, size_t size)
{
    size_t digits = strspn(param, "0123456789");
    if (strcmp(param + digits, "u") != 0)
        return false;
    snprintf(other, size, "%.*sv", (int)digits, param);
    return true;
}

static int plan_wind(struct plan *plan, const struct finder *finder, size_t at)
{
    const struct field_entry *u = &finder->index->entry[at];
    char param[sizeof u->param];
    if (!northward(u->param, param, sizeof param))
        return 0;
    long v = find(finder, u, param, NULL);
    return v < 0 ? 0 : add(plan, PRODUCT_WIND_SPEED, 2, (long[]){(long)at, v});
}

static int plan_thickness(struct plan *plan, const struct finder *finder, size_t at)
{
    const struct field_entry *upper = &finder->index->entry[at];
    if ((strcmp(upper->param, "gh") != 0 && strcmp(upper->param, "z") != 0) || strcmp(upper->level, "isobaricInhPa=500") != 0)
        return 0;
    if (strcmp(upper->param, "z") == 0 && find(finder, upper, "gh", NULL) >= 0)
        return 0; /* made from the height already */
    long lower = find(finder, upper, upper->param, "isobaricInhPa=1000");
    return lower < 0 ? 0 : add(plan, PRODUCT_THICKNESS, 2, (long[]){(long)at, lower});
}

static int plan_anomaly(struct plan *plan, const struct finder *finder, size_t at)
{
    const struct field_entry *field = &finder->index->entry[at];
    if (strcmp(field->param, "t") != 0 && strcmp(field->param, "gh") != 0)
        return 0;
    return add(plan, PRODUCT_ANOMALY, 1, (long[]){(long)at});
}

/* A land-sea mask does not change: one of any time will do. */
static long find_coast(const struct field_index *index, const char *grid)
{
    for (size_t i = 0; i < index->count; i++)
        if (strcmp(index->entry[i].param, "lsm") == 0 && strcmp(index->entry[i].grid, grid) == 0)
            return (long)i;
    return -1;
}

static int plan_map(struct plan *plan, const struct finder *finder)
{
    const struct field_entry *entry = finder->index->entry;
    for (size_t i = 0; i < finder->index->count; i++) {
        if (strcmp(entry[i].param, "u") != 0 || strcmp(entry[i].level, "isobaricInhPa=250") != 0)
            continue;
        long v = find(finder, &entry[i], "v", NULL);
        if (v < 0 || strcmp(entry[i].grid, "spectral") == 0)
            continue;
        long coast = find_coast(finder->index, entry[i].grid);
        return add(plan, PRODUCT_MAP, coast < 0 ? 2 : 3, (long[]){(long)i, v, coast});
    }
    return 0;
}

static void say_missing(struct plan *plan)
{
    static const struct {
        enum product_kind kind;
        const char *sentence;
    } rule[] = {
        {PRODUCT_WIND_SPEED, "no wind speed: the input has no level with both u and v as grid points"},
        {PRODUCT_THICKNESS, "no thickness: the input has no geopotential (gh or z) at both 500 and 1000 hPa"},
        {PRODUCT_ANOMALY, "no anomaly: the input has no temperature (t) and no geopotential height (gh)"},
        {PRODUCT_MAP, "no map: the input has no u and v at 250 hPa as grid points"},
    };
    size_t made[4] = {0};
    bool coast = false;
    for (size_t i = 0; i < plan->count; i++) {
        made[plan->product[i].kind]++;
        coast |= plan->product[i].kind == PRODUCT_MAP && plan->product[i].inputs == 3;
    }
    for (size_t i = 0; i < sizeof rule / sizeof *rule; i++)
        if (!made[rule[i].kind])
            snprintf(plan->missing[plan->missing_count++], sizeof plan->missing[0], "%s", rule[i].sentence);
    if (made[PRODUCT_MAP] && !coast)
        snprintf(plan->missing[plan->missing_count++], sizeof plan->missing[0],
                 "no coast on the map: the input has no land-sea mask (lsm) on the grid of the wind");
}

int plan_make(struct plan *plan, const struct field_index *index)
{
    struct finder finder;
    *plan = (struct plan){0};
    int result = finder_make(&finder, index);
    for (size_t i = 0; i < index->count && result == 0; i++) {
        if (strcmp(index->entry[i].grid, "spectral") == 0)
            continue; /* coefficients: nothing here is done point by point */
        result = plan_wind(plan, &finder, i);
        if (!result)
            result = plan_thickness(plan, &finder, i);
        if (!result)
            result = plan_anomaly(plan, &finder, i);
    }
    if (!result)
        result = plan_map(plan, &finder);
    tdestroy(finder.root, leave_entry);
    if (result) {
        warnx("out of memory");
        plan_free(plan);
        return -1;
    }
    say_missing(plan);
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->product);
    *plan = (struct plan){0};
}

const char *product_kind_name(enum product_kind kind)
{
    switch (kind) {
    case PRODUCT_WIND_SPEED:
        return "wind-speed";
    case PRODUCT_THICKNESS:
        return "thickness";
    case PRODUCT_ANOMALY:
        return "anomaly";
    case PRODUCT_MAP:
        return "map";
    }
    return "unknown";
}
