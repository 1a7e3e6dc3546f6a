/* SPDX-License-Identifier: BSD-3-Clause */
/* state.h - what a client remembers, shared by the flows of this folder (one file each) and by nobody else */
#ifndef LIB_CLIENT_STATE_H
#define LIB_CLIENT_STATE_H
#include "lib/base/hash.h"
#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/client/client.h"

/* Where a handle stands.  The table that leads from one to the next is in life.c. */
enum life {
    LIFE_NONE,
    LIFE_IDLE,         /* the pool holds nothing of it */
    LIFE_OFFERING,     /* OFFER sent */
    LIFE_OFFERED,
    LIFE_WITHDRAWING,  /* WITHDRAW sent */
    LIFE_REQUIRING,    /* REQUIRE sent */
    LIFE_REQUIRED,     /* the pool knows */
    LIFE_DEMANDING,    /* DEMAND sent, its ticket is waited for */
    LIFE_FETCHING,     /* the bytes are coming, a DEMAND waits for them */
    LIFE_PAUSING,      /* the source could not be read: asked again after a moment */
    LIFE_PREFETCHING,  /* the bytes are coming, nobody has demanded them yet */
    LIFE_SERVED_AHEAD, /* they are here, nobody has demanded them yet */
    LIFE_SERVED,       /* demanded, and here */
    LIFE_RETREATING,   /* RETRACT or DISPOSE wait for the move to stop */
    LIFE_RETRACTING,   /* RETRACT sent */
    LIFE_LET_GO,       /* idle: the pool has done what its caller gave up waiting for, and does not know yet */
    LIFE_COUNT
};

enum life_event {
    ON_OFFER,       /* the caller wants it: */
    ON_REQUIRE,
    ON_RETRACT,
    ON_DEMAND,
    ON_WITHDRAW,
    ON_DISPOSE,
    ON_ACK,         /* the pool has done it */
    ON_ACK_ENDED,   /* the pool has ended it without effect (cancelled, lost): what was there before is there still */
    ON_ACK_REFUSED, /* the pool did not accept it */
    ON_TICKET,
    ON_VOID,        /* the source of the ticket is gone */
    ON_MOVED,       /* the mover: here */
    ON_AGAIN,       /* the mover: not readable, a new ticket may help */
    ON_FAILED,      /* the mover: could not be stored here, or was stopped */
    ON_CANCEL,      /* the caller wants the operation under way ended */
    ON_TIME,        /* the pause is over */
    ON_COUNT
};

struct handle {
    struct map_link link;
    struct list pause;           /* in client.pausing while LIFE_PAUSING */
    uint64_t number;
    enum life life;
    uint16_t shard;
    uint32_t flags;              /* REQUIRE_* */
    uint64_t commit;             /* the generation that a group lists, 0: any */
    struct text name;            /* the caller's */
    void *object;
    bool group;                  /* it offers a group: withdrawn before this process leaves */
    uint64_t withdraw_op;        /* of that, or of one that was under way then; 0: none */
    struct operation *operation; /* under way, or NULL */
    struct operation *forsaken;  /* the one before it, whose end the pool has not told yet (cancel.c), or NULL */
    struct {                     /* the last one that came; open while FETCHING, PAUSING, PREFETCHING, RETREATING */
        uint64_t number;
        uint8_t how;
        bool voided;             /* TICKET_VOID came */
        bool unasked;            /* the DEMAND that waits for it was never sent */
        bool stopped;            /* the caller wants the move ended */
    } ticket;
    struct kept_record *later;  /* a ticket that came while the move of a voided one still ran, or NULL */
    /* How the pool has ended a DEMAND whose move still runs, or one that had ended here before: for the next.  MSTRO_OK: none. */
    struct { mstro_status status; uint64_t generation; char detail[256]; } verdict;
    uint32_t let_go_flags;      /* LIFE_LET_GO: the flags of the pool's answer */
    uint32_t tries;
    uint64_t first_try, again_at;
};

struct operation {
    struct map_link link;
    uint64_t op;
    enum record_kind kind;
    uint16_t shard;
    uint16_t awaited;                  /* answers of several shards that have not come: of SUBSCRIBE, UNSUBSCRIBE, SELECT and LEAVE */
    bool force;                        /* of a LEAVE */
    mstro_status refused;              /* the first of them that was no MSTRO_OK */
    struct handle *handle;             /* or NULL */
    struct subscription_entry *subscription; /* of a SUBSCRIBE, or NULL */
    void *owner;
    struct kept_record *postponed; /* what starts it, while the pool has not answered the one before it; else NULL */
    struct kept_record *rest;      /* of a named SUBSCRIBE or UNSUBSCRIBE: for those shards whose turn it is not yet; else NULL */
    uint64_t granted;              /* of a named SUBSCRIBE: what the first shard said, for the others */
    bool forsaken;                 /* its end was reported before the pool told it */
    bool given_up;                 /* is to be forsaken as soon as it can be */
};

/* A record that waits for its turn, with all it points to. */
struct kept_record { struct arena arena; struct record record; };

struct subscription_entry {
    struct map_link link;
    uint64_t number;
    void *object;
    bool named, made, ended; /* made: every shard has it; ended: one of them has ended it */
    char refusal[256]; /* what the first shard that refused it said */
};

enum session_life { SESSION_NEW, SESSION_JOINING, SESSION_JOINED, SESSION_LEAVING, SESSION_ENDED };

struct client {
    enum session_life life;
    struct client_membership membership;
    const struct outlines *schemas; /* or NULL */
    uint16_t shard_of_slot[SLOT_COUNT];
    uint64_t shard_used[SLOT_COUNT / 64]; /* bits: where something was sent, and LEAVE must go */
    uint16_t shards;
    uint64_t heartbeat_at;
    struct map handles, operations, subscriptions;
    struct list pausing;
    struct map_link *spare_operations, *spare_handles;
    uint64_t moves, forsaken;
    struct { uint64_t op, withdrawals; } leave; /* what waits until the groups are withdrawn */
    bool told_end;
    mstro_status end_status;
    char end_detail[512];
};

/* One step under way: its input, what it is about, where the output goes. */
struct turn {
    struct client *client;
    const struct client_input *in;
    uint64_t now;
    struct client_outputs *out;
    struct handle *handle;
    struct operation *operation;
};

/* ---- client.c: tables and outputs ---- */
struct client_output *turn_put(struct turn *t, enum client_output_kind kind);
void turn_send(struct turn *t, uint16_t shard, const struct record *record);
void turn_send_all(struct turn *t, const struct record *record);
void turn_note(struct turn *t, uint64_t op, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct text turn_text(struct turn *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct handle *client_find_handle(const struct client *c, uint64_t number);
struct handle *client_add_handle(struct client *c, uint64_t number);
void client_drop_handle(struct client *c, struct handle *h);
/* After an ACK with this status the operation had no effect, but what it was about is as before. */
bool ack_keeps_state(uint32_t status);

struct operation *client_find_operation(const struct client *c, uint64_t op);
struct operation *client_add_operation(struct turn *t, uint64_t op, enum record_kind kind);
struct subscription_entry *client_find_subscription(const struct client *c, uint64_t number);

/* A copy, or NULL when memory is short. */
struct kept_record *record_keep(const struct record *record);
void record_drop(struct kept_record *kept);

/* What is under way on the handle, or NULL: not what waits for the answer to another. */
struct operation *handle_operation(const struct handle *h);

/* Take the operation's first step, now that nothing of its handle is under way. */
void operation_begin(struct turn *t);

/* Report the end of the operation, but not to forget it. */
void client_report_end(struct turn *t, struct operation *operation, mstro_status status, uint32_t flags, uint64_t generation, struct text detail);

/* Forget it without a word.  A NULL 'operation' is allowed. */
void client_forget_operation(struct client *c, struct operation *operation);

/* Report the end of the operation (unless it was forsaken) and forget it.  A NULL 'operation' is allowed. */
void client_end_operation(struct turn *t, struct operation *operation, mstro_status status, uint32_t flags, uint64_t generation, struct text detail);

/* The same for a START that did not even become an operation. */
void turn_refuse(struct turn *t, uint64_t op, mstro_status status, struct text detail);

/* ---- demand.c: a ticket that came before the move of the one before it had ended ---- */

/* That move has ended: go on with it, if it is still wanted. */
void later_begin(struct turn *t, struct handle *h);
bool later_is(const struct handle *h, uint64_t ticket);
void later_drop(struct handle *h);

/* ---- life.c ---- */

/* Take the event on t->handle.  False when the table does not list it; nothing has changed then. */
bool life_step(struct turn *t, enum life_event event);
const char *life_name(enum life life);

/* ---- the flows: what the rows of the table do ---- */
void offer_send(struct turn *t);
void withdraw_send(struct turn *t);
void require_send(struct turn *t);
void require_known(struct turn *t);
void retract_send(struct turn *t);
void retract_after_move(struct turn *t);
void dispose_send(struct turn *t);
void demand_send(struct turn *t);
void demand_adopt(struct turn *t);
void demand_again(struct turn *t);
void demand_verdict(struct turn *t);
void ticket_move(struct turn *t);
void ticket_void(struct turn *t);
void ticket_later(struct turn *t);
void move_abort(struct turn *t);
void move_done(struct turn *t);
void move_failed(struct turn *t);
void pause_void(struct turn *t);
void pause_cancel(struct turn *t);
void offer_give_up(struct turn *t);
void withdraw_give_up(struct turn *t);
void require_give_up(struct turn *t);
void demand_give_up(struct turn *t);
void retract_give_up(struct turn *t);
void retreat_give_up(struct turn *t);
void pause_over(struct turn *t);
void finish_from_ack(struct turn *t);
void finish_at_once(struct turn *t);
void finish_let_go(struct turn *t);

void join_start(struct turn *t);
void join_welcome(struct turn *t);
void join_refused(struct turn *t);
void leave_start(struct turn *t);

/* ---- schemas.c ---- */

/* The JOIN with the digests of the schemas; views into the arena of the outputs. */
void schemas_name(struct turn *t, struct record_join *join);
void schemas_send(struct turn *t, uint64_t unknown);
void schemas_other(struct turn *t);

void leave_bye(struct turn *t);

/* An answer to what no caller waits for. */
void leave_heard(struct turn *t, uint64_t op);
void heartbeat_tick(struct turn *t);
void client_end_session(struct turn *t, mstro_status status, struct text detail);
void client_tell_end(struct turn *t);

void subscribe_start(struct turn *t);
void unsubscribe_start(struct turn *t);
void subscription_answered(struct turn *t);
void subscription_forward(struct turn *t);
void client_drop_subscription(struct client *c, struct subscription_entry *entry);

/* Every shard that has it forgets it, as if it had never been if its SUBSCRIBE has not ended. */
void subscription_give_up(struct turn *t, struct subscription_entry *entry);

/* Nobody waits for the operation any more: what it has to tell the home of a name goes now. */
void unsubscribe_at_once(struct turn *t, struct operation *operation);
void events_arrived(struct turn *t);
void subscription_ended(struct turn *t);

void select_start(struct turn *t);
void select_heard(struct turn *t);

/* ---- cancel.c ---- */
void cancel_start(struct turn *t);

/* Report the end of t->operation, which the pool knows and has not ended, and follow it with a CANCEL.  What is asked of the handle from
 * here on waits until that is answered; what the pool tells of the operation until then is taken by forsaken_answer. */
void operation_forsake(struct turn *t, mstro_status status, struct text detail);
void forsaken_answer(struct turn *t);

/* The operation number that answers to the CANCEL of a forsaken operation. */
#define OP_OF_CANCEL (UINT64_C(1) << 62)

#endif
