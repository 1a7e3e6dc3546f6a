/* SPDX-License-Identifier: BSD-3-Clause */
/* type.h - the types a schema can write
 *
 * bool() int() uint() int32() int64() uint32() uint64() float() double() str() timestamp() blob() pointer() enum(a, b) regex(PATTERN)
 * list(T) tuple(T, ...).  int() is int64(), uint() is uint64(); enum and regex values are strings. */
#ifndef LIB_SCHEMA_TYPE_H
#define LIB_SCHEMA_TYPE_H
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/schema/value.h"
#include "lib/schema/yaml.h"
#include "maestro/status.h"

struct pattern; /* a compiled regular expression */

struct type {
    enum value_kind kind;
    struct text written;               /* as the schema wrote it */
    const struct type *const *element; /* list: 1, tuple: count */
    const struct text *choice;         /* enum: count */
    uint32_t count;
    struct pattern *pattern; /* regex */
};

/* Read a type; everything is in 'arena' but compiled patterns, which type_release frees.  MSTRO_SCHEMA says what was expected. */
mstro_status type_parse(struct arena *arena, struct text written, const struct type **out);
void type_release(const struct type *t);

/* How many regular expressions it holds. */
unsigned type_patterns(const struct type *t);

bool type_is_tuple(const struct type *t);

/* The type of the i-th item of a list or tuple. */
const struct type *type_element(const struct type *t, uint32_t i);

bool type_equal(const struct type *a, const struct type *b);

/* In one spelling, whatever the schema's was: types that are equal print alike. */
void type_print(FILE *to, const struct type *t);

/* The type of a value that no schema describes: static storage. */
const struct type *type_of_kind(enum value_kind kind);

/* What the regular expressions of all values that are read or checked together may take off *steps (pattern.h): about 4 ms. */
enum { TYPE_STEPS = 100000 };

/* Is 'v' a value of 't'?  MSTRO_SCHEMA says why not: "'x' is not an int()"; or that too few of *steps are left to find out. */
mstro_status type_check(const struct type *t, const struct value *v, uint32_t *steps);

/* Read a value from text as a person writes it (a bare or quoted word of a selector, a scalar).  Scalars only. */
mstro_status type_read(const struct type *t, struct text written, struct value *out, struct arena *arena, uint32_t *steps);

/* Read a value from YAML, lists and tuples included. */
mstro_status type_read_yaml(const struct type *t, const struct yaml *y, const struct yaml_node *node, struct value *out, struct arena *arena,
                            uint32_t *steps);

#endif
