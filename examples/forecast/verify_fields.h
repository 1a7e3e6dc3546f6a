/* SPDX-License-Identifier: BSD-3-Clause */
/* verify_fields.h - GRIB fields as the verifier knows them: described, sorted, each with its handle */
#ifndef EXAMPLES_FORECAST_VERIFY_FIELDS_H
#define EXAMPLES_FORECAST_VERIFY_FIELDS_H
#include <eccodes.h>
#include <stdbool.h>
#include <stddef.h>

/* What a field is, on which surfaces, and when. */
struct field {
    char what[40]; /* inputs: the short name; products: discipline.category.number */
    char where[140];
    char when[120];
    size_t order; /* place among all fields read */
    bool matched;
    codes_handle *handle;
};

struct fields {
    struct field *field; /* sorted by what, where, when and order once all are read */
    size_t count, capacity;
};

/* Where a point has no value. */
extern const double no_value;

/* An integer key of a field, 'otherwise' where it has no such key. */
long key_integer(codes_handle *h, const char *key, long otherwise);

/* The value of the "First" or "Second" fixed surface: Pa, m ...; NaN where it has none. */
double surface_value(codes_handle *h, const char *which);

/* Add the fields of the file 'path'.  0; 2 after a message on stderr when it cannot be read; 1 after a sentence on stdout when it
 * is one of products, and broken. */
int fields_read(struct fields *fields, const char *path, bool product);

/* Sort them: what is below needs it. */
void fields_sort(struct fields *fields);

void fields_free(struct fields *fields);

bool field_alike(const struct field *field, const char *what, const char *where, const char *when);

/* The first field of that description; NULL when there is none. */
struct field *fields_first(const struct fields *fields, const char *what, const char *where, const char *when);

/* Of the fields described like 'like' is with 'what' and 'where' put in their places: the one that is as many places behind the
 * first of its kind as 'like' is behind the first of its own.  NULL when there is none. */
struct field *fields_partner(const struct fields *fields, const struct field *like, const char *what, const char *where);

/* When it is valid, as tables say it: 2011-01-10T12+120h. */
void field_time_text(const struct field *field, char *text, size_t size);

/* Its values, no_value where there is none; the caller frees them.  NULL when memory is short or ecCodes cannot unpack it. */
double *field_values_read(const struct field *field, size_t *count);

/* Are its values coefficients, and not points? */
bool field_spectral(const struct field *field);

#endif
