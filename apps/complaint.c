/* SPDX-License-Identifier: BSD-3-Clause */
#include "apps/complaint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "apps/exit_code.h"

void complain(const char *who, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", who);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void advise(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("  ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int finish_output(const char *who, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    complain(who, "cannot write to stdout: %s", strerror(errno));
    return EXIT_CODE_NO;
}
