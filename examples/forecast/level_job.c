/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/level_job.h"
#include "examples/forecast/level_line.h"
#include "examples/forecast/level_set.h"
#include "examples/forecast/stage.h"

#include <err.h>
#include <stdlib.h>

struct job {
    const char *group, *time;
    unsigned number;
    enum level_set_kind kind;
    struct level_field *field; /* the members of the group; their values are ours */
    size_t fields;
};

static mstro_status number_of(mstro_cdo cdo, const char *key, int64_t *number)
{
    const void *value = NULL;
    mstro_status status = mstro_cdo_attribute_get(cdo, key, NULL, &value);
    if (status == MSTRO_OK)
        *number = *(const int64_t *)value;
    return status;
}

static mstro_status read_field(mstro_cdo cdo, struct level_field *field)
{
    void *data = NULL;
    int64_t size = 0;
    mstro_status status = mstro_cdo_access_ptr(cdo, &data, &size);
    if (status != MSTRO_OK)
        return status;
    field->values = data;
    field->count = (size_t)size / sizeof(double);
    status = number_of(cdo, ".maestro.ecmwf.param", &field->param);
    return status == MSTRO_OK ? number_of(cdo, ".maestro.ecmwf.levelist", &field->level) : status;
}

static mstro_status read_members(struct job *job, mstro_group group)
{
    size_t count = 0;
    mstro_cdo member = NULL;
    mstro_status status = mstro_group_size_get(group, &count);
    if (status != MSTRO_OK)
        return status;
    job->field = calloc(count + 1, sizeof *job->field);
    if (!job->field)
        return MSTRO_NOMEM;
    while (status == MSTRO_OK && job->fields < count) {
        status = mstro_group_next(group, &member);
        if (status == MSTRO_OK)
            status = read_field(member, &job->field[job->fields++]);
    }
    return status;
}

static int fetch(struct job *job, struct statistics *statistics)
{
    mstro_group group = NULL;
    uint64_t begun = mstro_clock();
    mstro_status status = mstro_group_declare(job->group, &group);
    if (status == MSTRO_OK)
        status = mstro_group_demand(group);
    if (status == MSTRO_OK)
        status = read_members(job, group);
    if (status != MSTRO_OK)
        return stage_fail(job->group, status);
    size_t bytes = 0;
    for (size_t i = 0; i < job->fields; i++)
        bytes += job->field[i].count * sizeof(double);
    statistics_fetched(statistics, begun, job->fields, bytes);
    mstro_group_dispose(group);
    return 0;
}

static int write_line(struct job *job, const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/levels-%u.csv", folder, job->number);
    FILE *out = fopen(path, "w");
    if (!out) {
        warn("cannot write %s", path);
        return 1;
    }
    int code = level_line_write(out, job->kind, job->time, job->field, job->fields) ? 1 : 0, failed = ferror(out) | fclose(out);
    if (code)
        warnx("nothing is made of %s", job->group);
    if (failed && code == 0) {
        warn("cannot write %s", path);
        code = 1;
    }
    return code;
}

int level_job_run(const char *folder, const char *group, struct statistics *statistics)
{
    struct job job = {.group = group};
    if (!level_set_parse(group, &job.number, &job.kind, &job.time)) {
        warnx("%s is not the name of a level set's group, such as levels/1/wind/2011-01-10T12+120h", group);
        return 2;
    }
    int code = fetch(&job, statistics);
    if (code == 0)
        code = write_line(&job, folder);
    for (size_t i = 0; i < job.fields; i++)
        free(job.field[i].values);
    free(job.field);
    return code;
}
