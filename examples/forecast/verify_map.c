/* SPDX-License-Identifier: BSD-3-Clause */
/* The map is looked at where pixels can be told from files: at places between points of the grid, at the coast, at what is written
 * around it.
 *
 * The wind drawn at a place lies between those of the points around it: its colour must be one of a speed between the least and
 * the greatest that any mixture of them can have. */
#include "examples/forecast/map_format.h"
#include "examples/forecast/verify.h"
#include "examples/forecast/verify_expected.h"

#include <cairo.h>
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVERY = 16 };               /* pixels between the places that are looked at */
static const double farthest = 60; /* degrees north or south: nearer to the poles points of a reduced grid are far apart */
static const double around = 2.5;  /* distances between points: as far away are those whose wind counts at a place */

struct picture {
    cairo_surface_t *surface;
    int width, height; /* of the plot */
    double degrees_east, degrees_north, longitude, latitude; /* of the world file */
};

/* The points of the grid: where they lie, as pixels of the plot, and their values. */
struct points {
    double *x, *y, *u, *v, *land; /* land: NULL where there is no mask */
    size_t count;
};

/* A place that is looked at, and what the points around it have. */
struct place {
    float u[2], v[2];  /* least, greatest */
    unsigned quadrants; /* in which of the four directions there are points */
    bool gap;           /* one of them has no value */
};

static uint32_t pixel(const struct picture *p, int x, int y)
{
    const unsigned char *data = cairo_image_surface_get_data(p->surface);
    const void *row = data + (ptrdiff_t)(y + MAP_TOP) * cairo_image_surface_get_stride(p->surface);
    return ((const uint32_t *)row)[x + MAP_LEFT] & 0xffffff;
}

static bool dark(uint32_t colour)
{
    return (colour >> 16 & 255) < 128 && (colour >> 8 & 255) < 128 && (colour & 255) < 128;
}

/* ---- the files */

static int open_picture(struct picture *p, const char *output)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", output, MAP_FILE_NAME);
    p->surface = cairo_image_surface_create_from_png(path);
    cairo_status_t status = cairo_surface_status(p->surface);
    if (status != CAIRO_STATUS_SUCCESS) {
        printf("map: %s is not there or no picture: %s\n", path, cairo_status_to_string(status));
        return 1;
    }
    cairo_format_t format = cairo_image_surface_get_format(p->surface);
    int width = cairo_image_surface_get_width(p->surface), height = cairo_image_surface_get_height(p->surface);
    p->width = width - MAP_LEFT - MAP_RIGHT;
    p->height = height - MAP_TOP - MAP_BOTTOM;
    bool wide = p->width == MAP_PLOT_WIDTH || p->width == MAP_PLOT_WIDTH + 1, high = p->height / 2 == MAP_PLOT_HEIGHT / 2;
    if (format != CAIRO_FORMAT_RGB24 && format != CAIRO_FORMAT_ARGB32) {
        printf("map: %s has not 8 bits a colour\n", path);
        return 1;
    }
    if ((wide || high) && p->width > 0 && p->height > 0 && p->width <= MAP_PLOT_WIDTH + 1 && p->height <= MAP_PLOT_HEIGHT + 1)
        return 0;
    printf("map: %s has %d x %d pixels, which is no size of such a map\n", path, width, height);
    return 1;
}

static int read_world_file(struct picture *p, const char *output)
{
    char path[4096];
    double turned[2];
    snprintf(path, sizeof path, "%s/%s", output, MAP_WORLD_FILE_NAME);
    FILE *file = fopen(path, "r");
    int read = file ? fscanf(file, "%lf %lf %lf %lf %lf %lf", &p->degrees_east, &turned[0], &turned[1], &p->degrees_north, &p->longitude,
                             &p->latitude)
                    : 0;
    if (file)
        fclose(file);
    if (read == 6 && p->degrees_east > 0 && p->degrees_north < 0 && turned[0] == 0 && turned[1] == 0)
        return 0;
    printf("map: %s is not there or does not say where the map lies\n", path);
    return 1;
}

/* ---- the points */

static double *doubles(codes_handle *h, const char *key, size_t count)
{
    double *array = malloc((count + 1) * sizeof *array);
    if (array && codes_get_double_array(h, key, array, &count) == 0)
        return array;
    free(array);
    return NULL;
}

/* The first land-sea mask on the grid of 'wind'; NULL when there is none. */
static const struct field *mask_like(const struct fields *inputs, const struct field *wind)
{
    char grid[64] = "", other[64];
    size_t length = sizeof grid;
    const struct field *first = NULL;
    codes_get_string(wind->handle, "md5GridSection", grid, &length);
    for (size_t i = 0; i < inputs->count; i++) {
        const struct field *field = &inputs->field[i];
        length = sizeof other;
        if (strcmp(field->what, "lsm") == 0 && codes_get_string(field->handle, "md5GridSection", other, &length) == 0
            && strcmp(grid, other) == 0 && (!first || field->order < first->order))
            first = field;
    }
    return first;
}

/* Degrees to pixels of the plot.  A longitude is counted so that it falls into the plot, if it can. */
static void place_points(struct points *points, const struct picture *p)
{
    double turn = 360 / p->degrees_east;
    for (size_t i = 0; i < points->count; i++) {
        double x = (points->x[i] - p->longitude) / p->degrees_east - MAP_LEFT;
        points->x[i] = x - turn * floor((x + 1) / turn);
        points->y[i] = (points->y[i] - p->latitude) / p->degrees_north - MAP_TOP;
    }
}

static void points_free(struct points *points)
{
    free(points->x);
    free(points->y);
    free(points->u);
    free(points->v);
    free(points->land);
}

static int read_points(struct points *points, const struct picture *p, const struct fields *inputs, const struct field *u)
{
    const struct field *v = expected_northward(inputs, u), *mask = mask_like(inputs, u);
    size_t others = 0, masked = 0;
    points->u = field_values_read(u, &points->count);
    points->v = field_values_read(v, &others);
    points->x = doubles(u->handle, "longitudes", points->count);
    points->y = doubles(u->handle, "latitudes", points->count);
    points->land = mask ? field_values_read(mask, &masked) : NULL;
    if (!points->u || !points->v || !points->x || !points->y || others != points->count || (mask && masked != points->count)) {
        warnx("cannot look at the map: memory is short, or the wind of the input cannot be unpacked");
        return 2;
    }
    place_points(points, p);
    for (size_t i = 0; i < points->count; i++)
        if (points->x[i] > p->width || points->y[i] < -1 || points->y[i] > p->height) {
            printf("map: a point of the grid lies outside of it: that is not where the input has its wind\n");
            return 1;
        }
    return 0;
}

/* ---- the wind */

static void widen(float range[2], double value)
{
    range[0] = fminf(range[0], nextafterf((float)value, -INFINITY));
    range[1] = fmaxf(range[1], nextafterf((float)value, INFINITY));
}

static void count_point(struct place *place, double east, double south, double u, double v)
{
    place->gap |= u == no_value || v == no_value;
    widen(place->u, u);
    widen(place->v, v);
    if (east <= 0)
        place->quadrants |= (south <= 0) | (south >= 0) << 1;
    if (east >= 0)
        place->quadrants |= (south <= 0) << 2 | (south >= 0) << 3;
}

/* The places, in rows of 'columns'; NULL when memory is short. */
static struct place *gather(const struct points *points, const struct picture *p, int columns, int rows)
{
    struct place *places = calloc((size_t)columns * (size_t)rows + 1, sizeof *places);
    double reach = fmax(2, around * sqrt((double)p->width * p->height / (double)points->count));
    if (!places)
        return NULL;
    for (int i = 0; i < columns * rows; i++)
        places[i] = (struct place){.u = {INFINITY, -INFINITY}, .v = {INFINITY, -INFINITY}};
    for (size_t i = 0; i < points->count; i++) {
        int left = (int)fmax(0, ceil((points->x[i] - reach) / EVERY)), right = (int)fmin(columns - 1, (points->x[i] + reach) / EVERY);
        int top = (int)fmax(0, ceil((points->y[i] - reach) / EVERY)), bottom = (int)fmin(rows - 1, (points->y[i] + reach) / EVERY);
        for (int row = top; row <= bottom; row++)
            for (int column = left; column <= right; column++)
                count_point(&places[row * columns + column], points->x[i] - column * EVERY, points->y[i] - row * EVERY, points->u[i],
                            points->v[i]);
    }
    return places;
}

/* Of a range of numbers: how far from nothing at the least, and at the most. */
static double least_size(const float range[2])
{
    return range[0] > 0 ? range[0] : range[1] < 0 ? -range[1] : 0;
}

static double greatest_size(const float range[2])
{
    return fmax(fabs(range[0]), fabs(range[1]));
}

/* Which speeds 'colour' stands for; false for what is no colour of speeds: ink. */
static bool speeds_of(uint32_t colour, double *least, double *below)
{
    for (int i = 0; i < MAP_COLOURS; i++)
        if (map_palette[i] == colour) {
            *least = i * MAP_BAND;
            *below = i + 1 < MAP_COLOURS ? (i + 1) * MAP_BAND : INFINITY;
            return true;
        }
    return false;
}

struct wind_count {
    int looked, coloured, wrong;
};

static void look_at_place(struct wind_count *c, const struct picture *p, const struct place *place, int x, int y)
{
    enum { ALL_AROUND = 15 };
    double least, below, latitude = p->latitude + (y + MAP_TOP) * p->degrees_north;
    if (place->quadrants != ALL_AROUND || place->gap || fabs(latitude) > farthest)
        return;
    c->looked++;
    if (!speeds_of(pixel(p, x, y), &least, &below))
        return;
    c->coloured++;
    double slowest = hypot(least_size(place->u), least_size(place->v)), fastest = hypot(greatest_size(place->u), greatest_size(place->v));
    if (fastest >= least && slowest < below)
        return;
    if (c->wrong++ == 0)
        printf("map: %.1f degrees east, %.1f north, has the colour of %g m/s and more; the points around it have %.1f to %.1f\n",
               remainder(p->longitude + (x + MAP_LEFT) * p->degrees_east, 360), latitude, least, slowest, fastest);
}

static int look_at_wind(const struct points *points, const struct picture *p)
{
    struct wind_count c = {0};
    int columns = p->width / EVERY, rows = p->height / EVERY;
    struct place *places = gather(points, p, columns, rows);
    if (!places) {
        warnx("out of memory");
        return 2;
    }
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
            look_at_place(&c, p, &places[row * columns + column], column * EVERY, row * EVERY);
    free(places);
    printf("map: the wind is right at %d of %d places\n", c.coloured - c.wrong, c.coloured);
    if (c.coloured * 2 >= c.looked)
        return c.wrong > 0;
    printf("map: %d of %d places have no colour of wind\n", c.looked - c.coloured, c.looked);
    return 1;
}

/* ---- the coast */

static bool ink_near(const struct picture *p, double x, double y)
{
    enum { NEAR = 3 };
    for (int j = (int)y - NEAR; j <= (int)y + NEAR; j++)
        for (int i = (int)x - NEAR; i <= (int)x + NEAR; i++)
            if (i >= 0 && j >= 0 && i < p->width && j < p->height && dark(pixel(p, i, j)))
                return true;
    return false;
}

/* Where one of two neighbours on a circle of latitude is land and the other sea, the coast runs between them. */
static int look_at_coast(const struct points *points, const struct picture *p)
{
    size_t crossings = 0, drawn = 0;
    double near = fmax(2, around * sqrt((double)p->width * p->height / (double)points->count));
    for (size_t i = 0; points->land && i + 1 < points->count; i++) {
        double a = points->land[i], b = points->land[i + 1], step = points->x[i + 1] - points->x[i];
        if (a == no_value || b == no_value || (a < 0.5) == (b < 0.5) || points->y[i] != points->y[i + 1] || fabs(step) > near)
            continue;
        crossings++;
        drawn += ink_near(p, points->x[i] + step * (0.5 - a) / (b - a), points->y[i]);
    }
    if (crossings)
        printf("map: the coast is drawn at %zu of %zu places where land meets sea\n", drawn, crossings);
    return drawn * 10 < crossings * 9; /* on a fine grid the smallest islands are smaller than the steps of the line */
}

/* ---- what is written around it */

static int look_at_words(const struct picture *p)
{
    enum { ABOVE_THE_FRAME = -6 };
    int ink = 0, colours = 0;
    for (int y = -MAP_TOP; y < ABOVE_THE_FRAME; y++)
        for (int x = 0; x < p->width; x++)
            ink += dark(pixel(p, x, y));
    for (int i = 0; i < MAP_COLOURS; i++) {
        int met = 0;
        for (int y = p->height; y < p->height + MAP_BOTTOM; y++)
            for (int x = 0; x < p->width; x++)
                met += pixel(p, x, y) == map_palette[i];
        colours += met >= 100;
    }
    if (ink < 500)
        printf("map: it has no title\n");
    if (colours < MAP_COLOURS)
        printf("map: %d of its %d colours are not explained below it\n", MAP_COLOURS - colours, MAP_COLOURS);
    return ink < 500 || colours < MAP_COLOURS;
}

/* The eastward wind that the map is to be drawn of; NULL when the input has none. */
static const struct field *wind_to_draw(const struct fields *inputs)
{
    const struct field *first = NULL;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct field *u = &inputs->field[i];
        if (strcmp(u->what, "u") == 0 && strcmp(u->where, "100:25000") == 0 && !field_spectral(u) && expected_northward(inputs, u)
            && (!first || u->order < first->order))
            first = u;
    }
    return first;
}

static int look(const char *output, const struct fields *inputs, const struct field *wind)
{
    struct picture p = {0};
    struct points points = {0};
    int result = open_picture(&p, output);
    if (!result)
        result = read_world_file(&p, output);
    if (!result)
        result = read_points(&points, &p, inputs, wind);
    if (!result) {
        const int answers[] = {look_at_wind(&points, &p), look_at_coast(&points, &p), look_at_words(&p)};
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
            result = answers[i] > result ? answers[i] : result;
    }
    points_free(&points);
    cairo_surface_destroy(p.surface);
    return result;
}

int verify_map(const char *output, const struct fields *inputs)
{
    const struct field *wind = wind_to_draw(inputs);
    char path[4096];
    if (wind)
        return look(output, inputs, wind);
    snprintf(path, sizeof path, "%s/%s", output, MAP_FILE_NAME);
    if (access(path, F_OK) != 0)
        return 0;
    printf("map: there is %s, and the input has no wind at 250 hPa to draw\n", path);
    return 1;
}
