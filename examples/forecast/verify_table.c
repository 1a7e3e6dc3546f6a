/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify.h"
#include "examples/forecast/verify_expected.h"
#include "examples/forecast/verify_files.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1024, WORDS = 5, NUMBERS = 4 };

/* A line of the table: product, of, level, time and unit, then points, least, mean and greatest. */
struct row {
    char *word[WORDS];
    double number[NUMBERS];
    size_t line;
    bool matched;
    char text[LINE_MAX_BYTES]; /* what the words point into */
};

static const char heading[] = "product,of,level,time,points,least,mean,greatest,unit\n";
static const char *const number_name[NUMBERS] = {"points", "least", "mean", "greatest"};

struct table {
    struct row **row;
    size_t count, capacity, right, expected;
};

static void table_free(struct table *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->row[i]);
    free(t->row);
}

/* Take 'row->text' apart; false when it has not the columns of the heading. */
static bool row_parse(struct row *row)
{
    char *rest = row->text, *column[WORDS + NUMBERS], *end;
    for (size_t i = 0; i < WORDS + NUMBERS; i++)
        if (!(column[i] = strsep(&rest, ",")))
            return false;
    for (size_t i = 0; i < NUMBERS; i++) {
        row->number[i] = strtod(column[4 + i], &end);
        if (end == column[4 + i] || *end)
            return false;
    }
    for (size_t i = 0; i < WORDS; i++)
        row->word[i] = column[i < 4 ? i : 8];
    return rest == NULL;
}

static struct row *row_add(struct table *t)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 256;
        struct row **grown = realloc(t->row, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        t->row = grown;
        t->capacity = capacity;
    }
    struct row *row = calloc(1, sizeof *row);
    if (row)
        t->row[t->count++] = row;
    return row;
}

static int read_lines(struct table *t, FILE *file, const char *path)
{
    char first[sizeof heading] = "";
    if (!fgets(first, sizeof first, file) || strcmp(first, heading) != 0) {
        printf("table: %s does not begin with %s", path, heading);
        return 1;
    }
    for (size_t line = 2;; line++) {
        struct row *row = row_add(t);
        if (!row) {
            warnx("out of memory");
            return 2;
        }
        row->line = line;
        if (!fgets(row->text, sizeof row->text, file)) {
            free(t->row[--t->count]);
            return 0;
        }
        size_t length = strlen(row->text);
        bool whole = row->text[length - 1] == '\n';
        row->text[length - whole] = '\0';
        if (!whole || !row_parse(row)) {
            printf("table: line %zu of %s is no line of nine columns\n", line, path);
            return 1;
        }
    }
}

static int read_table(void *context, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        warn("cannot open %s", path);
        return 2;
    }
    int result = read_lines(context, file, path);
    fclose(file);
    return result;
}

/* A surface in the unit of the table: hPa for pressures, else as the file has it. */
static double level_value(const struct field *field, const char *which, const char *kind)
{
    static const char pressure[] = "InhPa";
    size_t length = strlen(kind), tail = sizeof pressure - 1;
    bool hectopascals = length >= tail && strcmp(kind + length - tail, pressure) == 0;
    return surface_value(field->handle, which) / (hectopascals ? 100 : 1);
}

static void level_text(const struct field *field, char *text, size_t size)
{
    char kind[64] = "";
    size_t length = sizeof kind;
    codes_handle *h = field->handle;
    codes_get_string(h, "typeOfLevel", kind, &length);
    if (strcmp(kind, "unknown") == 0)
        snprintf(kind, sizeof kind, "surface%ld", key_integer(h, "typeOfFirstFixedSurface", -1));
    double top = level_value(field, "First", kind), bottom = level_value(field, "Second", kind);
    if (key_integer(h, "edition", 2) == 1) {
        top = (double)key_integer(h, "topLevel", 0);
        bottom = (double)key_integer(h, "bottomLevel", 0);
        if (bottom == top)
            bottom = NAN;
        if (strcmp(kind, "surface") == 0)
            top = NAN;
    } else if (key_integer(h, "typeOfSecondFixedSurface", 255) == 255)
        bottom = NAN;
    if (isnan(top))
        snprintf(text, size, "%s", kind);
    else if (isnan(bottom))
        snprintf(text, size, "%s=%.10g", kind, top);
    else
        snprintf(text, size, "%s=%.10g..%.10g", kind, top, bottom);
}

static void time_text(const struct field *field, char *text, size_t size)
{
    codes_handle *h = field->handle;
    char range[32] = "", unit[16] = "", minute[8] = "", member[32] = "";
    size_t length = sizeof range;
    codes_get_string(h, "stepRange", range, &length);
    length = sizeof unit;
    codes_get_string(h, "stepUnits", unit, &length);
    long date = key_integer(h, "dataDate", 0), clock = key_integer(h, "dataTime", 0), number = key_integer(h, "number", -1);
    if (clock % 100 > 0)
        snprintf(minute, sizeof minute, ":%02ld", clock % 100);
    if (number >= 0)
        snprintf(member, sizeof member, "/member%ld", number);
    snprintf(text, size, "%04ld-%02ld-%02ldT%02ld%s+%s%s%s", date / 10000, date / 100 % 100, date % 100, clock / 100, minute, range,
             unit, member);
}

/* Points, least, mean and greatest of what was computed. */
static void spread(const struct expected *e, double number[NUMBERS])
{
    long double sum = 0;
    size_t points = 0;
    number[1] = number[3] = NAN;
    for (size_t i = 0; i < e->count; i++) {
        if (e->values[i] == no_value)
            continue;
        number[1] = fmin(number[1], e->values[i]); /* which ignores a NaN */
        number[3] = fmax(number[3], e->values[i]);
        sum += e->values[i];
        points++;
    }
    number[0] = (double)points;
    number[2] = points ? (double)(sum / points) : NAN;
}

/* The first number of 'row' that is not the expected one to a thousandth; NUMBERS when all are. */
static size_t first_difference(const struct row *row, const double number[NUMBERS])
{
    for (size_t i = 0; i < NUMBERS; i++) {
        bool same = isnan(number[i]) ? isnan(row->number[i])
                                     : fabs(row->number[i] - number[i]) <= 0.0005001 + 1e-9 * fabs(number[i]);
        if (!same)
            return i;
    }
    return NUMBERS;
}

/* Look for the line with those numbers, and mark it. */
static int find_row(void *context, const struct expected *e)
{
    static const char *const kind[] = {"wind-speed", "thickness", "anomaly", "anomaly"}, *const unit[] = {"m/s", "m", "K", "gpm"};
    struct table *t = context;
    char of[96], level[128], time[96];
    double number[NUMBERS];
    const struct row *close = NULL;
    snprintf(of, sizeof of, "%s%s%s", e->from->what, e->other ? "+" : "", e->other ? e->other->what : "");
    if (e->kind == EXPECTED_THICKNESS)
        snprintf(level, sizeof level, "isobaricInhPa=500..1000");
    else
        level_text(e->from, level, sizeof level);
    time_text(e->from, time, sizeof time);
    spread(e, number);
    const char *const word[WORDS] = {kind[e->kind], of, level, time, unit[e->kind]};
    t->expected++;
    for (size_t i = 0; i < t->count; i++) {
        struct row *row = t->row[i];
        size_t same = 0;
        while (same < WORDS && strcmp(row->word[same], word[same]) == 0)
            same++;
        if (row->matched || same < WORDS)
            continue;
        if (first_difference(row, number) == NUMBERS) {
            row->matched = true;
            t->right++;
            return 0;
        }
        close = row;
    }
    if (!close)
        printf("table: there is no line for %s,%s,%s,%s\n", word[0], of, level, time);
    else {
        size_t at = first_difference(close, number);
        printf("table: line %zu, %s of %s at %s: %s is %.3f, computed again %.3f\n", close->line, word[0], of, level, number_name[at],
               close->number[at], number[at]);
    }
    return 1;
}

static int find_strangers(const struct table *t)
{
    int result = 0;
    for (size_t i = 0; i < t->count; i++)
        if (!t->row[i]->matched) {
            printf("table: line %zu, %s of %s at %s, is not one that was to be computed, or not with these numbers\n",
                   t->row[i]->line, t->row[i]->word[0], t->row[i]->word[1], t->row[i]->word[2]);
            result = 1;
        }
    return result;
}

int verify_table(const char *output, const struct fields *inputs)
{
    struct table t = {0};
    int result = files_each(output, "products*.csv", "table", read_table, &t);
    if (result == 0) {
        int computed = expected_each(inputs, find_row, &t), strangers = find_strangers(&t);
        result = computed > strangers ? computed : strangers;
        printf("table: %zu of %zu lines equal a second computation\n", t.right, t.expected);
    }
    table_free(&t);
    return result;
}
