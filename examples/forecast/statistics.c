/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/statistics.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static uint64_t count_time(struct statistics *s, uint64_t begun)
{
    if (!s->begun)
        s->begun = begun;
    s->ended = mstro_clock();
    return s->ended - begun;
}

void statistics_offered(struct statistics *s, uint64_t begun, uint64_t objects, uint64_t bytes)
{
    count_time(s, begun);
    s->offered += objects;
    s->offered_bytes += bytes;
}

static void count_carrier(struct statistics *s, mstro_cdo cdo, uint64_t bytes)
{
    const void *value = NULL;
    size_t at = 0;
    if (mstro_cdo_attribute_get(cdo, MSTRO_ATTR_CORE_CDO_CARRIER, NULL, &value) != MSTRO_OK)
        return;
    const char *name = *(char *const *)value;
    while (at < s->carriers && strcmp(s->carrier[at].name, name) != 0)
        at++;
    if (at == CARRIERS_MAX)
        return;
    struct carrier *carrier = &s->carrier[at];
    if (at == s->carriers)
        snprintf(s->carrier[s->carriers++].name, sizeof carrier->name, "%s", name);
    carrier->objects++;
    carrier->bytes += bytes;
}

static void keep_latency(struct statistics *s, uint64_t latency)
{
    if (s->latencies == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 1024;
        uint64_t *grown = realloc(s->latency, capacity * sizeof *grown);
        if (!grown)
            return; /* a latency less */
        s->latency = grown;
        s->capacity = capacity;
    }
    s->latency[s->latencies++] = latency;
}

void statistics_demanded(struct statistics *s, uint64_t begun, mstro_cdo cdo, int64_t bytes)
{
    keep_latency(s, count_time(s, begun));
    s->demanded++;
    s->demanded_bytes += (uint64_t)bytes;
    count_carrier(s, cdo, (uint64_t)bytes);
}

void statistics_fetched(struct statistics *s, uint64_t begun, uint64_t objects, uint64_t bytes)
{
    count_time(s, begun);
    s->demanded += objects;
    s->demanded_bytes += bytes;
}

void statistics_note(struct statistics *s, const char *sentence)
{
    char *longer = NULL;
    if (asprintf(&longer, "%snote %s\n", s->notes ? s->notes : "", sentence) < 0)
        return; /* a note less */
    free(s->notes);
    s->notes = longer;
}

int statistics_write(const struct statistics *s, const char *folder, const char *component, unsigned index)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/statistics", folder);
    if (mkdir(path, 0777) && errno != EEXIST) {
        warn("cannot make %s", path);
        return -1;
    }
    snprintf(path, sizeof path, "%s/statistics/%s.%u", folder, component, index);
    FILE *file = fopen(path, "w");
    if (!file) {
        warn("cannot write %s", path);
        return -1;
    }
    const struct {
        const char *name;
        uint64_t value;
    } row[] = {
        {"messages", s->messages},       {"fields", s->fields},     {"products", s->products}, {"jobs", s->jobs},
        {"offered", s->offered},         {"offered-bytes", s->offered_bytes},
        {"demanded", s->demanded},       {"demanded-bytes", s->demanded_bytes},
        {"nanoseconds", s->ended - s->begun},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        fprintf(file, "%s %" PRIu64 "\n", row[i].name, row[i].value);
    for (size_t i = 0; i < s->carriers; i++)
        fprintf(file, "carrier %s %" PRIu64 " %" PRIu64 "\n", s->carrier[i].name, s->carrier[i].objects, s->carrier[i].bytes);
    for (size_t i = 0; i < s->latencies; i++)
        fprintf(file, "latency %" PRIu64 "\n", s->latency[i]);
    if (s->notes)
        fputs(s->notes, file);
    if (!ferror(file) && fclose(file) == 0)
        return 0;
    warn("cannot write %s", path);
    return -1;
}

void statistics_free(struct statistics *s)
{
    free(s->latency);
    free(s->notes);
    *s = (struct statistics){0};
}
