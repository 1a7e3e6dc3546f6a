/* SPDX-License-Identifier: BSD-3-Clause */
/* forecast_write FILE [MESSAGES [apart]] - write the sample, or its first messages, for tests that are scripts */
#include "tests/proc/forecast_sample.h"

#include <stdlib.h>

int main(int argc, char *argv[])
{
    if (argc < 2)
        return 2;
    return sample_write(argv[1], argc > 2 ? atoi(argv[2]) : SAMPLE_MESSAGES, argc > 3) ? 1 : 0;
}
