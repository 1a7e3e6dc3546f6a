/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify.h"
#include "examples/forecast/verify_expected.h"
#include "examples/forecast/verify_rows.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char pressure[] = "100:"; /* how surfaces of that kind begin */

/* One line to be found.  Winds of one time and grid make one, whatever their level. */
struct line {
    struct line *next;
    const struct field *from;
    size_t copy; /* which of the fields that are described alike */
    bool wind;
    unsigned levels;
    double *values;
    size_t count;
    char of[96];
};

struct lines {
    const struct fields *inputs;
    struct line *first;
};

static size_t copy_of(const struct fields *inputs, const struct field *field)
{
    return (size_t)(field - fields_first(inputs, field->what, field->where, field->when));
}

static struct line *winds_like(const struct lines *lines, const struct expected *e, size_t copy)
{
    struct line *line = lines->first;
    while (line && !(line->wind && line->copy == copy && line->count == e->count && strcmp(line->from->when, e->from->when) == 0))
        line = line->next;
    return line;
}

static int add_line(struct lines *lines, const struct expected *e, bool wind, size_t copy)
{
    struct line *line = calloc(1, sizeof *line);
    double *values = line ? malloc(e->count * sizeof *values) : NULL;
    if (!values) {
        free(line);
        warnx("out of memory");
        return 2;
    }
    memcpy(values, e->values, e->count * sizeof *values);
    *line = (struct line){.next = lines->first, .from = e->from, .copy = copy, .wind = wind, .levels = 1, .values = values, .count = e->count};
    snprintf(line->of, sizeof line->of, "%s+%s", e->from->what, e->other->what);
    lines->first = line;
    return 0;
}

static int note(void *context, const struct expected *e)
{
    struct lines *lines = context;
    bool wind = e->kind == EXPECTED_WIND && strncmp(e->from->where, pressure, strlen(pressure)) == 0;
    if (!wind && e->kind != EXPECTED_THICKNESS)
        return 0;
    size_t copy = copy_of(lines->inputs, e->from);
    struct line *line = wind ? winds_like(lines, e, copy) : NULL;
    if (!line)
        return add_line(lines, e, wind, copy);
    line->levels++;
    for (size_t i = 0; i < e->count; i++)
        if (line->values[i] == no_value || (e->values[i] != no_value && e->values[i] > line->values[i]))
            line->values[i] = e->values[i];
    return 0;
}

static int find(struct rows *rows, const struct line *line)
{
    char level[40] = "isobaricInhPa=500..1000", time[96];
    double number[ROW_NUMBERS];
    if (line->wind)
        snprintf(level, sizeof level, "levels=%u", line->levels);
    else
        for (size_t i = 0; i < line->count; i++)
            if (line->values[i] != no_value)
                line->values[i] *= 9.80665 / 287.05 / log(2);
    field_time_text(line->from, time, sizeof time);
    rows_spread(line->values, line->count, number);
    const char *const word[ROW_WORDS] = {line->wind ? "greatest-wind" : "layer-temperature", line->of, level, time, line->wind ? "m/s" : "K"};
    return rows_find(rows, word, number);
}

static int compare(const char *output, const struct lines *lines)
{
    struct rows rows = {.what = "levels"};
    int result = lines->first ? rows_read(&rows, output, "levels*.csv") : 0;
    for (struct line *line = lines->first; line && result < 2; line = line->next) {
        int found = find(&rows, line);
        result = found > result ? found : result;
    }
    int strangers = rows_end(&rows);
    rows_free(&rows);
    return result > strangers ? result : strangers;
}

int verify_levels(const char *output, const struct fields *inputs)
{
    struct lines lines = {.inputs = inputs};
    int result = expected_each(inputs, note, &lines);
    if (result == 0)
        result = compare(output, &lines);
    for (struct line *next, *line = lines.first; line; line = next) {
        next = line->next;
        free(line->values);
        free(line);
    }
    return result;
}
