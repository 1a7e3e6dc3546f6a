/* SPDX-License-Identifier: BSD-3-Clause */
/* witness.h - what subscribers must be told
 *
 * Written from the words of the public contract, not from lib/pool: events in order, none twice, none missing without an OVERFLOW that
 * states it, nothing after unsubscribe, nothing missed after subscribe; an operation waits for the acks of those who want that; what a
 * consumer of a name has not settled goes to the next.  It sees what goes into the pool, what happened there (its facts) and what
 * comes out, and says what is wrong with it.  It looks at everything every time: slow, and simple. */
#ifndef TESTS_SIM_WITNESS_H
#define TESTS_SIM_WITNESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wire/record.h"
#include "maestro/subscription.h"

enum { W_NAME = 8, W_AUDIENCES = 48, W_CONSUMERS = 16, W_FACTS = 40000, W_DUTIES = 4096 };

/* Something that happened, or (intent) will. */
struct happened {
    uint64_t serial, time, app;
    uint32_t event;         /* how it is told, 0: not at all */
    uint64_t intended;      /* announced: the last INTENT of it, 0: there was none */
    bool intent, announced; /* announced: an operation led to it, of which subscribers could be told before */
    char name[W_NAME];      /* of the object, "": none is concerned */
    int step;
    int64_t size;
    uint32_t generation;
};

/* What a subscription asks for. */
struct wanted {
    uint32_t kinds, options;
    int step;          /* what its selector asks for; -1, "": anything */
    char name[W_NAME];
    char title[W_NAME]; /* its own name, "": none */
    uint8_t flags, when_full, when_late, start;
    uint64_t max_events, hold_time, since;
};

enum fate { NOT_TOLD, TOLD, SETTLED, MISSED };

struct consumed { uint64_t session, number, told, seen; bool in; };

/* A subscription, and what has become of the events in it. */
struct audience {
    bool in, late, past; /* past: a checkpoint is owed to it */
    struct wanted wanted;
    uint64_t app;        /* of its only consumer */
    uint64_t began;      /* the fact of its SUBSCRIBE */
    uint64_t last;       /* not named: all up to here is told, or stated as missing */
    size_t standing;     /* offers that stood, still to be told */
    uint64_t stood[64];
    struct consumed consumer[W_CONSUMERS];
    uint64_t suspect;    /* an event of which an operation should have waited, unless the subscription ends in this step */
    bool unwaited[W_FACTS]; /* of each fact: its operation has not waited, though it should have if there was room for the event */
    /* named: of each fact */
    uint8_t *fate, *by;
    bool *taken;
    uint64_t *order;
};

/* An operation on an object that waits for somebody's ack; doubtful: perhaps he is late, and it does not. */
struct duty { struct audience *audience; uint64_t app, serial, due; char name[W_NAME]; bool before, told, excused, doubtful; };

struct witness {
    struct happened fact[W_FACTS];
    size_t facts;
    struct audience audience[W_AUDIENCES];
    struct duty duty[W_DUTIES];
    size_t duties;
    uint64_t now, checked; /* checked: events that were held against the rules */
    char wrong[300];
};

void witness_release(struct witness *w);

/* ---- before a step ---- */
void witness_seen(struct witness *w, uint64_t session, const struct record_seen *seen);
void witness_acknowledged(struct witness *w, uint64_t session, const struct record_ack_event *ack);
void witness_lost(struct witness *w, uint64_t session, uint64_t app);
void witness_unsubscribed(struct witness *w, uint64_t session, uint64_t number, bool forget); /* not a word more */

/* ---- after it: what happened, in order; 'actor': whose record the step was about, 0: nobody's ---- */
void witness_happened(struct witness *w, const struct happened *fact, uint64_t actor);
void witness_time(struct witness *w, uint64_t now);

/* ---- then what came out, in order ---- */
void witness_subscribed(struct witness *w, uint64_t session, uint64_t app, uint64_t number, const struct wanted *wanted);
void witness_told(struct witness *w, uint64_t session, const struct record_events *events);
void witness_ended(struct witness *w, uint64_t session, const struct record_subscription_end *end, bool forgotten);

/* After all of that: has nothing gone on that must wait?  Who was ended meanwhile is owed nothing. */
void witness_step_ends(struct witness *w);

/* An operation of 'app' on 'name' has been answered: nobody is owed an ack. */
void witness_answered(struct witness *w, uint64_t app, const char *name);

/* Everybody has taken and acknowledged all that came: nothing is left. */
void witness_end(struct witness *w);

#endif
