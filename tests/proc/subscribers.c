/* SPDX-License-Identifier: BSD-3-Clause */
/* Subscribers that are slow, stand still or die, with a manager between them and who offers.
 *
 * A million events where MAESTRO_LONG says so, else as many as a test run has time for. */
#include "tests/lib/check.h"

#include <signal.h>
#include <stdlib.h>

#include "maestro/subscription.h"
#include "tests/proc/stage.h"

enum { QUICK = 30000, LONG = 1000000, PATIENT = 600000, SHORT = 20000 };

static struct process *producer;
static const char *const short_times[] = { "--ack-timeout=400ms", "--lease=1s", "--heartbeat=100ms", NULL };

static int open_with(const char *const arguments[])
{
    stage_open(&stage);
    stage_manager(&stage, arguments);
    producer = stage_watcher(&stage, "producer");
    return 0;
}

static int open_stage(void **state)
{
    (void)state;
    return open_with(NULL);
}

static int open_with_short_times(void **state)
{
    (void)state;
    return open_with(short_times);
}

static void offers(unsigned count, const char *prefix)
{
    tell(producer, "offers %u %s", count, prefix);
    hear(producer, PATIENT);
    assert_memory_equal(producer->answer, "MSTRO_OK", 8);
}

static void subscribe(struct process *p, int kinds, int options, const char *words)
{
    tell(p, "subscribe %d %d %s", kinds, options, words);
    hear(p, 20000);
    if (strncmp(p->answer, "MSTRO_OK", 8) != 0)
        fail_msg("subscribe %s: %s", words, p->answer);
}

/* The number behind "WORD=" in what was heard last. */
static unsigned long heard(const struct process *p, const char *word)
{
    const char *at = strstr(p->answer, word);
    if (!at)
        fail_msg("no %s in: %s", word, p->answer);
    return strtoul(at + strlen(word), NULL, 10);
}

static size_t resident_of_manager(void)
{
    char path[64];
    size_t pages, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)stage.manager.pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &pages, &resident), 2);
    fclose(file);
    return resident * 4096;
}

/* A sanitizer keeps 256 MiB of what was freed. */
static size_t more_memory(void)
{
    const char *sanitizer = getenv("SANITIZER_FLAGS");
    return (size_t)(sanitizer && *sanitizer ? 300 : 4) << 20;
}

static void slow_subscriber_is_told_how_much_it_missed_and_costs_no_more_memory(void **state)
{
    (void)state;
    unsigned many = getenv("MAESTRO_LONG") ? LONG : QUICK;
    struct process *slow = stage_watcher(&stage, "slow");
    offers(QUICK, "before"); /* the ring of facts is full from here on */
    subscribe(slow, MSTRO_POOL_EVENT_OFFER, 0, "most=1000"); /* in each shard */
    size_t resident = resident_of_manager();
    offers(many, "x");
    size_t more = resident_of_manager() - resident;
    printf("# %u events, the manager took %zu KiB more\n", many, resident_of_manager() > resident ? more / 1024 : 0);
    assert_true(resident_of_manager() < resident + more_memory());
    tell(slow, "take %u", many);
    hear(slow, PATIENT);
    assert_int_equal(heard(slow, "told=") + heard(slow, "missing="), many);
    assert_true(heard(slow, "missing=") > many / 2);
    assert_int_equal(heard(slow, "gaps="), heard(slow, "shards=")); /* one from each: first to last of what it missed there */
    assert_int_equal(heard(slow, "wrong="), 0);
    offers(1, "y");
    expect(slow, "take 1", "MSTRO_OK told=1 missing=0 again=0 first=y0");
    expect(producer, "offer stands", "MSTRO_OK");
    expect(slow, "dispose", "MSTRO_OK");
    subscribe(slow, MSTRO_POOL_EVENT_OFFER, 0, "from=standing"); /* where it is now, whatever it missed */
    expect(slow, "take 1", "MSTRO_OK told=1 missing=0 again=0 first=stands");
}

enum { MOST = 1000, BYTES = 20000, NAME = 50 };
#define LONG_PREFIX "a.name.of.fifty.characters.and.then.its.number...." /* NAME */

static void bytes_that_wait_for_a_slow_subscriber_are_bounded_as_it_has_asked(void **state)
{
    (void)state;
    static const char words[] = "most=1000 bytes=20000";
    struct process *slow = stage_watcher(&stage, "slow");
    subscribe(slow, MSTRO_POOL_EVENT_OFFER, 0, words);
    offers(QUICK, LONG_PREFIX);
    tell(slow, "take %d", QUICK);
    hear(slow, PATIENT);
    unsigned long told = heard(slow, "told="), shards = heard(slow, "shards=");
    printf("# %lu told by %lu shards\n", told, shards);
    assert_int_equal(told + heard(slow, "missing="), QUICK);
    assert_int_equal(heard(slow, "wrong="), 0);
    assert_true(told > shards * MOST); /* those on their way, and some that waited */
    assert_true(told <= shards * (MOST + BYTES / NAME));
}

static void operation_waits_for_a_slow_ack_for_its_time_and_then_nobody_waits_for_that_subscriber(void **state)
{
    (void)state;
    struct process *slow = stage_watcher(&stage, "slow");
    subscribe(slow, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK | MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE, "wait=300 late=end");
    offers(1, "x");
    assert_true(strtoul(producer->answer + 9, NULL, 10) >= 290);
    offers(10, "y");
    assert_true(strtoul(producer->answer + 9, NULL, 10) < 290);
    expect(slow, "take 1", "MSTRO_OK told=1");
    expect(slow, "take 1", "MSTRO_OVERFLOW this subscription was ended: an operation has waited for it for 300 ms");
    expect(slow, "dispose", "MSTRO_OK");
}

static void subscriber_that_stands_still_holds_an_operation_once(void **state)
{
    (void)state;
    struct process *still = stage_watcher(&stage, "still");
    subscribe(still, MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK, "");
    process_stop(still);
    offers(1, "x");
    assert_true(strtoul(producer->answer + 9, NULL, 10) >= 390);
    offers(50, "y"); /* to other shards, too */
    assert_true(strtoul(producer->answer + 9, NULL, 10) < 390);
    process_kill(still, SIGCONT);
}

static void full_queue_holds_the_producer_until_there_is_room(void **state)
{
    (void)state;
    struct process *slow = stage_watcher(&stage, "slow");
    subscribe(slow, MSTRO_POOL_EVENT_OFFER, 0, "most=10 full=hold");
    tell(producer, "offers 1000 x");
    tell(slow, "take 1000");
    hear(slow, PATIENT);
    assert_int_equal(heard(slow, "told="), 1000);
    assert_int_equal(heard(slow, "missing="), 0);
    hear(producer, PATIENT);
    assert_memory_equal(producer->answer, "MSTRO_OK", 8);
}

static void durable_subscription_goes_on_when_its_process_was_killed(void **state)
{
    (void)state;
    const int ack = MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK;
    struct process *first = stage_watcher(&stage, "archiver");
    subscribe(first, MSTRO_POOL_EVENT_OFFER, ack, "name=archive durable");
    tell(producer, "offers 2 a");
    expect(first, "take 1", "MSTRO_OK told=1");
    expect(first, "ack", "MSTRO_OK");
    expect(first, "take 1", "MSTRO_OK told=1"); /* taken, and never acknowledged */
    expect(first, "flush", "MSTRO_OK");
    process_kill(first, SIGKILL);
    expect_within(producer, "MSTRO_OK", 20000);
    offers(3, "b");
    struct process *second = stage_watcher(&stage, "archiver");
    subscribe(second, MSTRO_POOL_EVENT_OFFER, ack, "name=archive durable");
    expect(second, "take 4", "MSTRO_OK told=4 missing=0 again=1");
    expect(second, "ack", "MSTRO_OK");
    expect(second, "finalize", "MSTRO_OK"); /* in peace: the name stays, too */
    offers(1, "c");
    expect(second, "init archiver", "MSTRO_OK");
    subscribe(second, MSTRO_POOL_EVENT_OFFER, ack, "name=archive durable");
    tell(producer, "offers 1 d");
    expect(second, "take 2", "MSTRO_OK told=2 missing=0 again=0");
    expect(second, "ack", "MSTRO_OK");
    expect(second, "forget", "MSTRO_OK");
    expect_within(producer, "MSTRO_OK", 20000);
}

static void what_a_competing_consumer_had_not_settled_when_it_was_killed_goes_to_another(void **state)
{
    (void)state;
    const int ack = MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK;
    struct process *one = stage_watcher(&stage, "one"), *two = stage_watcher(&stage, "two");
    subscribe(one, MSTRO_POOL_EVENT_OFFER, ack, "name=jobs shared");
    subscribe(two, MSTRO_POOL_EVENT_OFFER, ack, "name=jobs shared");
    for (int i = 0; i < 6; i++)
        offers(1, (const char *[]){ "a", "b", "c", "d", "e", "f" }[i]); /* each is held for 400 ms at most */
    expect(one, "take 2", "MSTRO_OK "); /* each shard divides what is its own */
    unsigned long taken = heard(one, "told=");
    expect(one, "flush", "MSTRO_OK");
    process_kill(one, SIGKILL);
    tell(two, "take 6");
    hear(two, PATIENT);
    assert_int_equal(heard(two, "told="), 6);
    assert_int_equal(heard(two, "again="), taken);
    expect(two, "ack", "MSTRO_OK");
}

static void cursor_serves_another_process_and_is_stale_in_another_pool(void **state)
{
    (void)state;
    char cursor[300], words[400];
    struct process *first = stage_watcher(&stage, "reader");
    subscribe(first, MSTRO_POOL_EVENT_OFFER, 0, "");
    offers(5, "a");
    expect(first, "take 5", "MSTRO_OK told=5");
    expect(first, "cursor", "MSTRO_OK ");
    snprintf(cursor, sizeof cursor, "%s", first->answer + 9);
    process_kill(first, SIGKILL);
    offers(7, "b");
    struct process *second = stage_watcher(&stage, "reader");
    snprintf(words, sizeof words, "from=%s", cursor);
    subscribe(second, MSTRO_POOL_EVENT_OFFER, 0, words);
    tell(producer, "offers 1 c");
    expect(second, "take 8", "MSTRO_OK told=8 missing=0 again=0");
    expect_within(producer, "MSTRO_OK", 20000);
    expect(second, "finalize", "MSTRO_OK");
    expect(producer, "finalize", "MSTRO_OK");
    process_kill(&stage.manager, SIGTERM);
    assert_int_equal(process_wait(&stage.manager, 20000), 0);
    stage_manager(&stage, NULL);
    struct process *third = stage_watcher(&stage, "reader");
    tell(third, "subscribe %d 0 %s", MSTRO_POOL_EVENT_OFFER, words);
    expect_within(third, "MSTRO_STALE_EPOCH", 20000);
}

static void serial_leads_another_process_behind_that_event(void **state)
{
    (void)state;
    char words[64];
    struct process *first = stage_watcher(&stage, "first"), *second = stage_watcher(&stage, "second");
    subscribe(first, MSTRO_POOL_EVENT_OFFER, 0, "");
    expect(producer, "again 2 g", "MSTRO_OK"); /* one name: of one shard */
    expect(first, "take 2", "MSTRO_OK told=2 missing=0");
    snprintf(words, sizeof words, "from=serial:%lu", heard(first, "serial="));
    process_kill(first, SIGKILL);
    expect(producer, "again 3 g", "MSTRO_OK");
    subscribe(second, MSTRO_POOL_EVENT_OFFER, 0, words);
    expect(second, "take 3", "MSTRO_OK told=3 missing=0 again=0 first=g");
    offers(10, "h"); /* of all shards */
    expect(second, "take 10", "MSTRO_OK told=10 missing=0");
    expect(second, "dispose", "MSTRO_OK");
    offers(QUICK, "x"); /* more than is kept */
    subscribe(second, MSTRO_POOL_EVENT_OFFER, 0, words);
    expect(second, "take 1", "MSTRO_OK ");
    assert_true(heard(second, "missing=") > 0);
}

enum { TRIES = 6 };

/* An age is of the moment when the pool reads it.  If that came later than what is to be told, of all that was a moment before, it says nothing. */
static void be_told_of_what_is_younger(struct process *reader)
{
    unsigned gap = 50;
    for (int i = 0; i < TRIES; i++, gap *= 3) {
        offers(20, "old");
        tell(reader, "mark %u", gap);
        expect_within(reader, "MSTRO_OK", SHORT);
        offers(10, "new");
        subscribe(reader, MSTRO_POOL_EVENT_OFFER, 0, "from=mark");
        if (strtoul(reader->answer + 9, NULL, 10) < gap)
            return;
        expect(reader, "dispose", "MSTRO_OK");
    }
    fail_msg("a SUBSCRIBE takes longer than %u ms", gap);
}

static void age_leaves_out_what_is_older(const char *shards)
{
    open_with((const char *[]){ shards, NULL });
    struct process *reader = stage_watcher(&stage, "reader");
    be_told_of_what_is_younger(reader);
    expect(reader, "take 10", "MSTRO_OK told=10 missing=0 again=0 first=new");
    assert_int_equal(heard(reader, "gaps="), 0);
    offers(1, "last");
    expect(reader, "take 1", "MSTRO_OK told=1 missing=0 again=0 first=last0"); /* there was no eleventh */
}

static void what_is_older_than_the_age_that_was_asked_for_is_left_out(void **state)
{
    (void)state;
    age_leaves_out_what_is_older("--shards=1");
}

static void what_is_older_is_left_out_by_each_of_two_shards(void **state)
{
    (void)state;
    age_leaves_out_what_is_older("--shards=2");
}

static void what_is_older_is_left_out_by_each_of_seven_shards(void **state)
{
    (void)state;
    age_leaves_out_what_is_older("--shards=7");
}

static void subscription_that_shall_end_when_full_ends_and_holds_nobody(void **state)
{
    (void)state;
    struct process *slow = stage_watcher(&stage, "slow");
    subscribe(slow, MSTRO_POOL_EVENT_OFFER, 0, "most=10 full=end");
    offers(1000, "x");
    expect(slow, "take 1000", "MSTRO_OVERFLOW this subscription was ended: 10 events wait for it already");
    expect(slow, "take 1", "MSTRO_OVERFLOW");
    expect(slow, "dispose", "MSTRO_OK");
    subscribe(slow, MSTRO_POOL_EVENT_OFFER, 0, "most=10 full=end");
    offers(1, "y");
    expect(slow, "take 1", "MSTRO_OK told=1 missing=0 again=0 first=y0");
}

static void durable_name_that_nobody_attends_says_how_much_did_not_fit(void **state)
{
    (void)state;
    static const char words[] = "name=archive durable most=50 full=hold"; /* which holds nobody while nobody attends it */
    struct process *first = stage_watcher(&stage, "first"), *second = stage_watcher(&stage, "second");
    subscribe(first, MSTRO_POOL_EVENT_OFFER, 0, words);
    offers(1, "a");
    expect(first, "take 1", "MSTRO_OK told=1 missing=0");
    expect(first, "finalize", "MSTRO_OK");
    offers(1000, "x");
    subscribe(second, MSTRO_POOL_EVENT_OFFER, 0, words);
    expect(second, "take 1000", "MSTRO_OK ");
    assert_int_equal(heard(second, "told=") + heard(second, "missing="), 1000);
    assert_true(heard(second, "told=") >= 50);
    assert_true(heard(second, "missing=") > 0);
    assert_int_equal(heard(second, "again="), 0);
    offers(1, "y");
    expect(second, "take 1", "MSTRO_OK told=1 missing=0 again=0 first=y0");
    expect(second, "forget", "MSTRO_OK");
}

enum { JOBS = 1000, WINDOW = 16, SHARDS_MAX = 7 };

static void slow_consumer_of_a_shared_name_keeps_little_from_the_others(void **state)
{
    (void)state;
    struct process *slow = stage_watcher(&stage, "slow"), *quick = stage_watcher(&stage, "quick");
    subscribe(slow, MSTRO_POOL_EVENT_OFFER, 0, "name=jobs shared");
    subscribe(quick, MSTRO_POOL_EVENT_OFFER, 0, "name=jobs shared");
    offers(JOBS, "x"); /* all of it waits */
    tell(quick, "take %d", JOBS - WINDOW * SHARDS_MAX); /* what the slow one can have at most is not among them */
    hear(quick, SHORT);
    unsigned long taken = heard(quick, "told=");
    assert_int_equal(heard(quick, "missing="), 0);
    expect(slow, "dispose", "MSTRO_OK"); /* and what it had not taken goes to the other */
    tell(quick, "take %lu", JOBS - taken);
    hear(quick, SHORT);
    assert_int_equal(heard(quick, "told="), JOBS - taken);
    assert_int_equal(heard(quick, "missing="), 0);
    assert_int_equal(heard(quick, "again="), 0);
}

static void consumer_of_a_shared_name_that_stands_still_loses_it_to_the_others(void **state)
{
    (void)state;
    struct process *still = stage_watcher(&stage, "still"), *quick = stage_watcher(&stage, "quick");
    subscribe(still, MSTRO_POOL_EVENT_OFFER, 0, "name=jobs shared");
    subscribe(quick, MSTRO_POOL_EVENT_OFFER, 0, "name=jobs shared");
    process_stop(still);
    offers(JOBS, "x");
    tell(quick, "take %d", JOBS); /* when the lease of the other is over, at the latest */
    hear(quick, SHORT);
    assert_int_equal(heard(quick, "told="), JOBS);
    assert_int_equal(heard(quick, "missing="), 0);
    assert_int_equal(heard(quick, "again="), 0); /* the other had taken none */
    process_kill(still, SIGCONT);
    tell(still, "take %d", 2 * JOBS); /* no more than what was on its way */
    expect_within(still, "MSTRO_STALE_EPOCH", PATIENT);
}

int main(int argc, char *argv[])
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
#define CASE(name, open) cmocka_unit_test_setup_teardown(name, open, stage_end)
    const struct CMUnitTest tests[] = {
        CASE(slow_subscriber_is_told_how_much_it_missed_and_costs_no_more_memory, open_stage),
        CASE(bytes_that_wait_for_a_slow_subscriber_are_bounded_as_it_has_asked, open_stage),
        CASE(operation_waits_for_a_slow_ack_for_its_time_and_then_nobody_waits_for_that_subscriber, open_with_short_times),
        CASE(subscriber_that_stands_still_holds_an_operation_once, open_with_short_times),
        CASE(full_queue_holds_the_producer_until_there_is_room, open_stage),
        CASE(durable_subscription_goes_on_when_its_process_was_killed, open_with_short_times),
        CASE(what_a_competing_consumer_had_not_settled_when_it_was_killed_goes_to_another, open_with_short_times),
        CASE(cursor_serves_another_process_and_is_stale_in_another_pool, open_stage),
        CASE(serial_leads_another_process_behind_that_event, open_stage),
        CASE(what_is_older_than_the_age_that_was_asked_for_is_left_out, NULL),
        CASE(what_is_older_is_left_out_by_each_of_two_shards, NULL),
        CASE(what_is_older_is_left_out_by_each_of_seven_shards, NULL),
        CASE(subscription_that_shall_end_when_full_ends_and_holds_nobody, open_stage),
        CASE(durable_name_that_nobody_attends_says_how_much_did_not_fit, open_stage),
        CASE(slow_consumer_of_a_shared_name_keeps_little_from_the_others, open_stage),
        CASE(consumer_of_a_shared_name_that_stands_still_loses_it_to_the_others, open_with_short_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
