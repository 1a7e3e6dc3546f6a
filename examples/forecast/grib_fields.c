/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/grib_fields.h"

#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* By the rules of GRIB 2: section 0 is 16 bytes long, the end 4; every other one begins with its length and number. */
enum { HEAD = 16, TAIL = 4, PREFIX = 5, EDITION_AT = 7, LENGTH_AT = 8 };
enum { SECTION_BITMAP = 6, SECTION_DATA = 7, SECTIONS = 8 };
enum { BITMAP_INDICATOR_AT = 5, BITMAP_AS_BEFORE = 254 };

struct section {
    const unsigned char *bytes;
    size_t size;
};

static uint64_t number_at(const unsigned char *bytes, size_t width)
{
    uint64_t number = 0;
    for (size_t i = 0; i < width; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* One field's sections between a head and an end. */
static codes_handle *assemble(const unsigned char *head, const struct section section[SECTIONS])
{
    size_t size = HEAD + TAIL, at = HEAD;
    for (int i = 1; i < SECTIONS; i++)
        size += section[i].size;
    unsigned char *message = malloc(size);
    if (!message)
        return NULL;
    memcpy(message, head, HEAD);
    for (size_t i = 0; i < 8; i++)
        message[LENGTH_AT + i] = (unsigned char)(size >> (8 * (7 - i)));
    for (int i = 1; i < SECTIONS; i++) {
        if (section[i].size)
            memcpy(message + at, section[i].bytes, section[i].size);
        at += section[i].size;
    }
    memcpy(message + at, "7777", TAIL);
    codes_handle *field = codes_handle_new_from_message_copy(NULL, message, size);
    free(message);
    return field;
}

/* Note the section at 'bytes' for the fields that follow; a bitmap "as before" leaves the one before. */
static void note(struct section section[SECTIONS], int number, const unsigned char *bytes, size_t size)
{
    if (number == SECTION_BITMAP && size > BITMAP_INDICATOR_AT && bytes[BITMAP_INDICATOR_AT] == BITMAP_AS_BEFORE
        && section[SECTION_BITMAP].size)
        return;
    section[number] = (struct section){bytes, size};
}

/* The length of the section at 'at'; 0 after a message when none begins there. */
static size_t section_size(const unsigned char *bytes, size_t size, size_t at)
{
    size_t length = at + PREFIX + TAIL <= size ? number_at(bytes + at, 4) : 0;
    if (length >= PREFIX && length <= size - TAIL - at && bytes[at + 4] >= 1 && bytes[at + 4] < SECTIONS)
        return length;
    warnx("a GRIB message is broken at its byte %zu: no section begins there", at);
    return 0;
}

static int take_apart(const unsigned char *bytes, size_t size, codes_handle *field[GRIB_FIELDS_MAX])
{
    struct section section[SECTIONS] = {0};
    int count = 0;
    size_t at = HEAD, length = 0;
    while (at + TAIL < size && (length = section_size(bytes, size, at)) > 0) {
        int number = bytes[at + 4];
        note(section, number, bytes + at, length);
        at += length;
        if (number != SECTION_DATA)
            continue;
        if (count == GRIB_FIELDS_MAX || !(field[count] = assemble(bytes, section))) {
            warnx("field %d of a GRIB message cannot be used (at most %d are)", count + 1, GRIB_FIELDS_MAX);
            break;
        }
        count++;
    }
    if (at + TAIL == size && count > 0)
        return count;
    grib_fields_release(field, count);
    return -1;
}

int grib_fields(const void *bytes, size_t size, codes_handle *field[GRIB_FIELDS_MAX])
{
    const unsigned char *message = bytes;
    if (size > HEAD + TAIL && message[EDITION_AT] >= 2)
        return take_apart(message, size, field);
    field[0] = codes_handle_new_from_message_copy(NULL, bytes, size);
    if (field[0])
        return 1;
    warnx("a GRIB message cannot be used");
    return -1;
}

void grib_fields_release(codes_handle *field[], int count)
{
    for (int i = 0; i < count; i++)
        codes_handle_delete(field[i]);
}
