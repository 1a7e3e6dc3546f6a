/* SPDX-License-Identifier: BSD-3-Clause */
/* field_index.h - what a forecast is going to produce: one line a field
 *
 * The forecast offers the index, as text, before anything else.  Whoever wants fields learns from it their names, and so can
 * require them before they exist.  A field's name says parameter, level with both surfaces, and time:
 *
 *     field/u/isobaricInhPa=250/2011-01-10T12+120h
 *     field/t/depthBelowLandLayer=0.1..0.4/2011-01-10T12+120h
 *
 * Fields that agree in all of that get a running number: the second one ends in #2. */
#ifndef EXAMPLES_FORECAST_FIELD_INDEX_H
#define EXAMPLES_FORECAST_FIELD_INDEX_H
#include <eccodes.h>

/* The object that holds the index, the one whose name says how many objects there are with it, and the object of message n. */
#define FIELD_INDEX_NAME "forecast/index"
#define FIELD_TOTAL_FORMAT "forecast/total/%zu"
#define MESSAGE_NAME_FORMAT "message/%06u"
enum { MESSAGE_NAME_MAX = 32 };

struct field_entry {
    char name[256];
    unsigned message, part; /* it is the part-th (from 1) field of that message (from 1) */
    unsigned copy;          /* running number among fields that agree in all below: 1, 2 ... */
    char param[32];         /* short name, or discipline.category.number where it has none */
    char level[96];         /* kind=value or kind=top..bottom */
    char time[64];          /* run, range, member */
    char grid[40];          /* equal for equal grids; "spectral" for coefficients */
};

struct field_index {
    struct field_entry *entry;
    size_t count, capacity;
    unsigned messages;
};

void field_index_free(struct field_index *index);

/* Describe 'field' in the first free place: its entry, NULL when memory is short. */
struct field_entry *field_index_add(struct field_index *index, codes_handle *field, unsigned message, unsigned part);

/* Read the headers of all files (see grib_input.h) into 'index'; -1 after a message on stderr. */
int field_index_scan(struct field_index *index, const char *const path[], size_t paths);

/* The index as text, the caller frees it; NULL when memory is short. */
char *field_index_print(const struct field_index *index);

/* Read such a text of 'length' bytes; -1 after a message on stderr. */
int field_index_parse(struct field_index *index, const char *text, size_t length);

#endif
