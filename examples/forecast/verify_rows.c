/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify_rows.h"
#include "examples/forecast/verify_fields.h"
#include "examples/forecast/verify_files.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1024 };

/* A line of the table: product, of, level, time and unit, then points, least, mean and greatest. */
struct row {
    char *word[ROW_WORDS];
    double number[ROW_NUMBERS];
    size_t line;
    bool matched;
    char text[LINE_MAX_BYTES]; /* what the words point into */
};

static const char heading[] = "product,of,level,time,points,least,mean,greatest,unit\n";
static const char *const number_name[ROW_NUMBERS] = {"points", "least", "mean", "greatest"};

void rows_free(struct rows *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->row[i]);
    free(t->row);
}

/* Take 'row->text' apart; false when it has not the columns of the heading. */
static bool row_parse(struct row *row)
{
    char *rest = row->text, *column[ROW_WORDS + ROW_NUMBERS], *end;
    for (size_t i = 0; i < ROW_WORDS + ROW_NUMBERS; i++)
        if (!(column[i] = strsep(&rest, ",")))
            return false;
    for (size_t i = 0; i < ROW_NUMBERS; i++) {
        row->number[i] = strtod(column[4 + i], &end);
        if (end == column[4 + i] || *end)
            return false;
    }
    for (size_t i = 0; i < ROW_WORDS; i++)
        row->word[i] = column[i < 4 ? i : 8];
    return rest == NULL;
}

static struct row *row_add(struct rows *t)
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

static int read_lines(struct rows *t, FILE *file, const char *path)
{
    char first[sizeof heading] = "";
    if (!fgets(first, sizeof first, file) || strcmp(first, heading) != 0) {
        printf("%s: %s does not begin with %s", t->what, path, heading);
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
            printf("%s: line %zu of %s is no line of nine columns\n", t->what, line, path);
            return 1;
        }
    }
}

static int read_file(void *context, const char *path)
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

int rows_read(struct rows *t, const char *folder, const char *name)
{
    return files_each(folder, name, t->what, read_file, t);
}

void rows_spread(const double values[], size_t count, double number[ROW_NUMBERS])
{
    long double sum = 0;
    size_t points = 0;
    number[1] = number[3] = NAN;
    for (size_t i = 0; i < count; i++) {
        if (values[i] == no_value)
            continue;
        number[1] = fmin(number[1], values[i]); /* which ignores a NaN */
        number[3] = fmax(number[3], values[i]);
        sum += values[i];
        points++;
    }
    number[0] = (double)points;
    number[2] = points ? (double)(sum / points) : NAN;
}

/* The first number of 'row' that is not the expected one to a thousandth; ROW_NUMBERS when all are. */
static size_t first_difference(const struct row *row, const double number[ROW_NUMBERS])
{
    for (size_t i = 0; i < ROW_NUMBERS; i++) {
        bool same = isnan(number[i]) ? isnan(row->number[i])
                                     : fabs(row->number[i] - number[i]) <= 0.0005001 + 1e-9 * fabs(number[i]);
        if (!same)
            return i;
    }
    return ROW_NUMBERS;
}

int rows_find(struct rows *t, const char *const word[ROW_WORDS], const double number[ROW_NUMBERS])
{
    const struct row *close = NULL;
    t->expected++;
    for (size_t i = 0; i < t->count; i++) {
        struct row *row = t->row[i];
        size_t same = 0;
        while (same < ROW_WORDS && strcmp(row->word[same], word[same]) == 0)
            same++;
        if (row->matched || same < ROW_WORDS)
            continue;
        if (first_difference(row, number) == ROW_NUMBERS) {
            row->matched = true;
            t->right++;
            return 0;
        }
        close = row;
    }
    if (!close)
        printf("%s: there is no line for %s,%s,%s,%s\n", t->what, word[0], word[1], word[2], word[3]);
    else {
        size_t at = first_difference(close, number);
        printf("%s: line %zu, %s of %s at %s: %s is %.3f, computed again %.3f\n", t->what, close->line, word[0], word[1], word[2],
               number_name[at], close->number[at], number[at]);
    }
    return 1;
}

int rows_end(const struct rows *t)
{
    int result = 0;
    for (size_t i = 0; i < t->count; i++)
        if (!t->row[i]->matched) {
            printf("%s: line %zu, %s of %s at %s, is not one that was to be computed, or not with these numbers\n", t->what,
                   t->row[i]->line, t->row[i]->word[0], t->row[i]->word[1], t->row[i]->word[2]);
            result = 1;
        }
    printf("%s: %zu of %zu lines equal a second computation\n", t->what, t->right, t->expected);
    return result;
}
