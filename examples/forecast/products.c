/* SPDX-License-Identifier: BSD-3-Clause */
/* products - the stage that computes: wind speed, thickness, anomalies and a map of the fields a forecast offers */
#include "examples/forecast/production.h"
#include "examples/forecast/stage.h"

static const char usage[] =
    "usage: products --output=FOLDER\n"
    "Make products of the fields that a forecast offers: FOLDER/products-I.grib and .csv, and a map.\n"
    "MSTRO_COMPONENT_INDEX and MSTRO_COMPONENT_INSTANCES say which instance I this is, and of how many.\n";

int main(int argc, char *argv[])
{
    struct statistics statistics = {0};
    const char *folder = NULL;
    int code = stage_output_option(argc, argv, usage, &folder);
    if (code)
        return code < 0 ? 0 : code;
    code = stage_join("products");
    if (code == 0)
        code = stage_leave(production_run(folder, stage_index(), stage_instances(), &statistics));
    if (code == 0 && statistics_write(&statistics, folder, "products", stage_index()))
        code = 1;
    statistics_free(&statistics);
    return code;
}
