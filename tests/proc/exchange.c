/* SPDX-License-Identifier: BSD-3-Clause */
/* Data from one process to another through a manager, over every transport and in many sizes. */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "maestro/attributes.h"
#include "maestro/subscription.h"
#include "tests/proc/stage.h"

static int close_stage(void **state)
{
    unsetenv("MSTRO_TRANSPORT_DEFAULT");
    unsetenv("MSTRO_OFI_PROVIDER");
    return stage_end(state);
}

enum { INLINE_LIMIT = 4096 };

/* How bytes travel that are too many for a message.  No provider: the native one for TCP, whose name depends on libfabric: net or tcp. */
struct way { const char *transport, *provider; };

/* The object came that way, or inside a message where it is small. */
static void came_by(struct process *b, long long size, struct way way)
{
    char expected[2][100];
    const char *how = size <= INLINE_LIMIT ? "inline" : way.transport;
    snprintf(expected[0], sizeof expected[0], "MSTRO_OK cstring %s:%s", how, way.provider ? way.provider : "net");
    snprintf(expected[1], sizeof expected[1], "MSTRO_OK cstring %s:%s", how, way.provider ? way.provider : "tcp");
    tell(b, "read 0 %s", MSTRO_ATTR_CORE_CDO_CARRIER);
    hear(b, 5000);
    if (strcmp(b->answer, expected[1]) != 0)
        assert_string_equal(b->answer, expected[0]);
}

/* One object of 'size' bytes from a to b; the buffer is the library's or the consumer's. */
static void pass_on(struct process *a, struct process *b, const char *name, long long size, unsigned seed, bool own_buffer, struct way way)
{
    tell(a, "declare 0 %s", name);
    expect_within(a, "MSTRO_OK", 5000);
    tell(b, "declare 0 %s", name);
    expect_within(b, "MSTRO_OK", 5000);
    if (own_buffer) {
        tell(b, "room 0 %lld", size);
        expect_within(b, "MSTRO_OK", 5000);
    }
    expect(b, "require 0", "MSTRO_OK");
    tell(a, "fill 0 %lld %u", size, seed);
    expect_within(a, "MSTRO_OK", 20000);
    expect(a, "offer 0", "MSTRO_OK");
    expect(b, "demand 0", "MSTRO_OK");
    came_by(b, size, way);
    tell(b, "check 0 %lld %u", size, seed);
    expect_within(b, "MSTRO_OK right", 20000);
    expect(a, "withdraw 0", "MSTRO_OK");
    expect(a, "dispose 0", "MSTRO_OK");
    expect(b, "dispose 0", "MSTRO_OK");
}

static void pass_all_sizes(const char *transport)
{
    static const long long sizes[] = { 1, 100, 4096, 4097, 8000, 65536, 1000003, 4 << 20, (16 << 20) + 5 };
    struct process *a = stage_actor(&stage, "producer"), *b = stage_actor(&stage, "consumer");
    char name[64];
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(name, sizeof name, "object %u", i);
        pass_on(a, b, name, sizes[i], i + 1, i % 2, (struct way){ transport, NULL });
    }
    expect(a, "finalize", "MSTRO_OK");
    expect(b, "finalize", "MSTRO_OK");
}

static void objects_of_many_sizes_arrive_the_nearest_way(void **state)
{
    (void)state;
    pass_all_sizes("cma");
}

static void objects_of_many_sizes_arrive_by_cma(void **state)
{
    (void)state;
    setenv("MSTRO_TRANSPORT_DEFAULT", "CMA", 1);
    pass_all_sizes("cma");
}

static void objects_of_many_sizes_arrive_by_one_sided_reads(void **state)
{
    (void)state;
    setenv("MSTRO_TRANSPORT_DEFAULT", "RDMA", 1);
    pass_all_sizes("rdma");
}

static void an_object_of_256_MiB_arrives_both_ways(void **state)
{
    (void)state;
    struct process *a = stage_actor(&stage, "producer"), *b = stage_actor(&stage, "consumer");
    setenv("MSTRO_TRANSPORT_DEFAULT", "RDMA", 1);
    struct process *c = stage_actor(&stage, "reader");
    pass_on(a, b, "large by cma", 256 << 20, 7, false, (struct way){ "cma", NULL });
    pass_on(a, c, "large by reads", 256 << 20, 8, false, (struct way){ "rdma", NULL });
}

static void an_object_without_data_is_a_signal(void **state)
{
    (void)state;
    struct process *a = stage_actor(&stage, "producer"), *b = stage_actor(&stage, "consumer");
    expect(b, "declare 0 ready", "MSTRO_OK");
    tell(b, "demand 0");
    expect(a, "declare 0 ready", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_OK");
    expect_within(b, "MSTRO_OK", 5000);
}

static void a_demand_waits_for_the_offer(void **state)
{
    (void)state;
    struct process *a = stage_actor(&stage, "producer"), *b = stage_actor(&stage, "consumer");
    expect(b, "declare 0 later", "MSTRO_OK");
    tell(b, "demand 0");
    hear_nothing(b, 300);
    expect(a, "declare 0 later", "MSTRO_OK");
    expect(a, "fill 0 20000 3", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_OK");
    expect_within(b, "MSTRO_OK", 5000);
    expect(b, "check 0 20000 3", "MSTRO_OK right");
}

static void a_withdraw_waits_for_who_has_required(void **state)
{
    (void)state;
    struct process *a = stage_actor(&stage, "producer"), *b = stage_actor(&stage, "consumer");
    expect(b, "declare 0 lent", "MSTRO_OK");
    expect(b, "require 0", "MSTRO_OK");
    expect(a, "declare 0 lent", "MSTRO_OK");
    expect(a, "fill 0 100000 1", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_OK");
    tell(a, "withdraw 0");
    expect_within(a, "MSTRO_OK", 10000); /* the consumer's library brings the bytes, though nobody calls it */
    expect(a, "fill 0 100000 2", "MSTRO_OK");
    expect(b, "demand 0", "MSTRO_OK");
    expect(b, "check 0 100000 1", "MSTRO_OK right");
}

static void joining_offering_and_leaving_are_told_to_others(void **state)
{
    (void)state;
    struct process *watcher = stage_actor(&stage, "watcher");
    char line[64];
    snprintf(line, sizeof line, "subscribe %d 0", MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_OFFER | MSTRO_POOL_EVENT_APP_LEAVE);
    expect(watcher, line, "MSTRO_OK");
    struct process *a = stage_actor(&stage, "newcomer");
    expect(watcher, "event 5000", "MSTRO_OK APP_JOIN(newcomer)");
    expect(a, "declare 0 news", "MSTRO_OK");
    expect(a, "offer 0", "MSTRO_OK");
    expect(watcher, "event 5000", "MSTRO_OK OFFER(news)");
    expect(a, "withdraw 0", "MSTRO_OK");
    expect(a, "finalize", "MSTRO_OK");
    expect(watcher, "event 5000", "MSTRO_OK APP_LEAVE(newcomer)");
}

static void a_missing_ack_holds_the_offer(void **state)
{
    (void)state;
    struct process *watcher = stage_actor(&stage, "watcher"), *a = stage_actor(&stage, "producer");
    char line[64];
    snprintf(line, sizeof line, "subscribe %d %d", MSTRO_POOL_EVENT_OFFER, MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK);
    expect(watcher, line, "MSTRO_OK");
    expect(a, "declare 0 held", "MSTRO_OK");
    tell(a, "offer 0");
    expect(watcher, "event 5000", "MSTRO_OK OFFER(held)");
    hear_nothing(a, 200);
    expect(watcher, "ack", "MSTRO_OK");
    expect_within(a, "MSTRO_OK", 2000);
}

static void init_and_finalize_may_alternate(void **state)
{
    (void)state;
    struct process *a = stage_extra(&stage);
    for (int i = 0; i < 5; i++) {
        expect(a, "init again 0", "MSTRO_OK");
        expect(a, "finalize", "MSTRO_OK");
    }
}

static int open_rxm_stage(void **state)
{
    setenv("MSTRO_OFI_PROVIDER", "tcp;ofi_rxm", 1);
    setenv("MSTRO_TRANSPORT_DEFAULT", "RDMA", 1);
    return stage_begin(state);
}

static void the_tcp_provider_with_rxm_works_too(void **state)
{
    (void)state;
    struct process *a = stage_actor(&stage, "producer"), *b = stage_actor(&stage, "consumer");
    const struct way rxm = { "rdma", "tcp;ofi_rxm" };
    pass_on(a, b, "small", 1000, 1, false, rxm);
    pass_on(a, b, "large", 5 << 20, 2, false, rxm);
}

#define on_stage(test) cmocka_unit_test_setup_teardown(test, stage_begin, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_stage(objects_of_many_sizes_arrive_the_nearest_way),
        on_stage(objects_of_many_sizes_arrive_by_cma),
        on_stage(objects_of_many_sizes_arrive_by_one_sided_reads),
        on_stage(an_object_of_256_MiB_arrives_both_ways),
        on_stage(an_object_without_data_is_a_signal),
        on_stage(a_demand_waits_for_the_offer),
        on_stage(a_withdraw_waits_for_who_has_required),
        on_stage(joining_offering_and_leaving_are_told_to_others),
        on_stage(a_missing_ack_holds_the_offer),
        on_stage(init_and_finalize_may_alternate),
        cmocka_unit_test_setup_teardown(the_tcp_provider_with_rxm_works_too, open_rxm_stage, close_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
