/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/share.h"
#include "examples/forecast/grib_fields.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

/* A field or a message that products of this share need. */
struct need {
    const char *name; /* a field's belongs to the index, a message's to the need */
    bool message, arrived;
    size_t users; /* products not made yet that need it */
    mstro_cdo cdo;
    void *data; /* ours after arrival */
    int64_t size;
};

struct task {
    const struct product *product;
    size_t need[PRODUCT_INPUTS_MAX + 1]; /* the inputs', then that of the message */
    size_t absent;                       /* how many of these have not arrived */
};

struct share {
    const struct field_index *index;
    struct need *need; /* sorted by name */
    size_t needs;
    struct task *task;
    size_t tasks, left;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct need *)a)->name, ((const struct need *)b)->name);
}

static struct need *find(const struct share *share, const char *name)
{
    const struct need wanted = {.name = name};
    return share->needs ? bsearch(&wanted, share->need, share->needs, sizeof *share->need, by_name) : NULL;
}

static void message_name(char name[MESSAGE_NAME_MAX], const struct field_entry *first)
{
    snprintf(name, MESSAGE_NAME_MAX, MESSAGE_NAME_FORMAT, first->message);
}

/* Note every name the task needs, once for each mention. */
static bool note_needs(struct share *share, const struct product *product)
{
    char name[MESSAGE_NAME_MAX];
    for (size_t i = 0; i < product->inputs; i++)
        share->need[share->needs++] = (struct need){.name = share->index->entry[product->input[i]].name};
    message_name(name, &share->index->entry[product->input[0]]);
    char *copy = strdup(name);
    share->need[share->needs] = (struct need){.name = copy, .message = true};
    share->needs += copy != NULL;
    return copy != NULL;
}

/* One need for each name, with the number of its mentions. */
static void merge_needs(struct share *share)
{
    size_t kept = 0;
    if (share->needs)
        qsort(share->need, share->needs, sizeof *share->need, by_name);
    for (size_t i = 0; i < share->needs; i++) {
        struct need *last = kept ? &share->need[kept - 1] : NULL;
        if (last && strcmp(last->name, share->need[i].name) == 0) {
            if (share->need[i].message)
                free((char *)(uintptr_t)share->need[i].name);
            last->users++;
            continue;
        }
        share->need[kept] = share->need[i];
        share->need[kept++].users = 1;
    }
    share->needs = kept;
}

static void link_task(struct share *share, struct task *task)
{
    char name[MESSAGE_NAME_MAX];
    const struct product *product = task->product;
    for (size_t i = 0; i < product->inputs; i++)
        task->need[i] = (size_t)(find(share, share->index->entry[product->input[i]].name) - share->need);
    message_name(name, &share->index->entry[product->input[0]]);
    task->need[product->inputs] = (size_t)(find(share, name) - share->need);
    task->absent = product->inputs + 1;
}

struct share *share_make(const struct plan *plan, const struct field_index *index, unsigned instance, unsigned instances)
{
    struct share *share = calloc(1, sizeof *share);
    if (!share)
        return NULL;
    share->index = index;
    share->task = calloc(plan->count + 1, sizeof *share->task);
    share->need = calloc((plan->count + 1) * (PRODUCT_INPUTS_MAX + 1), sizeof *share->need);
    bool good = share->task && share->need;
    for (size_t i = instance; i < plan->count && good; i += instances) {
        share->task[share->tasks++].product = &plan->product[i];
        good = note_needs(share, &plan->product[i]);
    }
    if (!good) {
        share_free(share);
        return NULL;
    }
    merge_needs(share);
    for (size_t i = 0; i < share->tasks; i++)
        link_task(share, &share->task[i]);
    share->left = share->tasks;
    return share;
}

/* Give an object's memory and handle back. */
static void let_go(struct need *need)
{
    if (need->cdo && !need->arrived)
        mstro_cdo_retract(need->cdo);
    if (need->cdo)
        mstro_cdo_dispose(need->cdo);
    free(need->data);
    need->cdo = NULL;
    need->data = NULL;
}

void share_free(struct share *share)
{
    if (!share)
        return;
    for (size_t i = 0; i < share->needs; i++) {
        let_go(&share->need[i]);
        if (share->need[i].message)
            free((char *)(uintptr_t)share->need[i].name);
    }
    free(share->need);
    free(share->task);
    free(share);
}

mstro_status share_require(struct share *share)
{
    mstro_cdo *all = calloc(share->needs + 1, sizeof(mstro_cdo));
    mstro_status status = all ? MSTRO_OK : MSTRO_NOMEM;
    for (size_t i = 0; i < share->needs && status == MSTRO_OK; i++) {
        status = mstro_cdo_declare(share->need[i].name, MSTRO_ATTR_DEFAULT, &share->need[i].cdo);
        all[i] = share->need[i].cdo;
    }
    if (status == MSTRO_OK && share->needs)
        status = mstro_cdo_require_all(share->needs, all, NULL);
    free(all);
    return status;
}

/* Make what 'task' is for: all its needs are here. */
static void make(struct share *share, struct task *task, struct product_output *output)
{
    const struct product *product = task->product;
    const struct need *message = &share->need[task->need[product->inputs]];
    const struct field_entry *first = &share->index->entry[product->input[0]];
    const double *values[PRODUCT_INPUTS_MAX] = {0};
    codes_handle *field[GRIB_FIELDS_MAX];

    for (size_t i = 0; i < product->inputs; i++)
        values[i] = share->need[task->need[i]].data;
    size_t count = (size_t)share->need[task->need[0]].size / sizeof(double);
    int fields = grib_fields(message->data, (size_t)message->size, field);
    if (fields >= (int)first->part && first->part >= 1)
        product_make(output, product, share->index, values, count, field[first->part - 1]);
    else {
        warnx("%s has no field %u: nothing is made of %s", message->name, first->part, first->name);
        output->failed++;
    }
    grib_fields_release(field, fields > 0 ? fields : 0);

    share->left--;
    for (size_t i = 0; i <= product->inputs; i++)
        if (--share->need[task->need[i]].users == 0)
            let_go(&share->need[task->need[i]]);
}

static bool uses(const struct task *task, size_t need)
{
    for (size_t i = 0; i <= task->product->inputs; i++)
        if (task->need[i] == need)
            return true;
    return false;
}

static mstro_status fetch(struct share *share, struct need *need, struct product_output *output, struct statistics *statistics)
{
    uint64_t begun = mstro_clock();
    mstro_status status = mstro_cdo_demand(need->cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_access_ptr(need->cdo, &need->data, &need->size);
    if (status != MSTRO_OK)
        return status;
    statistics_demanded(statistics, begun, need->cdo, need->size);
    need->arrived = true;
    for (size_t i = 0; i < share->tasks; i++)
        if (uses(&share->task[i], (size_t)(need - share->need)) && --share->task[i].absent == 0)
            make(share, &share->task[i], output);
    return MSTRO_OK;
}

mstro_status share_arrived(struct share *share, const char *name, struct product_output *output, struct statistics *statistics)
{
    struct need *need = find(share, name);
    return need && !need->arrived ? fetch(share, need, output, statistics) : MSTRO_OK;
}

mstro_status share_fetch_rest(struct share *share, struct product_output *output, struct statistics *statistics)
{
    mstro_status status = MSTRO_OK;
    for (size_t i = 0; i < share->needs && status == MSTRO_OK; i++)
        if (!share->need[i].arrived)
            status = fetch(share, &share->need[i], output, statistics);
    return status;
}

size_t share_left(const struct share *share)
{
    return share->left;
}

const char *share_missing(const struct share *share)
{
    for (size_t i = 0; i < share->needs; i++)
        if (!share->need[i].arrived)
            return share->need[i].name;
    return NULL;
}
