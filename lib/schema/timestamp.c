/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/schema/timestamp.h"

#include <inttypes.h>
#include <stdio.h>

enum { SECONDS_PER_DAY = 86400, OFFSET_MAX = 24 * 60 - 1 };
#define SECOND_MIN INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define SECOND_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Days from 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that the leap day is the last. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Take exactly 'digits' digits. */
static bool take_number(struct text *t, int digits, int *out)
{
    if (t->length < (size_t)digits)
        return false;
    *out = 0;
    for (int i = 0; i < digits; i++) {
        if (t->at[i] < '0' || t->at[i] > '9')
            return false;
        *out = *out * 10 + (t->at[i] - '0');
    }
    *t = (struct text){ t->at + digits, t->length - (size_t)digits };
    return true;
}

static bool take_any(struct text *t, const char *allowed, char *which)
{
    if (t->length == 0 || *t->at == '\0' || !strchr(allowed, *t->at))
        return false;
    if (which)
        *which = *t->at;
    *t = (struct text){ t->at + 1, t->length - 1 };
    return true;
}

static bool take_fraction(struct text *t, int32_t *nsec)
{
    int32_t scale = 100000000;
    size_t i = 0;
    *nsec = 0;
    for (; i < t->length && t->at[i] >= '0' && t->at[i] <= '9'; i++, scale /= 10)
        *nsec += (t->at[i] - '0') * scale; /* beyond nanoseconds scale is 0 */
    *t = (struct text){ t->at + i, t->length - i };
    return i > 0;
}

static bool take_offset(struct text *t, int16_t *offset)
{
    char sign;
    int hour, minute;
    *offset = 0;
    if (take_any(t, "Zz", NULL))
        return true;
    if (!take_any(t, "+-", &sign) || !take_number(t, 2, &hour) || !take_any(t, ":", NULL) || !take_number(t, 2, &minute))
        return false;
    *offset = (int16_t)((sign == '-' ? -1 : 1) * (hour * 60 + minute));
    return hour <= 23 && minute <= 59;
}

static bool take_date(struct text *t, int64_t *seconds)
{
    int year, month, day;
    if (!take_number(t, 4, &year) || !take_any(t, "-", NULL) || !take_number(t, 2, &month) || !take_any(t, "-", NULL) || !take_number(t, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *seconds = days_of(year, month, day) * SECONDS_PER_DAY;
    return true;
}

bool timestamp_parse(struct text t, mstro_timestamp *out)
{
    mstro_timestamp moment = { 0 };
    int hour, minute, second;
    if (!take_date(&t, &moment.sec))
        return false;
    if (t.length > 0) {
        if (!take_any(&t, "Tt ", NULL) || !take_number(&t, 2, &hour) || !take_any(&t, ":", NULL) || !take_number(&t, 2, &minute) ||
            !take_any(&t, ":", NULL) || !take_number(&t, 2, &second))
            return false;
        if (hour > 23 || minute > 59 || second > 60) /* 60: a leap second */
            return false;
        if (take_any(&t, ".", NULL) && !take_fraction(&t, &moment.nsec))
            return false;
        if (!take_offset(&t, &moment.offset))
            return false;
        moment.sec += hour * 3600 + minute * 60 + second - moment.offset * 60;
    }
    if (t.length > 0 || !timestamp_is_valid(moment))
        return false;
    *out = moment;
    return true;
}

bool timestamp_is_valid(mstro_timestamp t)
{
    if (t.nsec < 0 || t.nsec > 999999999 || t.offset < -OFFSET_MAX || t.offset > OFFSET_MAX || t.sec < SECOND_MIN || t.sec > SECOND_MAX)
        return false;
    int64_t local = t.sec + t.offset * 60;
    return local >= SECOND_MIN && local <= SECOND_MAX;
}

const char *timestamp_format(mstro_timestamp t, char buffer[TIMESTAMP_TEXT_MAX])
{
    int year, month, day;
    int64_t local = t.sec + t.offset * 60;
    int64_t days = local / SECONDS_PER_DAY - (local % SECONDS_PER_DAY < 0);
    int rest = (int)(local - days * SECONDS_PER_DAY), length;
    date_of(days, &year, &month, &day);
    length = snprintf(buffer, TIMESTAMP_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, rest / 3600, rest / 60 % 60, rest % 60);
    if (t.nsec) {
        length += snprintf(buffer + length, (size_t)(TIMESTAMP_TEXT_MAX - length), ".%09" PRId32, t.nsec);
        while (buffer[length - 1] == '0')
            buffer[--length] = '\0';
    }
    int minutes = t.offset < 0 ? -t.offset : t.offset;
    if (minutes == 0)
        snprintf(buffer + length, (size_t)(TIMESTAMP_TEXT_MAX - length), "Z");
    else
        snprintf(buffer + length, (size_t)(TIMESTAMP_TEXT_MAX - length), "%c%02d:%02d", t.offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return buffer;
}
