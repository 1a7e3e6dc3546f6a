/* SPDX-License-Identifier: BSD-3-Clause */
/* output.h - what the processes print, line by line, each line with the label of who printed it
 *
 * A *source* is the reading end of a process's stdout or stderr; a *sink* is our stdout or stderr.  Lines are put together in their
 * source and go to the sink whole, so they never mix; a line over LINE_MAX_BYTES is cut into several.  Nothing here blocks and nothing
 * grows without bound: while a sink has more than SINK_HIGH bytes to write, its sources are not read.  One thread. */
#ifndef APPS_RUN_OUTPUT_H
#define APPS_RUN_OUTPUT_H
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/view.h"

enum { LINE_MAX_BYTES = 64 * 1024, SINK_HIGH = 256 * 1024 };

struct sink {
    int descriptor;
    size_t chunk;      /* bytes that one write may have without blocking once poll said it is writable */
    bool always;       /* a file: poll has nothing to say about it */
    bool terminal;
    int failure;       /* errno of the write that failed: what comes after is thrown away */
    char *buffer;
    size_t begin, end, capacity;
};

struct source {
    int descriptor;    /* -1: at its end, or never opened */
    struct sink *sink;
    const char *label;
    const char *colour;
    /* Called for each line, without its newline; true: the line is not shown.  May be NULL. */
    bool (*line)(void *context, struct text line);
    void *context;
    char *buffer;
    size_t length, capacity;
    uint64_t lines;
    size_t slot;       /* in the array given to poll */
};

struct output {
    struct sink standard, error;
    struct sink *for_error;   /* &error, or &standard where both are one and the same */
    struct source **source;
    size_t sources, room;
    bool colour;              /* labels on a terminal */
    bool progress;            /* a line about the state of the run at the foot of the terminal */
    char status[160];
    bool status_shown;
};

/* 'sources' is how many will be added at most.  False when memory is short. */
bool output_init(struct output *o, size_t sources);
void output_release(struct output *o);

/* Read from 's', whose descriptor must not block; it stays the caller's struct and must live as long as 'o'. */
void output_add(struct output *o, struct source *s);

/* A line of our own on stderr, "maestro run: ...". */
void output_say(struct output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The line at the foot of the terminal; nothing elsewhere. */
void output_status(struct output *o, const char *text);

/* Fill 'poll' (room for output_poll_size) with what to wait for, and afterwards do what it says is possible. */
size_t output_poll_size(const struct output *o);
size_t output_prepare(struct output *o, struct pollfd *poll);
void output_handle(struct output *o, const struct pollfd *poll);

/* Is every source at its end? */
bool output_sources_ended(const struct output *o);
/* Is everything written that can be? */
bool output_flushed(const struct output *o);

/* Read what has arrived on every source, whatever the sinks say, and close them: nobody is left who could write. */
void output_close_sources(struct output *o);

/* The errno value of a sink that failed, or 0. */
int output_failure(const struct output *o);

#endif
