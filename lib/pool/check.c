/* SPDX-License-Identifier: BSD-3-Clause */
/* check.c - what must hold in every state, and a hash of the state: for the simulator and the state search */
#include "lib/pool/cdo.h"
#include "lib/pool/hold.h"
#include "lib/pool/operation.h"
#include "lib/pool/session.h"
#include "lib/pool/state.h"
#include "lib/pool/subscription.h"

struct walk {
    const struct pool *pool;
    const char *wrong;
    uint64_t generations, requires, tickets, waiting, inline_bytes, handles, schema_users, hash;
};

static void require_that(struct walk *walk, bool holds, const char *rule)
{
    if (!holds && !walk->wrong)
        walk->wrong = rule;
}

static void check_require(struct walk *walk, const struct require *require, const struct generation *generation)
{
    bool bound = generation != NULL;
    const struct session *session = require->handle->session;
    walk->requires++;
    walk->tickets += require->ticket != 0;
    require_that(walk, require->handle->require == require, "a REQUIRE is that of its handle");
    require_that(walk, require->generation == generation, "a REQUIRE knows the generation it is bound to");
    require_that(walk, session->state == SESSION_JOINED, "a REQUIRE belongs to a session that is in the pool");
    require_that(walk, bound == (require->state == REQUIRE_BOUND || require->state == REQUIRE_RETAINING || require->ticket != 0),
                 "a REQUIRE's state says whether it is bound");
    require_that(walk, (require->ticket != 0) == (require->state == REQUIRE_FETCHING || require->state == REQUIRE_READING),
                 "a ticket is open exactly while a REQUIRE is fetching or reading");
    require_that(walk, (require->demand != NULL) == (require->state == REQUIRE_AWAITED || require->state == REQUIRE_READING),
                 "a DEMAND that is not ended has a REQUIRE that is awaited or reading");
    require_that(walk, !require->demand || operation_waits(require->demand) == (require->state == REQUIRE_AWAITED),
                 "a DEMAND waits for other people exactly while nothing is offered");
    require_that(walk, !bound || !generation->whole || require->ticket == 0, "what the pool has itself is served at once");
}

/* What its session knows of it, NULL: it is not prepared. */
static const struct prepared *find_prepared(const struct offer *offer)
{
    list_each(link, &offer->handle->session->prepared) {
        const struct prepared *prepared = list_entry(link, const struct prepared, of_session);
        if (prepared->offer == offer)
            return prepared;
    }
    return NULL;
}

static void check_generation(struct walk *walk, const struct generation *generation, bool newest)
{
    bool stands = generation_stands(generation), needed = !list_empty(&generation->bound);
    walk->generations++;
    walk->inline_bytes += generation->copy ? generation->copy->rest_length : 0;
    require_that(walk, stands == !list_empty(&generation->holders), "a generation stands exactly while it has a holder");
    require_that(walk, stands ? newest : generation->whole, "a generation without a holder is one that the pool has all of");
    require_that(walk, generation->state != GENERATION_KEPT || needed, "a copy is kept only for those who need it");
    require_that(walk, generation->state != GENERATION_WITHDRAWING || (needed && !generation->whole), "a WITHDRAW waits only for a REQUIRE");
    require_that(walk, generation->state != GENERATION_ABSENT, "an ended generation is forgotten");
    require_that(walk, generation->state != GENERATION_PREPARED || !needed, "nobody is bound to what nobody sees");
    require_that(walk, !generation->group || generation->copy, "a group lists its members");
    list_each(link, (struct list *)&generation->holders) {
        const struct offer *offer = list_entry(link, struct offer, of_generation);
        require_that(walk, offer->handle->offer == offer && offer->generation == generation, "an offer is that of its handle");
        require_that(walk, offer->handle->session->state != SESSION_ABSENT, "an offer belongs to a session that is in the pool");
        require_that(walk, find_prepared(offer) == group_prepared(offer), "what is prepared is known to its session");
        require_that(walk, !offer->withdrawal || generation->state == GENERATION_WITHDRAWING, "only a deferred WITHDRAW waits");
    }
    bool served = false;
    list_each(link, (struct list *)&generation->bound) {
        const struct require *require = list_entry(link, struct require, link);
        check_require(walk, require, generation);
        require_that(walk, !served || require->state != REQUIRE_RETAINING, "who retains a generation stands before who is to be served");
        served = served || require->state != REQUIRE_RETAINING;
    }
}

static void check_cdo(struct map_link *link, void *context)
{
    struct walk *walk = context;
    const struct cdo *cdo = map_entry(link, struct cdo, by_id);
    walk->handles += cdo->handles;
    require_that(walk, cdo->handles > 0, "a CDO lives as long as a handle of it");
    for (const struct generation *generation = cdo->newest; generation; generation = generation->older)
        check_generation(walk, generation, generation == cdo->newest);
    bool offered = cdo->newest && cdo->newest->state == GENERATION_OFFERED;
    list_each(waiting, (struct list *)&cdo->unbound) {
        const struct require *require = list_entry(waiting, struct require, link);
        check_require(walk, require, NULL);
        require_that(walk, !offered || require->pinned, "nobody waits for what is offered");
        require_that(walk, !require->pinned || !require->demand, "nobody waits for what was lost");
    }
}

static void check_handle(struct map_link *link, void *context)
{
    struct walk *walk = context;
    const struct handle *handle = map_entry(link, struct handle, by_number);
    require_that(walk, !handle->offer || !handle->require, "a handle does not need what it holds");
}

static void check_session(struct map_link *link, void *context)
{
    struct walk *walk = context;
    struct session *session = map_entry(link, struct session, by_number);
    uint32_t offers = 0;
    list_each(at, &session->handles) {
        const struct handle *handle = list_entry(at, struct handle, of_session);
        offers += handle->offer != NULL;
        require_that(walk, handle->session == session, "a handle is that of its session");
        require_that(walk, session->state != SESSION_LEAVING || !handle->offer || handle->offer->generation->state == GENERATION_WITHDRAWING,
                     "who leaves withdraws all it offers");
    }
    require_that(walk, (session->state == SESSION_ADMITTING) == (session->unanswered > 0), "who waits for other shards is being admitted");
    require_that(walk, (session->state != SESSION_PARTED && session->state != SESSION_ADMITTING) ||
                           (list_empty(&session->handles) && list_empty(&session->operations) && list_empty(&session->subscriptions)),
                 "who has parted, or is not in yet, has nothing");
    require_that(walk, offers == session->offers, "a session counts its offers");
    require_that(walk, session->state != SESSION_LEAVING || offers > 0, "who leaves waits only for what it offers");
    require_that(walk, (session->leave != NULL) == (session->state == SESSION_LEAVING), "a LEAVE waits exactly while its session is leaving");
    for (uint32_t i = 0; i < session->schemas; i++)
        walk->schema_users += session->schema[i] != NULL;
    list_each(at, &session->operations)
        walk->waiting += operation_waits(list_entry(at, struct operation, of_session));
}

static void check_schemas(struct walk *walk)
{
    uint64_t users = 0, schemas = 0;
    list_each(at, (struct list *)&walk->pool->schemas) {
        const struct shared_schema *schema = list_entry(at, struct shared_schema, link);
        require_that(walk, schema->users > 0, "a schema lives as long as somebody has it");
        users += schema->users;
        schemas++;
    }
    require_that(walk, users == walk->schema_users && schemas == walk->pool->shared_schemas, "schemas and who has them are counted");
}

static void check_hold(struct map_link *link, void *context)
{
    require_that(context, !list_empty(&map_entry(link, struct hold, by_op)->awaited), "an operation is held only by an ack or room that is missing");
}

static void check_queue(struct walk *walk, const struct subscription *subscription)
{
    uint64_t count = 0, bytes = 0, last = 0;
    list_each(taker, (struct list *)&subscription->consumers) {
        struct consumer *consumer = list_entry(taker, struct consumer, of_subscription);
        list_each(blocked, &consumer->blocked)
            list_each(link, &list_entry(blocked, struct lane, blocked)->waiting) {
                count++;
                bytes += told_bytes(subscription, list_entry(link, struct told, link));
            }
    }
    list_each(link, (struct list *)&subscription->queue.waiting) {
        const struct told *told = list_entry(link, struct told, link);
        count++;
        bytes += told_bytes(subscription, told);
        require_that(walk, told->fact.serial > last, "what waits stands in the order of its serials");
        last = told->fact.serial;
    }
    require_that(walk, count == subscription->queue.count && bytes == subscription->queue.bytes, "what waits is counted");
    require_that(walk, subscription->queue.gap_count == 0 || subscription->queue.gap_last > last, "a gap stands behind what waits");
}

static void check_consumer(struct map_link *link, void *context)
{
    struct walk *walk = context;
    const struct consumer *consumer = map_entry(link, struct consumer, by_number);
    const struct subscription *subscription = consumer->subscription;
    uint64_t sent = 0;
    list_each(told, (struct list *)&consumer->sent)
        sent++;
    require_that(walk, consumer->session->state == SESSION_JOINED, "a subscription belongs to a session that is in the pool");
    require_that(walk, consumer->seen <= consumer->told, "nothing is taken that was not told");
    require_that(walk, subscription_keeps(subscription) ? consumer->open == sent : consumer->open == consumer->told - consumer->seen,
                 "what is not settled is counted");
    check_queue(walk, subscription);
}

const char *pool_check(const struct pool *pool)
{
    struct walk walk = { .pool = pool };
    map_each((struct map *)&pool->cdos, check_cdo, &walk);
    map_each((struct map *)&pool->handles, check_handle, &walk);
    map_each((struct map *)&pool->sessions, check_session, &walk);
    require_that(&walk, walk.generations == pool->generations, "generations are counted");
    require_that(&walk, walk.requires == pool->requires, "REQUIREs are counted");
    require_that(&walk, walk.tickets == pool->tickets, "open tickets are counted");
    require_that(&walk, walk.waiting == pool->waiting, "waiting operations are counted");
    require_that(&walk, walk.inline_bytes == pool->inline_bytes, "inline bytes are counted");
    require_that(&walk, walk.handles == pool->handles.count, "handles are counted");
    check_schemas(&walk);
    require_that(&walk, list_empty((struct list *)&pool->released) && list_empty((struct list *)&pool->drained), "a step leaves nothing half done");
    map_each((struct map *)&pool->held, check_hold, &walk);
    map_each((struct map *)&pool->subscriptions, check_consumer, &walk);
    require_that(&walk, list_empty((struct list *)&pool->ending) && list_empty((struct list *)&pool->telling), "a step leaves nothing untold");
    list_each(link, (struct list *)&pool->lingering)
        require_that(&walk, list_entry(link, struct subscription, telling)->queue.count > 0, "what lingers has an event to send");
    return walk.wrong;
}

static void hash_require(struct walk *walk, const struct require *require, uint64_t place)
{
    uint64_t hash = hash_mix(require->handle->session->number, require->handle->number);
    hash = hash_mix(hash, place);
    hash = hash_mix(hash, require->state);
    hash = hash_mix(hash, (uint64_t)require->pinned << 4 | (uint64_t)(require->told != 0) << 3 | (uint64_t)(require->voided != 0) << 2 | (uint64_t)(require->loss != NULL) << 1 | require->on_loss_wait);
    walk->hash += hash;
}

static void hash_generation(struct walk *walk, const struct generation *generation, uint64_t place)
{
    uint64_t hash = hash_mix(place, generation->state);
    hash = hash_mix(hash, (uint64_t)generation->size);
    hash = hash_mix(hash, (uint64_t)generation->grouped << 4 | (uint64_t)generation->group << 3 | (uint64_t)generation->whole << 2 | (uint64_t)generation->on_loss_wait << 1 | generation->cut);
    list_each(link, (struct list *)&generation->holders) {
        const struct offer *offer = list_entry(link, struct offer, of_generation);
        const struct prepared *prepared = group_prepared(offer);
        uint64_t holder = hash_mix(offer->handle->session->number, offer->handle->number);
        if (prepared)
            holder = hash_mix(hash_mix(holder, prepared->group), (uint64_t)(prepared->members - prepared->counted) << 32 | prepared->awaited << 2 | (prepared->commit != 0) << 1 | prepared->made);
        hash += hash_mix(holder, (uint64_t)(prepared && prepared->withdrawn) << 2 | (uint64_t)(offer->withdrawal != NULL) << 1 | offer->by_leave);
    }
    walk->hash += hash_mix(hash, 1);
    list_each(link, (struct list *)&generation->bound)
        hash_require(walk, list_entry(link, struct require, link), place);
}

static void hash_cdo(struct map_link *link, void *context)
{
    struct walk *walk = context;
    const struct cdo *cdo = map_entry(link, struct cdo, by_id);
    uint64_t place = hash_mix(cdo->id.low, cdo->id.high);
    for (const struct generation *generation = cdo->newest; generation; generation = generation->older)
        hash_generation(walk, generation, place = hash_mix(place, 2));
    list_each(require, (struct list *)&cdo->unbound)
        hash_require(walk, list_entry(require, struct require, link), hash_mix(cdo->id.low, 3));
}

static void hash_handle(struct map_link *link, void *context)
{
    const struct handle *handle = map_entry(link, struct handle, by_number);
    ((struct walk *)context)->hash += hash_mix(hash_mix(handle->session->number, handle->number), handle->cdo->id.low);
}

static void hash_session(struct map_link *link, void *context)
{
    const struct session *session = map_entry(link, struct session, by_number);
    uint64_t hash = hash_mix(session->number, session->state);
    for (uint32_t i = 0; i < session->schemas; i++)
        if (session->schema[i])
            hash = hash_mix(hash, session->schema[i]->digest ^ (session->schema[i]->outline != NULL));
    ((struct walk *)context)->hash += hash;
}

uint64_t pool_state_hash(const struct pool *pool)
{
    struct walk walk = { .pool = pool };
    map_each((struct map *)&pool->cdos, hash_cdo, &walk);
    map_each((struct map *)&pool->handles, hash_handle, &walk);
    map_each((struct map *)&pool->sessions, hash_session, &walk);
    return walk.hash;
}
