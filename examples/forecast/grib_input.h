/* SPDX-License-Identifier: BSD-3-Clause */
/* grib_input.h - GRIB files as a sequence of messages
 *
 * A message is what stands between "GRIB" and "7777", whole, with all its fields (see grib_fields.h).  Messages are numbered from 1
 * through all files.  Whatever fails says so on stderr, naming file and offset, and returns -1.  When ecCodes gives up in the midst of
 * decoding a damaged message, the process says which one that is and exits with 1. */
#ifndef EXAMPLES_FORECAST_GRIB_INPUT_H
#define EXAMPLES_FORECAST_GRIB_INPUT_H
#include <eccodes.h>
#include <stdbool.h>
#include <stdio.h>

struct grib_input {
    const char *const *path;
    size_t paths;         /* how many, and which one is open */
    size_t at;
    FILE *file;
    long long expected;   /* offset at which the next message should begin */
    unsigned messages;    /* given out so far */
    unsigned in_this_file;
    long long foreign, foreign_at; /* bytes of this file that are no message, and where the first of them are */
    bool quiet;           /* do not warn of them */
};

struct grib_message {
    const void *bytes; /* belong to 'handle' */
    size_t size;
    const char *path;
    long long offset; /* in that file */
    unsigned number;
    codes_handle *handle;
};

/* Begin to read 'paths' files in the order given; 'path' must outlive 'in'. */
void grib_input_open(struct grib_input *in, const char *const path[], size_t paths);
void grib_input_close(struct grib_input *in);

/* The next message: 1 and the caller releases it, 0 after the last one of the last file, -1 when a file cannot be read, holds no
 * GRIB message, or breaks off inside one.  Bytes between messages are left out with a warning. */
int grib_input_next(struct grib_input *in, struct grib_message *message);
void grib_message_release(struct grib_message *message);

#endif
