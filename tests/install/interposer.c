/* SPDX-License-Identifier: BSD-3-Clause */
/* interposer.c - what a tool preloads to see the calls of a program */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <maestro/maestro.h>
#include <stdio.h>

mstro_status mstro_cdo_offer(mstro_cdo cdo)
{
    mstro_status (*next)(mstro_cdo);
    *(void **)&next = dlsym(RTLD_NEXT, "mstro_cdo_offer");
    if (!next)
        return MSTRO_FAIL;
    fprintf(stderr, "interposed offer of %s\n", mstro_cdo_name(cdo));
    return next(cdo);
}
