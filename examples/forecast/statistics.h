/* SPDX-License-Identifier: BSD-3-Clause */
/* statistics.h - what a stage did and how long its demands took; written to a file, which the summary reads */
#ifndef EXAMPLES_FORECAST_STATISTICS_H
#define EXAMPLES_FORECAST_STATISTICS_H
#include <maestro/maestro.h>
#include <stdint.h>
#include <stdio.h>

/* One way in which data came. */
struct carrier {
    char name[80]; /* ".maestro.core.cdo.carrier" */
    uint64_t objects, bytes;
};

enum { CARRIERS_MAX = 8 };

struct statistics {
    uint64_t messages, fields, products, jobs; /* read, read, made, started */
    uint64_t offered, offered_bytes;     /* objects */
    uint64_t demanded, demanded_bytes;
    uint64_t begun, ended;               /* ns: the first and the last of these operations */
    uint64_t *latency;                   /* ns of each demand of an object that was there already */
    size_t latencies, capacity;
    struct carrier carrier[CARRIERS_MAX];
    size_t carriers;
    char *notes; /* lines */
};

/* Count one operation that began at 'begun' and is over now (ns of mstro_clock). */
void statistics_offered(struct statistics *s, uint64_t begun, uint64_t objects, uint64_t bytes);
void statistics_demanded(struct statistics *s, uint64_t begun, mstro_cdo cdo, int64_t bytes);
void statistics_fetched(struct statistics *s, uint64_t begun, uint64_t objects, uint64_t bytes); /* a group of them */

/* Keep a sentence for the summary. */
void statistics_note(struct statistics *s, const char *sentence);

/* Write them as FOLDER/statistics/COMPONENT.INDEX.  -1 after a message on stderr. */
int statistics_write(const struct statistics *s, const char *folder, const char *component, unsigned index);

void statistics_free(struct statistics *s);

#endif
