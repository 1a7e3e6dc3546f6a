/* SPDX-License-Identifier: BSD-3-Clause */
/* map_format.h - what the pixels of the map mean: for who draws it and for who reads it
 *
 * The plot stands MAP_LEFT pixels from the left and MAP_TOP from the top of the picture; it is MAP_PLOT_WIDTH wide or
 * MAP_PLOT_HEIGHT high and within both.  Below it is a bar of the colours.  Where a pixel lies on Earth says the world file beside
 * the picture: six lines, the widths of a pixel in degrees (east per column, 0, 0, north per row) and the longitude and latitude of
 * the middle of the first pixel. */
#ifndef EXAMPLES_FORECAST_MAP_FORMAT_H
#define EXAMPLES_FORECAST_MAP_FORMAT_H
#include <stdint.h>

#define MAP_FILE_NAME "wind-250hPa.png"
#define MAP_WORLD_FILE_NAME "wind-250hPa.pgw"

enum { MAP_PLOT_WIDTH = 1440, MAP_PLOT_HEIGHT = 900, MAP_LEFT = 70, MAP_RIGHT = 40, MAP_TOP = 96, MAP_BOTTOM = 128 };
enum { MAP_WIDTH_LEAST = 700 }; /* room for words: a picture is never narrower than this and the margins */

/* Colours, 0xRRGGBB: each stands for MAP_BAND m/s of wind speed, the first for 0 and more, the last for all above. */
enum { MAP_BAND = 10, MAP_COLOURS = 11 };
static const uint32_t map_palette[MAP_COLOURS] = {0xffffff, 0xe3f1f8, 0xbcdcec, 0x8abfdd, 0x5596c8, 0x3f66ad,
                                                  0xfee090, 0xfdae61, 0xf46d43, 0xd73027, 0x8b0a3c};
enum { MAP_NO_VALUE = 0xd9d9d9, MAP_COAST = 0x202020, MAP_PAPER = 0xffffff };

#endif
