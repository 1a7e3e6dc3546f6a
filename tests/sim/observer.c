/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/sim/observer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pool/fact.h"
#include "lib/pool/seal.h"
#include "lib/schema/block.h"
#include "tests/sim/parked.h"
#include "tests/sim/rules.h"

/* ---- who is who ---- */

static void note_app(struct world *world, uint64_t session, uint64_t app)
{
    struct member *member = &world->member[session % MEMBERS];
    const struct process *process = process_of_session(world, session);
    int64_t index = process ? process - world->process : member->session == session ? member->index : -1;
    *member = (struct member){ .session = session, .app = app, .index = index };
}

uint64_t app_of_session(const struct world *world, uint64_t session)
{
    const struct member *member = &world->member[session % MEMBERS];
    return member->session == session ? member->app : 0;
}

/* Its index is that of its process, also when that has died. */
static int64_t index_of_app(const struct world *world, uint64_t app)
{
    for (int i = 0; app && i < MEMBERS; i++)
        if (world->member[i].app == app)
            return world->member[i].index;
    return -1;
}

/* An application that uses several handles of an object, or did so just now: of which is this? */
static bool is_unclear(struct world *world, uint64_t app, const char *name)
{
    const struct process *process = process_of_app(world, app);
    bool unclear = !process || process->unclear > world->now;
    for (int i = 0; !unclear && i < DOUBLED; i++)
        unclear = process->doubled[i].until > world->now && strcmp(process->doubled[i].name, name) == 0;
    return unclear;
}

/* ---- what goes in ---- */

struct short_name { char at[W_NAME]; };
static struct short_name name_of(struct text text)
{
    struct short_name name;
    snprintf(name.at, sizeof name.at, TEXT_FORMAT, TEXT_ARGUMENTS(text));
    return name;
}

/* Nobody has asked for it. */
static void undoes(const struct world *world, struct process *process, uint64_t op)
{
    if (process && op == 0)
        process->unclear = world->now + UNCLEAR;
}

/* SEEN and so on of one who is in no witness's books change nothing there. */
static void observe_record(struct world *world, struct witness *w, uint64_t session, const struct record *record)
{
    struct process *process = process_of_session(world, session);
    uint64_t app = app_of_session(world, session);
    switch (record->kind) {
    case KIND_OFFER:
        if (record->offer.flags & OFFER_GROUP)
            witness_group_begins(w, app, name_of(record->offer.name).at);
        break;
    case KIND_SEEN:
        witness_seen(w, session, &record->seen);
        break;
    case KIND_ACK_EVENT:
        witness_acknowledged(w, session, &record->ack_event);
        break;
    case KIND_UNSUBSCRIBE:
        witness_unsubscribed(w, session, record->unsubscribe.subscription, record->unsubscribe.forget);
        break;
    case KIND_RETRACT:
        undoes(world, process, record->retract.op);
        break;
    case KIND_WITHDRAW:
        undoes(world, process, record->withdraw.op);
        for (int i = 0; process && i < HANDLES; i++)
            if (process->use[i].number == record->withdraw.handle)
                witness_takes_back(w, app, process->use[i].name);
        break;
    case KIND_CANCEL:
        witness_let_go(w, app, record->cancel.target, false);
        undoes(world, process, 0);
        break;
    case KIND_LEAVE:
        witness_takes_back(w, app, NULL);
        if (record->leave.force)
            witness_lost(w, session, app);
        else
            witness_left(w, session);
        witness_lets_all_go(w, app);
        break;
    default:
        break;
    }
}

static void observe_mail(struct world *world, struct witness *w, const struct record *record)
{
    if (record->kind == KIND_ADMIT)
        note_app(world, record->admit.session, record->admit.app);
    else if (record->kind == KIND_DISMISS) {
        witness_takes_back(w, app_of_session(world, record->dismiss.session), NULL);
        witness_lost(w, record->dismiss.session, app_of_session(world, record->dismiss.session));
    } else if (record->kind == KIND_LATE)
        witness_late(w, record->late.session, record->late.subscription);
}

void observe_input(struct world *world, uint16_t shard, const struct pool_input *in)
{
    struct witness *w = &world->witness[shard];
    w->now = world->now;
    world->newest = w->facts ? witness_newest(w) : shard;
    memset(world->gone, 0, sizeof world->gone);
    if (in->kind == POOL_RECORD)
        observe_record(world, w, in->session, in->record);
    else if (in->kind == POOL_SHARD)
        observe_mail(world, w, in->record);
    else if (in->kind == POOL_LOST) {
        witness_takes_back(w, app_of_session(world, in->session), NULL);
        witness_lost(w, in->session, app_of_session(world, in->session));
    }
}

/* ---- what happens ---- */

static struct happened happened_of(struct world *world, const struct fact *fact)
{
    bool intent = fact->kind == FACT_INTENT;
    enum fact_kind kind = intent ? fact->intended : fact->kind;
    struct value step;
    struct happened happened = { .serial = fact->serial, .time = fact->time, .app = fact->by ? fact->by->app : 0, .index = index_of_app(world, fact->by ? fact->by->app : 0), .event = fact_event(kind),
                                 .intent = intent, .announced = !intent && fact_is_announced(kind) && fact->intended != FACT_SUDDEN,
                                 .size = fact->size, .generation = fact->generation, .step = -2 };
    if (happened.announced)
        happened.intended = fact->serial - fact->intended * (uint64_t)SERIAL_STEP;
    snprintf(happened.name, sizeof happened.name, TEXT_FORMAT, TEXT_ARGUMENTS(seal_name(fact->sealed)));
    if (block_find(seal_rest(fact->sealed), text_of(W_STEP_KEY), &step))
        happened.step = (int)step.integer;
    happened.whole = happened.name[0] == 'g' && happened.name[2] == '\0'; /* sets.c */
    happened.going = happened.name[0] && is_unclear(world, happened.app, happened.name);
    return happened;
}

static uint64_t actor_of(const struct world *world, const struct pool_input *in)
{
    if (in->kind == POOL_RECORD)
        return app_of_session(world, in->session);
    if (in->kind == POOL_SHARD && in->record->kind == KIND_PREPARED)
        return app_of_session(world, in->record->prepared.session);
    return in->kind == POOL_SHARD && in->record->kind == KIND_COMMIT ? app_of_session(world, in->record->commit.session) : 0;
}

void observe_facts(struct world *world, uint16_t shard)
{
    for (size_t i = 0; i < world->out.count; i++)
        if (world->out.at[i].record.kind == KIND_WELCOME)
            note_app(world, world->out.at[i].session, world->out.at[i].record.welcome.app);
    struct witness *w = &world->witness[shard];
    const struct fact *fact;
    while ((fact = facts_after(world->pool[shard], w->facts ? witness_newest(w) : shard))) {
        if (fact->serial / SERIAL_STEP != w->facts + 1) {
            world_fail(world, "shard %u: the ring has not what happened in one step", shard);
            return;
        }
        struct happened happened = happened_of(world, fact);
        if (world->verbose)
            printf("# %9.3f    * %u.%zu %s%s %s by app %" PRIu64 "\n", (double)world->now / 1e9, shard, w->facts + 1, happened.intent ? "INTENT " : "",
                   fact_name(happened.intent ? fact->intended : fact->kind), happened.name, happened.app);
        witness_adds(w, &happened);
    }
}

/* ---- what comes out ---- */

/* Whose session is over in this step: what it was told before that counts for nothing. */
static uint64_t session_over(const struct pool_output *output)
{
    if (output->record.kind == KIND_DISMISS)
        return output->record.dismiss.session;
    return output->record.kind == KIND_BYE ? output->session : 0;
}

static bool is_over(const struct pool_outputs *out, uint64_t session)
{
    for (size_t i = 0; i < out->count; i++)
        if (session_over(&out->at[i]) == session)
            return true;
    return false;
}

static struct wanted wanted_of(const struct world *world, uint16_t shard, const struct record_subscribe *asked, const struct process *process)
{
    struct wanted wanted = { .kinds = asked->kinds, .options = asked->options, .step = -1, .attributes = asked->attributes.count > 0, .flags = asked->flags,
                             .when_full = asked->when_full, .when_late = asked->when_late, .start = asked->start, .since = asked->since,
                             .granted = asked->granted, .max_events = asked->max_events ? asked->max_events : EVENT_WINDOW, .max_bytes = asked->max_bytes,
                             .hold_time = asked->hold_time ? asked->hold_time : ACK_TIMEOUT_MS * MS };
    uint64_t now_on = world->newest; /* in the shards that a place says nothing about */
    snprintf(wanted.title, sizeof wanted.title, TEXT_FORMAT, TEXT_ARGUMENTS(asked->name));
    if (process && asked->selector.length) {
        wanted.step = process->asked[asked->subscription % ASKED].step;
        memcpy(wanted.name, process->asked[asked->subscription % ASKED].name, W_NAME);
    }
    if (asked->start == MSTRO_SUBSCRIPTION_START_CURSOR)
        wanted.since = now_on;
    if (asked->start == MSTRO_SUBSCRIPTION_START_SERIAL && asked->since % SERIAL_STEP != shard)
        wanted.since = now_on;
    for (uint32_t i = 0; i < asked->positions.count; i++)
        if (asked->positions.at[i].serial % SERIAL_STEP == shard)
            wanted.since = asked->positions.at[i].serial;
    return wanted;
}

/* What says where it begins; NULL: nothing before this output. */
static const struct record_events *beginning_of(const struct world *world, size_t output, uint64_t session, uint64_t number)
{
    for (size_t i = 0; i < output; i++) {
        const struct pool_output *before = &world->out.at[i];
        if (before->session == session && before->record.kind == KIND_EVENTS && before->record.events.subscription == number)
            return &before->record.events;
    }
    return NULL;
}

/* A name is at home in the first shard: where that has let go of whoever had it, the others do, too. */
static void displace(struct world *world, uint16_t shard, const struct wanted *wanted)
{
    const struct consumed *holder = shard ? witness_holder(&world->witness[shard], wanted->title) : NULL;
    if (shard)
        witness_begins_anew(&world->witness[shard], wanted);
    if (!holder)
        return;
    uint64_t session = holder->session, number = holder->number;
    if (witness_knows(&world->witness[0], session, number))
        world_fail(world, "shard %u gives the name %s to a second subscriber", shard, wanted->title);
    witness_displaced(&world->witness[shard], session, number);
}

static void observe_subscribed(struct world *world, uint16_t shard, const struct pool_input *in, size_t output)
{
    const struct record_subscribe *asked = &in->record->subscribe;
    const struct record_ack *ack = &world->out.at[output].record.ack;
    const struct process *process = process_of_session(world, in->session);
    struct witness *w = &world->witness[shard];
    struct wanted wanted = wanted_of(world, shard, asked, process);
    if (ack->status == MSTRO_INVARG && process && process->leaving)
        return;
    if (ack->status != MSTRO_OK) {
        witness_refused(w, &wanted, (mstro_status)ack->status);
        if (shard > 0 && witness_knows(&world->witness[0], in->session, asked->subscription))
            world_fail(world, "shard %u refuses a subscription that the first shard has granted", shard);
        return;
    }
    const struct record_events *beginning = beginning_of(world, output, in->session, asked->subscription);
    if (!beginning)
        world_fail(world, "shard %u: a subscription is made before it is said where it begins", shard);
    witness_subscribed(w, in->session, app_of_session(world, in->session), asked->subscription, &wanted, world->newest);
    if (beginning)
        witness_positioned(w, in->session, beginning);
    if (shard == 0 && world->shards > 1)
        witness_granted(w, in->session, asked->subscription, ack->generation);
}

static void observe_output(struct world *world, uint16_t shard, const struct pool_input *in, size_t i)
{
    const struct pool_output *output = &world->out.at[i];
    const struct record *record = &output->record;
    struct witness *w = &world->witness[shard];
    bool subscribes = in->kind == POOL_RECORD && in->record->kind == KIND_SUBSCRIBE && output->session == in->session;
    bool forgets = in->kind == POOL_RECORD && in->record->kind == KIND_UNSUBSCRIBE && in->record->unsubscribe.forget == FORGET_NAME;
    switch (record->kind) {
    case KIND_ACK:
        if (subscribes && in->record->subscribe.op == record->ack.op)
            observe_subscribed(world, shard, in, i);
        else
            witness_answered(w, app_of_session(world, output->session), record->ack.op);
        break;
    case KIND_TICKET:
        witness_answered(w, app_of_session(world, output->session), record->ticket.op);
        break;
    case KIND_COMMITTED:
        witness_answered(w, app_of_session(world, record->committed.session), record->committed.op);
        break;
    case KIND_EVENTS:
        if (record->events.events.count && !is_over(&world->out, output->session))
            witness_told(w, output->session, &record->events);
        break;
    case KIND_SUBSCRIPTION_END:
        witness_ended(w, output->session, &record->subscription_end, forgets);
        break;
    default:
        break;
    }
}

void observe_outputs(struct world *world, uint16_t shard, const struct pool_input *in)
{
    struct witness *w = &world->witness[shard];
    if (in->kind == POOL_RECORD && in->record->kind == KIND_SUBSCRIBE) {
        struct wanted wanted = wanted_of(world, shard, &in->record->subscribe, NULL);
        for (size_t i = 0; i < world->out.count; i++)
            if (world->out.at[i].record.kind == KIND_ACK && world->out.at[i].record.ack.op == in->record->subscribe.op && world->out.at[i].record.ack.status == MSTRO_OK)
                displace(world, shard, &wanted);
    }
    for (size_t i = 0; i < GONE_MAX && world->gone[i].session; i++)
        witness_gone_on(w, app_of_session(world, world->gone[i].session), world->gone[i].handle);
    for (size_t i = (size_t)(world->newest / SERIAL_STEP); i < w->facts; i++) {
        if (w->fact[i].intent)
            w->fact[i].unheld = !held_op(&world->model[shard], session_of_app(world, w->fact[i].app), 1);
        if (w->fact[i].intent)
            w->fact[i].handle = parked_now(world, shard, session_of_app(world, w->fact[i].app), w->fact[i].name);
        witness_happened(w, i, actor_of(world, in));
    }
    witness_time(w, world->now);
    for (size_t i = 0; i < world->out.count; i++)
        if (session_over(&world->out.at[i])) {
            witness_takes_back(w, app_of_session(world, session_over(&world->out.at[i])), NULL);
            witness_lost(w, session_over(&world->out.at[i]), app_of_session(world, session_over(&world->out.at[i])));
        }
    for (size_t i = 0; i < world->out.count; i++)
        observe_output(world, shard, in, i);
    witness_step_ends(w);
    if (w->wrong[0])
        world_fail(world, "shard %u: %s", shard, w->wrong);
}

uint64_t session_of_app(const struct world *world, uint64_t app)
{
    for (int i = 0; i < MEMBERS; i++)
        if (app && world->member[i].app == app)
            return world->member[i].session;
    return 0;
}

/* Is it of what the model knows? */
static bool is_of_rules(const struct happened *fact) { return !fact->intent && (fact->event & model_events()); }
static bool is_of_objects(const struct happened *fact) { return !fact->intent && (fact->event & model_object_events()); }

static enum fact_kind kind_of_event(uint32_t event)
{
    int kind = FACT_CHECKPOINT;
    while (kind > 0 && fact_event((enum fact_kind)kind) != event)
        kind--;
    return (enum fact_kind)kind;
}

static struct model_event event_of(const struct world *world, const struct happened *fact)
{
    struct model_event came = { .kind = fact->event, .session = session_of_app(world, fact->app), .generation = fact->generation, .size = fact->size,
                                .step = fact->step, .sudden = fact_is_announced(kind_of_event(fact->event)) && !fact->announced };
    memcpy(came.name, fact->name, W_NAME);
    return came;
}

/* It says rightly when it was announced. */
static bool is_announced_rightly(const struct witness *w, const struct happened *fact, uint64_t announced)
{
    size_t k = (size_t)(fact->intended / SERIAL_STEP);
    if (!fact->announced)
        return true;
    if (announced == 0)
        announced = fact->moment + 1;
    return (k == 0 || w->fact[k - 1].moment < announced) && (k == w->facts || w->fact[k].moment + 1 >= announced);
}

bool observe_next(const struct world *world, uint16_t shard, int event, size_t *fact)
{
    const struct witness *w = &world->witness[shard];
    const struct model *model = &world->model[shard];
    int left = 0;
    for (int i = event; i < model->events; i++)
        left += (model->event[i].kind & model_object_events()) != 0;
    bool met[MODEL_EVENTS] = { false };
    for (; left > 0 && *fact < w->facts; ++*fact) {
        struct model_event came = event_of(world, &w->fact[*fact]);
        int i = event;
        if (!is_of_objects(&w->fact[*fact]))
            continue;
        while (i < model->events && (met[i] || !model_same_event(&model->event[i], &came) || !is_announced_rightly(w, &w->fact[*fact], model->event[i].announced)))
            i++;
        if (i == model->events)
            return false;
        met[i] = true;
        left--;
    }
    return left == 0;
}

bool observe_rules(struct world *world, uint16_t shard)
{
    const struct witness *w = &world->witness[shard];
    struct model *model = &world->model[shard];
    bool good = true;
    for (size_t i = world->newest / SERIAL_STEP; good && i < w->facts; i++) {
        struct model_event came = event_of(world, &w->fact[i]);
        const struct model_event *must = is_of_rules(&w->fact[i]) ? model_expects(model, &came) : NULL;
        world->witness[shard].fact[i].op = must ? must->op : 0;
        world->witness[shard].fact[i].vague = must && must->vague;
        if (is_of_rules(&w->fact[i]))
            good = must != NULL;
        if (must && !must->vague && !is_announced_rightly(w, &w->fact[i], must->announced))
            world_fail(world, "shard %u: %zu does not say rightly when it was announced", shard, i + 1);
    }
    return good && model_happened(model);
}

void observe_gone_on(struct world *world, uint16_t shard, uint64_t session, uint64_t handle)
{
    size_t i = 0;
    (void)shard;
    while (i < GONE_MAX && world->gone[i].session)
        i++;
    if (i == GONE_MAX)
        abort();
    world->gone[i].session = session;
    world->gone[i].handle = handle;
}
