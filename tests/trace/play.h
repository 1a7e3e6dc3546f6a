/* SPDX-License-Identifier: BSD-3-Clause */
/* play.h - a trace that is being played, for the files of this folder */
#ifndef TESTS_TRACE_PLAY_H
#define TESTS_TRACE_PLAY_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/pool/pool.h"

enum { MANY = 32, WORDS = 160, LABEL = 400, EVENTS = 128 };

struct talker {
    char name[LABEL];
    uint64_t session, ops;
    uint32_t handles, subscriptions;
    char handle[MANY][LABEL], op[MANY][LABEL], subscription[MANY][LABEL];
    uint64_t told[MANY][EVENTS]; /* serials, in the order in which they came */
    uint32_t events[MANY];
};

struct play {
    struct pool *pool;
    struct pool_settings settings;
    struct pool_outputs out;
    struct talker talker[MANY];
    size_t talkers;
    uint64_t now;
    FILE *text;
    const char *problem;
    struct schema *schema;
};

/* What stands in a line behind its verb. */
struct line {
    struct talker *talker;
    char *word[WORDS]; /* after the verb */
    int words;
};

/* ---- traces.c ---- */

/* What comes out of the trace in 'text'; the caller frees it.  *problem: it could not be played to its end. */
char *play_text(const char *text, bool *problem);

/* Where the first line of 'text' ends. */
const char *line_end(const char *text);

struct talker *talker_named(struct play *play, const char *name);
struct talker *talker_of(struct play *play, uint64_t session);
struct talker *talker_join(struct play *play, const char *name);

void say(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_status(struct play *play, uint32_t status, struct text detail);

bool has(const struct line *line, const char *word);
const char *value(const struct line *line, const char *word, const char *otherwise); /* what stands behind 'word' */
uint64_t number(const struct line *line, const char *word, uint64_t otherwise);
const char *object(const struct line *line);

/* The number of what the talker calls so; of its next operation, which is called "VERB WHAT". */
uint64_t handle_of(struct talker *talker, const char *label);
uint64_t next_op(struct talker *talker, const char *verb, const char *what);

/* "where" and what follows, up to the end of the line; NULL: there is none. */
struct selector *selector_of(struct play *play, const struct line *line);

/* Its words from the first on, until the next call. */
struct text rest_of(const struct line *line, int first);

/* Let the engine take it, and say what it says. */
void step(struct play *play, const struct pool_input *in);

/* ---- groups.c ---- */
void say_names(struct play *play, struct bytes list);
void list_members(const struct line *line, struct record_offer *offer);
void play_selects(struct play *play, struct line *line);

/* ---- terms.c ---- */

/* The terms of a subscription, all of which may be absent:
 *     most 2  bytes 400  full hold|end  late end  waiting MILLISECONDS  under NAME  durable  shared  carrying KEY ...
 *     from cursor N | serial N | age MILLISECONDS | standing
 * 'key' has WORDS places; they and 'position' are shown by 'asked'. */
void line_terms(const struct line *line, struct record_subscribe *asked, struct record_key *key, struct record_position *position);

/* ---- shards.c: "at 3 shard-1 knows a", and "-> shard 1: ADMIT a" ---- */
void say_to_shard(struct play *play, uint16_t shard, const struct record *record);
void play_shard(struct play *play, uint16_t shard, const char *verb, struct line *line);

#endif
