/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/verify.h"
#include "examples/forecast/verify_files.h"

#include <eccodes.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct comparison {
    FILE *archive;
    unsigned messages;
    long long bytes;
};

/* Compare the next message of an input with what comes next in the archive. */
static int compare_message(struct comparison *c, const char *path, const unsigned char *expected, size_t size)
{
    unsigned char *found = malloc(size);
    if (!found) {
        warnx("out of memory");
        return 2;
    }
    size_t got = fread(found, 1, size, c->archive), same = 0;
    while (same < got && found[same] == expected[same])
        same++;
    free(found);
    c->messages++;
    c->bytes += (long long)size;
    if (same == size)
        return 0;
    long long offset = c->bytes - (long long)(size - same);
    if (same == got)
        printf("archive: it ends at byte %lld, inside or before message %u of %s\n", offset, c->messages, path);
    else
        printf("archive: byte %lld is not that of the input: byte %zu of message %u, from %s\n", offset, same, c->messages,
               path);
    return 1;
}

static int compare_file(struct comparison *c, const char *path)
{
    FILE *file = file_of_input(path);
    codes_handle *handle = NULL;
    int error = 0, result = 0;
    if (!file)
        return 2;
    while (result == 0 && (handle = codes_handle_new_from_file(NULL, file, PRODUCT_GRIB, &error))) {
        const void *bytes;
        size_t size;
        error = codes_get_message(handle, &bytes, &size);
        result = error ? 2 : compare_message(c, path, bytes, size);
        codes_handle_delete(handle);
    }
    fclose(file);
    if (error && error != CODES_END_OF_FILE) {
        warnx("%s: %s", path, codes_get_error_message(error));
        return 2;
    }
    return result;
}

int verify_archive(const char *output, char *const input[], size_t inputs)
{
    struct comparison c = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/archive.grib", output);
    c.archive = fopen(path, "rb");
    if (!c.archive) {
        printf("archive: %s cannot be opened: %s\n", path, strerror(errno));
        return 1;
    }
    int result = 0;
    for (size_t i = 0; i < inputs && result == 0; i++)
        result = compare_file(&c, input[i]);
    if (result == 0 && fgetc(c.archive) != EOF) {
        printf("archive: it goes on after the last of the %u messages (byte %lld)\n", c.messages, c.bytes);
        result = 1;
    }
    if (result == 0 && c.messages == 0) {
        printf("archive: the input has no message\n");
        result = 1;
    }
    if (result == 0)
        printf("archive: %u messages, %lld bytes, identical with the input\n", c.messages, c.bytes);
    fclose(c.archive);
    return result;
}
