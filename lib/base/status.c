/* SPDX-License-Identifier: BSD-3-Clause */
/* status.c - the two texts of a status, from the one list in maestro/status.h */
#include "lib/base/export.h"
#include "maestro/status.h"

#include <stddef.h>

static const struct { const char *name, *sentence; } statuses[] = {
#define STATUS_ROW(name, sentence) { "MSTRO_" #name, sentence },
    MSTRO_STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
};

static const size_t status_count = sizeof statuses / sizeof statuses[0];

API const char *mstro_status_description(mstro_status s)
{
    return (size_t)s < status_count ? statuses[s].sentence : "a status that this version of the library does not know";
}

API const char *mstro_status_name(mstro_status s)
{
    return (size_t)s < status_count ? statuses[s].name : "MSTRO_?";
}
