/* SPDX-License-Identifier: BSD-3-Clause */
/* program.c - a producer and a consumer in one process, as a user would write them (C11) */
#define _POSIX_C_SOURCE 200809L
#ifdef PLAIN_INCLUDE
#include <maestro.h>
#else
#include <maestro/maestro.h>
#endif
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(mstro_status status, const char *what)
{
    if (status == MSTRO_OK)
        return;
    fprintf(stderr, "%s: %s (%s)\n", what, mstro_status_description(status), mstro_error_detail());
    exit(1);
}

int main(void)
{
    enum { SIZE = 1 << 20 };
    int64_t size = SIZE, received = 0;
    void *field = NULL, *copy = NULL;
    mstro_cdo offered, required;

    must(mstro_init("install-test", "program", 0), "init");
    if (posix_memalign(&field, 4096, SIZE) != 0)
        return 1;
    memset(field, 42, SIZE);

    must(mstro_cdo_declare("field", MSTRO_ATTR_DEFAULT, &offered), "declare");
    must(mstro_cdo_attribute_set(offered, MSTRO_ATTR_CORE_CDO_RAW_PTR, field, false, true), "raw-ptr");
    must(mstro_cdo_attribute_set(offered, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, false), "local-size");
    must(mstro_cdo_declare("field", MSTRO_ATTR_DEFAULT, &required), "declare");
    must(mstro_cdo_require(required), "require");
    must(mstro_cdo_offer(offered), "offer");
    must(mstro_cdo_demand(required), "demand");
    must(mstro_cdo_access_ptr(required, &copy, &received), "access_ptr");
    int same = received == SIZE && memcmp(copy, field, SIZE) == 0;
    must(mstro_cdo_withdraw(offered), "withdraw");
    must(mstro_cdo_dispose(required), "dispose");
    must(mstro_cdo_dispose(offered), "dispose");
    free(copy);
    free(field);
    must(mstro_finalize(), "finalize");
    printf("%s %" PRId64 " bytes %s\n", mstro_version(), received, same ? "as offered" : "differ");
    return !same;
}
