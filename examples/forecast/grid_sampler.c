/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/grid_sampler.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Points sorted from north to south and, on one circle, from west to east. */
struct point {
    double latitude, longitude; /* longitude in [0, 360) */
    size_t at;                  /* its place in the field */
};

/* A circle of latitude: point[first] to point[first + count - 1]. */
struct circle {
    double latitude, spacing; /* spacing: usual distance of its points in degrees */
    size_t first, count;
};

struct grid_sampler {
    size_t points, circles;
    struct point *point;
    struct circle *circle;
    bool on_circles;
    double reach;       /* degrees: how far from its points a grid still has values */
    size_t *box_first;  /* where there are no circles: points by boxes of one degree, ... */
    size_t *box_next;   /* ... as lists of (place + 1) in 'point', 0 at the end */
};

enum { BOX_COLUMNS = 360, BOX_ROWS = 181 };

static double around(double longitude)
{
    double turned = fmod(longitude, 360);
    return turned < 0 ? turned + 360 : turned;
}

static int north_to_south(const void *a, const void *b)
{
    const struct point *x = a, *y = b;
    if (x->latitude != y->latitude)
        return x->latitude > y->latitude ? -1 : 1;
    return (x->longitude > y->longitude) - (x->longitude < y->longitude);
}

static void find_circles(struct grid_sampler *s)
{
    static const double same = 1e-6;
    for (size_t i = 0; i < s->points;) {
        struct circle circle = {.latitude = s->point[i].latitude, .first = i};
        while (i < s->points && circle.latitude - s->point[i].latitude < same) {
            s->point[i].latitude = circle.latitude;
            i++;
        }
        circle.count = i - circle.first;
        /* points within 'same' of each other came sorted by their last digits */
        qsort(&s->point[circle.first], circle.count, sizeof *s->point, north_to_south);
        double width = s->point[i - 1].longitude - s->point[circle.first].longitude;
        circle.spacing = circle.count > 1 ? width / (double)(circle.count - 1) : 360;
        s->circle[s->circles++] = circle;
    }
}

static int box_of(double latitude, double longitude)
{
    int row = (int)floor(latitude + 90), column = (int)floor(around(longitude)) % BOX_COLUMNS;
    return row * BOX_COLUMNS + column;
}

static bool fill_boxes(struct grid_sampler *s)
{
    s->box_first = calloc(BOX_ROWS * BOX_COLUMNS, sizeof *s->box_first);
    s->box_next = calloc(s->points, sizeof *s->box_next);
    if (!s->box_first || !s->box_next)
        return false;
    for (size_t i = 0; i < s->points; i++) {
        int box = box_of(s->point[i].latitude, s->point[i].longitude);
        s->box_next[i] = s->box_first[box];
        s->box_first[box] = i + 1;
    }
    return true;
}

static struct grid_extent extent_of_points(const struct grid_sampler *s)
{
    bool met[BOX_COLUMNS] = {false};
    for (size_t i = 0; i < s->points; i++)
        met[(int)s->point[i].longitude % BOX_COLUMNS] = true;
    /* The widest run of meridians without a point is what the grid leaves out. */
    int widest = 0, begin = 0, run = 0;
    for (int i = 0; i < 2 * BOX_COLUMNS; i++) {
        run = met[i % BOX_COLUMNS] ? 0 : run + 1;
        if (run > widest && run <= BOX_COLUMNS) {
            widest = run;
            begin = i - run + 1;
        }
    }
    struct grid_extent extent = {s->point[s->points - 1].latitude, s->point[0].latitude, -180, 180};
    if (widest <= 20)
        return extent;
    double edge = (begin + widest) % BOX_COLUMNS, first = BOX_COLUMNS, last = 0;
    for (size_t i = 0; i < s->points; i++) {
        first = fmin(first, around(s->point[i].longitude - edge));
        last = fmax(last, around(s->point[i].longitude - edge));
    }
    extent.west = edge + first;
    extent.east = edge + fmax(last, first + 1);
    if (extent.west >= 180) {
        extent.west -= 360;
        extent.east -= 360;
    }
    return extent;
}

/* About how far apart neighbouring points are, in degrees. */
static double spacing_of(const struct grid_sampler *s)
{
    struct grid_extent extent = extent_of_points(s);
    double height = extent.north - extent.south;
    if (s->on_circles)
        return height / (double)(s->circles > 1 ? s->circles - 1 : 1);
    double width = (extent.east - extent.west) * cos((extent.north + extent.south) / 2 * M_PI / 180);
    return fmax(0.1, sqrt(height * width / (double)s->points));
}

struct grid_sampler *grid_sampler_make(const double latitude[], const double longitude[], size_t count)
{
    struct grid_sampler *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->points = count;
    s->point = calloc(count, sizeof *s->point);
    s->circle = calloc(count, sizeof *s->circle);
    if (!s->point || !s->circle)
        goto fail;
    for (size_t i = 0; i < count; i++)
        s->point[i] = (struct point){latitude[i], around(longitude[i]), i};
    qsort(s->point, count, sizeof *s->point, north_to_south);
    find_circles(s);
    s->on_circles = s->circles * 4 <= count;
    s->reach = 1.5 * spacing_of(s);
    if (s->on_circles || fill_boxes(s))
        return s;

fail:
    grid_sampler_free(s);
    return NULL;
}

void grid_sampler_free(struct grid_sampler *s)
{
    if (!s)
        return;
    free(s->point);
    free(s->circle);
    free(s->box_first);
    free(s->box_next);
    free(s);
}

static void add_point(struct grid_place *place, const struct point *point, double weight)
{
    if (weight <= 0)
        return;
    place->point[place->points] = point->at;
    place->weight[place->points++] = weight;
}

/* Put the part of 'weight' that each neighbour on 'circle' has into 'place'; false in a gap of the circle. */
static bool add_circle(struct grid_place *place, const struct grid_sampler *s, const struct circle *circle, double longitude,
                       double weight)
{
    const struct point *point = &s->point[circle->first];
    size_t low = 0, high = circle->count; /* the first point east of 'longitude' */
    if (weight <= 0)
        return true;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (point[middle].longitude <= longitude)
            low = middle + 1;
        else
            high = middle;
    }
    const struct point *west = &point[(low + circle->count - 1) % circle->count], *east = &point[low % circle->count];
    double gap = circle->count > 1 ? around(east->longitude - west->longitude) : 360;
    double from_west = around(longitude - west->longitude);
    if (gap > 2.5 * circle->spacing && from_west > 0 && circle->count > 1)
        return false;
    double east_share = gap > 0 ? from_west / gap : 0;
    add_point(place, west, weight * (1 - east_share));
    add_point(place, east, weight * east_share);
    return true;
}

static struct grid_place between_circles(const struct grid_sampler *s, double latitude, double longitude)
{
    const struct circle *circle = s->circle, *last = &s->circle[s->circles - 1];
    struct grid_place place = {0};
    if (latitude > circle->latitude + s->reach || latitude < last->latitude - s->reach)
        return place;
    size_t low = 0, high = s->circles; /* the first circle south of 'latitude' */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (circle[middle].latitude >= latitude)
            low = middle + 1;
        else
            high = middle;
    }
    const struct circle *north = &circle[low ? low - 1 : 0], *south = low < s->circles ? &circle[low] : last;
    double height = north->latitude - south->latitude;
    double south_share = height > 0 ? (north->latitude - latitude) / height : 0;
    if (!add_circle(&place, s, north, longitude, 1 - south_share) || !add_circle(&place, s, south, longitude, south_share))
        place.points = 0;
    return place;
}

/* Distance on the sphere, squared, in degrees; good enough to tell which of some near points is nearest. */
static double distance2(const struct point *point, double latitude, double longitude)
{
    double north = point->latitude - latitude, east = fabs(point->longitude - longitude);
    if (east > 180)
        east = 360 - east;
    east *= cos(latitude * M_PI / 180);
    return north * north + east * east;
}

static struct grid_place nearest(const struct grid_sampler *s, double latitude, double longitude)
{
    struct grid_place place = {0};
    double best = s->reach * s->reach;
    int rows = (int)ceil(s->reach);
    int columns = (int)fmin(BOX_COLUMNS / 2, ceil(s->reach / fmax(cos(latitude * M_PI / 180), 0.01)));
    for (int row = -rows; row <= rows; row++)
        for (int column = -columns; column <= columns; column++) {
            if (latitude + row < -90 || latitude + row > 90)
                continue;
            size_t next = s->box_first[box_of(latitude + row, longitude + column)];
            for (; next; next = s->box_next[next - 1]) {
                double away = distance2(&s->point[next - 1], latitude, longitude);
                if (away > best)
                    continue;
                best = away;
                place = (struct grid_place){.points = 1, .point = {s->point[next - 1].at}, .weight = {1}};
            }
        }
    return place;
}

struct grid_place grid_sampler_place(const struct grid_sampler *s, double latitude, double longitude)
{
    longitude = around(longitude);
    return s->on_circles ? between_circles(s, latitude, longitude) : nearest(s, latitude, longitude);
}

double grid_place_value(const struct grid_place *place, const double field[])
{
    double value = place->points ? 0 : NAN;
    for (int i = 0; i < place->points; i++)
        value += place->weight[i] * field[place->point[i]];
    return value;
}

struct grid_extent grid_sampler_extent(const struct grid_sampler *s)
{
    struct grid_extent extent = extent_of_points(s);
    if (extent.east - extent.west == 360) { /* the poles belong to it, even if no point lies on them */
        extent.south = fmax(-90, extent.south - s->reach);
        extent.north = fmin(90, extent.north + s->reach);
    }
    if (extent.north - extent.south < 1)
        extent = (struct grid_extent){extent.south - 0.5, extent.north + 0.5, extent.west, extent.east};
    return extent;
}
