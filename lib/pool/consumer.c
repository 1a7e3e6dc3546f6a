/* SPDX-License-Identifier: BSD-3-Clause */
/* consumer.c - who takes the events of a subscription, and how they get there */
#include "lib/base/clock.h"
#include "lib/pool/answer.h"
#include "lib/pool/hold.h"
#include "lib/pool/session.h"
#include "lib/pool/subscription.h"
#include "lib/schema/block.h"

enum {
    BATCH_COUNT = 256,       /* events in one record: its list's limit */
    BATCH_BYTES = 32 * 1024, /* of them: a record fits into a frame */
    SHARED_WINDOW = 16       /* that a consumer of a shared name may have open: the slow shall not have what others could take */
};

struct consumer_key { const struct session *session; uint64_t number; };

static bool consumer_matches(const struct map_link *link, const void *key)
{
    const struct consumer *consumer = map_entry(link, const struct consumer, by_number);
    const struct consumer_key *wanted = key;
    return consumer->session == wanted->session && consumer->number == wanted->number;
}

struct consumer *consumer_find(const struct pool *pool, const struct session *session, uint64_t number)
{
    struct consumer_key key = { session, number };
    struct map_link *link = map_find(&pool->subscriptions, hash_mix(session->number, number), consumer_matches, &key);
    return link ? map_entry(link, struct consumer, by_number) : NULL;
}

struct consumer *consumer_make(struct pool *pool, struct session *session, struct subscription *subscription, uint64_t number)
{
    struct consumer *consumer = memory_take(pool, sizeof *consumer);
    if (!consumer)
        return NULL;
    consumer->session = session;
    consumer->subscription = subscription;
    consumer->number = number;
    list_init(&consumer->sent);
    list_init(&consumer->blocked);
    list_append(&session->subscriptions, &consumer->of_session);
    list_append(&subscription->consumers, &consumer->of_subscription);
    map_insert(&pool->subscriptions, &consumer->by_number, hash_mix(session->number, number));
    session->subscribed++;
    return consumer;
}

/* ---- what a consumer has done ---- */

/* Has it done something since it was told?  Then it may be for the next event that it waits. */
static bool has_acted(const struct subscription *subscription)
{
    const struct list *first = subscription->consumers.next;
    return first == &subscription->consumers || list_entry(first, const struct consumer, of_subscription)->session->acted >= subscription->told_at;
}

static bool has_half_its_room(const struct subscription *subscription)
{
    return subscription->queue.count < subscription->max_events / 2 && subscription->queue.bytes < subscription->max_bytes / 2;
}

/* Events that come one after another travel together: a record, a frame and a wake-up for many.  Who was told of nothing for a while is told
 * at once, and so is who acts on what he is told, who lets operations wait, or has half of what may wait for him. */
static bool may_linger(const struct pool *pool, const struct subscription *subscription)
{
    const struct queue *queue = &subscription->queue;
    if (subscription->told_at == 0 || pool->now - subscription->told_at >= pool->settings.event_linger || has_acted(subscription))
        return false;
    return queue->count > 0 && queue->gap_count == 0 && has_half_its_room(subscription) && !(subscription->options & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK) &&
           list_empty(&subscription->awaited) && !subscription_keeps(subscription) && !subscription->replays;
}

void tell_soon(struct pool *pool, struct subscription *subscription)
{
    if (subscription->starved || (subscription->lingers && !may_linger(pool, subscription)))
        list_remove(&subscription->telling);
    subscription->starved = false;
    if (list_empty(&subscription->telling))
        list_append(&pool->telling, &subscription->telling);
}

static void go_on_soon(struct pool *pool, struct subscription *subscription)
{
    if (subscription->queue.count > 0 || subscription->queue.gap_count > 0 || subscription->replays)
        tell_soon(pool, subscription);
}

static void settle(struct pool *pool, struct consumer *consumer, struct told *told)
{
    lane_leave(pool, consumer->subscription, told->fact.cdo);
    told_free(pool, told);
    consumer->open--;
    go_on_soon(pool, consumer->subscription);
}

static bool settles_by_ack(const struct subscription *subscription)
{
    return subscription_keeps(subscription) && (subscription->options & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK);
}

void consumer_acknowledged(struct pool *pool, struct consumer *consumer, uint64_t serial)
{
    if (!settles_by_ack(consumer->subscription))
        return;
    list_each(link, &consumer->sent) {
        struct told *told = list_entry(link, struct told, link);
        if (told->fact.serial == serial) {
            settle(pool, consumer, told);
            return;
        }
    }
}

static void settle_taken(struct pool *pool, struct consumer *consumer)
{
    while (!list_empty(&consumer->sent)) {
        struct told *told = list_entry(consumer->sent.next, struct told, link);
        if (told->order > consumer->seen)
            return;
        settle(pool, consumer, told);
    }
}

void serve_seen(struct pool *pool, struct session *session, const struct record *record)
{
    struct consumer *consumer = consumer_find(pool, session, record->seen.subscription);
    uint64_t count = record->seen.count;
    if (!consumer || count <= consumer->seen || count > consumer->told)
        return;
    uint64_t more = count - consumer->seen;
    consumer->seen = count;
    if (!subscription_keeps(consumer->subscription))
        consumer->open -= more;
    else if (!settles_by_ack(consumer->subscription))
        settle_taken(pool, consumer);
    go_on_soon(pool, consumer->subscription);
}

/* In their places: who takes them next gets them in order. */
static void give_back_open(struct pool *pool, struct consumer *consumer)
{
    struct subscription *subscription = consumer->subscription;
    while (!list_empty(&consumer->sent)) {
        struct told *told = list_entry(consumer->sent.previous, struct told, link);
        told->again |= told->order <= consumer->seen;
        lane_leave(pool, subscription, told->fact.cdo);
        queue_return(subscription, told);
    }
    lanes_end(pool, consumer);
    go_on_soon(pool, subscription);
}

void consumer_end(struct pool *pool, struct consumer *consumer)
{
    struct subscription *subscription = consumer->subscription;
    give_back_open(pool, consumer);
    list_remove(&consumer->of_session);
    list_remove(&consumer->of_subscription);
    map_remove(&pool->subscriptions, &consumer->by_number);
    consumer->session->subscribed--;
    memory_give(pool, consumer, sizeof *consumer);
    if (list_empty(&subscription->consumers))
        hold_forgive(pool, subscription);
}

/* ---- sending ---- */

static uint64_t window_of(const struct pool *pool, const struct subscription *subscription)
{
    uint64_t window = pool->settings.event_window;
    if (subscription->flags & SUBSCRIBE_SHARED && window > SHARED_WINDOW)
        window = SHARED_WINDOW;
    return subscription->max_events < window ? subscription->max_events : window;
}

/* The one with the fewest open, NULL when none has room.  '*share' of what waits is for it. */
static struct consumer *idlest(const struct subscription *subscription, uint64_t window, uint64_t *share)
{
    struct consumer *best = NULL;
    uint64_t consumers = 0;
    list_each(link, (struct list *)&subscription->consumers) {
        struct consumer *consumer = list_entry(link, struct consumer, of_subscription);
        consumers++;
        if (consumer->open < window && (!best || consumer->open < best->open))
            best = consumer;
    }
    *share = best ? (subscription->queue.count + consumers - 1) / consumers : 0;
    if (best && *share > window - best->open)
        *share = window - best->open;
    return best;
}

/* The next event for somebody, and at most how many with it; NULL: nobody can take one. */
struct turn { struct consumer *consumer; struct told *next; uint64_t most; };

/* What was passed over for want of room, when there is room. */
static struct turn next_in_lanes(const struct subscription *subscription, uint64_t window)
{
    list_each(link, (struct list *)&subscription->consumers) {
        struct consumer *consumer = list_entry(link, struct consumer, of_subscription);
        struct told *next = consumer->open < window ? lane_next(consumer) : NULL;
        if (next)
            return (struct turn){ consumer, next, 1 };
    }
    return (struct turn){ 0 };
}

static struct turn next_turn(struct pool *pool, struct subscription *subscription)
{
    uint64_t window = window_of(pool, subscription);
    struct turn turn = next_in_lanes(subscription, window);
    while (!turn.consumer && (turn.next = queue_first(pool, subscription))) {
        struct lane *lane = lane_find(pool, subscription, turn.next->fact.cdo);
        if (lane && (lane->consumer->open >= window || !list_empty(&lane->waiting))) {
            lane_wait(lane, turn.next);
            continue;
        }
        turn.consumer = lane ? lane->consumer : idlest(subscription, window, &turn.most);
        turn.most = lane ? 1 : turn.most < BATCH_COUNT ? turn.most : BATCH_COUNT;
        break;
    }
    return turn;
}

/* Those attributes of the object that the subscriber asked for, as a block in the arena. */
static bool fill_attributes(struct pool *pool, const struct subscription *subscription, const struct told *told, struct record_event *event)
{
    struct bytes keys = subscription->extra ? seal_rest(subscription->extra->attributes) : (struct bytes){ 0 };
    struct block_item item[64];
    size_t count = 0;
    for (const char *key = keys.at, *end = key + keys.length; key < end && count < 64; key += strlen(key) + 1) {
        item[count].key = text_of(key);
        count += block_find(seal_rest(told->fact.sealed), item[count].key, &item[count].value);
    }
    if (count == 0)
        return true;
    block_sort(item, count);
    size_t size = block_size(item, count);
    void *at = arena_take(&pool->out->arena, size);
    if (at)
        block_write(item, count, at);
    event->attributes = bytes_of(at, size);
    return at != NULL;
}

static bool fill_event(struct pool *pool, const struct subscription *subscription, const struct told *told, struct record_event *event)
{
    const struct fact *fact = &told->fact;
    bool gap = told->event == MSTRO_POOL_EVENT_OVERFLOW;
    *event = (struct record_event){ .serial = fact->serial, .kind = told->event, .size = gap ? -1 : fact->size, .name = seal_name(fact->sealed),
                                    .cdo = fact->cdo, .generation = fact->generation, .again = told->again };
    if (fact->by) {
        event->app = fact->by->app;
        event->index = fact->by->index;
        event->component = seal_name(fact->by->component);
    }
    if (gap) {
        event->first_serial = fact->time;
        event->count = (uint64_t)fact->size;
    }
    return fill_attributes(pool, subscription, told, event);
}

/* It is with the consumer from now on.  False when memory is short. */
static bool hand_over(struct pool *pool, struct consumer *consumer, struct told *told)
{
    struct subscription *subscription = consumer->subscription;
    if (!lane_enter(pool, consumer, told->fact.cdo))
        return false;
    queue_take(subscription, told);
    told->order = ++consumer->told;
    consumer->open++;
    if (subscription_keeps(subscription))
        list_append(&consumer->sent, &told->link);
    else
        told_free(pool, told);
    return true;
}

/* How many in a row, beginning with the next, may go to its consumer; 0 when memory is short. */
static uint32_t fill_batch(struct pool *pool, const struct turn *turn, struct record_event *events)
{
    struct subscription *subscription = turn->consumer->subscription;
    uint64_t bytes = 0;
    uint32_t count = 0;
    while (count < turn->most && subscription->queue.count > 0) {
        struct told *told = count ? queue_first(pool, subscription) : turn->next;
        const struct lane *lane = told && count ? lane_find(pool, subscription, told->fact.cdo) : NULL;
        if (!told || (lane && (lane->consumer != turn->consumer || !list_empty(&lane->waiting))))
            break;
        bytes += told_bytes(subscription, told);
        if (count > 0 && bytes > BATCH_BYTES)
            break;
        if (!fill_event(pool, subscription, told, &events[count]) || !hand_over(pool, turn->consumer, told))
            return 0;
        count++;
    }
    return count;
}

/* Half of the window is left, and nobody waits for what it has to settle. */
static bool needs_no_word(const struct pool *pool, const struct consumer *consumer)
{
    return !subscription_keeps(consumer->subscription) && consumer->open <= window_of(pool, consumer->subscription) / 2;
}

static bool send_batch(struct pool *pool, struct subscription *subscription)
{
    struct turn turn = next_turn(pool, subscription);
    struct consumer *consumer = turn.consumer;
    if (!consumer)
        return false;
    struct record_event *events = arena_take(&pool->out->arena, turn.most * sizeof *events);
    uint32_t count = events ? fill_batch(pool, &turn, events) : 0;
    struct record *record = count ? answer_add(pool, consumer->session, KIND_EVENTS) : NULL;
    if (!record) {
        session_fail(pool, consumer->session);
        return false;
    }
    bool over = !list_empty(&subscription->ending); /* by something that it is not told */
    bool all = subscription->queue.count == 0 && subscription->queue.gap_count == 0 && !subscription->replays && !over;
    record->events.subscription = consumer->number;
    record->events.events.count = count;
    record->events.events.at = events;
    record->events.position = all ? facts_newest(pool) : events[count - 1].serial;
    record->events.quiet = needs_no_word(pool, consumer);
    subscription->told_at = pool->now;
    return true;
}

static void starve(struct pool *pool, struct subscription *subscription)
{
    if (list_empty(&pool->starved))
        pool->tell_again = pool->now + TELL_AGAIN;
    list_append(&pool->starved, &subscription->telling);
    subscription->starved = true;
}

static void linger(struct pool *pool, struct subscription *subscription)
{
    if (list_empty(&pool->lingering))
        pool->linger_until = pool->now + pool->settings.event_linger;
    list_append(&pool->lingering, &subscription->telling);
    subscription->lingers = true;
}

/* In the next flush, whenever it was told last. */
static void linger_no_more(struct pool *pool, struct subscription *subscription)
{
    list_remove(&subscription->telling);
    list_append(&pool->telling, &subscription->telling);
}

void queues_try_again(struct pool *pool)
{
    while (pool->tell_again <= pool->now && !list_empty(&pool->starved))
        tell_soon(pool, list_entry(pool->starved.next, struct subscription, telling));
    while (pool->linger_until <= pool->now && !list_empty(&pool->lingering))
        linger_no_more(pool, list_entry(pool->lingering.next, struct subscription, telling));
}

uint64_t queues_deadline(const struct pool *pool)
{
    uint64_t again = list_empty(&pool->starved) ? NO_DEADLINE : pool->tell_again;
    return list_empty(&pool->lingering) || pool->linger_until > again ? again : pool->linger_until;
}

void queue_linger_no_more(struct pool *pool, struct subscription *subscription)
{
    while (subscription->lingers && send_batch(pool, subscription))
        ;
}

static void flush(struct pool *pool, struct subscription *subscription)
{
    bool more;
    do
        more = replay_go_on(pool, subscription);
    while (send_batch(pool, subscription));
    hold_room(pool, subscription);
    list_remove(&subscription->telling);
    if (more)
        list_append(&pool->reading, &subscription->telling);
    else if (subscription->queue.count == 0 && subscription->queue.gap_count > 0)
        starve(pool, subscription);
}

void queues_flush(struct pool *pool)
{
    while (!list_empty(&pool->telling)) {
        struct subscription *subscription = list_entry(pool->telling.next, struct subscription, telling);
        list_remove(&subscription->telling);
        bool lingered = subscription->lingers;
        subscription->lingers = false;
        if (!lingered && may_linger(pool, subscription))
            linger(pool, subscription);
        else
            flush(pool, subscription);
    }
}
