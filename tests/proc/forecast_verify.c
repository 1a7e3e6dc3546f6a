/* SPDX-License-Identifier: BSD-3-Clause */
/* The verifier of the forecast demo: it says yes to what is right and no to what is not. */
#include "tests/lib/check.h"

#include <eccodes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "examples/forecast/field_values.h"
#include "tests/proc/forecast_made.h"
#include "tests/proc/forecast_sample.h"

static int ask_archive_of(char *input)
{
    return verify_archive(made_folder, &input, 1);
}

static int ask_archive(void)
{
    return ask_archive_of(made_input);
}

static int ask_products(void)
{
    return made_ask(verify_products, made_input);
}

static int ask_table(void)
{
    return made_ask(verify_table, made_input);
}

static void what_is_right_is_called_right(void **state)
{
    (void)state;
    assert_int_equal(verify_output(made_folder, (char *const[]){made_input}, 1), 0);
}

static void grib_1_on_a_reduced_grid_is_right_too(void **state)
{
    (void)state;
    char grib1[MADE_PATH_MAX];
    made_path("grib1", grib1);
    assert_int_equal(sample_write_grib1(grib1), 0);
    assert_int_equal(made_products(grib1, GRIB1_FIELDS), GRIB1_PRODUCTS);
    assert_int_equal(made_ask(verify_products, grib1), 0);
    assert_int_equal(made_ask(verify_table, grib1), 0);
    assert_int_equal(made_ask(verify_levels, grib1), 0);
    assert_int_equal(made_ask(verify_map, grib1), 0);
}

static void one_flipped_byte_in_the_archive_is_found(void **state)
{
    (void)state;
    FILE *file = fopen(made_archive, "r+b");
    fseek(file, 1000, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, 1000, SEEK_SET);
    fputc(byte ^ 1, file);
    fclose(file);
    assert_int_equal(ask_archive(), 1);
}

static void shortened_archive_is_found(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(stat(made_archive, &info), 0);
    assert_int_equal(truncate(made_archive, info.st_size - 1), 0);
    assert_int_equal(ask_archive(), 1);
}

static void lengthened_archive_is_found(void **state)
{
    (void)state;
    FILE *file = fopen(made_archive, "ab");
    fputc('7', file);
    fclose(file);
    assert_int_equal(ask_archive(), 1);
}

/* What happens to the first product of a level when the file is written anew: false leaves it out. */
typedef bool change(codes_handle *product);

static void change_products(const char *short_name, long level, change *how)
{
    char changed[MADE_PATH_MAX], name[32];
    int error = 0, met = 0;
    long at = 0;
    codes_handle *h;
    made_path("changed", changed);
    FILE *in = fopen(made_grib, "rb"), *out = fopen(changed, "wb");
    while ((h = codes_handle_new_from_file(NULL, in, PRODUCT_GRIB, &error))) {
        const void *bytes;
        size_t size, length = sizeof name;
        codes_get_string(h, "shortName", name, &length);
        codes_get_long(h, "level", &at);
        bool keep = true;
        if (strcmp(name, short_name) == 0 && at == level) {
            met++;
            keep = how(h);
        }
        codes_get_message(h, &bytes, &size);
        if (keep)
            assert_int_equal(fwrite(bytes, 1, size, out), size);
        codes_handle_delete(h);
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(rename(changed, made_grib), 0);
    assert_int_equal(met, 1);
}

static bool leave_out(codes_handle *product)
{
    (void)product;
    return false;
}

static bool one_level_off(codes_handle *product)
{
    assert_int_equal(codes_set_long(product, "scaledValueOfFirstFixedSurface", 30000), 0);
    return true;
}

static bool one_value_off(codes_handle *product)
{
    double *values;
    size_t count;
    assert_int_equal(field_values(product, &values, &count), 0);
    values[count / 2] += 0.01;
    assert_int_equal(codes_set_double_array(product, "values", values, count), 0);
    free(values);
    return true;
}

static bool two_decimals(codes_handle *product)
{
    assert_int_equal(codes_set_long(product, "changeDecimalPrecision", 2), 0);
    return true;
}

static void missing_field_is_found(void **state)
{
    (void)state;
    change_products("ws", 250, leave_out);
    assert_int_equal(ask_products(), 1);
}

static void product_one_level_off_is_found(void **state)
{
    (void)state;
    change_products("ws", 250, one_level_off);
    assert_int_equal(ask_products(), 1);
}

static void product_with_one_value_off_is_found(void **state)
{
    (void)state;
    change_products("ws", 250, one_value_off);
    assert_int_equal(ask_products(), 1);
}

static void product_packed_too_coarsely_is_found(void **state)
{
    (void)state;
    change_products("ws", 250, two_decimals);
    assert_int_equal(ask_products(), 1);
}

static void broken_product_file_is_found(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(stat(made_grib, &info), 0);
    assert_int_equal(truncate(made_grib, info.st_size - 10), 0);
    assert_int_equal(ask_products(), 1);
}

/* Write a table anew, with 'from', which stands in it once, replaced; an empty 'to' leaves out the whole line. */
static void rewrite(const char *table, const char *from, const char *to)
{
    char changed[MADE_PATH_MAX], line[512];
    int met = 0;
    made_path("changed", changed);
    FILE *in = fopen(table, "r"), *out = fopen(changed, "w");
    while (fgets(line, sizeof line, in)) {
        const char *at = strstr(line, from);
        if (!at)
            fputs(line, out);
        else if (*to)
            fprintf(out, "%.*s%s%s", (int)(at - line), line, to, at + strlen(from));
        met += at != NULL;
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(rename(changed, table), 0);
    assert_int_equal(met, 1);
}

static void change_table(const char *from, const char *to)
{
    rewrite(made_table, from, to);
}

static void altered_number_in_the_table_is_found(void **state)
{
    (void)state;
    change_table(",5166.073,", ",5166.074,"); /* the least thickness, by its last digit */
    assert_int_equal(ask_table(), 1);
}

static void altered_level_in_the_table_is_found(void **state)
{
    (void)state;
    change_table("u+v,isobaricInhPa=250,", "u+v,isobaricInhPa=300,");
    assert_int_equal(ask_table(), 1);
}

static void altered_unit_in_the_table_is_found(void **state)
{
    (void)state;
    change_table("646.206,m\n", "646.206,km\n");
    assert_int_equal(ask_table(), 1);
}

static void missing_line_of_the_table_is_found(void **state)
{
    (void)state;
    change_table("potentialVorticity", "");
    assert_int_equal(ask_table(), 1);
}

static void line_too_many_in_the_table_is_found(void **state)
{
    (void)state;
    FILE *file = fopen(made_table, "a");
    fprintf(file, "anomaly,t,isobaricInhPa=700,2011-01-10T12+120h,684,-1.000,0.000,1.000,K\n");
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ask_table(), 1);
}

static void table_that_breaks_off_is_found(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(stat(made_table, &info), 0);
    assert_int_equal(truncate(made_table, info.st_size - 1), 0);
    assert_int_equal(ask_table(), 1);
}

static void missing_table_is_found(void **state)
{
    (void)state;
    assert_int_equal(unlink(made_table), 0);
    assert_int_equal(ask_table(), 1);
}

/* The table of the level set 'number' with 'from' replaced: what the verifier says. */
static int ask_levels_with(const char *number, const char *from, const char *to)
{
    char path[MADE_PATH_MAX];
    made_path(number, path);
    rewrite(path, from, to);
    return made_ask(verify_levels, made_input);
}

static void altered_line_of_a_level_set_is_found(void **state)
{
    (void)state;
    assert_int_equal(made_ask(verify_levels, made_input), 0);
    assert_int_equal(ask_levels_with("levels-1.csv", "levels=2", "levels=1"), 1);
    assert_int_equal(ask_levels_with("levels-1.csv", "levels=1", "levels=2"), 0);
    assert_int_equal(ask_levels_with("levels-2.csv", "layer-temperature", "layer-thickness"), 1);
}

static void wind_of_a_level_set_that_was_not_whole_is_found(void **state)
{
    (void)state;
    char part[MADE_PATH_MAX];
    made_path("part", part);
    assert_int_equal(sample_write(part, 1, false), 0); /* u and v at 250 hPa */
    made_products(part, 2);
    made_path("levels-2.csv", part);
    assert_int_equal(unlink(part), 0); /* of the whole input */
    made_path("part", part);
    assert_int_equal(made_ask(verify_levels, part), 0);
    assert_int_equal(made_ask(verify_levels, made_input), 1);
}

static void missing_line_of_a_level_set_is_found(void **state)
{
    (void)state;
    char path[MADE_PATH_MAX];
    made_path("levels-2.csv", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(made_ask(verify_levels, made_input), 1);
}

static void input_that_cannot_be_read_is_no_verdict(void **state)
{
    (void)state;
    char absent[] = "/nonexistent";
    assert_int_equal(verify_output(made_folder, (char *const[]){made_input, absent}, 2), 2);
    assert_int_equal(ask_archive_of(absent), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_right_is_called_right, made_fill),
        cmocka_unit_test_setup(grib_1_on_a_reduced_grid_is_right_too, made_fill),
        cmocka_unit_test_setup(one_flipped_byte_in_the_archive_is_found, made_fill),
        cmocka_unit_test_setup(shortened_archive_is_found, made_fill),
        cmocka_unit_test_setup(lengthened_archive_is_found, made_fill),
        cmocka_unit_test_setup(missing_field_is_found, made_fill),
        cmocka_unit_test_setup(product_one_level_off_is_found, made_fill),
        cmocka_unit_test_setup(product_with_one_value_off_is_found, made_fill),
        cmocka_unit_test_setup(product_packed_too_coarsely_is_found, made_fill),
        cmocka_unit_test_setup(broken_product_file_is_found, made_fill),
        cmocka_unit_test_setup(altered_number_in_the_table_is_found, made_fill),
        cmocka_unit_test_setup(altered_level_in_the_table_is_found, made_fill),
        cmocka_unit_test_setup(altered_unit_in_the_table_is_found, made_fill),
        cmocka_unit_test_setup(missing_line_of_the_table_is_found, made_fill),
        cmocka_unit_test_setup(line_too_many_in_the_table_is_found, made_fill),
        cmocka_unit_test_setup(table_that_breaks_off_is_found, made_fill),
        cmocka_unit_test_setup(missing_table_is_found, made_fill),
        cmocka_unit_test_setup(altered_line_of_a_level_set_is_found, made_fill),
        cmocka_unit_test_setup(wind_of_a_level_set_that_was_not_whole_is_found, made_fill),
        cmocka_unit_test_setup(missing_line_of_a_level_set_is_found, made_fill),
        cmocka_unit_test_setup(input_that_cannot_be_read_is_no_verdict, made_fill),
    };
    return cmocka_run_group_tests(tests, made_begin, made_end);
}
