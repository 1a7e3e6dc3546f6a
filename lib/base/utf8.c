/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/utf8.h"

/* Lead bytes: how many bytes follow, and what the first of them may be (the others: 80 to BF). */
static const struct lead { unsigned char first, last, more, low, high; } leads[] = {
    { 0x00, 0x7f, 0, 0x00, 0x00 }, { 0xc2, 0xdf, 1, 0x80, 0xbf }, { 0xe0, 0xe0, 2, 0xa0, 0xbf },
    { 0xe1, 0xec, 2, 0x80, 0xbf }, { 0xed, 0xed, 2, 0x80, 0x9f }, { 0xee, 0xef, 2, 0x80, 0xbf },
    { 0xf0, 0xf0, 3, 0x90, 0xbf }, { 0xf1, 0xf3, 3, 0x80, 0xbf }, { 0xf4, 0xf4, 3, 0x80, 0x8f },
};

static const struct lead *lead_of(unsigned char byte)
{
    size_t i = byte < 0xe0 ? byte >= 0x80 : byte < 0xf0 ? 2u + (byte > 0xe0) + (byte > 0xec) + (byte > 0xed) : 6u + (byte > 0xf0) + (byte > 0xf3);
    return byte >= leads[i].first && byte <= leads[i].last ? &leads[i] : NULL;
}

/* Eight bytes of ASCII: what nearly every text consists of, and names are checked on the way of every record. */
static bool eight_are_ascii(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return (word & UINT64_C(0x8080808080808080)) == 0;
}

/* Bytes of the character that begins at 'at', of which 'left' are there; 0: none does. */
static size_t character_length(const unsigned char *at, size_t left)
{
    const struct lead *lead = lead_of(at[0]);
    if (!lead || left <= lead->more)
        return 0;
    if (lead->more > 0 && (at[1] < lead->low || at[1] > lead->high))
        return 0;
    for (size_t k = 2; k <= lead->more; k++)
        if ((at[k] & 0xc0) != 0x80)
            return 0;
    return 1u + lead->more;
}

size_t utf8_prefix(struct text t)
{
    const unsigned char *at = (const unsigned char *)t.at;
    for (size_t i = 0; i < t.length;) {
        if (t.length - i >= 8 && eight_are_ascii(at + i)) {
            i += 8;
            continue;
        }
        if (at[i] >= 0xc2 && at[i] <= 0xdf && t.length - i >= 2 && (at[i + 1] & 0xc0) == 0x80) { /* the next most frequent */
            i += 2;
            continue;
        }
        size_t length = character_length(at + i, t.length - i);
        if (length == 0)
            return i;
        i += length;
    }
    return t.length;
}

bool text_is_utf8(struct text t)
{
    return utf8_prefix(t) == t.length;
}

void utf8_repair(char *string)
{
    unsigned char *at = (unsigned char *)string, *to = at;
    size_t left = strlen(string);
    bool good = true;
    while (left > 0) {
        size_t length = character_length(at, left), step = length ? length : 1;
        if (length > 0)
            memmove(to, at, length);
        else if (good)
            *to = '?';
        to += length > 0 ? length : good;
        good = length > 0;
        at += step;
        left -= step;
    }
    *to = '\0';
}
