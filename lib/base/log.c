/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/log.h"

#include <stdarg.h>
#include <stdio.h>

void log_configure(const char *component, int64_t index, uint64_t app_id)
{
    (void)component, (void)index, (void)app_id;
}

bool log_wanted(enum log_level level, enum log_module module)
{
    (void)module;
    return level <= LOG_WARN;
}

void log_line(enum log_level level, enum log_module module, const char *function, const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)level, (void)module;
    fprintf(stderr, "%s(%s:%d) ", function, file, line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}
