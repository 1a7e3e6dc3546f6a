/* SPDX-License-Identifier: BSD-3-Clause */
/* groups.c - groups and what is selected, as lines of a trace */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/selector.h"
#include "lib/wire/names.h"
#include "tests/trace/play.h"

void say_names(struct play *play, struct bytes list)
{
    struct names_reader r;
    for (names_open(&r, list); names_next(&r);) {
        say(play, " %.*s", (int)r.length, r.name);
        if (r.flags & NAME_COMMIT)
            say(play, "/%" PRIu64, r.commit >> 10);
    }
    if (names_fault(&r))
        say(play, " !! that %s", names_fault(&r));
}

static void list_member(struct names_writer *w, char *word)
{
    char *commit = strchr(word, '/');
    if (commit)
        *commit++ = '\0';
    names_put(w, text_of(word), commit ? NAME_COMMIT : NAME_OWN, commit ? strtoull(commit, NULL, 10) << 10 : 0);
}

/* "offers set listing temp wind fog/3 of 2": a group, of which two were prepared; fog is what was offered with commit 3. */
void list_members(const struct line *line, struct record_offer *offer)
{
    static struct names_writer w;
    static uint8_t list[MAX_INLINE];
    int word = 0;
    names_begin(&w, list, sizeof list);
    while (strcmp(line->word[word], "listing") != 0)
        word++;
    while (++word < line->words && strcmp(line->word[word], "of") != 0)
        list_member(&w, line->word[word]);
    offer->flags |= OFFER_GROUP;
    offer->inline_data = names_written(&w);
    offer->size = (int64_t)names_written(&w).length;
    offer->members = (uint32_t)number(line, "of", w.count);
}

void play_selects(struct play *play, struct line *line)
{
    struct record record = { .kind = KIND_SELECT, .select = { .op = next_op(line->talker, "select", "") } };
    struct selector *selector = selector_of(play, line);
    if (selector)
        record.select.selector = selector_bytes(selector);
    step(play, &(struct pool_input){ .kind = POOL_RECORD, .session = line->talker->session, .record = &record });
    selector_destroy(selector);
}
