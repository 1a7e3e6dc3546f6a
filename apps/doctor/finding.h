/* SPDX-License-Identifier: BSD-3-Clause */
/* finding.h - what the doctor found, one line each */
#ifndef APPS_DOCTOR_FINDING_H
#define APPS_DOCTOR_FINDING_H
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/detail.h"

enum verdict {
    VERDICT_GOOD,
    VERDICT_NOTE, /* works, but slower, or not everything */
    VERDICT_BAD   /* will not work, or not as was meant */
};

struct finding { const char *section; char subject[64]; enum verdict verdict; char text[DETAIL_MAX + 1]; };
struct findings { struct finding *list; size_t count, room; };

/* Append one; memory that is short ends the program.  'section' is a constant. */
void finding_add(struct findings *f, const char *section, enum verdict verdict, const char *subject, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The parts of an examination; each appends what it finds. */
void examine_programs(struct findings *f);    /* versions, libraries, the pool manager */
void examine_fabric(struct findings *f);      /* providers, which is taken and why not the others */
void examine_machine(struct findings *f);     /* reading each other's memory, shared memory, limits, runtime directory */
void examine_environment(struct findings *f); /* variables: known, misspelt */
void examine_schemas(struct findings *f);     /* the files of MSTRO_SCHEMA_LIST, each and together */

/* The variables that are known, with what they mean and how their value is written. */
enum value_form {
    FORM_TEXT, FORM_DURATION, FORM_SIZE, FORM_SHARE, /* a size, or N% */
    FORM_INTEGER, FORM_BOOL,
    FORM_IGNORED /* nothing reads it in this version */
};
struct variable { const char *name, *meaning; enum value_form form; };
extern const struct variable known_variables[]; /* ends with a NULL name */

#endif
