/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/level_line.h"
#include "examples/forecast/product_math.h"
#include "examples/forecast/product_table.h"

#include <err.h>
#include <stdlib.h>

enum parameter { GEOPOTENTIAL = 129, EASTWARD = 131, NORTHWARD = 132, GEOPOTENTIAL_HEIGHT = 156 };

struct set {
    const char *time;
    struct level_field *field;
    size_t fields;
    double *result; /* as many as each field has */
};

/* Does the set consist of pairs of such parameters, all on as many points? */
static bool are_pairs(const struct set *set, int64_t first, int64_t second)
{
    for (size_t i = 0; i < set->fields; i++)
        if (set->field[i].param != (i % 2 ? second : first) || set->field[i].count != set->field[0].count
            || (first != second && set->field[i].level != set->field[i - i % 2].level))
            return false;
    return set->fields >= 2 && set->fields % 2 == 0;
}

static void make_greatest_wind(const struct set *set, FILE *out)
{
    char of[48];
    size_t count = set->field[0].count;
    double *speed = set->field[0].values; /* done with when the first level is */
    for (size_t i = 0; i < set->fields; i += 2) {
        wind_speed(set->field[i].values, set->field[i + 1].values, speed, count);
        greatest_of(i ? set->result : speed, speed, set->result, count);
    }
    snprintf(of, sizeof of, "levels=%zu", set->fields / 2);
    product_table_line(out, &(struct product_line){"greatest-wind", "u+v", of, set->time, "m/s"}, spread_of(set->result, count));
}

static void make_layer_temperature(const struct set *set, FILE *out)
{
    bool height = set->field[0].param == GEOPOTENTIAL_HEIGHT;
    size_t count = set->field[0].count;
    thickness(set->field[0].values, set->field[1].values, height ? 1 : 1 / STANDARD_GRAVITY, set->result, count);
    layer_temperature(set->result, (double)set->field[1].level / (double)set->field[0].level, set->result, count);
    product_table_line(out, &(struct product_line){"layer-temperature", height ? "gh+gh" : "z+z", "isobaricInhPa=500..1000", set->time, "K"},
                       spread_of(set->result, count));
}

static bool is_good(const struct set *set, enum level_set_kind kind)
{
    int64_t first = set->fields ? set->field[0].param : 0;
    if (kind == LEVEL_SET_WIND)
        return are_pairs(set, EASTWARD, NORTHWARD);
    return (first == GEOPOTENTIAL || first == GEOPOTENTIAL_HEIGHT) && set->fields == 2 && are_pairs(set, first, first);
}

int level_line_write(FILE *out, enum level_set_kind kind, const char *time, struct level_field field[], size_t fields)
{
    struct set set = {.time = time, .field = field, .fields = fields};
    if (!is_good(&set, kind)) {
        warnx("a level set is not what it is called: pairs of fields, all on one grid");
        return -1;
    }
    set.result = calloc(field[0].count + 1, sizeof *set.result);
    if (!set.result) {
        warnx("out of memory");
        return -1;
    }
    fprintf(out, "%s\n", product_table_heading);
    if (kind == LEVEL_SET_WIND)
        make_greatest_wind(&set, out);
    else
        make_layer_temperature(&set, out);
    free(set.result);
    return 0;
}
