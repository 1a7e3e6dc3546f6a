/* SPDX-License-Identifier: BSD-3-Clause */
/* consumer.c - requires the field, waits until it is here, uses it */
#include <maestro/maestro.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(void)
{
    fprintf(stderr, "consumer: %s\n", mstro_error_detail());
    return 1;
}

int main(void)
{
    void *field;
    int64_t size;
    mstro_cdo cdo, ready;

    if (mstro_init(NULL, "consumer", 0) != MSTRO_OK)
        return fail();
    mstro_cdo_declare("temperature", MSTRO_ATTR_DEFAULT, &cdo);
    mstro_cdo_require(cdo);
    mstro_cdo_declare("consumer is ready", MSTRO_ATTR_DEFAULT, &ready); /* an object without data: a signal */
    mstro_cdo_offer(ready);

    mstro_status status = mstro_cdo_demand(cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_access_ptr(cdo, &field, &size);
    if (status == MSTRO_OK) {
        printf("%s: %lld bytes, %g %g ...\n", mstro_cdo_name(cdo), (long long)size, ((double *)field)[0], ((double *)field)[1]);
        mstro_cdo_dispose(cdo);
        free(field);
    }
    mstro_cdo_withdraw(ready);
    mstro_cdo_dispose(ready);
    return mstro_finalize() == MSTRO_OK && status == MSTRO_OK ? 0 : fail();
}
