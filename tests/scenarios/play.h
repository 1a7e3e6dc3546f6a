/* SPDX-License-Identifier: BSD-3-Clause */
/* play.h - a scenario: who of a workflow does what, in which order, and how it ends
 *
 * A file of tests/scenarios, read here for the three that play it: in_process.c, with_manager.c, simulated.c.
 * Its first line is the sentence that it shows.  Each other line is a step; the next begins when it has ended, or waits:
 *
 *     ROLE: VERB OBJECT ...   OUTCOME
 *
 * OUTCOME is a status, or "waits": nothing is under way any more that could end it.  It still waits before each later step, until
 * "ROLE: ...  STATUS" right behind the step that lets it end.
 *
 *     offer X [SIZE [SEED]]   without SIZE: a name only.  SEED: which bytes
 *     require X   demand X   withdraw X   retract X   dispose X
 *     room X SIZE             X shall come into so many bytes of memory of the role's own
 *     holds X SIZE SEED       what was demanded is that, byte by byte
 *     cancel                  what the role waits for
 *     watch                   every offer is held until this role has acknowledged it
 *     hear X                  the next event is the offer of X
 *     ack                     what was heard
 *     leave                   the role ends well
 *     die                     the role is killed; the only step without an outcome
 *
 * When a WITHDRAW has ended, the role's memory gets other bytes.  A line "needs processes" says that roles which leave or die cannot
 * be threads of one process: that is not played there.  "#" begins a remark. */
#ifndef TESTS_SCENARIOS_PLAY_H
#define TESTS_SCENARIOS_PLAY_H
#include <glob.h>
#include <stdbool.h>
#include <stdint.h>

#include "maestro/status.h"

enum { PLAY_ROLES = 4, PLAY_OBJECTS = 4, PLAY_STEPS = 48, PLAY_TEXT = 200, PLAY_NAME = 32, PLAY_OBJECT_NAME = 8 };

/* X(NAME, word, what follows it: x an object, s a size, d a seed, capital: may be left out) */
#define PLAY_VERBS(X) \
    X(OFFER, "offer", "xSD") X(REQUIRE, "require", "x") X(DEMAND, "demand", "x") X(WITHDRAW, "withdraw", "x") X(RETRACT, "retract", "x") \
    X(DISPOSE, "dispose", "x") X(ROOM, "room", "xs") X(HOLDS, "holds", "xsD") X(CANCEL, "cancel", "") X(WATCH, "watch", "") \
    X(HEAR, "hear", "x") X(ACK, "ack", "") X(LEAVE, "leave", "") X(DIE, "die", "") X(GOES_ON, "...", "")

enum play_verb {
#define PLAY_VERB(name, word, rest) PLAY_##name,
    PLAY_VERBS(PLAY_VERB)
#undef PLAY_VERB
    PLAY_VERB_COUNT
};

struct play_step {
    int line, role;
    enum play_verb verb;
    int object;         /* -1: none */
    int64_t size;       /* -1: a name only */
    unsigned seed;      /* 1 when nothing is said, at most 200 */
    bool waits;
    mstro_status status; /* of what does not wait */
    int begun;           /* GOES_ON and CANCEL: the step that waits */
};

struct play {
    char path[PLAY_TEXT], sentence[PLAY_TEXT];
    bool needs_processes;
    int roles, objects, steps;
    char role[PLAY_ROLES][PLAY_NAME], object[PLAY_OBJECTS][PLAY_OBJECT_NAME];
    struct play_step step[PLAY_STEPS];
};

/* What stands in 'text', which is changed; 'path' is for messages.  NULL, or what is wrong with it: static storage. */
const char *play_parse(struct play *play, const char *path, char *text);

/* The same from the file. */
const char *play_read(struct play *play, const char *path);

const char *play_verb_word(enum play_verb verb);

/* The files: those named, or else all of tests/scenarios; globfree when done.  False: there are none. */
bool play_files(int named, char **names, glob_t *files);

#endif
