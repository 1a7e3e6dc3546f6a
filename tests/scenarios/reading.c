/* SPDX-License-Identifier: BSD-3-Clause */
/* What a scenario may not say: a play that is read wrong shows nothing. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "tests/scenarios/play.h"

struct reading { const char *sentence, *text, *fault; };

static const struct reading readings[] = {
    { "a_verb_that_nobody_knows_is_named", "s\na: lend x MSTRO_OK\n", "f:2: nobody can \"lend\"" },
    { "an_outcome_is_a_status", "s\na: demand x OK\n", "f:2: \"OK\" is no status, and not \"waits\"" },
    { "a_step_has_an_outcome", "s\na: demand\n", "f:2: how does it end?" },
    { "a_verb_gets_all_its_words", "s\n\n# a remark\na: room x MSTRO_OK\n", "f:4: room needs more words" },
    { "a_verb_gets_no_more_words", "s\na: demand x y MSTRO_OK\n", "f:2: what is \"y\" for demand?" },
    { "a_size_is_a_number", "s\na: offer x -5 MSTRO_OK\n", "f:2: \"-5\" is no size, or a seed beyond 200" },
    { "who_waits_does_nothing_else", "s\na: demand x waits\na: require y MSTRO_OK\n", "f:3: a waits, and can do nothing else" },
    { "who_does_not_wait_does_not_go_on", "s\na: ... MSTRO_OK\n", "f:2: a waits for nothing" },
    { "what_waits_ends", "s\na: demand x waits\n", "f:2: how does that end?" },
    { "what_cannot_wait_is_not_waited_for", "s\na: watch waits\n", "f:2: nobody has to wait for that" },
    { "who_dies_needs_to_be_a_process", "s\na: require x MSTRO_OK\na: die\n", "f:3: this needs a line \"needs processes\"" },
    { "who_has_died_does_nothing", "s\nneeds processes\na: die\na: require x MSTRO_OK\n", "f:4: a is gone" },
    { "who_has_left_does_nothing", "s\nneeds processes\na: leave waits\na: ... MSTRO_OK\na: demand x MSTRO_OK\n", "f:5: a is gone" },
    { "something_happens", "s\n", "f:1: nothing happens" },
    { "a_play_without_a_fault_has_none", "s\na: offer x 100 2 waits # held\na: ... MSTRO_CONFLICT", NULL },
};
enum { COUNT = sizeof readings / sizeof readings[0] };

static void is_read(void **state)
{
    const struct reading *reading = *state;
    struct play play;
    char text[200];
    snprintf(text, sizeof text, "%s", reading->text);
    const char *fault = play_parse(&play, "f", text);
    if (reading->fault) {
        assert_non_null(fault);
        assert_string_equal(fault, reading->fault);
    } else
        assert_null(fault);
    assert_string_equal(play.sentence, "s");
}

static void a_step_is_what_its_line_says(void **state)
{
    struct play play;
    char text[] = "one\nneeds processes\nfirst: offer x 100 2 waits\nsecond: room y 7 MSTRO_OK\nfirst: ... MSTRO_CONFLICT\n";
    (void)state;
    assert_null(play_parse(&play, "f", text));
    assert_true(play.needs_processes && play.steps == 3 && play.roles == 2 && play.objects == 2);
    const struct play_step *offer = &play.step[0], *room = &play.step[1], *end = &play.step[2];
    assert_true(offer->verb == PLAY_OFFER && offer->role == 0 && offer->object == 0 && offer->size == 100 && offer->seed == 2 && offer->waits);
    assert_true(room->verb == PLAY_ROOM && room->role == 1 && room->object == 1 && room->size == 7 && !room->waits && room->status == MSTRO_OK);
    assert_true(end->verb == PLAY_GOES_ON && end->role == 0 && end->begun == 0 && end->status == MSTRO_CONFLICT && end->line == 5);
}

int main(void)
{
    struct CMUnitTest tests[COUNT + 1] = { cmocka_unit_test(a_step_is_what_its_line_says) };
    for (int i = 0; i < COUNT; i++)
        tests[i + 1] = (struct CMUnitTest){ .name = readings[i].sentence, .test_func = is_read, .initial_state = (void *)(uintptr_t)&readings[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
