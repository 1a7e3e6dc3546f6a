/* SPDX-License-Identifier: BSD-3-Clause */
/* model_field.h - the fields of the I/O server's model, and which of them a consumer selects
 *
 * A field is described by a date and twelve keys, half of them text and half whole numbers, all under .maestro.ecmwf.  What stands in it
 * follows from these, so that whoever has a field can check it. */
#ifndef EXAMPLES_IO_SERVER_MODEL_FIELD_H
#define EXAMPLES_IO_SERVER_MODEL_FIELD_H
#include <stdbool.h>
#include <stdint.h>

#include <maestro/maestro.h>

enum { FIELDS_A_STEP = 6, TEXT_KEYS = 6, NUMBER_KEYS = 6, FIELD_NAME_MAX = 128 };

enum text_key { KEY_CLASS, KEY_STREAM, KEY_EXPVER, KEY_TYPE, KEY_DOMAIN, KEY_LEVTYPE };
enum number_key { KEY_NUMBER, KEY_STEP, KEY_PARAM, KEY_LEVELIST, KEY_ANOFFSET, KEY_TIME };

struct model_field {
    const char *text[TEXT_KEYS];
    int64_t number[NUMBER_KEYS];
};

/* The field at 'place' (below FIELDS_A_STEP) among those that a member of the ensemble has at a step. */
struct model_field model_field_at(int64_t member, int64_t step, unsigned place);

void model_field_name(const struct model_field *field, char name[FIELD_NAME_MAX]);

/* Its value at a point. */
double model_field_value(const struct model_field *field, long point);

/* Give the object all keys; read them from it.  MSTRO_NOENT from reading: it has not all of them.  The texts that were read are the
 * object's. */
mstro_status model_field_set(mstro_cdo cdo, const struct model_field *field);
mstro_status model_field_get(mstro_cdo cdo, struct model_field *field);

bool model_field_equal(const struct model_field *a, const struct model_field *b);

/* What a consumer is interested in: as a query for the pool, and as a question in C by which the consumer knows what has to come. */
struct selection {
    const char *what, *query;
    bool (*selects)(const struct model_field *field);
};
enum { SELECTIONS = 4 };
extern const struct selection selections[SELECTIONS];

#endif
