/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/api/cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/detail.h"

enum { WORD_DIGITS = 16 };

#define DIGITS "0123456789abcdef"

char *cursor_write(struct id pool, uint64_t epoch, const uint64_t serial[], size_t count)
{
    char *text = malloc((3 + count) * (WORD_DIGITS + 1) + 1), *at = text;
    if (!text)
        return NULL;
    at += sprintf(at, "%016" PRIx64 "%016" PRIx64 "-%" PRIx64, pool.high, pool.low, epoch);
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "-%" PRIx64, serial[i]);
    return text;
}

/* 1 to 16 digits. */
static bool read_word(const char **at, uint64_t *word)
{
    char copy[WORD_DIGITS + 1] = "";
    size_t digits = strspn(*at, DIGITS);
    digits = digits < WORD_DIGITS ? digits : WORD_DIGITS;
    memcpy(copy, *at, digits);
    *word = strtoull(copy, NULL, 16);
    *at += digits;
    return digits > 0;
}

static bool read_next(const char **at, uint64_t *word)
{
    if (**at != '-')
        return false;
    ++*at;
    return read_word(at, word);
}

mstro_status cursor_read(const char *text, struct id pool, uint64_t epoch, uint64_t serial[], size_t room, size_t *count)
{
    struct id of_pool;
    uint64_t of_epoch;
    const char *at = text;
    *count = 0;
    if (!text || strspn(text, DIGITS) != 2 * WORD_DIGITS || !read_word(&at, &of_pool.high) ||
        !read_word(&at, &of_pool.low) || !read_next(&at, &of_epoch))
        return detail_set(MSTRO_INVARG, "'%.100s' is no cursor", text ? text : "");
    while (*count < room && read_next(&at, &serial[*count]))
        ++*count;
    if (*at)
        return detail_set(MSTRO_INVARG, "'%.100s' is no cursor", text);
    if (of_pool.high != pool.high || of_pool.low != pool.low || of_epoch != epoch)
        return detail_set(MSTRO_STALE_EPOCH, "the cursor is of another pool, or of another run of it: what it points to is gone; "
                                             "subscribe without it, with MSTRO_SUBSCRIPTION_START_STANDING for what is offered now");
    return MSTRO_OK;
}
