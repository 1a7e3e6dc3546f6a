/* SPDX-License-Identifier: BSD-3-Clause */
/* version.c - which library this is */
#include "config.h"
#include "lib/base/export.h"
#include "maestro/core.h"

API const char *mstro_version(void)
{
    return PACKAGE_VERSION;
}
