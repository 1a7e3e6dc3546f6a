/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/detail.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/base/export.h"

static _Thread_local char detail[1024];

mstro_status detail_set(mstro_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
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
