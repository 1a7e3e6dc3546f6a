/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"

enum { LONGEST_VALUE = 63 };

struct unit { const char *name; double factor; };

static const struct unit durations[] = {
    { "", 1e9 },  { "s", 1e9 },    { "sec", 1e9 }, { "ms", 1e6 },   { "us", 1e3 },
    { "ns", 1 },  { "min", 60e9 }, { "m", 60e9 },  { "h", 3600e9 }, { NULL, 0 },
};
static const struct unit sizes[] = {
    { "", 1 },           { "B", 1 },          { "kB", 1e3 },         { "KB", 1e3 },          { "MB", 1e6 },
    { "GB", 1e9 },       { "TB", 1e12 },      { "K", 1024 },         { "k", 1024 },          { "KiB", 1024 },
    { "M", 1048576 },    { "MiB", 1048576 },  { "G", 1073741824.0 }, { "GiB", 1073741824.0 },
    { "T", 1099511627776.0 }, { "TiB", 1099511627776.0 }, { NULL, 0 },
};
static const struct { const char *name; bool value; } truths[] = {
    { "1", true },  { "true", true },   { "yes", true }, { "on", true },
    { "0", false }, { "false", false }, { "no", false }, { "off", false },
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A terminated copy without the blanks around it, because strtod wants one; false when it is empty or too long. */
static bool trim(struct text t, char value[static LONGEST_VALUE + 1])
{
    while (t.length > 0 && is_blank(t.at[0]))
        t.at++, t.length--;
    while (t.length > 0 && is_blank(t.at[t.length - 1]))
        t.length--;
    if (t.length == 0 || t.length > LONGEST_VALUE || memchr(t.at, 0, t.length))
        return false;
    memcpy(value, t.at, t.length);
    value[t.length] = '\0';
    return true;
}

/* Digits with at most one point, read without regard to the locale; what follows is left in *rest. */
static bool read_decimal(const char *from, double *number, const char **rest)
{
    double value = 0, place = 0;
    bool digits = false;
    for (; (*from >= '0' && *from <= '9') || (*from == '.' && place == 0); from++) {
        if (*from == '.') {
            place = 1;
            continue;
        }
        digits = true;
        value = value * 10 + (*from - '0');
        place *= 10;
    }
    *number = place > 1 ? value / place : value;
    *rest = from;
    return digits;
}

static bool read_with_unit(struct text t, const struct unit *units, uint64_t *result)
{
    char value[LONGEST_VALUE + 1];
    const char *name;
    double number;
    if (!trim(t, value) || !read_decimal(value, &number, &name))
        return false;
    while (is_blank(*name))
        name++;
    for (; units->name; units++)
        if (strcmp(units->name, name) == 0) {
            double product = number * units->factor + 0.5;
            if (product >= 18446744073709549568.0) /* the last double under 2^64 */
                return false;
            *result = (uint64_t)product;
            return true;
        }
    return false;
}

bool setting_duration(struct text t, uint64_t *nanoseconds)
{
    char value[LONGEST_VALUE + 1];
    if (trim(t, value) && strcasecmp(value, "never") == 0) {
        *nanoseconds = NO_DEADLINE;
        return true;
    }
    return read_with_unit(t, durations, nanoseconds);
}

bool setting_size(struct text t, uint64_t *bytes)
{
    return read_with_unit(t, sizes, bytes);
}

bool setting_integer(struct text t, int64_t *value)
{
    char digits[LONGEST_VALUE + 1], *end;
    if (!trim(t, digits))
        return false;
    errno = 0;
    long long number = strtoll(digits, &end, 10);
    if (errno || *end || end == digits)
        return false;
    *value = number;
    return true;
}

bool setting_bool(struct text t, bool *value)
{
    char word[LONGEST_VALUE + 1];
    if (!trim(t, word))
        return false;
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++)
        if (strcasecmp(word, truths[i].name) == 0) {
            *value = truths[i].value;
            return true;
        }
    return false;
}

const char *setting_read_text(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

static mstro_status refuse(const char *variable, const char *value, const char *expected)
{
    return detail_set(MSTRO_INVARG, "%s=%.80s cannot be read: expected %s", variable, value, expected);
}

mstro_status setting_read_duration(const char *variable, uint64_t fallback, uint64_t *nanoseconds)
{
    const char *value = setting_read_text(variable);
    *nanoseconds = fallback;
    if (value && !setting_duration(text_of(value), nanoseconds))
        return refuse(variable, value, "a duration such as 2s, 250ms, 1.5 (seconds) or never");
    return MSTRO_OK;
}

mstro_status setting_read_size(const char *variable, uint64_t fallback, uint64_t *bytes)
{
    const char *value = setting_read_text(variable);
    *bytes = fallback;
    if (value && !setting_size(text_of(value), bytes))
        return refuse(variable, value, "a size such as 4096, 4KiB or 2GiB");
    return MSTRO_OK;
}

mstro_status setting_read_integer(const char *variable, int64_t fallback, int64_t *value)
{
    const char *text = setting_read_text(variable);
    *value = fallback;
    if (text && !setting_integer(text_of(text), value))
        return refuse(variable, text, "a whole number");
    return MSTRO_OK;
}

mstro_status setting_read_bool(const char *variable, bool fallback, bool *value)
{
    const char *text = setting_read_text(variable);
    *value = fallback;
    if (text && !setting_bool(text_of(text), value))
        return refuse(variable, text, "1, true, yes, on, or 0, false, no, off");
    return MSTRO_OK;
}
