/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/detail.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/export.h"
#include "lib/base/utf8.h"

enum {
    HEAD = 223,              /* of a text that is too long: what happened, on what */
    WRITTEN = 8 * 1024 + 512 /* two paths fit, as long as they may be, and what is said of them */
};

static _Thread_local char detail[DETAIL_MAX + 1];

static bool is_control(char c) { return (unsigned char)c < ' ' || c == 0x7f; }

/* How a byte stands in a line. */
static size_t show(char c, char as[5])
{
    if (c == '\n')
        return (size_t)snprintf(as, 5, "\\n");
    if (is_control(c))
        return (size_t)snprintf(as, 5, "\\x%02x", (unsigned char)c);
    as[0] = c;
    return 1;
}

/* As much of 'text' as fits, terminated; the bytes that it takes. */
static size_t copy_as_line(char *to, size_t room, const char *text)
{
    char as[5];
    size_t used = 0, length;
    for (; *text && used + (length = show(*text, as)) <= room; text++) {
        memcpy(to + used, as, length);
        used += length;
    }
    to[used] = '\0';
    return used;
}

/* The longest end of 'text' that fits. */
static const char *end_of(const char *text, size_t room)
{
    char as[5];
    const char *at = text + strlen(text);
    for (size_t length; at > text && (length = show(at[-1], as)) <= room; at--)
        room -= length;
    return at;
}

/* One line, whatever names it quotes: who reads it, or a log of it, must not take a part of a name for a line of ours.  One that is too long is
 * cut in the middle, where a long path is: its end, and the reason behind it, tell more. */
static void keep(const char *text)
{
    static const char gap[] = "...";
    if (end_of(text, DETAIL_MAX) == text) {
        copy_as_line(detail, DETAIL_MAX, text);
        return;
    }
    size_t used = copy_as_line(detail, HEAD, text);
    memcpy(detail + used, gap, sizeof gap);
    used += sizeof gap - 1;
    copy_as_line(detail + used, DETAIL_MAX - used, end_of(text, DETAIL_MAX - used));
}

/* The arguments may quote the last detail. */
mstro_status detail_set(mstro_status status, const char *format, ...)
{
    char text[WRITTEN];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    keep(text);
    utf8_repair(detail); /* whoever put in a part of a text, or a name from outside, may have cut a character */
    return status;
}

void detail_clear(void)
{
    detail[0] = '\0';
}

API const char *mstro_error_detail(void)
{
    return detail;
}
