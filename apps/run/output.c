/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "apps/run/output.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_FIRST_BYTES 4096
#define CLEAR_LINE "\r\033[K"

/* -- sinks -- */

static void sink_init(struct sink *s, int descriptor)
{
    struct stat about;
    bool file = fstat(descriptor, &about) != 0 || S_ISREG(about.st_mode) || S_ISBLK(about.st_mode);
    *s = (struct sink){ .descriptor = descriptor, .chunk = file ? SINK_HIGH : PIPE_BUF, .always = file, .terminal = isatty(descriptor) };
}

static bool buffer_grow(char **buffer, size_t *capacity, size_t bytes)
{
    char *larger = realloc(*buffer, bytes);
    if (!larger)
        return false;
    *buffer = larger;
    *capacity = bytes;
    return true;
}

static bool sink_reserve(struct sink *s, size_t more)
{
    if (s->begin == s->end)
        s->begin = s->end = 0;
    if (s->end + more <= s->capacity)
        return true;
    if (s->begin > 0)
        memmove(s->buffer, s->buffer + s->begin, s->end - s->begin);
    s->end -= s->begin;
    s->begin = 0;
    if (s->end + more <= s->capacity)
        return true;
    return buffer_grow(&s->buffer, &s->capacity, 2 * (s->end + more));
}

static void sink_put(struct sink *s, const char *at, size_t length)
{
    if (s->failure)
        return;
    if (!sink_reserve(s, length)) {
        s->failure = ENOMEM;
        return;
    }
    memcpy(s->buffer + s->end, at, length);
    s->end += length;
}

static size_t sink_pending(const struct sink *s)
{
    return s->end - s->begin;
}

static bool sink_is_writable(const struct sink *s)
{
    struct pollfd wait = { .fd = s->descriptor, .events = POLLOUT };
    return s->always || poll(&wait, 1, 0) > 0;
}

static void sink_flush(struct sink *s)
{
    while (sink_pending(s) > 0 && sink_is_writable(s)) {
        size_t length = sink_pending(s) < s->chunk ? sink_pending(s) : s->chunk;
        ssize_t written = write(s->descriptor, s->buffer + s->begin, length);
        if (written >= 0)
            s->begin += (size_t)written;
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR) {
            s->failure = errno;
            s->begin = s->end;
        }
    }
}

/* -- sources -- */

static void show_line(const struct output *o, const struct source *s, struct text line)
{
    struct sink *sink = s->sink;
    bool colour = o->colour && sink->terminal && s->colour;
    if (colour)
        sink_put(sink, s->colour, strlen(s->colour));
    sink_put(sink, "[", 1);
    sink_put(sink, s->label, strlen(s->label));
    sink_put(sink, "] ", 2);
    if (colour)
        sink_put(sink, "\033[0m", 4);
    sink_put(sink, line.at, line.length);
    sink_put(sink, "\n", 1);
}

static void deliver(const struct output *o, struct source *s, const char *at, size_t length)
{
    struct text line = { at, length };
    s->lines++;
    if (!s->line || !s->line(s->context, line))
        show_line(o, s, line);
}

/* What there is, as a line. */
static void deliver_rest(const struct output *o, struct source *s)
{
    if (s->length > 0)
        deliver(o, s, s->buffer, s->length);
    s->length = 0;
}

/* The lines that are complete; the first 'seen' bytes hold no newline. */
static void deliver_lines(const struct output *o, struct source *s, size_t seen)
{
    const char *at = s->buffer, *end = s->buffer + s->length, *search = at + seen, *newline;
    for (; (newline = memchr(search, '\n', (size_t)(end - search))); at = search = newline + 1)
        deliver(o, s, at, (size_t)(newline - at));
    s->length = (size_t)(end - at);
    memmove(s->buffer, at, s->length);
    if (s->length >= LINE_MAX_BYTES)
        deliver_rest(o, s);
}

static bool source_reserve(struct source *s)
{
    if (s->length < s->capacity)
        return true;
    return buffer_grow(&s->buffer, &s->capacity, s->capacity ? 4 * s->capacity : LINE_FIRST_BYTES);
}

static void source_close(const struct output *o, struct source *s)
{
    deliver_rest(o, s);
    close(s->descriptor);
    s->descriptor = -1;
    free(s->buffer);
    s->buffer = NULL;
    s->capacity = 0;
}

/* One read.  False when there is nothing more at present, or for ever. */
static bool source_read(const struct output *o, struct source *s)
{
    if (!source_reserve(s)) {
        if (s->length == 0)
            return false;
        deliver_rest(o, s); /* memory is short */
    }
    ssize_t got = read(s->descriptor, s->buffer + s->length, s->capacity - s->length);
    if (got > 0) {
        size_t seen = s->length;
        s->length += (size_t)got;
        deliver_lines(o, s, seen);
        return true;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    source_close(o, s);
    return false;
}

/* -- all of it -- */

static bool same_file(int a, int b)
{
    struct stat one, other;
    return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool output_init(struct output *o, size_t sources)
{
    *o = (struct output){ .room = sources, .source = calloc(sources ? sources : 1, sizeof o->source[0]) };
    if (!o->source)
        return false;
    sink_init(&o->standard, STDOUT_FILENO);
    sink_init(&o->error, STDERR_FILENO);
    o->for_error = same_file(STDOUT_FILENO, STDERR_FILENO) ? &o->standard : &o->error;
    const char *terminal = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    bool able = terminal && strcmp(terminal, "dumb") != 0;
    o->colour = able && !(no_colour && *no_colour);
    o->progress = able && o->error.terminal;
    return true;
}

void output_release(struct output *o)
{
    for (size_t i = 0; i < o->sources; i++)
        if (o->source[i]->descriptor >= 0)
            source_close(o, o->source[i]);
    free(o->source);
    free(o->standard.buffer);
    free(o->error.buffer);
}

void output_add(struct output *o, struct source *s)
{
    if (o->sources < o->room)
        o->source[o->sources++] = s;
}

void output_say(struct output *o, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    sink_put(o->for_error, "maestro run: ", 13);
    sink_put(o->for_error, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
    sink_put(o->for_error, "\n", 1);
}

static void show_status(struct output *o, bool show)
{
    if (!o->progress || (!show && !o->status_shown))
        return;
    char text[sizeof o->status + sizeof CLEAR_LINE];
    struct winsize size;
    int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
    int length = snprintf(text, sizeof text, "%s%.*s", CLEAR_LINE, columns, show ? o->status : "");
    ssize_t ignored = write(STDERR_FILENO, text, (size_t)length);
    (void)ignored;
    o->status_shown = show && o->status[0];
}

void output_status(struct output *o, const char *text)
{
    snprintf(o->status, sizeof o->status, "%s", text);
    show_status(o, true);
}

size_t output_poll_size(const struct output *o)
{
    return o->room + 2;
}

static size_t prepare_sink(struct sink *s, struct pollfd *poll)
{
    if (sink_pending(s) == 0 || s->always)
        return 0;
    *poll = (struct pollfd){ .fd = s->descriptor, .events = POLLOUT };
    return 1;
}

size_t output_prepare(struct output *o, struct pollfd *poll)
{
    size_t count = 0;
    for (size_t i = 0; i < o->sources; i++) {
        struct source *s = o->source[i];
        s->slot = SIZE_MAX;
        if (s->descriptor < 0 || sink_pending(s->sink) > SINK_HIGH)
            continue;
        s->slot = count;
        poll[count++] = (struct pollfd){ .fd = s->descriptor, .events = POLLIN };
    }
    count += prepare_sink(&o->standard, poll + count);
    count += prepare_sink(&o->error, poll + count);
    return count;
}

static void flush(struct output *o)
{
    if (sink_pending(&o->standard) + sink_pending(&o->error) == 0)
        return;
    show_status(o, false);
    sink_flush(&o->standard);
    sink_flush(&o->error);
    show_status(o, o->status[0]);
}

void output_handle(struct output *o, const struct pollfd *poll)
{
    for (size_t i = 0; i < o->sources; i++) {
        struct source *s = o->source[i];
        if (s->descriptor >= 0 && s->slot != SIZE_MAX && poll[s->slot].revents)
            source_read(o, s);
    }
    flush(o);
}

bool output_sources_ended(const struct output *o)
{
    for (size_t i = 0; i < o->sources; i++)
        if (o->source[i]->descriptor >= 0)
            return false;
    return true;
}

bool output_flushed(const struct output *o)
{
    return sink_pending(&o->standard) + sink_pending(&o->error) == 0;
}

void output_close_sources(struct output *o)
{
    for (size_t i = 0; i < o->sources; i++) {
        while (o->source[i]->descriptor >= 0 && source_read(o, o->source[i]))
            flush(o);
        if (o->source[i]->descriptor >= 0)
            source_close(o, o->source[i]);
    }
    flush(o);
}

int output_failure(const struct output *o)
{
    return o->standard.failure ? o->standard.failure : o->error.failure;
}
