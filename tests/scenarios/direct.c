/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include "tests/scenarios/direct.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "maestro/subscription.h"

enum { PATIENCE = 20000 /* ms */, OTHER_BYTES = 238 };

struct cast {
    const struct play *play;
    struct process *const *actor;
    const struct play_step *step;           /* which is played */
    const struct play_step *waits[PLAY_ROLES];
    bool gone[PLAY_ROLES];
    struct { bool declared; int64_t size; } has[PLAY_ROLES][PLAY_OBJECTS];
};

/* ---- lines ---- */

static void fail_step(const struct cast *cast, int role, const char *expected, const char *heard)
{
    fail_msg("%s:%d: %s, %s: expected %s, heard: %s", cast->play->path, cast->step->line, cast->play->role[role], play_verb_word(cast->step->verb),
             expected, heard);
}

/* The answer begins with 'expected' as a word. */
static void hear_it(const struct cast *cast, int role, const char *expected)
{
    struct process *p = cast->actor[role];
    size_t length = strlen(expected);
    if (!hears(p, allowance(PATIENCE)))
        fail_step(cast, role, expected, "nothing");
    if (strncmp(p->answer, expected, length) != 0 || (p->answer[length] && !strchr(" :", p->answer[length])))
        fail_step(cast, role, expected, p->answer);
}

static void ask(const struct cast *cast, int role, const char *expected, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void ask(const struct cast *cast, int role, const char *expected, const char *format, ...)
{
    char line[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    tell(cast->actor[role], "%s", line);
    hear_it(cast, role, expected);
}

/* ---- what waits ---- */

/* One who is leaving cannot be asked: somebody else goes to the pool and back. */
static void check_leaves_not(const struct cast *cast, int role)
{
    for (int other = 0; other < cast->play->roles; other++)
        if (!cast->gone[other] && !(cast->waits[other] && cast->waits[other]->verb == PLAY_LEAVE))
            ask(cast, other, "MSTRO_OK", "round");
    if (hears(cast->actor[role], 0))
        fail_step(cast, role, "it to wait still", cast->actor[role]->answer);
}

static void check_waiting(const struct cast *cast)
{
    for (int role = 0; role < cast->play->roles; role++) {
        if (!cast->waits[role])
            continue;
        if (cast->waits[role]->verb == PLAY_LEAVE)
            check_leaves_not(cast, role);
        else {
            ask(cast, role, "MSTRO_OK", "round");
            ask(cast, role, "MSTRO_WOULDBLOCK", "test");
        }
    }
}

/* ---- steps ---- */

static void declare(struct cast *cast, const struct play_step *step)
{
    if (cast->has[step->role][step->object].declared)
        return;
    ask(cast, step->role, "MSTRO_OK", "declare %d %s", step->object, cast->play->object[step->object]);
    cast->has[step->role][step->object].declared = true;
    cast->has[step->role][step->object].size = -1;
}

static void give_bytes(struct cast *cast, const struct play_step *step)
{
    if (step->size < 0)
        return;
    ask(cast, step->role, "MSTRO_OK", "fill %d %" PRId64 " %u", step->object, step->size, step->seed);
    cast->has[step->role][step->object].size = step->size;
}

static void has_ended(struct cast *cast, const struct play_step *step, mstro_status status)
{
    cast->gone[step->role] = step->verb == PLAY_LEAVE;
    if (step->verb == PLAY_DISPOSE)
        cast->has[step->role][step->object].declared = false;
    int64_t size = step->object < 0 ? -1 : cast->has[step->role][step->object].size;
    if (step->verb == PLAY_WITHDRAW && status == MSTRO_OK && size >= 0)
        ask(cast, step->role, "MSTRO_OK", "fill %d %" PRId64 " %d", step->object, size, OTHER_BYTES);
}

static void begin(struct cast *cast, const struct play_step *step)
{
    if (step->verb == PLAY_LEAVE)
        tell(cast->actor[step->role], "finalize");
    else
        ask(cast, step->role, "MSTRO_OK", "begin %s %d", play_verb_word(step->verb), step->object);
    cast->waits[step->role] = step;
}

static void go_on(struct cast *cast, const struct play_step *step)
{
    const struct play_step *begun = &cast->play->step[step->begun];
    const char *expected = mstro_status_name(step->status);
    cast->waits[step->role] = NULL;
    if (begun->verb == PLAY_LEAVE)
        hear_it(cast, step->role, expected);
    else
        ask(cast, step->role, expected, step->verb == PLAY_CANCEL ? "cancel" : "wait");
    has_ended(cast, begun, step->status);
}

static void die(struct cast *cast, int role)
{
    process_kill(cast->actor[role], SIGKILL);
    assert_int_equal(process_wait(cast->actor[role], PATIENCE), 128 + SIGKILL);
    cast->waits[role] = NULL;
    cast->gone[role] = true;
}

static void hear_of(struct cast *cast, const struct play_step *step)
{
    char event[64];
    snprintf(event, sizeof event, "(%s) ", cast->play->object[step->object]);
    ask(cast, step->role, mstro_status_name(step->status), "event %d", PATIENCE);
    if (!strstr(cast->actor[step->role]->answer, event))
        fail_step(cast, step->role, event, cast->actor[step->role]->answer);
}

static void play_step(struct cast *cast, const struct play_step *step)
{
    const char *expected = mstro_status_name(step->status);
    switch (step->verb) {
    case PLAY_OFFER:
        declare(cast, step);
        give_bytes(cast, step);
        break;
    case PLAY_REQUIRE:
    case PLAY_DEMAND:
    case PLAY_ROOM:
        declare(cast, step);
        break;
    default:
        break;
    }
    if (step->waits) {
        begin(cast, step);
        return;
    }
    switch (step->verb) {
    case PLAY_DIE: die(cast, step->role); return;
    case PLAY_GOES_ON:
    case PLAY_CANCEL: go_on(cast, step); return;
    case PLAY_HEAR: hear_of(cast, step); return;
    case PLAY_WATCH: ask(cast, step->role, expected, "subscribe %d %d", MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK); return;
    case PLAY_ROOM: ask(cast, step->role, expected, "room %d %" PRId64, step->object, step->size); return;
    case PLAY_HOLDS:
        ask(cast, step->role, step->status == MSTRO_OK ? "MSTRO_OK right" : expected, "check %d %" PRId64 " %u", step->object, step->size, step->seed);
        return;
    case PLAY_ACK: ask(cast, step->role, expected, "ack"); return;
    case PLAY_LEAVE: ask(cast, step->role, expected, "finalize"); break;
    default: ask(cast, step->role, expected, "%s %d", play_verb_word(step->verb), step->object); break;
    }
    has_ended(cast, step, step->status);
}

void direct(const struct play *play, struct process *const actor[])
{
    struct cast cast = { .play = play, .actor = actor };
    for (int i = 0; i < play->steps; i++) {
        cast.step = &play->step[i];
        if (cast.step->verb != PLAY_GOES_ON) /* what the last step let end may have */
            check_waiting(&cast);
        play_step(&cast, cast.step);
        if (cast.step->waits)
            check_waiting(&cast);
    }
}

/* ---- files ---- */

struct entry { struct play play; char name[PLAY_TEXT + 64]; };

static void is_not_played(void **state) { (void)state; }

static const char *read_entry(const struct deployment *deployment, const char *path, struct entry *entry, struct CMUnitTest *test)
{
    const char *fault = play_read(&entry->play, path);
    bool can = deployment->processes || !entry->play.needs_processes;
    snprintf(entry->name, sizeof entry->name, "%s%s", entry->play.sentence, can ? "" : " # SKIP it needs processes"); /* as TAP has it; cmocka's skip is "not ok" */
    *test = (struct CMUnitTest){ .name = entry->name, .test_func = can ? deployment->play : is_not_played, .initial_state = &entry->play };
    if (can) {
        test->setup_func = deployment->set_up;
        test->teardown_func = deployment->tear_down;
    }
    return fault;
}

int direct_files(const struct deployment *deployment, int argc, char **argv)
{
    glob_t files;
    int code = 1;
    if (!play_files(argc - 1, argv + 1, &files)) {
        printf("Bail out! there are no scenarios\n");
        return 1;
    }
    struct entry *entries = calloc(files.gl_pathc, sizeof *entries);
    struct CMUnitTest *tests = calloc(files.gl_pathc, sizeof *tests);
    const char *fault = entries && tests ? NULL : "no memory";
    for (size_t i = 0; i < files.gl_pathc && !fault; i++)
        fault = read_entry(deployment, files.gl_pathv[i], &entries[i], &tests[i]);
    if (fault)
        printf("Bail out! %s\n", fault);
    else
        code = _cmocka_run_group_tests(deployment->name, tests, files.gl_pathc, NULL, NULL);
    free(entries);
    free(tests);
    globfree(&files);
    return code;
}
