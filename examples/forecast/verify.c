/* SPDX-License-Identifier: BSD-3-Clause */
/* verify OUTPUT INPUT... - is what the forecast workflow wrote into OUTPUT right?
 *
 * Exit codes: 0 yes, 1 no, 2 the question cannot be answered (usage, a file that cannot be read). */
#include "examples/forecast/verify.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: verify OUTPUT INPUT...\n"
    "Compare what a forecast workflow wrote into the folder OUTPUT with its GRIB files INPUT:\n"
    "the archive byte for byte, every product with a second computation.  Exit 0: right, 1: not.\n";

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
    int archive = verify_archive(argv[1], argv + 2, (size_t)argc - 2);
    int products = verify_products(argv[1], argv + 2, (size_t)argc - 2);
    int worst = archive > products ? archive : products;
    printf("verified: %s\n", worst == 0 ? "yes" : "no");
    return worst;
}
