/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/proc/api_play.h"

#include <stdio.h>

const char *play_failure(const char *file, int line, const char *what, mstro_status got)
{
    static _Thread_local char text[512];
    snprintf(text, sizeof text, "%s:%d: %s (last: %s, %s)", file, line, what, mstro_status_name(got), mstro_error_detail());
    return text;
}

void meet(struct stage *s) { pthread_barrier_wait(&s->barrier); }

const char *name_of(struct stage *s, const char *what)
{
    static _Thread_local char name[128];
    snprintf(name, sizeof name, "%s %s", s->prefix, what);
    return name;
}

static unsigned char byte_at(size_t i, unsigned seed) { return (unsigned char)(i * 31 + i / 251 + seed); }

void fill(unsigned char *at, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        at[i] = byte_at(i, seed);
}

bool holds(const unsigned char *at, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != byte_at(i, seed))
            return false;
    return true;
}

mstro_status declare_with(const char *name, void *data, int64_t size, mstro_cdo *cdo)
{
    mstro_status s = mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, cdo);
    if (s == MSTRO_OK && data)
        s = mstro_cdo_attribute_set(*cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, data, false, true);
    if (s == MSTRO_OK && size >= 0)
        s = mstro_cdo_attribute_set(*cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false);
    return s;
}
