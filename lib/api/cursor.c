/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/api/cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/detail.h"

enum { WORD_DIGITS = 16, CHECK_DIGITS = 8 };

#define DIGITS "0123456789abcdef"

/* Of what stands before the last word: whoever keeps a cursor may lose a part of it. */
static uint32_t check_of(const char *text, size_t length) { return (uint32_t)XXH3_64bits(text, length); }

char *cursor_write(struct id pool, uint64_t epoch, const uint64_t serial[], size_t count)
{
    char *text = malloc((3 + count) * (WORD_DIGITS + 1) + 1 + CHECK_DIGITS + 1), *at = text;
    if (!text)
        return NULL;
    at += sprintf(at, "%016" PRIx64 "%016" PRIx64 "-%" PRIx64, pool.high, pool.low, epoch);
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "-%" PRIx64, serial[i]);
    sprintf(at, "-%08" PRIx32, check_of(text, (size_t)(at - text)));
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

static mstro_status no_cursor(const char *text)
{
    return detail_set(MSTRO_INVARG, "'%.100s' is no cursor, or not a whole one: it is what mstro_subscription_cursor gives", text ? text : "");
}

/* Where the words end and the check begins; NULL: it is not whole. */
static const char *find_check(const char *text)
{
    const char *check = text ? strrchr(text, '-') : NULL;
    char expected[CHECK_DIGITS + 1];
    if (!check)
        return NULL;
    sprintf(expected, "%08" PRIx32, check_of(text, (size_t)(check - text)));
    return strcmp(check + 1, expected) == 0 ? check : NULL;
}

mstro_status cursor_read(const char *text, struct id pool, uint64_t epoch, uint64_t serial[], size_t room, size_t *count)
{
    struct id of_pool;
    uint64_t of_epoch;
    const char *at = text, *check = find_check(text);
    *count = 0;
    if (!check || strspn(text, DIGITS) != 2 * WORD_DIGITS || !read_word(&at, &of_pool.high) ||
        !read_word(&at, &of_pool.low) || !read_next(&at, &of_epoch))
        return no_cursor(text);
    while (*count < room && at < check && read_next(&at, &serial[*count]))
        ++*count;
    if (at != check)
        return no_cursor(text);
    if (of_pool.high != pool.high || of_pool.low != pool.low || of_epoch != epoch)
        return detail_set(MSTRO_STALE_EPOCH, "the cursor is of another pool, or of another run of it: what it points to is gone; "
                                             "subscribe without it, with MSTRO_SUBSCRIPTION_START_STANDING for what is offered now");
    return MSTRO_OK;
}
