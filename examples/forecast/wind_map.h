/* SPDX-License-Identifier: BSD-3-Clause */
/* wind_map.h - a labelled map of wind speed, with arrows, the coast and a colour bar, as PNG
 *
 * Equidistant cylindrical.  The coast is where the land-sea mask crosses one half.  map_format.h says what a pixel means. */
#ifndef EXAMPLES_FORECAST_WIND_MAP_H
#define EXAMPLES_FORECAST_WIND_MAP_H
#include <stdbool.h>
#include <stddef.h>

struct wind_map {
    size_t count;
    const double *latitude, *longitude, *u, *v; /* 'count' points, m/s; a NaN is left blank */
    const double *land;                         /* 0 sea to 1 land; NULL: no coast is drawn */
    bool arrows;                                /* false where u and v are not east and north */
    const char *title, *subtitle, *footer;
};

/* False when this was built without cairo: no map can be drawn. */
extern const bool wind_map_available;

/* Draw 'map' into 'folder': the picture and its world file.  -1 after a message on stderr. */
int wind_map_draw(const struct wind_map *map, const char *folder);

#endif
