/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/proc/forecast_made.h"
#include "tests/lib/check.h"

#include <eccodes.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "examples/forecast/field_values.h"
#include "examples/forecast/grib_fields.h"
#include "examples/forecast/grib_input.h"
#include "examples/forecast/level_line.h"
#include "examples/forecast/product_make.h"
#include "tests/proc/forecast_sample.h"

char made_folder[] = "/tmp/forecast-made-XXXXXX";
char made_input[MADE_PATH_MAX], made_archive[MADE_PATH_MAX], made_grib[MADE_PATH_MAX], made_table[MADE_PATH_MAX];

void made_path(const char *name, char path[MADE_PATH_MAX])
{
    snprintf(path, MADE_PATH_MAX, "%s/%s", made_folder, name);
}

static void copy(const char *from, const char *to)
{
    static char bytes[1 << 20];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t size = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* The table of each level set; 'values' are not theirs afterwards. */
static void made_levels(const struct plan *plan, const struct field_index *index, double *values[], size_t size[], codes_handle *handle[])
{
    struct level_sets sets;
    assert_int_equal(level_sets_make(&sets, plan, index), 0);
    for (size_t i = 0; i < sets.count; i++) {
        const struct level_set *set = &sets.set[i];
        struct level_field field[SAMPLE_FIELDS];
        char name[32], path[MADE_PATH_MAX];
        for (size_t k = 0; k < set->members; k++) {
            size_t at = set->member[k];
            long param = 0, level = 0;
            codes_get_long(handle[at], "paramId", &param);
            codes_get_long(handle[at], "level", &level);
            field[k] = (struct level_field){param, level, values[at], size[at]};
        }
        snprintf(name, sizeof name, "levels-%zu.csv", i + 1);
        made_path(name, path);
        FILE *out = fopen(path, "w");
        assert_int_equal(level_line_write(out, set->kind, set->like->time, field, set->members), 0);
        assert_int_equal(fclose(out), 0);
    }
    level_sets_free(&sets);
}

unsigned made_products(const char *file, size_t fields)
{
    const char *path[] = {file};
    struct field_index index;
    struct plan plan;
    struct grib_input in;
    struct grib_message message;
    struct product_output output;
    codes_handle *field[GRIB_FIELDS_MAX];
    double *values[SAMPLE_FIELDS];
    codes_handle *handle[SAMPLE_FIELDS];
    size_t size[SAMPLE_FIELDS], read = 0;

    assert_int_equal(field_index_scan(&index, path, 1), 0);
    assert_int_equal(plan_make(&plan, &index), 0);
    grib_input_open(&in, path, 1);
    while (grib_input_next(&in, &message) == 1) {
        int count = grib_fields(message.bytes, message.size, field);
        for (int i = 0; i < count; i++, read++) {
            handle[read] = field[i];
            assert_int_equal(field_values(field[i], &values[read], &size[read]), 0);
        }
        grib_message_release(&message);
    }
    assert_int_equal(read, fields);
    assert_int_equal(product_output_open(&output, made_folder, 0), 0);
    for (size_t i = 0; i < plan.count; i++) {
        const double *of[PRODUCT_INPUTS_MAX] = {0};
        for (size_t k = 0; k < plan.product[i].inputs; k++)
            of[k] = values[plan.product[i].input[k]];
        size_t first = plan.product[i].input[0];
        assert_int_equal(product_make(&output, &plan.product[i], &index, of, size[first], handle[first]), 0);
    }
    assert_int_equal(product_output_close(&output), 0);
    made_levels(&plan, &index, values, size, handle);
    for (size_t i = 0; i < read; i++) {
        free(values[i]);
        codes_handle_delete(handle[i]);
    }
    plan_free(&plan);
    field_index_free(&index);
    return output.made;
}

int made_begin(void **state)
{
    (void)state;
    if (!mkdtemp(made_folder))
        return -1;
    made_path("input", made_input);
    made_path("archive.grib", made_archive);
    made_path("products-0.grib", made_grib);
    made_path("products-0.csv", made_table);
    return sample_write(made_input, SAMPLE_MESSAGES, false);
}

int made_fill(void **state)
{
    (void)state;
    copy(made_input, made_archive);
    made_products(made_input, SAMPLE_FIELDS);
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

int made_end(void **state)
{
    (void)state;
    return nftw(made_folder, remove_one, 4, FTW_DEPTH | FTW_PHYS);
}

int made_ask(verify_question *question, const char *input)
{
    struct fields fields = {0};
    assert_int_equal(fields_read(&fields, input, false), 0);
    fields_sort(&fields);
    int answer = question(made_folder, &fields);
    fields_free(&fields);
    return answer;
}
