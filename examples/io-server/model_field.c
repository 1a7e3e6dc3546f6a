/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/io-server/model_field.h"

#include <stdio.h>
#include <string.h>

#define NAMESPACE ".maestro.ecmwf."

static const char *const text_key[TEXT_KEYS] = { NAMESPACE "class", NAMESPACE "stream", NAMESPACE "expver",
                                                 NAMESPACE "type",  NAMESPACE "domain", NAMESPACE "levtype" };
static const char *const number_key[NUMBER_KEYS] = { NAMESPACE "number",   NAMESPACE "step",     NAMESPACE "param",
                                                     NAMESPACE "levelist", NAMESPACE "anoffset", NAMESPACE "time" };

enum { TEMPERATURE = 130, EASTWARD = 131, NORTHWARD = 132, GEOPOTENTIAL = 129, TEMPERATURE_2M = 167, PRESSURE_SEA_LEVEL = 151 };

struct model_field model_field_at(int64_t member, int64_t step, unsigned place)
{
    static const struct { const char *levtype; int64_t levelist, param; } output[FIELDS_A_STEP] = {
        { "pl", 250, EASTWARD },     { "pl", 250, NORTHWARD },   { "pl", 500, GEOPOTENTIAL },
        { "pl", 850, TEMPERATURE },  { "sfc", 0, TEMPERATURE_2M }, { "sfc", 0, PRESSURE_SEA_LEVEL },
    };
    bool control = member == 0;
    return (struct model_field){
        .text = { "od", control ? "oper" : "enfo", "0001", control ? "fc" : "pf", "g", output[place].levtype },
        .number = { member, step, output[place].param, output[place].levelist, 9, 1200 },
    };
}

void model_field_name(const struct model_field *field, char name[FIELD_NAME_MAX])
{
    snprintf(name, FIELD_NAME_MAX, "field/member-%lld/step-%lld/%s-%lld/param-%lld", (long long)field->number[KEY_NUMBER],
             (long long)field->number[KEY_STEP], field->text[KEY_LEVTYPE], (long long)field->number[KEY_LEVELIST],
             (long long)field->number[KEY_PARAM]);
}

double model_field_value(const struct model_field *field, long point)
{
    double value = 0;
    for (unsigned i = 0; i < NUMBER_KEYS; i++)
        value = value * 31 + (double)field->number[i];
    return value + (double)point / 1024.0;
}

mstro_status model_field_set(mstro_cdo cdo, const struct model_field *field)
{
    mstro_timestamp date = { 1700000000, 0, 0 };
    mstro_status s = mstro_cdo_attribute_set(cdo, NAMESPACE "date", &date, true, true);
    for (unsigned i = 0; i < TEXT_KEYS && s == MSTRO_OK; i++) {
        char *text = (char *)field->text[i];
        s = mstro_cdo_attribute_set(cdo, text_key[i], &text, true, true);
    }
    for (unsigned i = 0; i < NUMBER_KEYS && s == MSTRO_OK; i++) {
        int64_t number = field->number[i]; /* of the time, which has no sign, the same bits */
        s = mstro_cdo_attribute_set(cdo, number_key[i], &number, true, true);
    }
    return s;
}

mstro_status model_field_get(mstro_cdo cdo, struct model_field *field)
{
    const void *value;
    mstro_status s = MSTRO_OK;
    for (unsigned i = 0; i < TEXT_KEYS && s == MSTRO_OK; i++)
        if ((s = mstro_cdo_attribute_get(cdo, text_key[i], NULL, &value)) == MSTRO_OK)
            field->text[i] = *(char *const *)value;
    for (unsigned i = 0; i < NUMBER_KEYS && s == MSTRO_OK; i++)
        if ((s = mstro_cdo_attribute_get(cdo, number_key[i], NULL, &value)) == MSTRO_OK)
            field->number[i] = *(const int64_t *)value;
    return s;
}

bool model_field_equal(const struct model_field *a, const struct model_field *b)
{
    for (unsigned i = 0; i < TEXT_KEYS; i++)
        if (strcmp(a->text[i], b->text[i]) != 0)
            return false;
    return memcmp(a->number, b->number, sizeof a->number) == 0;
}

/* ---- what consumers select: some fields go to two of them, and two of the first step to none */

static bool is_wind(const struct model_field *f)
{
    return strcmp(f->text[KEY_LEVTYPE], "pl") == 0 && (f->number[KEY_PARAM] == EASTWARD || f->number[KEY_PARAM] == NORTHWARD);
}

static bool is_surface(const struct model_field *f)
{
    return strcmp(f->text[KEY_LEVTYPE], "sfc") == 0;
}

static bool is_of_control(const struct model_field *f)
{
    return strcmp(f->text[KEY_STREAM], "oper") == 0 && strcmp(f->text[KEY_TYPE], "fc") == 0 && f->number[KEY_STEP] > 0;
}

static bool is_lower_air_of_ensemble(const struct model_field *f)
{
    return strcmp(f->text[KEY_LEVTYPE], "pl") == 0 && strcmp(f->text[KEY_STREAM], "oper") != 0 && f->number[KEY_LEVELIST] >= 500
        && f->number[KEY_STEP] != 0;
}

const struct selection selections[SELECTIONS] = {
    { "wind aloft", "(and (.maestro.ecmwf.levtype = pl) (or (.maestro.ecmwf.param = 131) (.maestro.ecmwf.param = 132)))", is_wind },
    { "the surface", "(and (.maestro.ecmwf.class = od) (.maestro.ecmwf.levtype = sfc))", is_surface },
    { "the control forecast", "(and (.maestro.ecmwf.stream = oper) (.maestro.ecmwf.type = fc) (.maestro.ecmwf.step > 0))", is_of_control },
    { "the lower air of the ensemble",
      "(and (.maestro.ecmwf.levtype = pl) (not (.maestro.ecmwf.stream = oper)) (.maestro.ecmwf.levelist >= 500) (.maestro.ecmwf.step != 0))",
      is_lower_air_of_ensemble },
};
