#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# planted.sh - faults planted in client and pool, one at a time, that the simulator must find, or it is not to be trusted
srcdir=${srcdir-.}
build=$(pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

if [ -n "$SANITIZER_FLAGS" ]; then
    echo "1..0 # SKIP the plain build shows it, and sooner"
    exit 0
fi
cp .libs/libcore.a "$work/libcore.a" || { echo "Bail out! libcore is not built"; exit 1; }
dependency_libs=$(sed -n "s/^dependency_libs='\(.*\)'$/\1/p" libcore.la)
witness="tests/sim/audience.o tests/sim/testimony.o tests/sim/witness.o"
number=0
world="tests/sim/mover.o tests/sim/network.o tests/sim/observer.o tests/sim/parked.o tests/sim/process.o tests/sim/sets.o tests/sim/watchers.o tests/sim/world.o
    tests/sim/compare.o tests/sim/model.o tests/sim/rules.o $witness"

# plant SENTENCE FILE SED-EXPRESSION [SHARDS [--held]]: the sentence is true when the simulator finds it
plant() {
    number=$((number + 1))
    sed "$3" "$srcdir/$2" > "$work/planted.c"
    if cmp -s "$srcdir/$2" "$work/planted.c"; then
        echo "not ok $number - $1: there is nothing to plant in $2"
        return
    fi
    # shellcheck disable=SC2086
    if ! $CC -O1 -w -std=gnu11 -D_GNU_SOURCE -I"$build" -I"$srcdir/include" -I"$srcdir" -c -o "$work/planted.o" "$work/planted.c" ||
        ! $CC -o "$work/simulate" tests/sim/simulate.o $world "$work/planted.o" "$work/libcore.a" $dependency_libs -lpthread -ldl; then
        echo "not ok $number - $1: does not build"
        return
    fi
    # shellcheck disable=SC2086
    for seed in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do # the rarest needs one in five
        (ulimit -v 4000000 && timeout 60 "$work/simulate" --seed $seed --steps 150000 --shards ${4-1} ${5-}) > "$work/log" 2>&1 && continue
        echo "ok $number - $1"
        echo "# by seed $seed: $(grep '^# ' "$work/log" | head -n 1)"
        return
    done
    echo "not ok $number - $1: no seed finds it"
}

echo "1..70"
plant "a requirer that dies while a WITHDRAW is deferred keeps its holder for ever" lib/pool/require.c \
    '/\[REQUIRE_FETCHING\] \[REQUIRE_END\]/d'
plant "a pool that was stopped puts everybody out" lib/pool/pool.c 's/sessions_excuse(pool, gap);/;/'
plant "a DEMAND that a loss has ended begins again when it asks for another ticket" lib/pool/demand.c 's/return require->told == op ||/return/'
plant "a generation's copy is forgotten while somebody needs it" lib/pool/generation.c 's/if (generation_needed_by(generation))/if (generation->state != GENERATION_KEPT \&\& generation_needed_by(generation))/'
plant "events that were dropped are not told of" lib/pool/queue.c 's/if (queue->gap_count > 0) {/if (false) {/'
plant "a ticket that comes before the mover has let go is forgotten" lib/client/life.c '/\[LIFE_FETCHING\]\[ON_TICKET\]/d'
plant "a DEMAND that was never sent is not sent when its source is lost" lib/client/demand.c 's/else if (h->ticket.unasked)/else if (false)/'
plant "a RETRACT does not wait for the mover" lib/client/life.c 's/\[LIFE_PREFETCHING\]\[ON_RETRACT\] = { LIFE_RETREATING, move_abort }/[LIFE_PREFETCHING][ON_RETRACT] = { LIFE_RETRACTING, retract_send }/'
plant "an application is welcome before every shard knows it" lib/pool/session.c 's/if (--session->unanswered == 0)/if ((session->unanswered = 0) == 0)/' 7
plant "an end is not told to the other shards" lib/pool/shards.c 's/^        say_dismiss(pool, shard, session, status, reason);/;/' 2
plant "a shard that learns of a death keeps it to itself" lib/pool/shards.c 's/^    if (status != MSTRO_OK)/    if (false)/' 2
plant "who leaves goes to the first shard first" lib/client/join.c 's/leave->awaited = leave_others(t, &r);/leave->awaited = 0;/' 2
plant "a group whose members are required is never served" lib/client/require.c 's/return how == TICKET_DIRECT || how == TICKET_GROUP;/return how == TICKET_DIRECT;/'
plant "a member is required whichever offer of its group it comes with" lib/client/client.c 's/t->in->record->require.commit/0/' 7
plant "a group is seen before its members are, in other shards" lib/pool/group.c 's/    if (group->awaited == 0)/    group->counted = group->members;\n    if (true)/' 2
plant "a member is seen when it is prepared" lib/pool/offer.c 's/    if (prepared)$/    if (prepared \&\& (asked->flags \& OFFER_GROUP))/'
plant "another shard does not follow the first in who has a name" lib/pool/subscription.c 's/^    if (pool->settings.shard == 0 || granted < .*)$/    if (true)/' 7 --held
plant "another shard goes on under a shared name that the first has ended and begun anew" lib/pool/subscription.c 's/^    return pool->settings.shard != 0 && asked->granted > .*$/    return false;/' 7
plant "who comes to a shared name is granted another than those who have it" lib/pool/subscription.c 's/^    if (consumer->made || !(subscription->flags & SUBSCRIBE_SHARED))$/    if (true)/' 2
plant "what was told under a name and not taken is lost with who had it" lib/pool/consumer.c 's/queue_return(subscription, told);/told_free(pool, told);/' 2
plant "an event of a shared name is told to two" lib/pool/consumer.c \
    's/    told->order = ++consumer->told;/    if ((subscription->flags \& SUBSCRIBE_SHARED) \&\& consumer->told == 3)\n        queue_put(pool, subscription, \&told->fact, told->event);\n&/'
plant "a gap is of one more than was dropped" lib/pool/queue.c 's/queue->gap_count += count;/queue->gap_count += count + (queue->gap_count == 2);/'
plant "events are handed out behind the end of their subscription" lib/client/events.c '/^    bool named = entry->named;/{n;s/client_drop_subscription(t->client, entry);/;/}'
plant "an operation waits for a subscriber who has died" lib/pool/consumer.c 's/^        hold_forgive(pool, subscription);/        ;/' 1 --held
plant "members are seen though one was refused" lib/pool/group.c 's/    if (count == group->members && /    if (/' 2
plant "a group is lost twice" lib/pool/generation.c 's/^        fact_append(pool, generation->group ? FACT_GROUP_LOST/        for (int i = 0; i < 1 + generation->group; i++)\n    &/'
plant "of what waits under a name one event is lost with who had it, in the second shard" lib/pool/consumer.c \
    's/^        queue_return(subscription, told);/        if (pool->settings.shard == 1 \&\& told->order % 5 == 0)\n            told_free(pool, told);\n        else\n    &/' 2
plant "a queue has no bound in bytes" lib/pool/queue.c 's/queue->bytes + bytes <= times \* subscription->max_bytes/true/' 1 --held
plant "an event for which there is no room is dropped without a word" lib/pool/queue.c \
    's/^    queue_skip(pool, subscription, fact->serial, fact->serial, 1);/    ;/' 1 --held
plant "what a consumer has not settled dies with it" lib/pool/consumer.c 's/queue_return(subscription, told);/told_free(pool, told);/' 1 --held
plant "events of one object are with two consumers" lib/pool/consumer.c 's/struct lane \*lane = .*;$/struct lane *lane = NULL;/' 1 --held
plant "an event that was acknowledged is told again" lib/pool/consumer.c 's/if (told->fact.serial == serial) {/if (false) {/' 1 --held
plant "an operation does not wait for an ack" lib/pool/tell.c 's/if ((wants_ack || answer == QUEUE_IS_FULL) &&/if (answer == QUEUE_IS_FULL \&\&/' 1 --held
plant "what was forgotten before it was read is not stated" lib/pool/replay.c 's/queue_skip(pool, subscription, first, last, .*;/;/' 1 --held
plant "who reads the past is told twice what happens meanwhile" lib/pool/tell.c '/^static enum queue_answer put/,/^}/s/if (!subscription->replays)/if (true)/' 1 --held
plant "an object that was withdrawn stands" lib/pool/replay.c 's/!newest || newest->state != GENERATION_OFFERED/!newest || list_empty(\&newest->holders) == list_empty(\&newest->bound)/' 1 --held
plant "a subscriber that wants no local events gets its own" lib/pool/tell.c 's/->session->participant == fact->by;/->session->participant == NULL;/' 1 --held
plant "a DEMAND is told twice" lib/pool/fact.c \
    's/^    bool sudden = .*$/    static bool again;\n    if (kind == FACT_DEMAND \&\& (again = !again))\n        fact_append(pool, kind, of);\n&/'
plant "a WITHDRAW is of another generation" lib/pool/fact.c 's/^        .generation = of->generation,/        .generation = of->generation + (kind == FACT_WITHDRAW ? 7 : 0),/'
plant "that the members of a group will not change is not told" lib/pool/fact.c 's/^    bool sudden = .*$/    if (kind == FACT_SEAL_GROUP)\n        return;\n&/'
plant "a RETRACT is not told" lib/pool/fact.c 's/^    bool sudden = .*$/    if (kind == FACT_RETRACT)\n        return;\n&/'
plant "a DISPOSE is not told" lib/pool/fact.c 's/^    bool sudden = .*$/    if (kind == FACT_DISPOSE)\n        return;\n&/'
plant "a loss is not told" lib/pool/fact.c 's/^    bool sudden = .*$/    if (kind == FACT_LOST)\n        return;\n&/'
plant "a group that is lost before it is shown is not told of" lib/pool/group.c 's/^    if (prepared->commit)$/    if (false)/' 7
plant "an event is of another instance of the component" lib/pool/consumer.c 's/event->index = fact->by->index;/event->index = fact->by->index + 1;/'
plant "an event is of another component" lib/pool/consumer.c 's/event->component = seal_name(fact->by->component);/event->component = seal_name(fact->sealed);/'
plant "an event has the id of another object" lib/pool/consumer.c 's/\.cdo = fact->cdo,/.cdo = { fact->cdo.high, fact->cdo.low ^ 1 },/'
plant "a DEMAND does not wait for the acks of the REQUIRE that it implies" lib/pool/demand.c '/FACT_REQUIRE/s/ \.op = asked->op,//' 1 --held
plant "who leaves is held up by subscribers" lib/pool/tell.c 's/of->session->state == SESSION_LEAVING || //' 2 --held
plant "a ticket is sent behind its TICKET_VOID" lib/pool/hold.c 's/^    if (is_void(pool, hold, answer)) {/    if (false) {/' 1 --held
plant "a parked operation that is cancelled takes effect" lib/pool/hold.c '/^bool hold_cancel/,/^}/s/^    record_drop(.*$/    ;/' 1 --held
plant "what came behind a parked operation is forgotten" lib/pool/hold.c '/^static void go_on/,/^}/s/^        announced = 0;$/        announced = 0;\n        record_drop(pool, kept);\n        break;/' 1 --held
plant "while operations wait a generation is left out" lib/pool/offer.c 's/= ++cdo->generations;/= cdo->generations += 1 + (pool->parked.count > 3);/' 1 --held
plant "an operation waits for room where there is some" lib/pool/tell.c 's/if ((wants_ack || answer == QUEUE_IS_FULL) \&\&/if ((wants_ack || subscription->when_full == MSTRO_SUBSCRIPTION_FULL_HOLD) \&\&/; s/serial, !wants_ack)/serial, false)/' 1 --held
plant "a queue under a name has no bound" lib/pool/queue.c 's/return queue->count < times \* subscription->max_events/return (subscription->flags || queue->count < times * subscription->max_events)/'
plant "what fits into a queue under a name is dropped" lib/pool/queue.c 's/room = in_order \&\& fits(subscription, bytes, 1);/room = in_order \&\& !(subscription->flags \&\& queue_of(subscription) > 12) \&\& fits(subscription, bytes, 1);/; s/^enum queue_answer queue_put(/static uint64_t queue_of(const struct subscription *subscription) { return subscription->queue.count; }\n\n&/'
plant "what fits into the queue of one who has read the past is dropped" lib/pool/queue.c 's/room = in_order \&\& fits(subscription, bytes, 1);/room = in_order \&\& !(!subscription->flags \&\& subscription->position < subscription->began \&\& subscription->queue.count > 2) \&\& fits(subscription, bytes, 1);/'
plant "that an application has come in is not told" lib/pool/fact.c 's/^    bool sudden = .*$/    if (kind == FACT_JOIN)\n        return;\n&/'
plant "that an application is gone is told twice" lib/pool/fact.c 's/^    bool sudden = .*$/    static bool again;\n    if (kind == FACT_BYE \&\& (again = !again))\n        fact_append(pool, kind, of);\n&/'
plant "an UNSUBSCRIBE is not told" lib/pool/fact.c 's/^    bool sudden = .*$/    if (kind == FACT_UNSUBSCRIBE)\n        return;\n&/'
plant "an event has another size than its object" lib/pool/fact.c 's/^        \.size = of->size,/        .size = of->size + (kind == FACT_WITHDRAW),/'
plant "an event has no attributes though its object has" lib/pool/fact.c 's/^    return fact;$/    if (kind == FACT_RETRACT \&\& of->cdo)\n        fact.sealed = of->cdo->unbound.next ? pool->nameless : fact.sealed;\n&/'
plant "a WITHDRAW by LEAVE passes for one that was asked for" lib/pool/generation.c 's/\.sudden = offer->by_leave || holder->state == SESSION_ABSENT/.sudden = false/'
plant "what was parked says that it was announced long ago" lib/pool/hold.c 's/hold->announced = facts_newest(pool);/hold->announced = fact_serial(pool, 1);/' 1 --held
plant "a subscription that ends is said to have been told what ended it" lib/pool/consumer.c 's/^    bool over = .*$/    bool over = false;/'
plant "a shard that has no room left does not ask what was taken" lib/pool/consumer.c 's/^    return !subscription_keeps(consumer->subscription) && consumer->open <= .*$/    return !subscription_keeps(consumer->subscription);/'
plant "who comes to a name is said to be behind what waits there" lib/pool/subscription.c 's/^    if (!list_empty(&queue->waiting)) {/    if (list_empty(\&queue->waiting) \&\& queue->bytes) {/'
plant "what a group lists is let go when its process begins to leave" lib/client/join.c 's/if (((h->flags & REQUIRE_RETAIN) != 0) != e->retained)/if (false)/' 2
plant "what a group lists is required for it as if it wanted the bytes" lib/client/require.c 's/\.flags = h->flags, /.flags = h->flags \& ~REQUIRE_RETAIN, /'
plant "who has required a group misses what is wanted back" lib/pool/require.c 's/generation == offered(cdo) || generation_is_retained(generation)/generation == offered(cdo)/'
