/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/wind_map.h"
#include "examples/forecast/grid_sampler.h"
#include "examples/forecast/map_format.h"

#include <cairo.h>
#include <err.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

const bool wind_map_available = true;

enum { ARROW_EVERY = 45, COAST_STEP = 3 }; /* pixels */
static const double arrow_unit = 0.6; /* pixels for 1 m/s */
static const char font[] = "sans-serif";

/* What every part of the drawing needs. */
struct sheet {
    const struct wind_map *map;
    struct grid_sampler *sampler;
    struct grid_extent extent;
    double scale; /* pixels for one degree */
    int width, height; /* of the plot */
    int room;          /* for words beside and below it: at least MAP_WIDTH_LEAST */
    cairo_surface_t *surface;
    cairo_t *cairo;
};

static uint32_t colour_of(double speed)
{
    if (isnan(speed))
        return MAP_NO_VALUE;
    int step = (int)(speed / MAP_BAND);
    return map_palette[step < MAP_COLOURS ? step : MAP_COLOURS - 1];
}

static void set_colour(cairo_t *c, uint32_t rgb)
{
    cairo_set_source_rgb(c, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

static struct grid_place place_at(const struct sheet *s, double x, double y)
{
    return grid_sampler_place(s->sampler, s->extent.north - y / s->scale, s->extent.west + x / s->scale);
}

static double speed_at(const struct sheet *s, const struct grid_place *place)
{
    return hypot(grid_place_value(place, s->map->u), grid_place_value(place, s->map->v));
}

static void draw_speed(struct sheet *s)
{
    cairo_surface_flush(s->surface);
    unsigned char *data = cairo_image_surface_get_data(s->surface);
    int stride = cairo_image_surface_get_stride(s->surface);
    for (int y = 0; y < s->height; y++) {
        uint32_t *row = (uint32_t *)(void *)(data + (ptrdiff_t)(y + MAP_TOP) * stride) + MAP_LEFT;
        for (int x = 0; x < s->width; x++) {
            struct grid_place place = place_at(s, x + 0.5, y + 0.5);
            row[x] = colour_of(speed_at(s, &place));
        }
    }
    cairo_surface_mark_dirty(s->surface);
}

/* Where the mask crosses one half between two corners: 0 to 1. */
static double crossing(double from, double to)
{
    return (0.5 - from) / (to - from);
}

/* The coast within one square of COAST_STEP pixels, as lines between the sides it crosses. */
static void coast_in_square(cairo_t *c, double x, double y, const double corner[4])
{
    static const double cx[4] = {0, 1, 1, 0}, cy[4] = {0, 0, 1, 1}; /* round the square */
    int met = 0;
    for (int i = 0; i < 4; i++) {
        int j = (i + 1) % 4;
        if (isnan(corner[i]) || isnan(corner[j]) || (corner[i] < 0.5) == (corner[j] < 0.5))
            continue;
        double t = crossing(corner[i], corner[j]);
        double px = x + COAST_STEP * (cx[i] + t * (cx[j] - cx[i])), py = y + COAST_STEP * (cy[i] + t * (cy[j] - cy[i]));
        if (met++ % 2 == 0)
            cairo_move_to(c, px, py);
        else
            cairo_line_to(c, px, py);
    }
}

static int draw_coast(struct sheet *s)
{
    size_t columns = (size_t)s->width / COAST_STEP + 1, rows = (size_t)s->height / COAST_STEP + 1;
    double *mask = malloc(columns * rows * sizeof *mask);
    if (!mask)
        return -1;
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            struct grid_place place = place_at(s, (double)(column * COAST_STEP), (double)(row * COAST_STEP));
            mask[row * columns + column] = grid_place_value(&place, s->map->land);
        }
    for (size_t row = 0; row + 1 < rows; row++)
        for (size_t column = 0; column + 1 < columns; column++) {
            const double *here = &mask[row * columns + column];
            const double corner[4] = {here[0], here[1], here[columns + 1], here[columns]};
            coast_in_square(s->cairo, (double)(column * COAST_STEP), (double)(row * COAST_STEP), corner);
        }
    set_colour(s->cairo, MAP_COAST);
    cairo_set_line_width(s->cairo, 1.4);
    cairo_set_line_cap(s->cairo, CAIRO_LINE_CAP_ROUND);
    cairo_stroke(s->cairo);
    free(mask);
    return 0;
}

/* An arrow that ends (and has its head) dx, dy pixels from where it begins, with its middle at x, y. */
static void draw_arrow(cairo_t *c, double x, double y, double dx, double dy)
{
    double length = hypot(dx, dy), head = fmin(6, length / 2);
    if (length < 2)
        return;
    double ex = dx / length, ey = dy / length, tip_x = x + dx / 2, tip_y = y + dy / 2;
    cairo_move_to(c, x - dx / 2, y - dy / 2);
    cairo_line_to(c, tip_x, tip_y);
    cairo_move_to(c, tip_x - head * (ex - 0.5 * ey), tip_y - head * (ey + 0.5 * ex));
    cairo_line_to(c, tip_x, tip_y);
    cairo_line_to(c, tip_x - head * (ex + 0.5 * ey), tip_y - head * (ey - 0.5 * ex));
    cairo_stroke(c);
}

static void draw_arrows(struct sheet *s)
{
    cairo_set_source_rgba(s->cairo, 0.1, 0.1, 0.1, 0.75);
    cairo_set_line_width(s->cairo, 1.1);
    for (int y = ARROW_EVERY / 2; y < s->height; y += ARROW_EVERY)
        for (int x = ARROW_EVERY / 2; x < s->width; x += ARROW_EVERY) {
            struct grid_place place = place_at(s, x, y);
            double u = grid_place_value(&place, s->map->u), v = grid_place_value(&place, s->map->v);
            if (!isnan(u) && !isnan(v))
                draw_arrow(s->cairo, x, y, u * arrow_unit, -v * arrow_unit);
        }
}

/* The distance of graticule lines that gives about six of them. */
static double line_distance(double degrees)
{
    static const double choice[] = {60, 30, 20, 10, 5, 2, 1, 0.5};
    size_t i = 0;
    while (i + 1 < sizeof choice / sizeof *choice && degrees / choice[i] < 5)
        i++;
    return choice[i];
}

static void text_centred(cairo_t *c, double x, double y, const char *text)
{
    cairo_text_extents_t size;
    cairo_text_extents(c, text, &size);
    cairo_move_to(c, x - size.width / 2 - size.x_bearing, y);
    cairo_show_text(c, text);
}

static void degrees_text(char *text, size_t size, double value, const char *positive, const char *negative)
{
    const char *side = value > 0 ? positive : value < 0 ? negative : "";
    snprintf(text, size, "%g°%s", fabs(value), side);
}

static void draw_graticule(struct sheet *s)
{
    const struct grid_extent *e = &s->extent;
    cairo_t *c = s->cairo;
    char text[32];
    cairo_set_font_size(c, 14);
    double every = line_distance(e->east - e->west);
    for (double lon = ceil(e->west / every) * every; lon <= e->east + 1e-9; lon += every) {
        double x = (lon - e->west) * s->scale;
        cairo_move_to(c, x, 0);
        cairo_line_to(c, x, s->height);
        degrees_text(text, sizeof text, lon > 180 ? lon - 360 : lon, "E", "W");
        if (fabs(lon) == 180)
            snprintf(text, sizeof text, "180°");
        text_centred(c, x, s->height + 20, text);
    }
    every = line_distance(e->north - e->south);
    for (double lat = ceil(e->south / every) * every; lat <= e->north + 1e-9; lat += every) {
        double y = (e->north - lat) * s->scale;
        degrees_text(text, sizeof text, lat, "N", "S");
        cairo_text_extents_t size;
        cairo_text_extents(c, text, &size);
        cairo_move_to(c, -size.x_advance - 8, y + 5);
        cairo_show_text(c, text);
        cairo_move_to(c, 0, y);
        cairo_line_to(c, s->width, y);
    }
    const double dash[] = {2, 4};
    cairo_set_dash(c, dash, 2, 0);
    cairo_set_source_rgba(c, 0, 0, 0, 0.45);
    cairo_set_line_width(c, 0.8);
    cairo_stroke(c);
    cairo_set_dash(c, NULL, 0, 0);
    set_colour(c, 0x000000);
    cairo_set_line_width(c, 1.2);
    cairo_rectangle(c, 0, 0, s->width, s->height);
    cairo_stroke(c);
}

static void draw_colour_bar(struct sheet *s)
{
    cairo_t *c = s->cairo;
    double y = s->height + 44, width = fmin(60, s->room / (MAP_COLOURS + 5.0)), x = 0;
    char text[32];
    cairo_set_font_size(c, 14);
    for (int i = 0; i < MAP_COLOURS; i++, x += width) {
        set_colour(c, map_palette[i]);
        cairo_rectangle(c, x, y, width, 20);
        cairo_fill_preserve(c);
        set_colour(c, 0x000000);
        cairo_set_line_width(c, 0.8);
        cairo_stroke(c);
        snprintf(text, sizeof text, "%d", i * MAP_BAND);
        text_centred(c, x, y + 38, text);
    }
    cairo_move_to(c, x + 10, y + 16);
    cairo_show_text(c, "wind speed in m/s");
    if (!s->map->arrows)
        return;
    static const double sample = 50;
    double right = s->room - 30;
    cairo_set_line_width(c, 1.1);
    draw_arrow(c, right, y + 10, sample * arrow_unit, 0);
    snprintf(text, sizeof text, "%g m/s", sample);
    text_centred(c, right, y + 38, text);
}

static void draw_words(struct sheet *s)
{
    cairo_t *c = s->cairo;
    set_colour(c, 0x000000);
    cairo_select_font_face(c, font, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    cairo_set_font_size(c, 26);
    cairo_move_to(c, 0, -46);
    cairo_show_text(c, s->map->title);
    cairo_select_font_face(c, font, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c, 16);
    cairo_move_to(c, 0, -18);
    cairo_show_text(c, s->map->subtitle);
    cairo_set_font_size(c, 12);
    set_colour(c, 0x606060);
    cairo_move_to(c, 0, s->height + MAP_BOTTOM - 14);
    cairo_show_text(c, s->map->footer);
}

static int draw_all(struct sheet *s)
{
    draw_speed(s);
    cairo_translate(s->cairo, MAP_LEFT, MAP_TOP);
    cairo_save(s->cairo);
    cairo_rectangle(s->cairo, 0, 0, s->width, s->height);
    cairo_clip(s->cairo);
    if (s->map->land && draw_coast(s))
        return -1;
    if (s->map->arrows)
        draw_arrows(s);
    cairo_restore(s->cairo);
    draw_words(s);
    set_colour(s->cairo, 0x000000);
    draw_graticule(s);
    draw_colour_bar(s);
    return 0;
}

/* Where the pixels lie on Earth. */
static int write_world_file(const struct sheet *s, const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, MAP_WORLD_FILE_NAME);
    FILE *file = fopen(path, "w");
    double degrees = 1 / s->scale;
    int failed = !file;
    if (file) {
        fprintf(file, "%.15g\n0\n0\n%.15g\n%.15g\n%.15g\n", degrees, -degrees, s->extent.west + (0.5 - MAP_LEFT) * degrees,
                s->extent.north - (0.5 - MAP_TOP) * degrees);
        failed = ferror(file) | fclose(file);
    }
    if (failed)
        warn("cannot write %s", path);
    return failed ? -1 : 0;
}

int wind_map_draw(const struct wind_map *map, const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, MAP_FILE_NAME);
    struct sheet s = {.map = map, .sampler = grid_sampler_make(map->latitude, map->longitude, map->count)};
    if (!s.sampler) {
        warnx("no map %s: out of memory", path);
        return -1;
    }
    s.extent = grid_sampler_extent(s.sampler);
    double across = s.extent.east - s.extent.west, down = s.extent.north - s.extent.south;
    s.scale = fmin(MAP_PLOT_WIDTH / across, MAP_PLOT_HEIGHT / down);
    s.width = (int)ceil(across * s.scale);
    s.height = (int)ceil(down * s.scale);
    s.room = s.width > MAP_WIDTH_LEAST ? s.width : MAP_WIDTH_LEAST;
    s.surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, MAP_LEFT + s.room + MAP_RIGHT, MAP_TOP + s.height + MAP_BOTTOM);
    s.cairo = cairo_create(s.surface);
    set_colour(s.cairo, MAP_PAPER);
    cairo_paint(s.cairo);

    int result = draw_all(&s);
    cairo_status_t status = cairo_status(s.cairo);
    if (!result && status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png(s.surface, path);
    if (result || status != CAIRO_STATUS_SUCCESS) {
        warnx("cannot write the map %s: %s", path, result ? "out of memory" : cairo_status_to_string(status));
        result = -1;
    }
    if (!result)
        result = write_world_file(&s, folder);
    cairo_destroy(s.cairo);
    cairo_surface_destroy(s.surface);
    grid_sampler_free(s.sampler);
    return result;
}
