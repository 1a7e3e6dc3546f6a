/* SPDX-License-Identifier: BSD-3-Clause */
/* group_scale - what it costs the engine that much is prepared for groups, in CPU time beside the same without */
#include "tests/lib/check.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/pool/pool.h"
#include "tests/lib/cost.h"

enum { PRODUCER = 1, PREPARED = 50000, ASKED = 500, GROUP = 10 * PREPARED /* a handle that nobody has */ };

static struct pool *pool;
static struct pool_outputs out;
static uint64_t ops, refused;

static void say(const struct record *record)
{
    pool_step(pool, &(struct pool_input){ .kind = POOL_RECORD, .session = PRODUCER, .record = record }, 1, &out);
    for (size_t i = 0; i < out.count; i++)
        refused += out.at[i].record.kind == KIND_ACK && out.at[i].record.ack.status != MSTRO_OK;
    pool_outputs_clear(&out);
}

static void start(void)
{
    struct pool_settings settings = pool_settings_default();
    settings.lease = 0;
    assert_int_equal(pool_create(&pool, &settings), MSTRO_OK);
    say(&(struct record){ .kind = KIND_JOIN, .join = { .op = ++ops, .component = text_of("producer"), .host = text_of("node") } });
}

static void stop(void)
{
    assert_int_equal(refused, 0);
    pool_destroy(pool);
    pool_outputs_release(&out);
}

static void offer(uint64_t number, uint64_t group)
{
    char name[32];
    snprintf(name, sizeof name, "object %" PRIu64, number);
    say(&(struct record){ .kind = KIND_OFFER, .offer = { .op = ++ops, .handle = number, .name = text_of(name), .size = -1, .group = group } });
}

static void withdraw(uint64_t number) { say(&(struct record){ .kind = KIND_WITHDRAW, .withdraw = { .op = ++ops, .handle = number } }); }

/* Of ASKED objects, from the newest of 'last' back, that are offered already. */
static double cost_of_withdrawing(uint64_t last)
{
    struct cost begin = cost_begin();
    for (uint64_t i = 0; i < ASKED; i++)
        withdraw(last - i);
    return cost_since(begin).ms;
}

static double cost_beside(uint64_t prepared)
{
    for (uint64_t i = 1; i <= ASKED; i++)
        offer(prepared + i, 0);
    return cost_of_withdrawing(prepared + ASKED);
}

static void withdraw_costs_the_same_however_much_is_prepared(void **state)
{
    (void)state;
    start();
    double alone = cost_beside(0);
    for (uint64_t i = 1; i <= PREPARED; i++)
        offer(i, GROUP);
    double beside = cost_beside(PREPARED), of_prepared = cost_of_withdrawing(PREPARED);
    printf("# %d WITHDRAWs: %.2f ms alone, %.2f ms beside %d that are prepared, %.2f ms of those\n", ASKED, alone, beside, PREPARED, of_prepared);
    assert_true(beside < 10 * alone + 1); /* more than a hundred times, if each walked them */
    assert_true(of_prepared < 10 * alone + 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(withdraw_costs_the_same_however_much_is_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
