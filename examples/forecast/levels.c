/* SPDX-License-Identifier: BSD-3-Clause */
/* levels - the job of one level set, which the coordinator starts when all fields of it have been offered */
#include "examples/forecast/level_job.h"
#include "examples/forecast/stage.h"

static const char usage[] =
    "usage: levels --output=FOLDER GROUP\n"
    "Make a line of a table of the level set that is offered as GROUP: FOLDER/levels-I.csv.\n"
    "MSTRO_COMPONENT_INDEX says which instance this is.\n";

static int run(const char *folder, char *operand[], struct statistics *statistics)
{
    return level_job_run(folder, operand[0], statistics);
}

int main(int argc, char *argv[])
{
    return stage_main(argc, argv, &(struct stage_program){"levels", usage, .operands = 1, .operands_max = 1, .run = run});
}
