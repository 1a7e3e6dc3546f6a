/* SPDX-License-Identifier: BSD-3-Clause */
/* archive - the stage that keeps: writes every message that a forecast offers, byte for byte */
#include "examples/forecast/archiving.h"
#include "examples/forecast/stage.h"

static const char usage[] =
    "usage: archive --output=FOLDER\n"
    "Write every message that a forecast offers to FOLDER/archive.grib.\n";

static int run(const char *folder, char *operand[], struct statistics *statistics)
{
    (void)operand;
    return archiving_run(folder, statistics);
}

int main(int argc, char *argv[])
{
    return stage_main(argc, argv, &(struct stage_program){"archive", usage, .run = run});
}
