/* SPDX-License-Identifier: BSD-3-Clause */
/* producer.c - offers a field, and takes it back when everybody who required it has it */
#include <maestro/maestro.h>
#include <stdio.h>

static int fail(void)
{
    fprintf(stderr, "producer: %s\n", mstro_error_detail());
    return 1;
}

int main(void)
{
    double field[1000] = { 3.14, 2.72 };
    int64_t size = sizeof field;
    mstro_cdo cdo, ready;

    if (mstro_init(NULL, "producer", 0) != MSTRO_OK)
        return fail();
    mstro_cdo_declare("consumer is ready", MSTRO_ATTR_DEFAULT, &ready);
    mstro_cdo_demand(ready); /* a withdraw waits only for those who have required by then */
    mstro_cdo_dispose(ready);

    mstro_cdo_declare("temperature", MSTRO_ATTR_DEFAULT, &cdo);
    mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, field, false, true);
    mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, true);
    mstro_status status = mstro_cdo_offer(cdo);
    if (status == MSTRO_OK)
        status = mstro_cdo_withdraw(cdo);
    mstro_cdo_dispose(cdo);
    return mstro_finalize() == MSTRO_OK && status == MSTRO_OK ? 0 : fail();
}
