/* SPDX-License-Identifier: BSD-3-Clause */
/* model.h - what the rules say the pool must answer
 *
 * A second, slow engine that keeps flat tables and looks at everything, written from the rules (doc/rfc/states.md) and not from
 * lib/pool.  Fed with the same inputs it says what must come out, and what happens by that, which is what subscribers are told;
 * whatever differs is a fault of one of the two.  Notes are not in it; ticket numbers are learned from what came out, and whether
 * a SUBSCRIBE is granted.  It holds no memory: copying the struct copies the state. */
#ifndef TESTS_SIM_MODEL_H
#define TESTS_SIM_MODEL_H
#include <stdbool.h>
#include <stdint.h>

#include "lib/pool/pool.h"

#ifdef MODEL_SMALL
enum { MODEL_SESSIONS = 2, MODEL_HANDLES = 6, MODEL_GENERATIONS = 12, MODEL_ANSWERS = 32, MODEL_SHOWN = 4, MODEL_EVENTS = 64, MODEL_LATER = 1 };
#else
enum { MODEL_SESSIONS = 64, MODEL_HANDLES = 256, MODEL_GENERATIONS = 256, MODEL_ANSWERS = 512, MODEL_SHOWN = 64, MODEL_EVENTS = 1024, MODEL_LATER = 256 };
#endif
enum { MODEL_NAME = 16, NO_GENERATION = -1, NO_STEP = -2 };

struct model_session {
    uint64_t number, leave_op, join_op;
    int64_t index;
    int unanswered; /* shards that have not said that they know it */
    bool in, leaving;
    bool parted; /* nothing of it is left here, and shard 0 has not said that it is over */
};

struct model_handle {
    uint64_t session, number; /* session 0: not used */
    char name[MODEL_NAME];
    bool needs, bears_loss, owed_loss;
    bool retains; /* for a group that lists it: it is never served */
    uint64_t commit; /* the generation that alone may serve it, 0: any */
    uint64_t lost; /* the generation whose loss is owed */
    int bound; /* index of a generation */
    uint64_t demand, ticket, voided, told;
};

struct model_generation {
    char name[MODEL_NAME];         /* "": not used */
    uint64_t session, handle;      /* its holder; 0: none any more */
    uint64_t withdraw_op, number;
    uint64_t group, commit;        /* the handle of the group it is for, which may be itself; which one of all it is */
    uint64_t word;
    int64_t size;
    bool withdrawing, by_leave, whole, bears_loss, cut, copied, is_group;
    bool prepared, made;           /* nobody sees it; made: nor its handle */
    int step;                      /* its attribute, NO_STEP: it has none */
    uint64_t announced;            /* in which step of the pool its OFFER for a group was, its deferred WITHDRAW */
    int members, counted, awaited; /* of a group that other shards are asked about: prepared, then visible */
    bool committed, withdrawn;     /* a group: all of it is prepared, everywhere; then somebody wants it back */
    uint64_t op;
};

/* Whatever the status: a witness judges who is granted a subscription. */
enum { ANY_STATUS = 1 << 30 };

/* One answer that must come.  To a shard: session is 0, handle is the session it is about. */
struct model_answer { uint64_t session, shard, op, handle, by_handle /* whose record led to it, if it is of the same session */, generation, ticket, commit, members; enum record_kind kind; uint32_t status, flags, leads_to /* an event, when it is good */; int how; bool came, voided /* held up: from this step on */; bool retains; uint64_t retained; /* of a REQUIRE that retains: what it must say; of one that came, what it says */ };

/* Something that happens: a flag of mstro_pool_event_kind, by whom, and to what.  sudden: no operation of its own led to it; announced: in
 * which step of the pool that was asked for, 0: in this one; op: of that session, which subscribers can hold up, 0: none.  came: a fact says so. */
struct model_event {
    uint32_t kind;
    int step;
    uint64_t session, generation, announced, op;
    int64_t size;
    char name[MODEL_NAME];
    bool sudden, came, vague; /* vague: something of another operation is just the same */
};

/* A WITHDRAW that came before all of its group was to be seen, and is there now as if it came now: subscribers may hold it up.
 * session 0: there is none. */
struct model_again { uint64_t session, handle, op; };

struct model {
    uint64_t inline_budget, inline_bytes, commits;
    int shard, shards;
    struct model_session session[MODEL_SESSIONS];
    struct model_handle handle[MODEL_HANDLES];
    struct { uint64_t commit, word; } shown[MODEL_SHOWN]; /* of late */
    int shows;
    struct model_generation generation[MODEL_GENERATIONS];
    struct model_named { char name[MODEL_NAME]; uint64_t generations; int step; /* of the newest that was seen */ } named[MODEL_GENERATIONS];
    struct model_answer answer[MODEL_ANSWERS];
    struct model_event event[MODEL_EVENTS];
    struct model_answer later[MODEL_LATER]; /* answers that subscribers hold up: what they are of has happened */
    int answers, events, laters;
    bool holds; /* there may be some */
    struct model_again again; /* if there may: of this step, for whoever knows what is parked (parked.h) */
    bool subscribed; /* what is unsubscribed now is known: a witness (witness.h) says so */
    uint64_t by_session, by_handle, by_op; /* whose record is taken, and which operation that is, 0: none of a handle */
    uint64_t moment, announced; /* which step of the pool this is; in which one what is taken now was parked, 0: not before */
    const char *wrong; /* the first fault, or NULL */
    char text[256];
};

void model_init(struct model *model, uint64_t inline_budget, int shard, int shards);

/* What the engine takes in a step, in order; or in a step of its own.  At the end those leave whom nobody needs any more. */
void model_begin(struct model *model);
void model_more(struct model *model, const struct pool_input *in);
void model_end(struct model *model);
void model_input(struct model *model, const struct pool_input *in);

/* A session was silent for too long: happens before the engine's outputs are compared. */
void model_evict(struct model *model, uint64_t session);

/* After the engine took it: compare.  False: model->wrong says what. */
bool model_compare(struct model *model, const struct pool_outputs *out, size_t first);

/* Is what it says from answer 'from' on among what came? */
bool model_answers(const struct model *model, int from, const struct pool_outputs *out);

/* Do subscribers hold up the answer to that operation, or to another of that handle? */
bool model_puts_off(const struct model *model, uint64_t session, uint64_t op, uint64_t handle);

/* The flags of the kinds of event that it knows, and of those that are about objects. */
uint32_t model_events(void);
uint32_t model_object_events(void);

/* A fact of one of those kinds: that event of the rules.  Then, have all come that the rules have?  NULL, false: model->wrong says what. */
bool model_same_event(const struct model_event *a, const struct model_event *b);
const struct model_event *model_expects(struct model *model, const struct model_event *came);
bool model_happened(struct model *model);

/* How many operations wait, REQUIREs are there, tickets are open: as pool_count has it. */
struct pool_count model_count(const struct model *model);

/* The validity word of what became visible alone with that commit, 0: that was too long ago, or is of a group. */
uint64_t model_word_of(const struct model *model, uint64_t commit);

/* With which commit the object is offered, 0: not at all. */
uint64_t model_commit_of(struct model *model, const char *name);

/* How many of this session are prepared for the group with that handle. */
int model_prepared_for(const struct model *model, uint64_t session, uint64_t group);

struct model_handle *model_handle_of(struct model *model, uint64_t session, uint64_t number);
struct model_generation *model_held_by(struct model *model, uint64_t session, uint64_t number);

#endif
