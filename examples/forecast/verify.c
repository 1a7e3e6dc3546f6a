/* SPDX-License-Identifier: BSD-3-Clause */
/* verify OUTPUT INPUT... - is what the forecast workflow wrote into OUTPUT right?
 *
 * Exit codes: 0 yes, 1 no, 2 the question cannot be answered (usage, a file that cannot be read). */
#include "examples/forecast/file_list.h"
#include "examples/forecast/verify.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: verify OUTPUT INPUT...\n"
    "Compare what a forecast workflow wrote into the folder OUTPUT with its GRIB files INPUT:\n"
    "the archive byte for byte, every product and line of the tables with a second computation, the map with\n"
    "the wind and the coast at many places.  Exit 0: right, 1: not.\n"
    "@LIST stands for the files that LIST names, one a line.\n";

/* For the summary, where a workflow keeps such things. */
static void note_verdict(const char *output, const char *verdict)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/statistics/verify.0", output);
    FILE *file = fopen(path, "w");
    if (!file)
        return;
    fprintf(file, "verified %s\n", verdict);
    fclose(file);
}

int main(int argc, char *argv[])
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc < 3) {
        fputs(usage, stderr);
        return 2;
    }
    struct file_list input;
    if (file_list_read(&input, argv + 2, (size_t)argc - 2))
        return 2;
    int worst = verify_output(argv[1], input.path, input.count);
    const char *verdict = worst == 0 ? "yes" : "no";
    printf("verified: %s\n", verdict);
    note_verdict(argv[1], verdict);
    file_list_free(&input);
    return worst;
}
