/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/field_attributes.h"

#include <string.h>
#include <time.h>

#define NAMESPACE ".maestro.ecmwf."

static bool number(codes_handle *field, const char *key, long *value)
{
    int error = 0;
    return codes_is_defined(field, key) && !(codes_is_missing(field, key, &error) || error)
           && codes_get_long(field, key, value) == 0;
}

static bool word(codes_handle *field, const char *key, char *text, size_t size)
{
    return codes_is_defined(field, key) && codes_get_string(field, key, text, &size) == 0 && *text
           && strcmp(text, "unknown") != 0;
}

static mstro_status set_words(mstro_cdo cdo, codes_handle *field)
{
    static const struct {
        const char *attribute, *key, *otherwise;
    } row[] = {
        {NAMESPACE "class", "mars.class", "class"},       {NAMESPACE "type", "mars.type", "dataType"},
        {NAMESPACE "stream", "mars.stream", "stream"},    {NAMESPACE "expver", "mars.expver", "experimentVersionNumber"},
        {NAMESPACE "domain", "mars.domain", "domain"},    {NAMESPACE "levtype", "mars.levtype", "typeOfLevel"},
    };
    mstro_status status = MSTRO_OK;
    for (size_t i = 0; i < sizeof row / sizeof *row && status == MSTRO_OK; i++) {
        char text[64];
        char *value = text;
        if (word(field, row[i].key, text, sizeof text) || word(field, row[i].otherwise, text, sizeof text))
            status = mstro_cdo_attribute_set(cdo, row[i].attribute, &value, true, false);
    }
    return status;
}

static mstro_status set_number(mstro_cdo cdo, const char *attribute, long value)
{
    int64_t wide = value;
    return mstro_cdo_attribute_set(cdo, attribute, &wide, true, false);
}

static mstro_status set_numbers(mstro_cdo cdo, codes_handle *field)
{
    char text[32];
    long value;
    mstro_status status = MSTRO_OK;
    if (number(field, "paramId", &value) && value != 0)
        status = set_number(cdo, NAMESPACE "param", value);
    if (status == MSTRO_OK && number(field, "number", &value))
        status = set_number(cdo, NAMESPACE "number", value);
    if (status == MSTRO_OK && word(field, "stepUnits", text, sizeof text) && strcmp(text, "h") == 0
        && number(field, "endStep", &value))
        status = set_number(cdo, NAMESPACE "step", value);
    if (status == MSTRO_OK && word(field, "typeOfLevel", text, sizeof text) && strcmp(text, "surface") != 0
        && number(field, "level", &value))
        status = set_number(cdo, NAMESPACE "levelist", value);
    return status;
}

static mstro_status set_date(mstro_cdo cdo, codes_handle *field)
{
    long date, clock;
    if (!number(field, "dataDate", &date) || !number(field, "dataTime", &clock))
        return MSTRO_OK;
    struct tm run = {.tm_year = (int)(date / 10000) - 1900, .tm_mon = (int)(date / 100 % 100) - 1, .tm_mday = (int)(date % 100),
                     .tm_hour = (int)(clock / 100), .tm_min = (int)(clock % 100)};
    mstro_timestamp stamp = {timegm(&run), 0, 0};
    uint64_t hhmm = (uint64_t)clock;
    mstro_status status = mstro_cdo_attribute_set(cdo, NAMESPACE "date", &stamp, true, false);
    return status == MSTRO_OK ? mstro_cdo_attribute_set(cdo, NAMESPACE "time", &hhmm, true, false) : status;
}

mstro_status field_attributes_set(mstro_cdo cdo, codes_handle *field)
{
    mstro_status status = set_words(cdo, field);
    if (status == MSTRO_OK)
        status = set_numbers(cdo, field);
    return status == MSTRO_OK ? set_date(cdo, field) : status;
}

mstro_status field_layout_set(mstro_cdo cdo, codes_handle *field, size_t count)
{
    long rows = 0, columns = 0, down = 0;
    int64_t size = (int64_t)(count * sizeof(double)), element = sizeof(double), dimensions = 1, order = 0;
    int64_t extent[2] = {(int64_t)count, 0};
    if (number(field, "Nj", &rows) && number(field, "Ni", &columns) && (size_t)(rows * columns) == count) {
        bool by_columns = number(field, "jPointsAreConsecutive", &down) && down;
        dimensions = 2;
        extent[0] = by_columns ? columns : rows;
        extent[1] = by_columns ? rows : columns;
    }
    const struct {
        const char *key;
        void *value;
    } row[] = {
        {MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size}, {MSTRO_ATTR_CORE_CDO_LAYOUT_ELEMENT_SIZE, &element},
        {MSTRO_ATTR_CORE_CDO_LAYOUT_NDIMS, &dimensions}, {MSTRO_ATTR_CORE_CDO_LAYOUT_DIMS_SIZE, extent},
        {MSTRO_ATTR_CORE_CDO_LAYOUT_ORDER, &order},
    };
    mstro_status status = MSTRO_OK;
    for (size_t i = 0; i < sizeof row / sizeof *row && status == MSTRO_OK; i++)
        status = mstro_cdo_attribute_set(cdo, row[i].key, row[i].value, true, false);
    return status;
}
