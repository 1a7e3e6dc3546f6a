/* SPDX-License-Identifier: BSD-3-Clause */
/* field.h - the object that the benchmarks offer: a name of 40 bytes and the 12 attributes of a real field */
#ifndef BENCH_FIELD_H
#define BENCH_FIELD_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <maestro/maestro.h>

static inline void must(mstro_status s, const char *call)
{
    if (s == MSTRO_OK)
        return;
    fprintf(stderr, "%s: %s (%s)\n", call, mstro_status_description(s), mstro_error_detail());
    exit(1);
}

/* The attributes of field 'number'. */
static inline void field_describe(mstro_cdo cdo, int64_t number)
{
    static const char *const texts[][2] = {
        { ".maestro.ecmwf.class", "od" },    { ".maestro.ecmwf.stream", "oper" }, { ".maestro.ecmwf.domain", "g" },
        { ".maestro.ecmwf.type", "fc" },     { ".maestro.ecmwf.levtype", "pl" },  { ".maestro.ecmwf.expver", "0001" },
    };
    static const char *const numbers[] = { ".maestro.ecmwf.step", ".maestro.ecmwf.levelist", ".maestro.ecmwf.param",
                                           ".maestro.ecmwf.number" };
    mstro_timestamp date = { 1700000000, 0, 0 };
    uint64_t time_of_day = 1200;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *text = (char *)texts[i][1];
        must(mstro_cdo_attribute_set(cdo, texts[i][0], &text, true, true), texts[i][0]);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        must(mstro_cdo_attribute_set(cdo, numbers[i], &number, true, true), numbers[i]);
    must(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.date", &date, true, true), "date");
    must(mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.time", &time_of_day, true, true), "time");
}

/* A handle on field 'number', described. */
static inline mstro_cdo field_declare(int64_t number)
{
    char name[48];
    mstro_cdo cdo;
    snprintf(name, sizeof name, "bench/field/of-forty-bytes-%013lld", (long long)number);
    must(mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo), "mstro_cdo_declare");
    field_describe(cdo, number);
    return cdo;
}

#endif
