/* SPDX-License-Identifier: BSD-3-Clause */
/* The file side of the forecast demo: reading, naming, planning, computing and writing, without a pool. */
#include "tests/lib/check.h"

#include <eccodes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "examples/forecast/field_index.h"
#include "examples/forecast/field_values.h"
#include "examples/forecast/grib_fields.h"
#include "examples/forecast/grib_input.h"
#include "examples/forecast/grid_sampler.h"
#include "examples/forecast/level_set.h"
#include "examples/forecast/plan.h"
#include "examples/forecast/product_grib.h"
#include "examples/forecast/product_math.h"
#include "tests/proc/forecast_sample.h"

static char sample[] = "/tmp/forecast-sample-XXXXXX";

static int make_sample(void **state)
{
    (void)state;
    int fd = mkstemp(sample);
    return fd < 0 || close(fd) || sample_write(sample, SAMPLE_MESSAGES, false);
}

static int remove_sample(void **state)
{
    (void)state;
    return unlink(sample);
}

static void scan(struct field_index *index)
{
    const char *path[] = {sample};
    assert_int_equal(field_index_scan(index, path, 1), 0);
}

static const struct field_entry *named(const struct field_index *index, const char *name)
{
    for (size_t i = 0; i < index->count; i++)
        if (strcmp(index->entry[i].name, name) == 0)
            return &index->entry[i];
    fail_msg("no field is named %s", name);
    return NULL;
}

static void messages_are_the_bytes_of_the_file_and_every_field_is_found(void **state)
{
    (void)state;
    const char *path[] = {sample};
    struct grib_input in;
    struct grib_message message;
    codes_handle *field[GRIB_FIELDS_MAX];
    int fields = 0, more;
    FILE *file = fopen(sample, "rb");
    grib_input_open(&in, path, 1);
    while ((more = grib_input_next(&in, &message)) == 1) {
        char bytes[200000];
        assert_in_range(message.size, 1, sizeof bytes);
        assert_int_equal(fread(bytes, 1, message.size, file), message.size);
        assert_memory_equal(bytes, message.bytes, message.size);
        int count = grib_fields(message.bytes, message.size, field);
        assert_in_range(count, 1, 2);
        fields += count;
        grib_fields_release(field, count);
        grib_message_release(&message);
    }
    assert_int_equal(more, 0);
    assert_int_equal(fgetc(file), EOF);
    assert_int_equal(in.messages, SAMPLE_MESSAGES);
    assert_int_equal(fields, SAMPLE_FIELDS);
    grib_input_close(&in);
    fclose(file);
}

static void names_tell_both_surfaces_and_clashes_are_numbered(void **state)
{
    (void)state;
    struct field_index index;
    scan(&index);
    assert_int_equal(index.count, SAMPLE_FIELDS);
    assert_int_equal(index.messages, SAMPLE_MESSAGES);
    assert_int_equal(named(&index, "field/u/isobaricInhPa=250/2011-01-10T12+120h")->message, 1);
    assert_int_equal(named(&index, "field/v/isobaricInhPa=250/2011-01-10T12+120h")->part, 2);
    named(&index, "field/t/depthBelowLandLayer=0..0.1/2011-01-10T12+120h");
    named(&index, "field/t/depthBelowLandLayer=0.1..0.4/2011-01-10T12+120h");
    named(&index, "field/u/potentialVorticity=-2e-06/2011-01-10T12+120h");
    named(&index, "field/0.1.195/surface/2011-01-10T12+120h");
    assert_int_equal(named(&index, "field/t/surface/2011-01-10T12+120h")->copy, 1);
    assert_int_equal(named(&index, "field/t/surface/2011-01-10T12+120h#2")->copy, 2);
    for (size_t i = 0; i < index.count; i++)
        assert_ptr_equal(named(&index, index.entry[i].name), &index.entry[i]);
    field_index_free(&index);
}

static void index_survives_being_written_and_read(void **state)
{
    (void)state;
    struct field_index index, again;
    scan(&index);
    char *text = field_index_print(&index), *second;
    assert_int_equal(field_index_parse(&again, text, strlen(text)), 0);
    second = field_index_print(&again);
    assert_string_equal(text, second);
    field_index_free(&again);
    assert_int_equal(field_index_parse(&again, text, strlen(text) / 2), -1);
    assert_int_equal(field_index_parse(&again, "GRIB", 4), -1);
    free(text);
    free(second);
    field_index_free(&index);
}

static size_t planned(const struct plan *plan, enum product_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        count += plan->product[i].kind == kind;
    return count;
}

static void plan_has_every_product_the_fields_allow(void **state)
{
    (void)state;
    struct field_index index;
    struct plan plan;
    scan(&index);
    assert_int_equal(plan_make(&plan, &index), 0);
    assert_int_equal(planned(&plan, PRODUCT_WIND_SPEED), SAMPLE_WINDS);
    assert_int_equal(planned(&plan, PRODUCT_THICKNESS), 1);
    assert_int_equal(planned(&plan, PRODUCT_ANOMALY), SAMPLE_ANOMALIES);
    assert_int_equal(planned(&plan, PRODUCT_MAP), 1);
    assert_int_equal(plan.missing_count, 0);
    plan_free(&plan);
    field_index_free(&index);
}

static void what_the_input_has_no_fields_for_is_said(void **state)
{
    (void)state;
    struct field_index index;
    struct plan plan;
    scan(&index);
    for (size_t i = 0; i < index.count; i++)
        if (strcmp(index.entry[i].param, "v") == 0 || strcmp(index.entry[i].level, "isobaricInhPa=1000") == 0)
            index.entry[i].param[0] = '\0';
    assert_int_equal(plan_make(&plan, &index), 0);
    assert_int_equal(plan.missing_count, 3);
    assert_memory_equal(plan.missing[0], "no wind speed", 13);
    assert_memory_equal(plan.missing[1], "no thickness", 12);
    assert_memory_equal(plan.missing[2], "no map", 6);
    assert_int_equal(plan.count, planned(&plan, PRODUCT_ANOMALY));
    plan_free(&plan);
    field_index_free(&index);
}

static void level_sets_are_what_the_index_has_of_one_time_and_grid(void **state)
{
    (void)state;
    struct field_index index;
    struct plan plan;
    struct level_sets sets;
    const char *path[] = {sample, sample};
    unsigned number = 0;
    enum level_set_kind kind = LEVEL_SET_WIND;
    const char *time = NULL;
    assert_int_equal(field_index_scan(&index, path, 2), 0); /* every field twice: two sets of each kind */
    assert_int_equal(plan_make(&plan, &index), 0);
    assert_int_equal(level_sets_make(&sets, &plan, &index), 0);
    assert_int_equal(sets.count, 4);
    assert_int_equal(sets.missing_count, 0);
    for (size_t i = 0; i < sets.count; i++) {
        const struct level_set *set = &sets.set[i];
        assert_int_equal(set->members, set->kind == LEVEL_SET_WIND ? 4 : 2); /* the wind at -2e-6 PVU is not at a pressure */
        for (size_t k = 0; k < set->members; k++)
            assert_int_equal(index.entry[set->member[k]].copy, set->like->copy);
        assert_true(level_set_parse(set->name, &number, &kind, &time));
        assert_int_equal(number, i + 1);
        assert_int_equal(kind, set->kind);
        assert_string_equal(time, "2011-01-10T12+120h");
    }
    assert_false(level_set_parse("levels/1/rain/2011-01-10T12+120h", &number, &kind, &time));
    level_sets_free(&sets);
    plan_free(&plan);
    field_index_free(&index);
}

static void level_set_that_the_input_does_not_have_is_said_and_not_made(void **state)
{
    (void)state;
    struct field_index index;
    struct plan plan;
    struct level_sets sets;
    scan(&index);
    for (size_t i = 0; i < index.count; i++)
        if (strcmp(index.entry[i].level, "isobaricInhPa=1000") == 0)
            index.entry[i].param[0] = '\0';
    assert_int_equal(plan_make(&plan, &index), 0);
    assert_int_equal(level_sets_make(&sets, &plan, &index), 0);
    assert_int_equal(sets.count, 1);
    assert_int_equal(sets.set[0].kind, LEVEL_SET_WIND);
    assert_int_equal(sets.missing_count, 1);
    assert_memory_equal(sets.missing[0], "no layer temperature", 20);
    level_sets_free(&sets);
    plan_free(&plan);
    field_index_free(&index);
}

static void points_without_a_value_stay_so_in_products(void **state)
{
    (void)state;
    const double u[] = {3, NAN, 6, 0}, v[] = {4, 1, NAN, 0};
    double speed[4], rest[4];
    wind_speed(u, v, speed, 4);
    assert_float_equal(speed[0], 5, 1e-12);
    assert_true(isnan(speed[1]) && isnan(speed[2]));
    assert_float_equal(anomaly(u, rest, 4), 3, 1e-12);
    assert_float_equal(rest[2], 3, 1e-12);
    assert_true(isnan(rest[1]));
    assert_int_equal(spread_of(v, 4).points, 3);
}

/* The first field of the sample, in memory of its own. */
static codes_handle *first_field(void)
{
    const char *path[] = {sample};
    struct grib_input in;
    struct grib_message message;
    codes_handle *field[GRIB_FIELDS_MAX];
    grib_input_open(&in, path, 1);
    assert_int_equal(grib_input_next(&in, &message), 1);
    int count = grib_fields(message.bytes, message.size, field);
    assert_int_equal(count, 2);
    codes_handle *copy = codes_handle_clone(field[0]);
    grib_fields_release(field, count);
    grib_message_release(&message);
    grib_input_close(&in);
    return copy;
}

static void product_is_packed_with_its_parameter_and_level(void **state)
{
    (void)state;
    codes_handle *u = first_field();
    double *values, *back;
    size_t count, again;
    char name[32];
    size_t length = sizeof name;
    assert_int_equal(field_values(u, &values, &count), 0);
    values[5] = NAN;
    codes_handle *product = product_encode(PRODUCT_WIND_SPEED, u, values, count);
    assert_non_null(product);
    codes_get_string(product, "shortName", name, &length);
    assert_string_equal(name, "ws");
    assert_int_equal(field_values(product, &back, &again), 0);
    assert_int_equal(again, count);
    for (size_t i = 0; i < count; i++)
        if (i == 5)
            assert_true(isnan(back[i]));
        else
            assert_float_equal(back[i], values[i], 1e-4);
    free(values);
    free(back);
    codes_handle_delete(product);

    product = product_encode(PRODUCT_THICKNESS, u, (double[SAMPLE_POINTS]){0}, SAMPLE_POINTS);
    length = sizeof name;
    codes_get_string(product, "typeOfLevel", name, &length);
    assert_string_equal(name, "isobaricLayer");
    codes_handle_delete(product);
    codes_handle_delete(u);
}

static void product_is_as_precise_as_24_bits_whatever_the_input_was(void **state)
{
    (void)state;
    codes_handle *u = first_field();
    double *values, *back;
    size_t count, again;
    assert_int_equal(field_values(u, &values, &count), 0);
    assert_int_equal(codes_set_long(u, "changeDecimalPrecision", 1), 0); /* tenths, as weather centres like to pack */
    codes_handle *product = product_encode(PRODUCT_WIND_SPEED, u, values, count);
    assert_non_null(product);
    assert_int_equal(field_values(product, &back, &again), 0);
    for (size_t i = 0; i < count; i++)
        assert_float_equal(back[i], values[i], 1e-5);
    free(values);
    free(back);
    codes_handle_delete(product);
    codes_handle_delete(u);
}

/* f(lat, lon) = lat + lon/10, on circles of latitude that have fewer points towards the poles. */
static void sampler_is_linear_on_reduced_grids_and_goes_round(void **state)
{
    (void)state;
    static double latitude[20000], longitude[20000], field[20000];
    size_t count = 0;
    for (int row = -80; row <= 80; row += 5) {
        int points = 360 - 4 * abs(row);
        for (int i = 0; i < points; i++, count++) {
            latitude[count] = row;
            longitude[count] = 360.0 * i / points;
            field[count] = row + cos(longitude[count] * M_PI / 180);
        }
    }
    struct grid_sampler *sampler = grid_sampler_make(latitude, longitude, count);
    const double at[][2] = {{12.5, 33.3}, {-77, -0.01}, {0, 359.9}, {80, 180}};
    for (size_t i = 0; i < 4; i++) {
        struct grid_place place = grid_sampler_place(sampler, at[i][0], at[i][1]);
        assert_float_equal(grid_place_value(&place, field), at[i][0] + cos(at[i][1] * M_PI / 180), 1e-3);
    }
    struct grid_extent extent = grid_sampler_extent(sampler);
    assert_float_equal(extent.east - extent.west, 360, 1e-9);
    grid_sampler_free(sampler);
}

static void sampler_takes_the_nearest_point_of_a_turned_grid_and_none_outside(void **state)
{
    (void)state;
    static double latitude[10000], longitude[10000], field[10000];
    for (int y = 0; y < 100; y++)
        for (int x = 0; x < 100; x++) {
            int i = y * 100 + x;
            latitude[i] = 45 + 0.1 * y + 0.0317 * x;
            longitude[i] = -5 + 0.1 * x - 0.0317 * y;
            field[i] = i;
        }
    struct grid_sampler *sampler = grid_sampler_make(latitude, longitude, 10000);
    struct grid_place place = grid_sampler_place(sampler, latitude[5050] + 0.01, longitude[5050] - 0.01);
    assert_float_equal(grid_place_value(&place, field), 5050, 0);
    struct grid_extent extent = grid_sampler_extent(sampler);
    assert_float_equal(extent.west, -5 - 0.0317 * 99, 1e-6);
    assert_float_equal(extent.east, -5 + 0.1 * 99, 1e-6);
    place = grid_sampler_place(sampler, 20, 0);
    assert_true(isnan(grid_place_value(&place, field)));
    grid_sampler_free(sampler);
}

/* What scanning 'bytes' of a file that begins with the sample says on stderr, in static memory; the scan must fail. */
static const char *complaint_about(long keep, const char *instead)
{
    static char text[4096];
    char path[] = "/tmp/forecast-broken-XXXXXX";
    char bytes[200000];
    struct field_index index;
    const char *list[] = {path};
    FILE *in = fopen(sample, "rb"), *said = tmpfile();
    size_t size = fread(bytes, 1, (size_t)keep, in);
    int fd = mkstemp(path), before = dup(STDERR_FILENO);
    fclose(in);
    if (instead)
        size = (size_t)snprintf(bytes, sizeof bytes, "%s", instead);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
    fflush(stderr);
    dup2(fileno(said), STDERR_FILENO);
    int result = field_index_scan(&index, list, 1);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(said);
    size = fread(text, 1, sizeof text - 1, said);
    text[size] = '\0';
    fclose(said);
    unlink(path);
    assert_int_equal(result, -1);
    assert_non_null(strstr(text, path));
    return text;
}

static void truncated_file_is_named_with_the_offset_of_the_message(void **state)
{
    (void)state;
    const char *path[] = {sample};
    struct grib_input in;
    struct grib_message message;
    grib_input_open(&in, path, 1);
    assert_int_equal(grib_input_next(&in, &message), 1);
    long first = (long)message.size;
    grib_message_release(&message);
    grib_input_close(&in);

    char expected[64];
    snprintf(expected, sizeof expected, "offset %ld", first);
    const char *said = complaint_about(first + 100, NULL);
    assert_non_null(strstr(said, "truncated"));
    assert_non_null(strstr(said, expected));
    assert_non_null(strstr(complaint_about(first - 1, NULL), "offset 0"));
}

static void file_that_is_no_grib_is_named(void **state)
{
    (void)state;
    assert_non_null(strstr(complaint_about(1, "station,temperature\n10384,281.2\n"), "no GRIB message"));
    assert_non_null(strstr(complaint_about(1, ""), "no GRIB message"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_the_bytes_of_the_file_and_every_field_is_found),
        cmocka_unit_test(names_tell_both_surfaces_and_clashes_are_numbered),
        cmocka_unit_test(truncated_file_is_named_with_the_offset_of_the_message),
        cmocka_unit_test(file_that_is_no_grib_is_named),
        cmocka_unit_test(index_survives_being_written_and_read),
        cmocka_unit_test(plan_has_every_product_the_fields_allow),
        cmocka_unit_test(what_the_input_has_no_fields_for_is_said),
        cmocka_unit_test(level_sets_are_what_the_index_has_of_one_time_and_grid),
        cmocka_unit_test(level_set_that_the_input_does_not_have_is_said_and_not_made),
        cmocka_unit_test(points_without_a_value_stay_so_in_products),
        cmocka_unit_test(product_is_packed_with_its_parameter_and_level),
        cmocka_unit_test(product_is_as_precise_as_24_bits_whatever_the_input_was),
        cmocka_unit_test(sampler_is_linear_on_reduced_grids_and_goes_round),
        cmocka_unit_test(sampler_takes_the_nearest_point_of_a_turned_grid_and_none_outside),
    };
    return cmocka_run_group_tests(tests, make_sample, remove_sample);
}
