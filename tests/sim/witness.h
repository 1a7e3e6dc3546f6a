/* SPDX-License-Identifier: BSD-3-Clause */
/* witness.h - what subscribers must be told
 *
 * Written from the words of the public contract, not from lib/pool: events in order, none twice, none missing without an OVERFLOW that
 * states it, nothing after unsubscribe, nothing missed after subscribe; an operation waits for the acks of those who want that; what a
 * consumer of a name has not settled goes to the next; queues have the bounds that were asked for.  It sees what goes into one shard of
 * the pool, what happened there (its facts) and what comes out, and says what is wrong with it.  It looks at everything every time: slow,
 * and simple. */
#ifndef TESTS_SIM_WITNESS_H
#define TESTS_SIM_WITNESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wire/record.h"
#include "maestro/subscription.h"

enum { W_NAME = 8, W_AUDIENCES = 64, W_CONSUMERS = 16 };

/* The attribute that objects have here, or not. */
#define W_STEP_KEY ".maestro.ecmwf.step"

/* The component of an application, by its index. */
#define W_COMPONENT "sim%d"

/* Something that happened, or (intent) will. */
struct happened {
    uint64_t serial, time, app;
    int64_t index;          /* of the application in its component; -1: nobody did it */
    uint32_t event;         /* how it is told, 0: not at all */
    uint64_t intended;      /* announced: up to which serial it was, by then; its own: in its own step */
    uint64_t op;            /* of the application, that subscribers can hold up, 0: none; handle: of an INTENT, with what it has parked, 0: nothing */
    uint64_t handle;
    bool unheld;            /* an INTENT of an application that leaves: nobody holds it up */
    bool vague;             /* it may be of another one: the same happened twice in this step */
    uint64_t moment;        /* the step in which it did */
    bool intent, announced; /* announced: an operation led to it, of which subscribers could be told before */
    bool whole;             /* of a group as one */
    bool going;             /* an OFFER: its holder wants it back, or has gone; it may stand still */
    char name[W_NAME];      /* of the object, "": none is concerned */
    int step;               /* its attribute; below 0: it has none */
    int64_t size;
    uint32_t generation;
};

/* What a subscription asks for. */
struct wanted {
    uint32_t kinds, options;
    int step;           /* what its selector asks for; -1, "": anything */
    char name[W_NAME];
    char title[W_NAME]; /* its own name, "": none */
    bool attributes;    /* events shall carry the step */
    uint8_t flags, when_full, when_late, start;
    uint64_t max_events, hold_time, since;
    uint64_t max_bytes; /* 0: so many that it does not matter */
    uint64_t granted;   /* elsewhere than where its name is at home: what was said there */
};

struct passage;
struct consumed { uint64_t session, number, told, seen; bool in, made; };

/* A subscription, and what has become of the events in it. */
struct audience {
    bool in, late, past; /* past: a checkpoint is owed to it */
    struct wanted wanted;
    uint64_t app;        /* of its only consumer */
    uint64_t granted;    /* under a name: what was said last, where that is at home, to who was granted it */
    uint64_t began;      /* the fact of its SUBSCRIBE */
    uint64_t last;       /* not named: all up to here is told, or stated as missing */
    uint64_t live;       /* what happens behind this is told when it happens, 0: that is not known */
    uint64_t stood_in;   /* the moment when the last of what stood was told */
    size_t standing;     /* offers that stood, still to be told */
    uint64_t stood[64];
    struct consumed consumer[W_CONSUMERS];
    uint64_t suspect;    /* an event of which an operation should have waited, unless the subscription ends in this step */
    struct passage *passage; /* what has become of each fact in it: audience.h */
    size_t passages, floor;  /* floor: whatever is below it is settled */
};

/* An operation on an object that waits for somebody's ack; doubtful: perhaps he is late, and it does not. */
struct duty { struct audience *audience; uint64_t app, number /* of the operation; before: of the handle */, serial, due; char name[W_NAME]; bool before, told, excused, doubtful; };

/* A group of an application; over: it was taken back or lost since it was offered last. */
struct group { uint64_t app; char name[W_NAME]; bool over; };

/* How often it has met what it is there for.  events: that were held against the rules; ends: of subscriptions, by the pool; acks: that an
 * operation surely waited for and that came in time; late: that did not; names: SUBSCRIBEs under one; lost: LOST; lost_groups: GROUP_LOST. */
struct met { uint64_t events, gaps, ends, acks, late, names, lost, lost_groups; };

/* All zero: nothing has happened yet. */
struct witness {
    struct happened *fact;
    struct duty *duty;
    struct group *group;
    size_t facts, fact_room, duties, duty_room, groups, group_room;
    struct audience audience[W_AUDIENCES];
    uint64_t now, moment;
    uint64_t granted;   /* the most that was said of a name */
    struct met met;
    char wrong[300];
};

void witness_release(struct witness *w);

/* ---- before a step ---- */
void witness_seen(struct witness *w, uint64_t session, const struct record_seen *seen);
void witness_acknowledged(struct witness *w, uint64_t session, const struct record_ack_event *ack);
void witness_lost(struct witness *w, uint64_t session, uint64_t app);
void witness_left(struct witness *w, uint64_t session); /* it is told nothing any more */
void witness_unsubscribed(struct witness *w, uint64_t session, uint64_t number, unsigned forget /* FORGET_* */); /* not a word more */
void witness_group_begins(struct witness *w, uint64_t app, const char *name); /* it is being offered */
void witness_takes_back(struct witness *w, uint64_t app, const char *name /* NULL: all */);
void witness_late(struct witness *w, uint64_t session, uint64_t number); /* another shard has waited too long */
void witness_let_go(struct witness *w, uint64_t app, uint64_t number, bool before); /* that operation, what that handle has parked, waits for nobody any more */
void witness_lets_all_go(struct witness *w, uint64_t app);

/* ---- after it: what happened, in order; 'actor': whose record the step was about, 0: nobody's ---- */
void witness_adds(struct witness *w, const struct happened *fact);
void witness_happened(struct witness *w, size_t fact, uint64_t actor); /* what follows from that for those who are told */
void witness_gone_on(struct witness *w, uint64_t app, uint64_t handle); /* what the handle had parked */
void witness_time(struct witness *w, uint64_t now);

/* ---- then what came out, in order; 'newest': the last fact before the step ---- */
void witness_subscribed(struct witness *w, uint64_t session, uint64_t app, uint64_t number, const struct wanted *wanted, uint64_t newest);
void witness_refused(struct witness *w, const struct wanted *wanted, mstro_status status);
void witness_granted(struct witness *w, uint64_t session, uint64_t number, uint64_t granted); /* at home: for the others, above 0 */
void witness_told(struct witness *w, uint64_t session, const struct record_events *events);
void witness_positioned(struct witness *w, uint64_t session, const struct record_events *events); /* up to where all was told, they say */
void witness_ended(struct witness *w, uint64_t session, const struct record_subscription_end *end, bool forgotten);

/* After all of that: has nothing gone on that must wait?  Who was ended meanwhile is owed nothing. */
void witness_step_ends(struct witness *w);

/* An operation of 'app' has been answered: nobody is owed an ack. */
void witness_answered(struct witness *w, uint64_t app, uint64_t op);

/* ---- at any time ---- */

/* Has anybody that name who cannot share it?  Where it is not at home that may be news to him; then he has it no more. */
const struct consumed *witness_holder(const struct witness *w, const char *title);
bool witness_knows(struct witness *w, uint64_t session, uint64_t number);
void witness_displaced(struct witness *w, uint64_t session, uint64_t number);

/* Of a shared name: what was granted has ended where it is at home.  All of it ends. */
void witness_begins_anew(struct witness *w, const struct wanted *wanted);

/* Can that operation of 'app' be waiting for a subscriber; (before) what that handle has parked? */
bool witness_may_wait(struct witness *w, uint64_t app, uint64_t number, bool before);

/* The serial of the last fact, 0: there is none. */
uint64_t witness_newest(const struct witness *w);

/* Everybody has taken and acknowledged all that came: nothing is left. */
void witness_end(struct witness *w);

/* 'app' has gone (0: everybody has): each group that was offered was taken back or lost, once. */
void witness_groups_end(struct witness *w, uint64_t app);

#endif
