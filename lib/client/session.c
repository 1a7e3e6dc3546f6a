/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/session.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/base/thread.h"
#include "lib/client/group.h"
#include "lib/client/move.h"
#include "lib/client/subscription.h"
#include "lib/transport/words.h"

struct session {
    atomic_bool token;              /* taken; who has it may touch what is marked [token] */
    atomic_bool missed;             /* somebody found it taken: who has it looks again after giving it back */
    atomic_bool hurry;              /* ... and everything shall leave then: PACE_NOW */
    struct submission_queue queue;
    struct waiting waiting;
    struct link *link;
    const struct outlines *schemas; /* of this process; for the JOIN */
    struct link_receiver receiver;
    struct client *client;          /* [token] */
    struct client_outputs out;      /* [token] */
    struct words words;             /* [token] */
    struct list exposed;            /* [token] objects that others may read */
    struct bytes serving;           /* [token] where they read from now, when the pool has not been told */
    struct submission_queue moved;  /* [token] moves that ran under it: their ends */
    uint64_t now;                   /* [token] of this turn */
    struct calls calls;             /* [token] who is to be woken when it has been given back */
    struct client_membership membership; /* written before session_open returns */
    _Atomic uint64_t numbers;
    _Atomic uint64_t deadline;      /* when somebody must drive though nothing comes */
    atomic_int status;              /* MSTRO_OK while it lives */
    struct waitable ended;
    void (*_Atomic tell_end)(void); /* NULL: nobody asked */
    struct mstro_request_ leaving[2]; /* in peace, by force */
    struct submission give_up;
    pthread_t thread;               /* drives while no caller does, where the link asks for it */
    atomic_bool has_thread;
};

uint64_t session_number(struct session *s)
{
    return atomic_fetch_add_explicit(&s->numbers, 1, memory_order_relaxed) + 1;
}

mstro_status session_status(struct session *s)
{
    return (mstro_status)atomic_load(&s->status);
}

struct client_membership session_membership(struct session *s)
{
    return s->membership;
}

/* ---- what others may read ---- */

/* Not carried by the messages. */
static bool is_read_in_place(const struct session *s, const struct mstro_cdo_ *cdo)
{
    return (uint64_t)cdo->size > client_membership(s->client).inline_limit;
}

static mstro_status expose(struct session *s, struct mstro_cdo_ *cdo)
{
    const struct link_operations *ops = s->link->operations;
    cdo->word = words_take(&s->words);
    if (!cdo->word)
        return detail_set(MSTRO_NOMEM, "not enough memory to offer '%.200s'", cdo->name);
    list_append(&s->exposed, &cdo->exposed);
    if (is_read_in_place(s, cdo))
        waiting_lend(&s->waiting);
    mstro_status status = ops->expose(s->link, cdo->data, (size_t)cdo->size, &cdo->exposed_data);
    if (status == MSTRO_OK)
        status = ops->expose(s->link, cdo->word, sizeof *cdo->word, &cdo->exposed_word);
    return status;
}

/* The word first: a read that is under way must not end well after this. */
static void conceal(struct session *s, struct mstro_cdo_ *cdo, bool cut_readers)
{
    const struct link_operations *ops = s->link->operations;
    if (!cdo->word)
        return;
    words_give(&s->words, cdo->word);
    cdo->word = NULL;
    list_remove(&cdo->exposed);
    if (is_read_in_place(s, cdo))
        waiting_lend_no_more(&s->waiting);
    ops->conceal(s->link, &cdo->exposed_data);
    ops->conceal(s->link, &cdo->exposed_word);
    if (cut_readers)
        s->serving = ops->cut_readers(s->link);
}

/* ---- outputs of the client ---- */

/* Whether the bytes are the user's again.  Once the session is over nobody holds them any more. */
static bool gives_back(const struct session *s, enum record_kind kind, mstro_status status)
{
    switch (kind) {
    case KIND_OFFER: return status != MSTRO_OK;
    case KIND_WITHDRAW: return status == MSTRO_OK || client_status(s->client) != MSTRO_OK;
    case KIND_DISPOSE: return status == MSTRO_OK;
    default: return false;
    }
}

static void end_request(struct session *s, struct mstro_request_ *r, const struct client_output *o)
{
    if (r->cdo && gives_back(s, r->record.kind, o->status))
        conceal(s, r->cdo, (o->flags & ACK_CUT_READERS) != 0);
    r->status = o->status;
    r->over = o->status != MSTRO_OK && client_status(s->client) != MSTRO_OK;
    r->flags = o->flags;
    r->generation = o->generation;
    r->detail = o->detail.length ? strndup(o->detail.at, o->detail.length) : NULL;
    if (r->ended)
        r->ended(s, r);
    else
        waiting_ready(&s->waiting, &r->done, &s->calls);
}

static void begin_move(struct session *s, const struct client_output *o)
{
    struct mstro_cdo_ *cdo = o->object;
    struct mstro_request_ *r = o->operation;
    bool ready = move_prepare(cdo, &o->record);
    if (ready && cdo->group) {
        group_enroll(cdo->group, s);
        return;
    }
    const struct record_ticket *ticket = &o->record.ticket;
    bool quick = !ready || ticket->how != TICKET_DIRECT || (uint64_t)ticket->size <= s->link->quick_fetch;
    if (!quick) {
        cdo->move.chore.whose = r ? &r->done : NULL;
        waiting_add_chore(&s->waiting, &cdo->move.chore);
        return;
    }
    if (ready)
        move_run(cdo, s->link, move_is_wanted, cdo);
    submission_put(&s->moved, &cdo->move.submission);
}

static void hear_names(struct mstro_request_ *r, const struct client_output *o)
{
    if (r && r->heard)
        r->heard(r, &o->record.selected);
}

static void note(const struct client_output *o)
{
    log_warn(o->op ? LOG_CDO : LOG_CORE, TEXT_FORMAT, TEXT_ARGUMENTS(o->detail));
}

/* The pool makes nobody wait for our readers any more: what they read from here on is not whole.  Before any caller learns of it. */
static void note_end(struct session *s)
{
    mstro_status status = client_status(s->client);
    if (status == MSTRO_OK || session_status(s) != MSTRO_OK)
        return;
    words_clear(&s->words);
    atomic_store(&s->status, status);
}

/* Who waits for 'ended' frees what 'tell' looks at. */
static void end_session(struct session *s)
{
    void (*tell)(void) = atomic_load(&s->tell_end);
    if (tell)
        tell();
    waiting_ready(&s->waiting, &s->ended, &s->calls);
}

void session_when_ended(struct session *s, void (*tell)(void))
{
    atomic_store(&s->tell_end, tell);
}

static void handle_output(struct session *s, const struct client_output *o)
{
    switch (o->kind) {
    case CLIENT_SEND: s->link->operations->send(s->link, o->shard, &o->record); break;
    case CLIENT_DONE:
        if (o->operation)
            end_request(s, o->operation, o);
        break;
    case CLIENT_MOVE: begin_move(s, o); break;
    case CLIENT_ABORT_MOVE: atomic_store(&((struct mstro_cdo_ *)o->object)->move.abort, true); break;
    case CLIENT_EVENTS: subscription_push(o->object, &o->record.events, &s->waiting); break;
    case CLIENT_DIFFERENCE: log_warn(LOG_SCHEMA, TEXT_FORMAT, TEXT_ARGUMENTS(o->detail)); break;
    case CLIENT_NAMES: hear_names(o->operation, o); break;
    case CLIENT_SUBSCRIPTION_ENDED: subscription_stop(o->object, o->status, o->detail, &s->waiting); break;
    case CLIENT_NOTE: note(o); break;
    case CLIENT_ENDED: end_session(s); break;
    }
}

static void step_once(struct session *s, const struct client_input *in)
{
    client_step(s->client, in, s->now, &s->out);
    note_end(s);
    for (size_t i = 0; i < s->out.count; i++)
        handle_output(s, &s->out.at[i]);
    client_outputs_clear(&s->out);
}

static void step(struct session *s, const struct client_input *in)
{
    step_once(s, in);
    if (s->serving.length == 0)
        return;
    struct record serving = { .kind = KIND_SERVING, .serving.serving = s->serving };
    s->serving = (struct bytes){ 0 };
    step_once(s, &(struct client_input){ .kind = CLIENT_START, .record = &serving });
}

/* ---- from the link ---- */

static void receive_record(struct link_receiver *receiver, const struct record *record)
{
    struct session *s = (struct session *)((char *)receiver - offsetof(struct session, receiver));
    struct client_input in = { .kind = CLIENT_RECORD, .record = record };
    step(s, &in);
}

static void receive_lost(struct link_receiver *receiver, mstro_status status, struct text reason)
{
    struct session *s = (struct session *)((char *)receiver - offsetof(struct session, receiver));
    struct client_input in = { .kind = CLIENT_LINK_LOST, .status = status, .reason = reason };
    step(s, &in);
}

/* ---- the token ---- */

static bool run_submissions(struct session *s, struct submission_queue *q)
{
    struct submission *first = submission_take_all(q);
    for (struct submission *next, *it = first; it; it = next) {
        next = submission_next(it);
        it->run(s, it);
    }
    return first != NULL;
}

static uint64_t earliest(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Token held. */
static void turn(struct session *s, enum pace pace)
{
    bool more;
    atomic_store(&s->deadline, NO_DEADLINE); /* it is being seen to: who lies down meanwhile is told at the end when to get up */
    do {
        s->now = clock_now();
        more = run_submissions(s, &s->queue);
        more |= run_submissions(s, &s->moved);
        if (client_next_deadline(s->client) <= s->now) {
            struct client_input tick = { .kind = CLIENT_TICK };
            step(s, &tick);
        }
        s->link->operations->flush(s->link, pace);
        more |= s->link->operations->poll(s->link, &s->receiver, pace);
    } while (more);
    uint64_t deadline = earliest(client_next_deadline(s->client), s->link->operations->deadline(s->link));
    atomic_store(&s->deadline, deadline);
    waiting_deadline(&s->waiting, deadline);
}

static bool take_token(struct session *s)
{
    return !atomic_exchange(&s->token, true);
}

/* Token held: it is free then, and who was called in this turn is woken.  How many. */
static unsigned give_token_back(struct session *s)
{
    struct calls calls = s->calls;
    s->calls = (struct calls){ 0 };
    atomic_store(&s->token, false);
    return waiting_wake(&s->waiting, &calls);
}

/* After this, whatever was there before it, queued or at the link, has been seen to, or is being.  The steps are those of tests/sim/token.c,
 * where every order of them is tried.  How many threads were woken. */
static unsigned take_turns(struct session *s, enum pace pace)
{
    unsigned woken = 0;
    do {
        if (!take_token(s)) {
            if (pace != PACE_EASY)
                atomic_store(&s->hurry, true);
            atomic_store(&s->missed, true);
            if (!take_token(s))
                return woken; /* who has it now sees what was missed */
        }
        bool others = atomic_load(&s->hurry) && atomic_exchange(&s->hurry, false);
        turn(s, others && pace == PACE_EASY ? PACE_NOW : pace);
        woken += give_token_back(s);
    } while (atomic_exchange(&s->missed, false));
    return woken;
}

/* Of a thread that has started something: others may follow.  Who sleeps hears what comes, and must not have to be woken for what waits. */
static enum pace pace_of_starter(struct session *s) { return waiting_asleep(&s->waiting) ? PACE_SLEEPS : PACE_EASY; }

void session_submit(struct session *s, struct submission *submission)
{
    submission_put(&s->queue, submission);
    take_turns(s, PACE_NOW);
}

void session_say(struct session *s, const struct record *record)
{
    struct client_input in = { .kind = CLIENT_START, .record = record };
    step(s, &in);
}

/* ---- moves ---- */

/* [token] */
void move_report(struct session *s, struct submission *submission)
{
    struct move *move = (struct move *)((char *)submission - offsetof(struct move, submission));
    struct client_input in = { .kind = CLIENT_MOVED, .moved = move->moved };
    step(s, &in);
}

/* A move that runs outside the token. */
struct errand { struct session *session; struct mstro_cdo_ *cdo; uint64_t deadline; };

/* Who moves for long looks after the session, too: its heartbeats, and the news that the source is gone. */
static bool errand_is_wanted(void *context)
{
    const struct errand *e = context;
    if (atomic_load(&e->session->has_thread))
        take_turns(e->session, PACE_NOW);
    return move_is_wanted(e->cdo) && (e->deadline == NO_DEADLINE || clock_now() < e->deadline);
}

/* A thread waits no longer, or for something else than news.  What was left to who has the chair is taken by who has it next. */
static void leave(struct session *s, bool chair)
{
    if (waiting_leave(&s->waiting, chair) && !submission_queue_empty(&s->queue))
        take_turns(s, PACE_NOW);
}

/* 'deadline': after that a move of 'what' ends with MSTRO_CANCELLED.  *chair: this thread has it; not any more, when this is true. */
static bool do_chore(struct session *s, const struct waitable *what, enum work work, uint64_t deadline, bool *chair)
{
    struct chore *chore = waiting_take_chore(&s->waiting, what, work);
    if (!chore)
        return false;
    struct move *move = (struct move *)((char *)chore - offsetof(struct move, chore));
    struct errand errand = { s, (struct mstro_cdo_ *)((char *)move - offsetof(struct mstro_cdo_, move)),
                             what && chore->whose == what ? deadline : NO_DEADLINE };
    leave(s, *chair);
    *chair = false;
    move_run(errand.cdo, s->link, errand_is_wanted, &errand);
    session_submit(s, &move->submission);
    return true;
}

void session_ready(struct session *s, struct waitable *what)
{
    waiting_ready(&s->waiting, what, NULL);
}

/* For whoever does not come back in time from a long move. */
static bool leaves_moves_to_the_thread(struct session *s) { return atomic_load(&s->has_thread); }

void session_drive(struct session *s)
{
    bool chair = false;
    take_turns(s, PACE_NOW);
    while (!leaves_moves_to_the_thread(s) && do_chore(s, NULL, WORK_ANY, NO_DEADLINE, &chair))
        ;
}

/* A thread that waits. */
struct stay { struct waitable *what; enum work work; uint64_t until, move_until; bool chair; };

/* Everything was seen to, but for what others have left to this thread since. */
static void sleep_in_chair(struct session *s, const struct stay *stay)
{
    waiting_nod(&s->waiting);
    if (!submission_queue_empty(&s->queue))
        take_turns(s, PACE_SLEEPS);
    waiting_sleep(&s->waiting, stay->what, stay->work, stay->until, &s->deadline);
}

/* Whoever has the chair.  True: it waits no longer. */
static bool drive(struct session *s, struct stay *stay, bool late)
{
    unsigned woken = take_turns(s, late ? PACE_NOW : PACE_SLEEPS); /* after each sleep: the bell may have rung for somebody else */
    if (waitable_is_ready(stay->what))
        return true;
    if (do_chore(s, stay->what, stay->work, stay->move_until, &stay->chair))
        return false;
    if (woken > 1 && !late)
        sched_yield(); /* they may have more to say at once, which goes together then */
    else if (!late)
        sleep_in_chair(s, stay);
    return late;
}

static bool wait_for(struct session *s, struct stay *stay)
{
    bool over = waitable_is_ready(stay->what);
    if (over)
        return true;
    waiting_visit(&s->waiting);
    while (!over) {
        bool late = stay->until != NO_DEADLINE && clock_now() >= stay->until;
        if (stay->chair || late) {
            over = drive(s, stay, late);
            continue;
        }
        switch (waiting_enter(&s->waiting, stay->what, stay->work, stay->until)) {
        case NEXT_IS_DONE: return true;
        case NEXT_DRIVES: stay->chair = true; break;
        case NEXT_LOOKS:
            over = waitable_is_ready(stay->what);
            if (!over)
                do_chore(s, stay->what, stay->work, stay->move_until, &stay->chair);
            break;
        }
    }
    leave(s, stay->chair);
    return waitable_is_ready(stay->what);
}

bool session_wait(struct session *s, struct waitable *what, uint64_t deadline)
{
    bool in_time = deadline != NO_DEADLINE && leaves_moves_to_the_thread(s);
    return wait_for(s, &(struct stay){ .what = what, .work = in_time ? WORK_OWN : WORK_ANY, .until = deadline, .move_until = deadline });
}

bool session_watch(struct session *s, struct waitable *what, uint64_t deadline)
{
    enum work work = leaves_moves_to_the_thread(s) ? WORK_NONE : WORK_ANY;
    return wait_for(s, &(struct stay){ .what = what, .work = work, .until = deadline, .move_until = NO_DEADLINE });
}

/* ---- the session's own thread ---- */

static void *attend(void *argument)
{
    struct session *s = argument;
    bool chair = false;
    do {
        take_turns(s, PACE_NOW);
        while (do_chore(s, NULL, WORK_ANY, NO_DEADLINE, &chair))
            ;
    } while (waiting_attend(&s->waiting, &s->deadline));
    return NULL;
}

static mstro_status begin_thread(struct session *s)
{
    mstro_status status = thread_start(&s->thread, "the connection to the pool", 0, attend, s);
    s->has_thread = status == MSTRO_OK;
    return status;
}

static void stop_thread(struct session *s)
{
    if (!s->has_thread)
        return;
    waiting_dismiss(&s->waiting);
    pthread_join(s->thread, NULL);
}

/* ---- operations ---- */

void request_clear(struct mstro_request_ *r, struct mstro_cdo_ *cdo)
{
    memset(r, 0, offsetof(struct mstro_request_, record));
    memset(&r->cdo, 0, sizeof *r - offsetof(struct mstro_request_, cdo));
    r->cdo = r->object = cdo;
}

void request_init(struct mstro_request_ *r, const struct record *record, struct mstro_cdo_ *cdo)
{
    request_clear(r, cdo);
    r->record = *record;
}

void request_release(struct mstro_request_ *r)
{
    free(r->detail);
    r->detail = NULL;
}

/* The places of an OFFER's bytes, and the bytes themselves when they are few. */
static mstro_status complete_offer(struct session *s, struct mstro_request_ *r)
{
    struct mstro_cdo_ *cdo = r->cdo;
    struct record_offer *offer = &r->record.offer;
    if (!cdo || !cdo->data || cdo->size <= 0)
        return MSTRO_OK;
    mstro_status status = expose(s, cdo);
    if (status != MSTRO_OK)
        return status;
    offer->word = *cdo->word;
    offer->data_place.count = offer->word_place.count = 1;
    offer->data_place.at = &cdo->exposed_data.place;
    offer->word_place.at = &cdo->exposed_word.place;
    if ((uint64_t)cdo->size <= client_membership(s->client).inline_limit)
        offer->inline_data = bytes_of(cdo->data, (size_t)cdo->size);
    return MSTRO_OK;
}

/* [token] */
static void start_request(struct session *s, struct submission *submission)
{
    struct mstro_request_ *r = (struct mstro_request_ *)((char *)submission - offsetof(struct mstro_request_, submission));
    mstro_status status = r->record.kind == KIND_OFFER ? complete_offer(s, r) : MSTRO_OK;
    if (status != MSTRO_OK) {
        struct client_output failed = { .kind = CLIENT_DONE, .status = status, .detail = text_of(mstro_error_detail()) };
        end_request(s, r, &failed);
        return;
    }
    struct client_input in = { .kind = CLIENT_START, .record = &r->record, .operation = r, .object = r->object, .schemas = s->schemas };
    step(s, &in);
}

void session_queue(struct session *s, struct mstro_request_ *r)
{
    record_set_op(&r->record, session_number(s));
    r->submission.run = start_request;
    submission_put(&s->queue, &r->submission);
}

void session_end_move(struct session *s, struct mstro_cdo_ *cdo)
{
    submission_put(&s->moved, &cdo->move.submission);
}

void session_start_all(struct session *s, struct mstro_request_ *r[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        session_queue(s, r[i]);
    waiting_visit(&s->waiting);
    if (!waiting_awake(&s->waiting)) /* else it is left to who has the chair */
        take_turns(s, pace_of_starter(s));
}

void session_start(struct session *s, struct mstro_request_ *r)
{
    session_start_all(s, &r, 1);
}

void session_cancel(struct session *s, struct mstro_request_ *target)
{
    struct record record = { .kind = KIND_CANCEL, .cancel = { .target = record_op(&target->record) } };
    struct mstro_request_ cancel;
    request_init(&cancel, &record, NULL);
    session_start(s, &cancel);
    session_wait(s, &cancel.done, NO_DEADLINE);
    request_release(&cancel);
}

/* ---- begin and end ---- */

/* [token] */
static void lose_link(struct session *s, struct submission *submission)
{
    (void)submission;
    receive_lost(&s->receiver, MSTRO_TIMEOUT, text_of("the pool did not answer in time"));
}

static void give_up(struct session *s)
{
    s->give_up.run = lose_link;
    session_submit(s, &s->give_up);
    session_wait(s, &s->ended, NO_DEADLINE);
}

static mstro_status join(struct session *s, const struct session_identity *who, uint64_t deadline)
{
    struct record record = { .kind = KIND_JOIN,
                             .join = { .index = who->index, .pid = (uint64_t)getpid(), .node = who->node, .workflow = text_of(who->workflow),
                                       .component = text_of(who->component), .host = text_of(who->host), .serving = who->serving } };
    struct mstro_request_ request;
    request_init(&request, &record, NULL);
    session_start(s, &request);
    if (!session_wait(s, &request.done, deadline))
        give_up(s);
    mstro_status status = request.status;
    if (status == MSTRO_OK)
        s->membership = client_membership(s->client);
    else
        detail_set(status, "%s", request.detail ? request.detail : "");
    request_release(&request);
    return status;
}

mstro_status session_open(struct session **out, struct link *link, const struct session_identity *who, uint64_t deadline)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s || client_create(&s->client) != MSTRO_OK) {
        link->operations->close(link);
        free(s);
        return detail_set(MSTRO_NOMEM, "not enough memory to join the pool");
    }
    s->link = link;
    s->schemas = who->schemas;
    s->receiver = (struct link_receiver){ receive_record, receive_lost };
    words_init(&s->words, who->word_seed);
    list_init(&s->exposed);
    waiting_init(&s->waiting, link);
    atomic_init(&s->deadline, NO_DEADLINE);
    mstro_status status = join(s, who, deadline);
    if (status == MSTRO_OK && link->background)
        status = begin_thread(s);
    if (status != MSTRO_OK)
        session_release(s);
    else
        *out = s;
    return status;
}

struct reaching {
    struct submission submission;
    struct fabric *fabric;
    const char *address;
    mstro_status status;
    struct waitable done;
};

/* [token] */
static void reach_others(struct session *s, struct submission *submission)
{
    struct reaching *r = (struct reaching *)submission;
    struct record serving = { .kind = KIND_SERVING };
    r->status = link_local_reach(s->link, r->fabric, r->address, s->membership.pool, &serving.serving.serving);
    if (r->status == MSTRO_OK)
        session_say(s, &serving);
    waiting_ready(&s->waiting, &r->done, &s->calls);
}

mstro_status session_reach(struct session *s, struct fabric *fabric, const char *address)
{
    struct reaching r = { .submission = { .run = reach_others }, .fabric = fabric, .address = address };
    session_submit(s, &r.submission);
    session_wait(s, &r.done, NO_DEADLINE);
    if (r.status == MSTRO_OK && !s->has_thread)
        r.status = begin_thread(s);
    return r.status;
}

/* [token] Nothing that is read from here on is whole. */
static void forget_words(struct session *s, struct submission *submission)
{
    (void)submission;
    words_clear(&s->words);
}

static bool ask_to_leave(struct session *s, bool force, uint64_t deadline)
{
    struct record record = { .kind = KIND_LEAVE, .leave = { .force = force } };
    struct mstro_request_ *request = &s->leaving[force];
    request_init(request, &record, NULL);
    session_start(s, request);
    return session_wait(s, &s->ended, deadline);
}

/* How long the pool may take to let go of a process that leaves by force. */
#define FORCE_PATIENCE (NANOSECONDS_PER_SECOND / 2)

mstro_status session_leave(struct session *s, uint64_t deadline, bool *silent)
{
    *silent = false;
    if (session_status(s) != MSTRO_OK) {
        session_wait(s, &s->ended, deadline); /* moves may have to stop yet */
        return MSTRO_OK;
    }
    if (ask_to_leave(s, false, deadline))
        return MSTRO_OK;
    struct submission forget = { .run = forget_words };
    session_submit(s, &forget);
    if (ask_to_leave(s, true, clock_now() + FORCE_PATIENCE))
        return detail_set(MSTRO_TIMEOUT, "the pool was left by force: others still needed what this process offers");
    *silent = true;
    give_up(s);
    return detail_set(MSTRO_TIMEOUT, "the pool manager does not answer: it was left without a word");
}

void session_release(struct session *s)
{
    if (!s)
        return;
    stop_thread(s);
    list_each(link, &s->exposed)
        conceal(s, list_entry(link, struct mstro_cdo_, exposed), false);
    request_release(&s->leaving[0]);
    request_release(&s->leaving[1]);
    s->link->operations->close(s->link);
    client_destroy(s->client);
    client_outputs_release(&s->out);
    words_release(&s->words);
    waiting_release(&s->waiting);
    free(s);
}
