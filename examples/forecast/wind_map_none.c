/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for wind_map.c where cairo is not there. */
#include "examples/forecast/wind_map.h"

#include <err.h>

const bool wind_map_available = false;

int wind_map_draw(const struct wind_map *map, const char *path)
{
    (void)map;
    warnx("no map %s: this was built without cairo (install libcairo2-dev and configure again)", path);
    return -1;
}
