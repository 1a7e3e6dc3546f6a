/* SPDX-License-Identifier: BSD-3-Clause */
/* grid_sampler.h - the value of a field between its points
 *
 * Where the points lie on circles of latitude (regular and reduced grids) it is linear along the two neighbouring circles and
 * between them; elsewhere (rotated, projected) the nearest point's.  Longitudes go round. */
#ifndef EXAMPLES_FORECAST_GRID_SAMPLER_H
#define EXAMPLES_FORECAST_GRID_SAMPLER_H
#include <stddef.h>

struct grid_sampler;

/* A place as weighted points; 'points' is 0 outside of the grid. */
struct grid_place {
    int points;
    size_t point[4];
    double weight[4];
};

/* Which part of the world a grid covers, in degrees; west may be negative, east is greater than west. */
struct grid_extent {
    double south, north, west, east;
};

/* For 'count' (>= 1) points; the arrays must outlive it.  NULL when memory is short. */
struct grid_sampler *grid_sampler_make(const double latitude[], const double longitude[], size_t count);
void grid_sampler_free(struct grid_sampler *sampler);

struct grid_place grid_sampler_place(const struct grid_sampler *sampler, double latitude, double longitude);

/* The value at 'place'; NaN outside of the grid or next to a point without one. */
double grid_place_value(const struct grid_place *place, const double field[]);

struct grid_extent grid_sampler_extent(const struct grid_sampler *sampler);

#endif
