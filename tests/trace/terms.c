/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/trace/play.h"

#include "lib/base/clock.h"
#include "maestro/subscription.h"

static uint8_t choice(const struct line *line, const char *word, const char *const names[])
{
    const char *chosen = value(line, word, names[0]);
    uint8_t i = 0;
    while (names[i] && strcmp(names[i], chosen) != 0)
        i++;
    return i;
}

static void read_start(const struct line *line, struct record_subscribe *asked, struct record_position *position)
{
    static const char *const starts[] = { "now", "cursor", "serial", "age", "standing", NULL };
    asked->start = choice(line, "from", starts);
    asked->since = starts[asked->start] ? number(line, starts[asked->start], 0) : 0;
    position->serial = asked->since <<= asked->start == MSTRO_SUBSCRIPTION_START_AGE ? 0 : 10;
    if (asked->start == MSTRO_SUBSCRIPTION_START_AGE)
        asked->since *= NANOSECONDS_PER_MILLISECOND;
    if (asked->start == MSTRO_SUBSCRIPTION_START_CURSOR) {
        asked->positions.at = position;
        asked->positions.count = 1;
    }
}

void line_terms(const struct line *line, struct record_subscribe *asked, struct record_key *key, struct record_position *position)
{
    static const char *const full[] = { "drop", "hold", "end", NULL }, *const late[] = { "go-on", "end", NULL };
    asked->max_events = number(line, "most", 0);
    asked->max_bytes = number(line, "bytes", 0);
    asked->when_full = choice(line, "full", full);
    asked->when_late = choice(line, "late", late);
    asked->hold_time = number(line, "waiting", 0) * NANOSECONDS_PER_MILLISECOND;
    asked->name = text_of(value(line, "under", ""));
    asked->granted = number(line, "granted", 0);
    asked->flags = (has(line, "durable") ? SUBSCRIBE_DURABLE : 0) | (has(line, "shared") ? SUBSCRIBE_SHARED : 0);
    read_start(line, asked, position);
    asked->attributes.at = key;
    for (int i = 0; i + 1 < line->words; i++)
        if (strcmp(line->word[i], "carrying") == 0)
            key[asked->attributes.count++].key = text_of(line->word[i + 1]);
}
