/* SPDX-License-Identifier: BSD-3-Clause */
/* products - the stage that computes: wind speed, thickness, anomalies and a map of the fields a forecast offers */
#include "examples/forecast/production.h"
#include "examples/forecast/stage.h"

static const char usage[] =
    "usage: products --output=FOLDER\n"
    "Make products of the fields that a forecast offers: FOLDER/products-I.grib and .csv, and a map.\n"
    "MSTRO_COMPONENT_INDEX and MSTRO_COMPONENT_INSTANCES say which instance I this is, and of how many.\n";

static int run(const char *folder, char *operand[], struct statistics *statistics)
{
    (void)operand;
    return production_run(folder, stage_index(), stage_instances(), statistics);
}

int main(int argc, char *argv[])
{
    return stage_main(argc, argv, &(struct stage_program){"products", usage, .run = run});
}
