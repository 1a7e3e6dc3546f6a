/* SPDX-License-Identifier: BSD-3-Clause */
/* simulation - makes a field for each of three steps, and knows nothing of who looks at it or stops it
 *
 * simulation [NAME]: as component NAME, with fields of that name; "simulation", "temperature" */
#include <maestro/maestro.h>
#include <stdio.h>

static int fail(void)
{
    fprintf(stderr, "simulation: %s\n", mstro_error_detail());
    return 1;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "temperature";
    if (mstro_init(NULL, argc > 1 ? name : "simulation", 0) != MSTRO_OK)
        return fail();
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int64_t step = 1; step <= 3; step++) {
        double field[100] = { (double)step };
        int64_t size = sizeof field;
        mstro_cdo cdo;
        mstro_cdo_declare(name, MSTRO_ATTR_DEFAULT, &cdo);
        mstro_cdo_attribute_set(cdo, ".maestro.ecmwf.step", &step, true, true);
        mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_RAW_PTR, field, false, true);
        mstro_cdo_attribute_set(cdo, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, &size, true, true);
        if (mstro_cdo_offer(cdo) != MSTRO_OK) /* returns when whoever steps this workflow has let it */
            return fail();
        printf("step %d is offered\n", (int)step);
        if (mstro_cdo_withdraw(cdo) != MSTRO_OK)
            return fail();
        printf("step %d is withdrawn\n", (int)step);
        mstro_cdo_dispose(cdo);
    }
    return mstro_finalize() == MSTRO_OK ? 0 : fail();
}
