/* SPDX-License-Identifier: BSD-3-Clause */
/* The verifier of the forecast demo looks at the map: it says yes to the map of the input and no to any other picture. */
#include "tests/lib/check.h"

#include <cairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "examples/forecast/map_format.h"
#include "examples/forecast/wind_map.h"
#include "tests/proc/forecast_made.h"
#include "tests/proc/forecast_sample.h"

static char map[MADE_PATH_MAX], world[MADE_PATH_MAX];

static int begin(void **state)
{
    int result = made_begin(state);
    made_path(MAP_FILE_NAME, map);
    made_path(MAP_WORLD_FILE_NAME, world);
    return result;
}

static int ask(void)
{
    return made_ask(verify_map, made_input);
}

/* The map drawn with a brush over it: 'colour' (0xRRGGBB) on a rectangle. */
static void paint(uint32_t colour, double x, double y, double width, double height)
{
    cairo_surface_t *surface = cairo_image_surface_create_from_png(map);
    cairo_t *brush = cairo_create(surface);
    cairo_set_source_rgb(brush, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0);
    cairo_rectangle(brush, x, y, width, height);
    cairo_fill(brush);
    assert_int_equal(cairo_surface_write_to_png(surface, map), CAIRO_STATUS_SUCCESS);
    cairo_destroy(brush);
    cairo_surface_destroy(surface);
}

/* What is drawn of the input when 'change' had its hands on it. */
typedef void change(double *u, double *v, double *land, size_t count);

static void draw(change *how, bool coast)
{
    struct fields fields = {0};
    size_t count = 0;
    assert_int_equal(fields_read(&fields, made_input, false), 0);
    fields_sort(&fields);
    const struct field *first = NULL, *second = NULL, *mask = NULL;
    for (size_t i = 0; i < fields.count; i++) {
        const struct field *field = &fields.field[i];
        bool at_250 = strcmp(field->where, "100:25000") == 0;
        first = at_250 && strcmp(field->what, "u") == 0 ? field : first;
        second = at_250 && strcmp(field->what, "v") == 0 ? field : second;
        mask = strcmp(field->what, "lsm") == 0 ? field : mask;
    }
    double *u = field_values_read(first, &count), *v = field_values_read(second, &count), *land = field_values_read(mask, &count);
    double latitude[SAMPLE_POINTS], longitude[SAMPLE_POINTS];
    size_t points = SAMPLE_POINTS;
    assert_int_equal(count, SAMPLE_POINTS);
    assert_int_equal(codes_get_double_array(first->handle, "latitudes", latitude, &points), 0);
    assert_int_equal(codes_get_double_array(first->handle, "longitudes", longitude, &points), 0);
    how(u, v, land, count);
    const struct wind_map drawn = {.count = count, .latitude = latitude, .longitude = longitude, .u = u, .v = v,
                                   .land = coast ? land : NULL, .arrows = true, .title = "Wind at 250 hPa",
                                   .subtitle = "as the test wants it", .footer = "for the verifier"};
    assert_int_equal(wind_map_draw(&drawn, made_folder), 0);
    free(u);
    free(v);
    free(land);
    fields_free(&fields);
}

static void nothing(double *u, double *v, double *land, size_t count)
{
    (void)u;
    (void)v;
    (void)land;
    (void)count;
}

static void calm(double *u, double *v, double *land, size_t count)
{
    (void)land;
    for (size_t i = 0; i < count; i++)
        u[i] = v[i] = 0;
}

/* One value of one component is another. */
static void gust(double *u, double *v, double *land, size_t count)
{
    (void)v;
    (void)land;
    u[count / 2] = 90;
}

/* The first row in the south: a picture that stands on its head. */
static void upside_down(double *u, double *v, double *land, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        double *const of[] = {u, v, land};
        for (size_t k = 0; k < 3; k++) {
            double kept = of[k][i];
            of[k][i] = of[k][count - 1 - i];
            of[k][count - 1 - i] = kept;
        }
    }
}

static void map_of_the_input_is_right(void **state)
{
    (void)state;
    assert_int_equal(ask(), 0);
    draw(nothing, true);
    assert_int_equal(ask(), 0);
}

static void missing_map_is_found(void **state)
{
    (void)state;
    assert_int_equal(unlink(map), 0);
    assert_int_equal(ask(), 1);
}

static void file_that_is_no_picture_is_found(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(stat(map, &info), 0);
    assert_int_equal(truncate(map, info.st_size / 2), 0);
    assert_int_equal(ask(), 1);
}

static void blank_map_is_found(void **state)
{
    (void)state;
    paint(MAP_PAPER, 0, 0, 4000, 4000);
    assert_int_equal(ask(), 1);
}

static void plot_painted_over_is_found(void **state)
{
    (void)state;
    paint(0x102030, MAP_LEFT, MAP_TOP, MAP_PLOT_WIDTH, MAP_PLOT_HEIGHT - 200);
    assert_int_equal(ask(), 1);
}

static void map_of_calm_is_found(void **state)
{
    (void)state;
    draw(calm, true);
    assert_int_equal(ask(), 1);
}

static void one_point_of_another_wind_is_found(void **state)
{
    (void)state;
    draw(gust, true);
    assert_int_equal(ask(), 1);
}

static void map_on_its_head_is_found(void **state)
{
    (void)state;
    draw(upside_down, true);
    assert_int_equal(ask(), 1);
}

static void map_without_the_coast_is_found(void **state)
{
    (void)state;
    draw(nothing, false);
    assert_int_equal(ask(), 1);
}

static void map_without_a_title_is_found(void **state)
{
    (void)state;
    paint(MAP_PAPER, 0, 0, 4000, MAP_TOP - 4);
    assert_int_equal(ask(), 1);
}

static void map_without_a_colour_bar_is_found(void **state)
{
    (void)state;
    paint(MAP_PAPER, 0, MAP_TOP + 720 + 4, 4000, MAP_BOTTOM);
    assert_int_equal(ask(), 1);
}

static void picture_of_another_size_is_found(void **state)
{
    (void)state;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 800, 600);
    assert_int_equal(cairo_surface_write_to_png(surface, map), CAIRO_STATUS_SUCCESS);
    cairo_surface_destroy(surface);
    assert_int_equal(ask(), 1);
}

static void world_file_of_another_place_is_found(void **state)
{
    (void)state;
    FILE *file = fopen(world, "w");
    fprintf(file, "0.25\n0\n0\n-0.25\n%g\n113.875\n", -197.375 + 30); /* everything 30 degrees too far east */
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ask(), 1);
    assert_int_equal(unlink(world), 0);
    assert_int_equal(ask(), 1);
}

static void map_without_a_wind_to_draw_is_found(void **state)
{
    (void)state;
    struct fields fields = {0}; /* an input of nothing */
    assert_int_equal(verify_map(made_folder, &fields), 1);
    assert_int_equal(unlink(map), 0);
    assert_int_equal(verify_map(made_folder, &fields), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(map_of_the_input_is_right, made_fill),
        cmocka_unit_test_setup(missing_map_is_found, made_fill),
        cmocka_unit_test_setup(file_that_is_no_picture_is_found, made_fill),
        cmocka_unit_test_setup(blank_map_is_found, made_fill),
        cmocka_unit_test_setup(plot_painted_over_is_found, made_fill),
        cmocka_unit_test_setup(map_of_calm_is_found, made_fill),
        cmocka_unit_test_setup(one_point_of_another_wind_is_found, made_fill),
        cmocka_unit_test_setup(map_on_its_head_is_found, made_fill),
        cmocka_unit_test_setup(map_without_the_coast_is_found, made_fill),
        cmocka_unit_test_setup(map_without_a_title_is_found, made_fill),
        cmocka_unit_test_setup(map_without_a_colour_bar_is_found, made_fill),
        cmocka_unit_test_setup(picture_of_another_size_is_found, made_fill),
        cmocka_unit_test_setup(world_file_of_another_place_is_found, made_fill),
        cmocka_unit_test_setup(map_without_a_wind_to_draw_is_found, made_fill),
    };
    return cmocka_run_group_tests(tests, begin, made_end);
}
