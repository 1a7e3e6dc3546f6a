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
#include "examples/forecast/grib_fields.h"
#include "examples/forecast/grib_input.h"
#include "examples/forecast/product_make.h"
#include "examples/forecast/verify.h"
#include "tests/proc/forecast_sample.h"

static char folder[] = "/tmp/forecast-verify-XXXXXX";
static char input[64], archive[64], products[64];

static void copy(const char *from, const char *to)
{
    static char bytes[1 << 20];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t size = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* Every product of 'file', without a pool; how many. */
static unsigned make_products(const char *file, size_t fields)
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
    assert_int_equal(product_output_open(&output, folder, 0), 0);
    for (size_t i = 0; i < plan.count; i++) {
        const double *of[PRODUCT_INPUTS_MAX] = {0};
        for (size_t k = 0; k < plan.product[i].inputs; k++)
            of[k] = values[plan.product[i].input[k]];
        size_t first = plan.product[i].input[0];
        assert_int_equal(product_make(&output, &plan.product[i], &index, of, size[first], handle[first]), 0);
    }
    assert_int_equal(product_output_close(&output), 0);
    for (size_t i = 0; i < read; i++) {
        free(values[i]);
        codes_handle_delete(handle[i]);
    }
    plan_free(&plan);
    field_index_free(&index);
    return output.made;
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(input, sizeof input, "%s/input", folder);
    snprintf(archive, sizeof archive, "%s/archive.grib", folder);
    snprintf(products, sizeof products, "%s/products-0.grib", folder);
    return sample_write(input, SAMPLE_MESSAGES, false);
}

static int fill_folder(void **state)
{
    (void)state;
    copy(input, archive);
    make_products(input, SAMPLE_FIELDS);
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const name[] = {"input", "archive.grib", "products-0.grib", "products-0.csv", MAP_FILE_NAME, "changed", "grib1"};
    (void)state;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, name[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static int ask_archive(void)
{
    return verify_archive(folder, (char *const[]){input}, 1);
}

static int ask_products(void)
{
    return verify_products(folder, (char *const[]){input}, 1);
}

static void what_is_right_is_called_right(void **state)
{
    (void)state;
    assert_int_equal(ask_archive(), 0);
    assert_int_equal(ask_products(), 0);
}

static void grib_1_on_a_reduced_grid_is_right_too(void **state)
{
    (void)state;
    char grib1[128];
    snprintf(grib1, sizeof grib1, "%s/grib1", folder);
    assert_int_equal(sample_write_grib1(grib1), 0);
    assert_int_equal(make_products(grib1, GRIB1_FIELDS), GRIB1_PRODUCTS);
    assert_int_equal(verify_products(folder, (char *const[]){grib1}, 1), 0);
}

static void one_flipped_byte_in_the_archive_is_found(void **state)
{
    (void)state;
    FILE *file = fopen(archive, "r+b");
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
    assert_int_equal(stat(archive, &info), 0);
    assert_int_equal(truncate(archive, info.st_size - 1), 0);
    assert_int_equal(ask_archive(), 1);
}

static void lengthened_archive_is_found(void **state)
{
    (void)state;
    FILE *file = fopen(archive, "ab");
    fputc('7', file);
    fclose(file);
    assert_int_equal(ask_archive(), 1);
}

/* What happens to the first product of a level when the file is written anew: false leaves it out. */
typedef bool change(codes_handle *product);

static void change_products(const char *short_name, long level, change *how)
{
    char changed[128], name[32];
    int error = 0, met = 0;
    long at = 0;
    codes_handle *h;
    snprintf(changed, sizeof changed, "%s/changed", folder);
    FILE *in = fopen(products, "rb"), *out = fopen(changed, "wb");
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
    assert_int_equal(rename(changed, products), 0);
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

static void broken_product_file_is_found(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(stat(products, &info), 0);
    assert_int_equal(truncate(products, info.st_size - 10), 0);
    assert_int_equal(ask_products(), 1);
}

static void input_that_cannot_be_read_is_no_verdict(void **state)
{
    (void)state;
    char absent[] = "/nonexistent";
    assert_int_equal(verify_products(folder, (char *const[]){input, absent}, 2), 2);
    assert_int_equal(verify_archive(folder, (char *const[]){absent}, 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_right_is_called_right, fill_folder),
        cmocka_unit_test_setup(grib_1_on_a_reduced_grid_is_right_too, fill_folder),
        cmocka_unit_test_setup(one_flipped_byte_in_the_archive_is_found, fill_folder),
        cmocka_unit_test_setup(shortened_archive_is_found, fill_folder),
        cmocka_unit_test_setup(lengthened_archive_is_found, fill_folder),
        cmocka_unit_test_setup(missing_field_is_found, fill_folder),
        cmocka_unit_test_setup(product_one_level_off_is_found, fill_folder),
        cmocka_unit_test_setup(product_with_one_value_off_is_found, fill_folder),
        cmocka_unit_test_setup(broken_product_file_is_found, fill_folder),
        cmocka_unit_test_setup(input_that_cannot_be_read_is_no_verdict, fill_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
