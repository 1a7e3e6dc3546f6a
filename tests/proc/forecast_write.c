/* SPDX-License-Identifier: BSD-3-Clause */
/* forecast_write FILE [MESSAGES [apart]] - write the sample, or its first messages, for tests that are scripts
 * forecast_write FILE --fields-of INPUT  - write every field of a GRIB file as a message of its own */
#include "tests/proc/forecast_sample.h"

#include <eccodes.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_fields(const char *path, const char *input)
{
    FILE *in = fopen(input, "rb"), *out = fopen(path, "wb");
    codes_handle *field;
    int error = 0;
    bool good = in && out;
    if (!good)
        warn("cannot open %s", in ? path : input);
    codes_grib_multi_support_on(NULL);
    while (good && (field = codes_handle_new_from_file(NULL, in, PRODUCT_GRIB, &error))) {
        const void *bytes;
        size_t size;
        good = codes_get_message(field, &bytes, &size) == 0 && fwrite(bytes, 1, size, out) == size;
        codes_handle_delete(field);
    }
    if (in)
        fclose(in);
    if (out && fclose(out))
        good = false;
    return good && (!error || error == CODES_END_OF_FILE) ? 0 : 1;
}

int main(int argc, char *argv[])
{
    if (argc == 4 && strcmp(argv[2], "--fields-of") == 0)
        return write_fields(argv[1], argv[3]);
    if (argc < 2)
        return 2;
    return sample_write(argv[1], argc > 2 ? atoi(argv[2]) : SAMPLE_MESSAGES, argc > 3) ? 1 : 0;
}
