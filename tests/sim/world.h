/* SPDX-License-Identifier: BSD-3-Clause */
/* world.h - what the simulator simulates: the real pool and real clients, and the network, clock and memories between them that are not
 * real.  Everything follows from the seed; one world is one thread's. */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/base/random.h"
#include "lib/client/client.h"
#include "lib/pool/pool.h"
#include "tests/sim/model.h"
#include "tests/sim/witness.h"

#define MS NANOSECONDS_PER_MILLISECOND

/* Whoever has given an operation up does not know when what undoes it takes effect: not for longer than this. */
#define UNCLEAR (500 * MS)

enum { SHARDS_MAX = 7 };
/* A process has handles of its own for single objects, for a group that it lends, and for one that it needs. */
enum { SINGLES = 5, SET_MEMBERS = 8, LENT_SET = SINGLES, NEEDED_SET = LENT_SET + 1 + SET_MEMBERS, HANDLES = NEEDED_SET + 1 + SET_MEMBERS };
enum { PROCESSES = 5, NAMES = 4, OPERATIONS = 64, WATCHES = 3, ASKED = 64, DOUBLED = 16, HELD_MAX = 256, MEMBERS = 256, GONE_MAX = 64, RETAINED_MAX = 64 };
enum { LEASE_MS = 2000, ACK_TIMEOUT_MS = 100, LINGER_MS = 10, EVENT_WINDOW = 32, KEPT_FACTS = 200, SERIAL_STEP = 1024 };

/* A record under way, as bytes. */
struct letter { struct list link; uint64_t serial; size_t length; uint8_t at[]; };

/* What the program of a process does with one of its handles. */
enum role { ROLE_NONE, ROLE_OFFERS, ROLE_NEEDS };
struct use {
    uint64_t number; /* 0: no handle */
    char name[8];
    enum role role;
    uint64_t op;               /* of the operation under way, 0: none */
    enum record_kind kind;     /* of that operation */
    bool offered, needed;      /* what has succeeded */
    uint64_t word, content;    /* of what it lends: 0 when it is the user's */
    bool moving, moved_here;   /* a mover is under way; it has read the bytes */
    struct record_ticket ticket; /* without what it points to */
    uint64_t source;             /* the holder's handle */
    uint64_t read_content;       /* what the mover has read */
    bool abort, slow, got;       /* got: the bytes are here */
    mstro_status status;         /* of the last operation that has ended */
    bool own;                    /* was offered with its group */
    uint64_t commit;             /* the generation that its group lists, 0: any */
    bool retains;                /* for the group that this process lends: 'commit' is what the pool has said */
    uint64_t losses;             /* how many there had been when that was asked for */
    int64_t room;                /* of the memory it shall come into, 0: as much as is needed */
};

/* Programs with groups: sets.c */
enum lends { LENDS_NOTHING, LENDS_PREPARED, LENDS_SELECTS, LENDS_RETAINS, LENDS_OFFERED, LENDS_RETURNS };
enum { FOUND_MAX = 2, SELECTED_STEP = 1 };
enum needs { NEEDS_NOTHING, NEEDS_OBJECT, NEEDS_LISTED, NEEDS_READS, NEEDS_AGAIN };
enum enrols { ENROL_CLEARS, ENROL_REQUIRES };
struct listed { char name[8]; uint64_t commit; bool own; };

/* A subscription of a process, and what of its events the program has taken: watchers.c.  Of each shard: how many came and were taken, how
 * many of those the shard knows of, of how many it has asked to be told so, and up to where. */
struct watch {
    uint64_t number, op; /* number 0: none; op: of the SUBSCRIBE or UNSUBSCRIBE under way */
    bool ending, over;   /* over: the pool has ended it */
    struct wanted wanted;
    uint64_t come[SHARDS_MAX], taken[SHARDS_MAX], said[SHARDS_MAX], asked[SHARDS_MAX], position[SHARDS_MAX], cursor[SHARDS_MAX];
    uint64_t held[HELD_MAX]; /* serials of events that it owes an ack of */
    size_t holds;
    bool prompt;             /* it acknowledges what comes, as soon as it comes */
    bool terse;              /* it says what it has taken when the shard asks for that, as the library does; else always, as it may */
    uint64_t laziness;       /* in a thousand: how often it does not acknowledge */
};

struct member { uint64_t session, app; int64_t index; };

struct process {
    struct client *client; /* NULL: not running */
    uint64_t session, app;
    struct list up[SHARDS_MAX], down[SHARDS_MAX]; /* letters */
    bool linked;          /* the connection stands */
    bool cut_told;        /* the pool has been told that it does not */
    bool joined, leaving, ended;
    uint64_t paused, up_blocked, down_blocked; /* until */
    uint64_t ops, handles, join_op, leave_op; /* leave_op: of a LEAVE in peace */
    struct use use[HANDLES];
    enum lends lends;
    int lends_set;               /* the number of the group that it lends, above 0; 0: by chance */
    uint64_t select_op;          /* the query for some more members */
    struct listed found[FOUND_MAX]; /* what that has found */
    int finds;
    bool lists_stranger;         /* its group lists n0 */
    enum needs needs;
    enum enrols enrols;
    struct listed list[SET_MEMBERS];
    int listed;
    struct { uint64_t op; enum record_kind kind; uint64_t ended; mstro_status status; } pending[OPERATIONS]; /* DONE is owed for op; ended: the one before */
    struct watch watch[WATCHES];
    uint64_t subscriptions;      /* that it has had */
    struct wanted asked[ASKED];  /* what it asked for of late: a SUBSCRIBE may arrive long after that was given up */
    uint64_t cursor[SHARDS_MAX]; /* where its last subscription had come to, its forerunners' as well */
    struct { char name[8]; uint64_t until; } doubled[DOUBLED]; /* names of which it has several handles; that is not clear until */
    uint64_t unclear;            /* until: it has given something up, and which of its operations does what is not known */
    uint64_t heard;       /* when shard 0 last had something of it */
    struct { uint64_t serial; uint32_t kind; char name[8]; bool fresh; } event; /* the last one; fresh: nobody has looked at it */
};

struct world {
    uint16_t shards;
    struct pool *pool[SHARDS_MAX];
    struct model model[SHARDS_MAX];
    struct witness witness[SHARDS_MAX];
    struct member member[MEMBERS]; /* the sessions of late */
    struct { uint64_t session, handle; } gone[GONE_MAX]; /* what was parked, and has gone on in this step */
    uint64_t newest;               /* serial of the last fact before this step, of its shard; that of none: the shard */
    struct list mail[SHARDS_MAX][SHARDS_MAX]; /* from one to another */
    struct list parked[SHARDS_MAX]; /* parked.h */
    struct pool_outputs out;
    struct client_outputs said;
    struct process process[PROCESSES];
    struct random_seed seed;
    struct random_source random;
    uint64_t now, pool_paused, pool_stepped /* shard 0 */, sessions, contents, steps, letters;
    uint64_t set_names; /* how many groups there are */
    uint64_t strangers, nested, selected; /* how many in a thousand list what is somebody else's, another group, what a query finds */
    uint64_t sets_read, listed_read; /* groups that were read whole, and what was somebody else's in them */
    uint64_t refused_sets; /* OFFERs of groups of which not all was prepared */
    struct { uint64_t commit, losses; } retained[RETAINED_MAX]; /* of late for groups, and how many losses there had been before */
    uint64_t retains;
    bool listed_lost; /* the one who died held what an offered group lists */
    uint64_t kills, evictions;
    uint64_t losses; /* processes that were killed, evicted or left at once */
    bool healing, parting, verbose; /* parting: everybody leaves */
    bool held; /* operations are held until subscribers have acknowledged them, or have room */
    char wrong[512];
};

/* A rule was broken: the first text is kept. */
void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* From the seed: a number below 'limit', and true so many times in a thousand. */
uint64_t world_below(struct world *world, uint64_t limit);
bool world_chance(struct world *world, uint64_t in_thousand);

/* ---- the network ---- */
void show_record(struct world *world, const char *way, const struct process *process, const struct record *record); /* if that is wanted */
void post_letter(struct world *world, struct list *queue, const struct record *record);
void drop_letters(struct list *queue);

/* The first letter of the queue; the caller frees it.  Its record points into it and into 'arena'. */
struct letter *take_letter(struct world *world, struct list *queue, struct arena *arena, struct record *record);

/* The process of that session, that application; NULL: it is none any more. */
struct process *process_of_session(struct world *world, uint64_t session);
struct process *process_of_app(struct world *world, uint64_t app);

/* The oldest letter of the process to the shard, of the shard to the process, of one shard to another. */
void deliver_up(struct world *world, struct process *process, uint16_t shard);
void deliver_down(struct world *world, struct process *process, uint16_t shard);
void deliver_mail(struct world *world, uint16_t from, uint16_t to);

/* Is anything on its way to or from the process; between shards? */
bool letters_wait(const struct world *world, const struct process *process);
bool mail_waits(const struct world *world);

/* One of its queues that is not empty, by chance; world->shards: there is none. */
uint16_t some_queue(struct world *world, const struct list *queues);

/* The shard that an object belongs to. */
uint16_t shard_of_name(const struct world *world, const char *name);

void tell_pool_of_cut(struct world *world, struct process *process, const char *reason);

/* ---- steps of the real things: what follows is put on its way and held against the rules ---- */
void step_pool(struct world *world, uint16_t shard, const struct pool_input *in);
void step_client(struct world *world, struct process *process, const struct client_input *in);

/* ---- a process ---- */
void process_start(struct world *world, struct process *process);
void process_end(struct world *world, struct process *process, const char *reason);

/* Those objects whose step is this; the caller destroys it. */
struct selector;
struct selector *step_selector(int step);

/* Has that operation not ended? */
bool is_pending(const struct process *process, uint64_t op);

/* What its program does with that handle, NULL: there is none. */
struct use *use_of(struct process *process, uint64_t handle);

/* Its program begins an operation; 'use' may be NULL. */
void process_asks(struct world *world, struct process *process, struct use *use, struct record *record, uint64_t op);

/* The attributes of an object, in 'room': a step. */
enum { ATTRIBUTE_ROOM = 128 };
struct bytes step_attribute(int step, unsigned char room[ATTRIBUTE_ROOM]);

/* ---- watchers.c ---- */

/* The program does something about its subscriptions; false: there is nothing to be done. */
bool watcher_acts(struct world *world, struct process *process);

/* NULL: there is none with that number. */
struct watch *watch_of(struct process *process, uint64_t number);

/* What the client has of a subscription. */
void watch_events(struct world *world, struct process *process, const struct record_events *events);
void watch_acknowledges(struct world *world, struct process *process); /* what is prompt does */
void watch_answered(struct process *process, uint64_t op, mstro_status status);

/* Nothing of any of them is under way, taken but not said, or to be acknowledged. */
bool watches_rest(const struct process *process);

/* ---- sets.c ---- */

/* The program that lends a group, the one that needs one, does its next step. */
void sets_lend(struct world *world, struct process *process);
void sets_need(struct world *world, struct process *process);

/* The pool has found out that not all of its group was prepared: nobody has seen what was. */
void sets_refused(struct world *world, const struct process *process);

/* Does the group that the one has offered list what the other offers? */
bool sets_list_of(const struct process *lender, const struct process *other);

/* A member of one of the groups, by chance. */
void sets_name_member(struct world *world, char name[8]);

/* Groups lie in all shards of two, and in as many of seven as they have members. */
void check_sets_spread(struct world *world);

/* The pool keeps what a group lists; somebody who has required that is told that it is lost. */
void sets_retained(struct world *world, struct use *use, uint64_t commit);
void sets_missed(struct world *world, const struct process *process, const struct use *use);

/* More of what the query has found. */
void sets_found(struct process *process, const struct record_selected *selected);

/* The ticket of a group has come; its move goes on: when nothing of it is under way. */
void set_listed(struct world *world, struct process *process, const struct record_ticket *ticket);
void set_enrols(struct world *world, struct process *process);

/* ---- movers: two moments of a one-sided read ---- */
void move_goes_on(struct world *world, struct process *process, struct use *use);

/* One of its moves by chance, or NULL. */
struct use *some_move(struct world *world, struct process *process);

/* ---- a world ---- */
enum { SCARCE_INLINE = 72 /* two groups and two objects: the third is read from its holder */ };
void world_open(struct world *world, uint64_t seed, uint16_t shards, uint64_t inline_budget, bool verbose);
void world_hold(struct world *world, bool held); /* of one in which nobody has subscribed yet */
void world_close(struct world *world);

/* When nothing is under way and nothing to be done: everybody has been told everything. */
void check_all_told(struct world *world);

/* When everybody has left. */
void check_nothing_is_left(struct world *world);

/* When nothing is under way, what a program waits for is what the pool lets wait. */
void check_waiting(struct world *world, struct process *process);

#endif
