/* SPDX-License-Identifier: BSD-3-Clause */
/* fixed-work OBJECTS - declare, describe, offer, withdraw and dispose of so many objects, 64 a call, in a pool inside the process
 *
 * For counting instructions: one thread, no fabric, the same work each time.  bench/count-instructions counts them for two amounts
 * and says what an object more takes. */
#include "bench/field.h"

enum { BATCH = 64 };

static void work(int64_t first)
{
    mstro_cdo cdo[BATCH];
    for (int i = 0; i < BATCH; i++)
        cdo[i] = field_declare(first + i);
    must(mstro_cdo_offer_all(BATCH, cdo, NULL), "mstro_cdo_offer_all");
    must(mstro_cdo_withdraw_all(BATCH, cdo, NULL), "mstro_cdo_withdraw_all");
    must(mstro_cdo_dispose_all(BATCH, cdo, NULL), "mstro_cdo_dispose_all");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fixed-work OBJECTS\n");
        return 2;
    }
    int64_t objects = strtoll(argv[1], NULL, 10);
    must(mstro_init("bench", "fixed-work", 0), "mstro_init");
    for (int64_t i = 0; i < objects; i += BATCH)
        work(i);
    must(mstro_finalize(), "mstro_finalize");
    return 0;
}
