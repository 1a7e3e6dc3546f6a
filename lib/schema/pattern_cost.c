/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "lib/schema/pattern_cost.h"

#include <ctype.h>

enum {
    EMPTY_COMPILED = 128,    /* an expression without an item takes more */
    COMPILED_PER_MEMBER = 3, /* bytes, at least, of a class with characters beyond ASCII */
    SPACES = 9,              /* members that \h and its like are */
    PROPERTY = 3,            /* members that a property is as dear as */
    OTHER_CASES = 3,         /* that a character has, with itself */
    MEMBERS_PER_WEIGHT = 4,
    RANGED_MAX = 2048        /* characters: 64 expressions of so many take 2 ms to compile, and 5 those of ASCII in other ranges */
};

static char at_offset(struct text t, size_t i)
{
    return i < t.length ? t.at[i] : '\0';
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Behind the escape that begins at 'i', without its argument; that of \c is any byte, a backslash too. */
static size_t skip_escape(struct text written, size_t i)
{
    return i + (at_offset(written, i + 1) == 'c' ? 3 : 2);
}

/* (?i) and its like. */
static bool switches_case(struct text written)
{
    for (size_t i = 0; i + 2 < written.length; i++)
        if (written.at[i] == '(' && written.at[i + 1] == '?')
            for (size_t k = i + 2; k < written.length && (isalpha((unsigned char)written.at[k]) || is_one_of(written.at[k], "^-")); k++)
                if (written.at[k] == 'i')
                    return true;
    return false;
}

/* From the first '[' to the last ']': every class is in it.  Empty when there is none. */
static struct text classes_of(struct text written)
{
    const char *begin = written.length ? memchr(written.at, '[', written.length) : NULL, *end = begin ? memrchr(written.at, ']', written.length) : NULL;
    return end > begin ? (struct text){ begin, (size_t)(end - begin) } : (struct text){ 0 };
}

static uint32_t two_byte_character(const char *at)
{
    return ((uint32_t)(unsigned char)at[0] & 0x1f) << 6 | ((unsigned char)at[1] & 0x3f);
}

/* How many characters beyond ASCII a range may hold, whose '-' stands at 'i': at most U+07FF ends it. */
static uint32_t count_ranged(struct text classes, size_t i)
{
    enum { FIRST = 0x80, LAST = 0x7ff };
    bool before = i >= 2 && (unsigned char)classes.at[i - 1] >= 0x80;
    uint32_t low = before ? two_byte_character(classes.at + i - 2) : FIRST, high = FIRST - 1;
    for (i++; is_one_of(at_offset(classes, i), "\\ \t"); i++) /* \E, and with (?xx) a space, may stand before the end */
        if (classes.at[i] == '\\' && !is_one_of(at_offset(classes, ++i), "EQ"))
            return LAST - low + 1;
    if ((unsigned char)at_offset(classes, i) >= 0xc0)
        high = two_byte_character(classes.at + i);
    return high >= low ? high - low + 1 : 0;
}

/* Without case PCRE2 looks at every character of a range when it compiles: 5 ms for all there are. */
static const char *refuse_ranges(struct text classes)
{
    bool range = false, far = false;
    uint32_t ranged = 0;
    for (size_t i = 0; i < classes.length; i++) {
        unsigned char byte = (unsigned char)classes.at[i];
        range = range || byte == '-';
        far = far || byte >= 0xe0 || (byte == '\\' && is_one_of(at_offset(classes, i + 1), "xoN"));
        ranged += byte == '-' ? count_ranged(classes, i) : 0;
    }
    if (range && far)
        return "without case no range may go beyond U+07FF, nor a number stand for a character where there are ranges";
    return ranged > RANGED_MAX ? "without case ranges may hold 2048 characters beyond ASCII, and no more" : NULL;
}

const char *pattern_refusal(struct text written, bool caseless, size_t *offset)
{
    for (size_t i = 0; i < written.length;) {
        char next = at_offset(written, i + 1), third = at_offset(written, i + 2);
        *offset = i;
        if (written.at[i] == '\\' && next == 'X')
            return "\\X is not supported";
        if (written.at[i] == '(' && next == '*' && (isalpha((unsigned char)third) || third == ':'))
            return "(*...) is not supported";
        i = written.at[i] == '\\' ? skip_escape(written, i) : i + 1;
    }
    *offset = 0;
    return caseless || switches_case(written) ? refuse_ranges(classes_of(written)) : NULL;
}

/* The largest count that an item must repeat: {COUNT...}. */
static uint32_t most_repeated(struct text written)
{
    unsigned long most = 0;
    for (size_t i = 0; i < written.length;) {
        if (written.at[i] == '\\') {
            i = skip_escape(written, i) + (is_one_of(at_offset(written, i + 1), "xoNpP") && at_offset(written, i + 2) == '{');
            continue;
        }
        if (written.at[i++] != '{')
            continue;
        unsigned long count = 0;
        while (at_offset(written, i) == ' ')
            i++;
        for (; isdigit((unsigned char)at_offset(written, i)) && count <= UINT16_MAX; i++)
            count = count * 10 + (unsigned long)(written.at[i] - '0');
        most = count > most ? count : most;
    }
    return (uint32_t)most;
}

static size_t count_properties(struct text written)
{
    size_t properties = 0;
    for (size_t i = 0; i + 1 < written.length; i++)
        properties += written.at[i] == '\\' && (written.at[i + 1] == 'p' || written.at[i + 1] == 'P');
    return properties;
}

/* Does a range begin or end with the character at 'at'? */
static bool is_end_of_range(struct text written, const char *at)
{
    size_t i = (size_t)(at - written.at) + 1;
    while (((unsigned char)at_offset(written, i) & 0xc0) == 0x80)
        i++;
    return at_offset(written, i) == '-' || at[-1] == '-';
}

/* How many characters and ranges beyond ASCII a class may hold, one after the other compared with one of the text.  Without case a range
 * brings those of the other case, as many as it likes: then what has been compiled bounds them; but of ASCII only k and s have any. */
static size_t count_members(struct text written, bool caseless, size_t compiled)
{
    struct text classes = classes_of(written);
    const char *begin = classes.at, *end = classes.at + classes.length;
    size_t members = 0, most = (compiled > EMPTY_COMPILED ? compiled - EMPTY_COMPILED : 0) / COMPILED_PER_MEMBER;
    for (const char *at = begin; at < end; at++) {
        bool beyond = (unsigned char)*at >= 0xc0, escaped = *at == '\\' && is_one_of(at[1], "xoNcQE0123456789");
        if (caseless && (escaped || (beyond && is_end_of_range(written, at))))
            return most;
        if (*at == '\\' && is_one_of(at[1], "hHvV"))
            members += SPACES;
        else if (beyond || escaped)
            members += caseless ? OTHER_CASES : 1;
        else if (caseless)
            members += *at == '-' ? 2 : isalpha((unsigned char)*at) != 0;
    }
    return members < most ? members : most;
}

struct pattern_cost pattern_cost_of(struct text written, bool caseless, size_t compiled, uint32_t behind)
{
    uint32_t repeated = most_repeated(written);
    bool classes = written.length && memchr(written.at, '[', written.length);
    size_t properties = classes ? count_properties(written) : 0;
    size_t members = count_members(written, caseless || switches_case(written), compiled) + properties * PROPERTY;
    uint32_t wide = 1 + (uint32_t)(members / MEMBERS_PER_WEIGHT);
    return (struct pattern_cost){ .reach = repeated > behind ? repeated : behind, .weight = properties ? wide : 1, .wide = wide };
}
