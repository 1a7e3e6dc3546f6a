/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for wind_map.c where cairo is not there. */
#include "examples/forecast/wind_map.h"

#include <err.h>

const bool wind_map_available = false;

int wind_map_draw(const struct wind_map *map, const char *folder)
{
    (void)map;
    warnx("no map in %s: this was built without cairo (install libcairo2-dev and configure again)", folder);
    return -1;
}
