/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/pool/session.h"

#include <inttypes.h>

#include "lib/pool/answer.h"
#include "lib/pool/cdo.h"
#include "lib/pool/hold.h"
#include "lib/pool/operation.h"
#include "lib/pool/schemas.h"
#include "lib/pool/shards.h"
#include "lib/pool/subscription.h"

struct component_key { struct text component; int64_t index; };

static uint64_t component_hash(const struct component_key *key)
{
    return hash_text((uint64_t)key->index, key->component);
}

static bool component_matches(const struct map_link *link, const void *key)
{
    const struct session *session = map_entry(link, const struct session, by_component);
    const struct component_key *wanted = key;
    return session->index == wanted->index && text_equal(seal_name(session->component), wanted->component);
}

static bool number_matches(const struct map_link *link, const void *key)
{
    return map_entry(link, const struct session, by_number)->number == *(const uint64_t *)key;
}

struct session *session_find(const struct pool *pool, uint64_t number)
{
    struct map_link *link = map_find(&pool->sessions, hash_mix(number, 0), number_matches, &number);
    return link ? map_entry(link, struct session, by_number) : NULL;
}

static void refuse(struct pool *pool, uint64_t number, uint64_t op, mstro_status status, struct text detail)
{
    struct record *record = answer_stranger(pool, number, KIND_REFUSED);
    if (record)
        record->refused = (struct record_refused){ .op = op, .status = status, .detail = detail };
}

static bool join_is_possible(struct pool *pool, uint64_t number, const struct record_join *asked)
{
    struct component_key key = { asked->component, asked->index };
    struct text workflow = pool->settings.workflow;
    if (workflow.length > 0 && !text_equal(asked->workflow, workflow)) {
        refuse(pool, number, asked->op, MSTRO_REFUSED,
               sentence(pool, "this pool serves workflow " TEXT_FORMAT ", not " TEXT_FORMAT, TEXT_ARGUMENTS(workflow),
                        TEXT_ARGUMENTS(asked->workflow)));
        return false;
    }
    if (key.component.length == 0 || key.component.length > MAX_COMPONENT || asked->host.length > MAX_HOST) {
        refuse(pool, number, asked->op, MSTRO_INVARG,
               sentence(pool, "a component's name has 1 to %d bytes, a host's at most %d", MAX_COMPONENT, MAX_HOST));
        return false;
    }
    struct map_link *link = map_find(&pool->components, component_hash(&key), component_matches, &key);
    if (link) {
        refuse(pool, number, asked->op, MSTRO_CONFLICT,
               sentence(pool, TEXT_FORMAT " is in the pool already: choose another index",
                        TEXT_ARGUMENTS(who_is(pool, map_entry(link, struct session, by_component)))));
        return false;
    }
    return true;
}

void session_free(struct pool *pool, struct session *session)
{
    schemas_leave(pool, session);
    seal_release(pool, session->component);
    seal_release(pool, session->host);
    seal_release(pool, session->serving);
    seal_release(pool, session->epitaph);
    participant_release(pool, session->participant);
    memory_give(pool, session, sizeof *session);
}

struct session *session_make(struct pool *pool, const struct record_admit *who)
{
    struct session *session = memory_take(pool, sizeof *session);
    if (!session)
        return NULL;
    session->component = seal_make(pool, who->component, (struct bytes){ 0 });
    session->host = seal_make(pool, who->host, (struct bytes){ 0 });
    session->serving = seal_make(pool, (struct text){ 0 }, who->serving);
    if (session->component)
        session->participant = participant_make(pool, who->app, who->index, session->component);
    if (!session->participant || !session->host || !session->serving) {
        session_free(pool, session);
        return NULL;
    }
    list_init(&session->failed);
    list_init(&session->drained);
    list_init(&session->untold);
    list_init(&session->handles);
    list_init(&session->operations);
    list_init(&session->subscriptions);
    list_init(&session->holds);
    list_init(&session->prepared);
    session->number = who->session;
    session->app = who->app;
    session->incarnation = who->incarnation;
    session->node = who->node;
    session->pid = who->pid;
    session->index = who->index;
    session->heard = pool->now;
    session->state = SESSION_JOINED;
    return session;
}

void session_enter(struct pool *pool, struct session *session)
{
    struct component_key key = { seal_name(session->component), session->index };
    map_insert(&pool->sessions, &session->by_number, hash_mix(session->number, 0));
    map_insert(&pool->components, &session->by_component, component_hash(&key));
    list_append(&pool->by_age, &session->by_age);
}

void session_leave_maps(struct pool *pool, struct session *session)
{
    map_remove(&pool->sessions, &session->by_number);
    map_remove(&pool->components, &session->by_component);
}

static void say_welcome(struct pool *pool, struct session *session)
{
    const struct pool_settings *settings = &pool->settings;
    bool home = session->number == settings->home;
    const struct record_slots *map = NULL;
    uint32_t runs = shards_slot_map(pool, &map);
    struct record *record = runs > 0 || settings->shards == 1 ? answer_add(pool, session, KIND_WELCOME) : NULL;
    if (record)
        record->welcome = (struct record_welcome){ .op = session->join_op, .app = session->app, .incarnation = session->incarnation,
                                                   .epoch = settings->epoch, .pool = settings->pool, .lease = home ? 0 : settings->lease,
                                                   .heartbeat = home ? 0 : settings->heartbeat, .inline_limit = settings->inline_limit,
                                                   .unknown_schemas = schemas_unknown(session), .slot_map = { runs, map } };
    else
        session_fail(pool, session);
}

static void welcome(struct pool *pool, struct session *session)
{
    session->state = SESSION_JOINED;
    fact_of_session(pool, FACT_JOIN, session);
    schemas_tell(pool, session); /* before WELCOME: who joins knows it when it has joined */
    say_welcome(pool, session);
    fact_of_session(pool, FACT_WELCOME, session);
}

void session_admitted(struct pool *pool, struct session *session, mstro_status status)
{
    if (status == MSTRO_OK) {
        if (--session->unanswered == 0)
            welcome(pool, session);
        return;
    }
    refuse(pool, session->number, session->join_op, status, text_of("a shard of the pool has no memory for one more application"));
    session_lose(pool, session, status, text_of("was not let in"));
}

static void join(struct pool *pool, uint64_t number, const struct record_join *asked)
{
    if (!join_is_possible(pool, number, asked))
        return;
    const struct record_admit who = { .session = number, .app = pool->last_app + 1, .incarnation = pool->last_app + 1, .index = asked->index,
                                      .pid = asked->pid, .node = asked->node, .component = asked->component, .host = asked->host,
                                      .serving = asked->serving };
    struct session *session = shards_reserve(pool) ? session_make(pool, &who) : NULL;
    if (session && !schemas_join(pool, session, asked)) {
        session_free(pool, session);
        session = NULL;
    }
    if (!session) {
        refuse(pool, number, asked->op, MSTRO_NOMEM, text_of("the pool has no memory for one more application"));
        return;
    }
    pool->last_app++;
    session->join_op = asked->op;
    session_enter(pool, session);
    session->unanswered = shards_admit(pool, session);
    if (session->unanswered)
        session->state = SESSION_ADMITTING;
    else
        welcome(pool, session);
}

static void serve_serving(struct pool *pool, struct session *session, const struct record *record)
{
    struct seal *serving = seal_make(pool, (struct text){ 0 }, record->serving.serving);
    if (!serving) {
        session_fail(pool, session); /* its readers would look for it where it is not */
        return;
    }
    seal_release(pool, session->serving);
    session->serving = serving;
}

static void serve_heartbeat(struct pool *pool, struct session *session, const struct record *record)
{
    (void)pool;
    (void)session;
    (void)record;
}

static void serve_second_join(struct pool *pool, struct session *session, const struct record *record)
{
    answer_refused(pool, session, record->join.op, MSTRO_NOT_TWICE, "this session has joined already");
}

static void refuse_leaving(struct pool *pool, struct session *session, const struct record *record);

/* The life of a session while it is known: which records it may send, and what they do.  An absent one may only JOIN (above), one that
 * is being admitted nothing but wait (below); it ends by SESSION_LOST, silence, or when it leaves (leave.c, loss.c). */
static const struct { void (*joined)(struct pool *, struct session *, const struct record *);
                      void (*leaving)(struct pool *, struct session *, const struct record *); } life[] = {
    /* record             while JOINED         while LEAVING */
    [KIND_JOIN]        = { serve_second_join, serve_second_join },
    [KIND_SERVING]     = { serve_serving,     serve_serving     },
    [KIND_OFFER]       = { serve_offer,       refuse_leaving    },
    [KIND_REQUIRE]     = { serve_require,     refuse_leaving    },
    [KIND_RETRACT]     = { serve_retract,     serve_retract     },
    [KIND_DEMAND]      = { serve_demand,      refuse_leaving    },
    [KIND_COMPLETED]   = { serve_completed,   serve_completed   },
    [KIND_WITHDRAW]    = { serve_withdraw,    serve_withdraw    },
    [KIND_DISPOSE]     = { serve_dispose,     serve_dispose     },
    [KIND_CANCEL]      = { serve_cancel,      serve_cancel      },
    [KIND_SUBSCRIBE]   = { serve_subscribe,   refuse_leaving    },
    [KIND_UNSUBSCRIBE] = { serve_unsubscribe, serve_unsubscribe },
    [KIND_ACK_EVENT]   = { serve_ack_event,   serve_ack_event   },
    [KIND_SEEN]        = { serve_seen,        serve_seen        },
    [KIND_HEARTBEAT]   = { serve_heartbeat,   serve_heartbeat   },
    [KIND_LEAVE]       = { serve_leave,       serve_leave       },
    [KIND_SCHEMA]      = { serve_schema,      serve_schema      },
    [KIND_SELECT]      = { serve_select,      refuse_leaving    },
};

static void refuse_leaving(struct pool *pool, struct session *session, const struct record *record)
{
    answer_refused(pool, session, record_op(record), MSTRO_INVARG, "this application is leaving the pool");
}

static void refuse_record(struct pool *pool, struct session *session)
{
    session_dismiss(pool, session, MSTRO_INVMSG, text_of("it sent a record that is not for it to send"));
}

/* It waits for its WELCOME. */
static void serve_early(struct pool *pool, struct session *session, const struct record *record)
{
    if (record->kind == KIND_JOIN)
        serve_second_join(pool, session, record);
    else if (record->kind != KIND_HEARTBEAT)
        refuse_record(pool, session);
}

static void bye_stranger(struct pool *pool, uint64_t number)
{
    struct record *record = answer_stranger(pool, number, KIND_BYE);
    if (record)
        record->bye = (struct record_bye){ .status = MSTRO_STALE_EPOCH,
                                           .detail = text_of("this session is not in the pool, or not any more: join again") };
}

/* It has left this shard before, and leaves it again: by force, because another does not let it go. */
static void bye_parted(struct pool *pool, uint64_t number, uint64_t op)
{
    struct record *record = answer_stranger(pool, number, KIND_BYE);
    if (record)
        record->bye = (struct record_bye){ .op = op, .status = MSTRO_OK };
}

void session_heard(struct pool *pool, struct session *session)
{
    session->heard = pool->now;
    list_remove(&session->by_age);
    list_append(&pool->by_age, &session->by_age);
}

void session_record(struct pool *pool, uint64_t number, const struct record *record)
{
    struct session *session = session_find(pool, number);
    if (!session) {
        if (record->kind == KIND_JOIN && pool->settings.shard == 0)
            join(pool, number, &record->join);
        else
            bye_stranger(pool, number);
        return;
    }
    if (session->state == SESSION_PARTED) { /* it has said LEAVE, or broken the protocol */
        if (record->kind == KIND_LEAVE)
            bye_parted(pool, number, record->leave.op);
        return;
    }
    session_heard(pool, session);
    if (record->kind != KIND_HEARTBEAT && record->kind != KIND_SEEN && record->kind != KIND_ACK_EVENT)
        session->acted = pool->now;
    if (session->state == SESSION_ADMITTING)
        serve_early(pool, session, record);
    else if (!hold_record(pool, session, record))
        session_serve(pool, session, record);
}

void session_serve(struct pool *pool, struct session *session, const struct record *record)
{
    void (*serve)(struct pool *, struct session *, const struct record *) = NULL;
    if ((size_t)record->kind < sizeof life / sizeof life[0])
        serve = session->state == SESSION_LEAVING ? life[record->kind].leaving : life[record->kind].joined;
    if (serve)
        serve(pool, session, record);
    else
        refuse_record(pool, session);
}
