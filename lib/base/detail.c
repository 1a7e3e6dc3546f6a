/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/detail.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/export.h"
#include "lib/base/utf8.h"

static _Thread_local char detail[1024];

static bool is_control(char c) { return (unsigned char)c < ' ' || c == 0x7f; }

/* One line, whatever names it quotes: who reads it, or a log of it, must not take a part of a name for a line of ours. */
static void copy_as_line(const char *text)
{
    size_t used = 0;
    for (; *text && used < sizeof detail - 1; text++) {
        char as[5] = { *text };
        if (*text == '\n')
            snprintf(as, sizeof as, "\\n");
        else if (is_control(*text))
            snprintf(as, sizeof as, "\\x%02x", (unsigned char)*text);
        size_t length = strlen(as);
        if (used + length > sizeof detail - 1)
            break;
        memcpy(detail + used, as, length);
        used += length;
    }
    detail[used] = '\0';
}

/* The arguments may quote the last detail. */
mstro_status detail_set(mstro_status status, const char *format, ...)
{
    char text[sizeof detail];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    copy_as_line(text);
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
