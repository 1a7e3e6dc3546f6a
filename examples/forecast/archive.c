/* SPDX-License-Identifier: BSD-3-Clause */
/* archive - the stage that keeps: writes every message that a forecast offers, byte for byte */
#include "examples/forecast/archiving.h"
#include "examples/forecast/stage.h"

static const char usage[] =
    "usage: archive --output=FOLDER\n"
    "Write every message that a forecast offers to FOLDER/archive.grib.\n";

int main(int argc, char *argv[])
{
    struct statistics statistics = {0};
    const char *folder = NULL;
    int code = stage_output_option(argc, argv, usage, &folder);
    if (code)
        return code < 0 ? 0 : code;
    code = stage_join("archive");
    if (code == 0)
        code = stage_leave(archiving_run(folder, &statistics));
    if (code == 0 && statistics_write(&statistics, folder, "archive", stage_index()))
        code = 1;
    statistics_free(&statistics);
    return code;
}
