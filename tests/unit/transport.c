/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/transport/buffer.h"
#include "lib/transport/mover.h"
#include "lib/transport/serving.h"
#include "lib/transport/words.h"

#define SECONDS(n) (clock_now() + (n) * NANOSECONDS_PER_SECOND)

/* A holder and a reader in this process, over the fabric. */
struct scene {
    struct fabric *fabric;
    struct serving *serving;
    struct words words;
    struct reader *reader;
    struct node self;
};

static void scene_open(struct scene *s, size_t largest_message)
{
    struct fabric *reading;
    const struct fabric_options options = { .providers = "tcp", .largest_message = largest_message };
    assert_int_equal(fabric_open(&options, &s->fabric), MSTRO_OK);
    assert_int_equal(fabric_open(&options, &reading), MSTRO_OK);
    assert_int_equal(serving_open(s->fabric, &s->serving), MSTRO_OK);
    words_init(&s->words, random_word(random_kernel));
    assert_int_equal(reader_create(reading, &s->reader), MSTRO_OK);
    assert_int_equal(node_self(&s->self), MSTRO_OK);
}

static void scene_close(struct scene *s)
{
    reader_destroy(s->reader);
    words_release(&s->words);
    serving_close(s->serving);
    fabric_close(s->fabric);
}

struct offer {
    unsigned char *bytes;
    struct region *region, *word_region;
    uint64_t *word;
    struct payload_source source;
};

static void offer(struct scene *s, struct offer *o, size_t length)
{
    memset(o, 0, sizeof *o);
    o->bytes = malloc(length + 1);
    for (size_t i = 0; i < length; i++)
        o->bytes[i] = (unsigned char)(i * 13 + (i >> 9));
    o->word = words_take(&s->words);
    assert_non_null(o->word);
    o->source = (struct payload_source){ .node = s->self.id, .process = getpid(), .shown = true, .length = length, .valid = *o->word };
    o->source.data.address = (uintptr_t)o->bytes;
    o->source.word.address = (uintptr_t)o->word;
    if (length) {
        assert_int_equal(region_register(s->fabric, o->bytes, length, &o->region), MSTRO_OK);
        o->source.data.base = region_base(o->region);
        o->source.data.key = region_key(o->region);
    }
    assert_int_equal(region_register(s->fabric, o->word, sizeof *o->word, &o->word_region), MSTRO_OK);
    o->source.word.base = region_base(o->word_region);
    o->source.word.key = region_key(o->word_region);
    o->source.serving_length = serving_address(s->serving, o->source.serving);
}

static void withdraw_word(struct scene *s, struct offer *o)
{
    words_give(&s->words, o->word);
    o->word = NULL;
}

static void offer_end(struct scene *s, struct offer *o)
{
    region_close(o->region);
    region_close(o->word_region);
    words_give(&s->words, o->word);
    free(o->bytes);
}

/* Step the move; the holder's fabric is driven between, because reads need its progress. */
static void finish(struct scene *s, struct transfer *m)
{
    uint64_t deadline = SECONDS(30);
    while (!mover_step(m, clock_now() + NANOSECONDS_PER_MILLISECOND) && clock_now() < deadline)
        fabric_progress(s->fabric, 0);
    assert_true(m->ended);
}

static unsigned told;
static void tell(struct transfer *m)
{
    (void)m;
    told++;
}

static void moves_bring_the_bytes(struct scene *s, enum transport how, size_t length)
{
    struct offer o;
    offer(s, &o, length);
    unsigned char *to = calloc(1, length + 1);
    struct transfer m = { .source = &o.source, .to = to, .deadline = SECONDS(30), .done = tell };
    told = 0;
    assert_int_equal(mover_start(&m, how, s->reader), MSTRO_OK);
    finish(s, &m);
    assert_int_equal(m.outcome, TRANSFER_DONE);
    assert_int_equal(m.status, MSTRO_OK);
    assert_int_equal(told, 1);
    assert_true(XXH3_64bits(to, length) == XXH3_64bits(o.bytes, length));
    assert_int_equal(to[length], 0);
    free(to);
    offer_end(s, &o);
}

static void every_way_brings_every_size(void **state)
{
    (void)state;
    const size_t sizes[] = { 0, 1, 7, 4096, 65537, 4 << 20, (4 << 20) + 1, 21 << 20 };
    struct scene s;
    scene_open(&s, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (enum transport how = TRANSPORT_SAME_PROCESS; how <= TRANSPORT_RMA; how++)
            moves_bring_the_bytes(&s, how, sizes[i]);
    assert_int_equal(reader_links(s.reader), 1);
    scene_close(&s);
}

static void moves_are_split_by_the_largest_message(void **state)
{
    (void)state;
    const size_t sizes[] = { 1, 65536, 65537, 1 << 20, 5000001 };
    struct scene s;
    scene_open(&s, 65536);
    assert_int_equal(fabric_limits(s.fabric)->largest_message, 65536);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        moves_bring_the_bytes(&s, TRANSPORT_RMA, sizes[i]);
    scene_close(&s);
}

static void cleared_word_ends_every_move_as_withdrawn(void **state)
{
    (void)state;
    struct scene s;
    struct offer o;
    unsigned char *to = malloc(9 << 20);
    scene_open(&s, 0);
    for (enum transport how = TRANSPORT_SAME_PROCESS; how <= TRANSPORT_RMA; how++) {
        for (int round = 0; round < 2; round++) { /* the second time over a link that is proven */
            offer(&s, &o, 9 << 20);
            struct transfer m = { .source = &o.source, .to = to, .deadline = SECONDS(30) };
            assert_int_equal(mover_start(&m, how, s.reader), MSTRO_OK);
            withdraw_word(&s, &o);
            finish(&s, &m);
            assert_int_equal(m.outcome, TRANSFER_WITHDRAWN);
            assert_non_null(strstr(m.why, "took the object back"));
            offer_end(&s, &o);
        }
    }
    free(to);
    scene_close(&s);
}

static void word_cleared_in_the_middle_of_a_move_is_noticed(void **state)
{
    (void)state;
    struct scene s;
    struct offer o;
    const size_t length = 32 << 20;
    unsigned char *to = malloc(length);
    scene_open(&s, 0);
    for (enum transport how = TRANSPORT_SAME_PROCESS; how <= TRANSPORT_RMA; how++) {
        offer(&s, &o, length);
        struct transfer m = { .source = &o.source, .to = to, .deadline = SECONDS(30) };
        assert_int_equal(mover_start(&m, how, s.reader), MSTRO_OK);
        uint64_t deadline = SECONDS(30);
        while (m.next < length / 2 && !m.ended && clock_now() < deadline) {
            mover_step(&m, clock_now() + NANOSECONDS_PER_MILLISECOND);
            fabric_progress(s.fabric, 0);
        }
        assert_false(m.ended);
        withdraw_word(&s, &o);
        memset(o.bytes, 0xEE, length);
        finish(&s, &m);
        assert_int_equal(m.outcome, TRANSFER_WITHDRAWN);
        offer_end(&s, &o);
    }
    free(to);
    scene_close(&s);
}

static void cancelled_move_ends_once_with_its_name(void **state)
{
    (void)state;
    struct scene s;
    struct offer o;
    unsigned char *to = malloc(64 << 20);
    scene_open(&s, 0);
    for (enum transport how = TRANSPORT_SAME_PROCESS; how <= TRANSPORT_RMA; how++) {
        offer(&s, &o, 64 << 20);
        struct transfer m = { .source = &o.source, .to = to, .deadline = SECONDS(30), .done = tell };
        told = 0;
        assert_int_equal(mover_start(&m, how, s.reader), MSTRO_OK);
        assert_false(mover_step(&m, clock_now() + NANOSECONDS_PER_MILLISECOND));
        mover_cancel(&m);
        finish(&s, &m);
        assert_int_equal(m.status, MSTRO_CANCELLED);
        assert_int_equal(told, 1);
        offer_end(&s, &o);
    }
    free(to);
    scene_close(&s);
}

static bool never_wanted(void *context)
{
    (void)context;
    return false;
}

static void holder_that_makes_no_progress_costs_the_deadline_and_no_more(void **state)
{
    (void)state;
    struct scene s;
    struct offer o;
    unsigned char *to = malloc(16 << 20);
    scene_open(&s, 0);
    moves_bring_the_bytes(&s, TRANSPORT_RMA, 4096); /* connected */
    offer(&s, &o, 16 << 20);
    struct transfer m = { .source = &o.source, .to = to, .deadline = clock_now() + 200 * NANOSECONDS_PER_MILLISECOND };
    uint64_t begin = clock_now();
    mover_run(&m, TRANSPORT_RMA, s.reader, NULL, NULL);
    assert_int_equal(m.outcome, TRANSFER_FAILED);
    assert_int_equal(m.status, MSTRO_TIMEOUT);
    assert_true(clock_now() - begin < 700 * NANOSECONDS_PER_MILLISECOND);
    assert_int_equal(reader_links(s.reader), 0); /* its endpoint had to be closed */
    struct transfer aborted = { .source = &o.source, .to = to, .deadline = SECONDS(30) };
    begin = clock_now();
    mover_run(&aborted, TRANSPORT_RMA, s.reader, never_wanted, NULL);
    assert_int_equal(aborted.status, MSTRO_CANCELLED);
    assert_true(clock_now() - begin < 700 * NANOSECONDS_PER_MILLISECOND);
    offer_end(&s, &o);
    moves_bring_the_bytes(&s, TRANSPORT_RMA, 70000);
    free(to);
    scene_close(&s);
}

static void reopened_serving_cuts_the_reader_and_serves_those_with_the_new_address(void **state)
{
    (void)state;
    struct scene s;
    struct offer o;
    const size_t length = 64 << 20;
    unsigned char *to = malloc(length);
    scene_open(&s, 0);
    moves_bring_the_bytes(&s, TRANSPORT_RMA, 4096);
    offer(&s, &o, length);
    struct transfer m = { .source = &o.source, .to = to, .deadline = SECONDS(30) };
    assert_int_equal(mover_start(&m, TRANSPORT_RMA, s.reader), MSTRO_OK);
    for (int i = 0; i < 3; i++) {
        mover_step(&m, clock_now() + NANOSECONDS_PER_MILLISECOND);
        fabric_progress(s.fabric, 0);
    }
    assert_false(m.ended);
    uint64_t begin = clock_now();
    assert_int_equal(serving_reopen(s.serving), MSTRO_OK);
    finish(&s, &m);
    assert_int_equal(m.outcome, TRANSFER_FAILED);
    assert_int_equal(m.status, MSTRO_PEER_LOST);
    assert_true(clock_now() - begin < NANOSECONDS_PER_SECOND);
    unsigned char old[FABRIC_ADDRESS_MAX];
    memcpy(old, o.source.serving, o.source.serving_length);
    o.source.serving_length = serving_address(s.serving, o.source.serving);
    assert_memory_not_equal(old, o.source.serving, o.source.serving_length);
    struct transfer again = { .source = &o.source, .to = to, .deadline = SECONDS(30) };
    assert_int_equal(mover_start(&again, TRANSPORT_RMA, s.reader), MSTRO_OK);
    finish(&s, &again);
    assert_int_equal(again.outcome, TRANSFER_DONE);
    assert_memory_equal(to, o.bytes, length);
    offer_end(&s, &o);
    free(to);
    scene_close(&s);
}

static void choice_follows_locality_setting_and_exposure(void **state)
{
    (void)state;
    struct node self, elsewhere;
    enum transport how;
    uint64_t word = 77;
    assert_int_equal(node_self(&self), MSTRO_OK);
    assert_int_equal(node_self(&elsewhere), MSTRO_OK);
    assert_true(id_equal(self.id, elsewhere.id));
    assert_false(id_is_zero(self.id));
    elsewhere.id.low ^= 1;
    struct payload_source here = { .node = self.id, .process = self.process, .shown = true, .length = 8, .valid = word, .word = { .address = (uintptr_t)&word } };
    assert_int_equal(transport_choose(&here, &self, NULL, &how), MSTRO_OK);
    assert_int_equal(how, TRANSPORT_SAME_PROCESS);

    self.process = -1; /* as another process of the node sees us */
    assert_int_equal(transport_choose(&here, &self, "", &how), MSTRO_OK);
    assert_int_equal(how, TRANSPORT_CMA);
    assert_int_equal(transport_choose(&here, &self, "rdma", &how), MSTRO_REFUSED);
    assert_int_equal(transport_choose(&here, &elsewhere, NULL, &how), MSTRO_REFUSED);
    here.data.key = here.word.key = 5;
    here.serving_length = 16;
    assert_int_equal(transport_choose(&here, &self, "Rdma", &how), MSTRO_OK);
    assert_int_equal(how, TRANSPORT_RMA);
    assert_int_equal(transport_choose(&here, &elsewhere, NULL, &how), MSTRO_OK);
    assert_int_equal(how, TRANSPORT_RMA);
    assert_int_equal(transport_choose(&here, &elsewhere, "CMA", &how), MSTRO_REFUSED);
    assert_int_equal(transport_choose(&here, &self, "GFS", &how), MSTRO_UNIMPL);
    assert_int_equal(transport_choose(&here, &self, "pigeon", &how), MSTRO_INVARG);
    assert_non_null(strstr(mstro_error_detail(), "pigeon"));
}

/* Its address space would be read at places that somebody else has chosen: ours, too. */
static void a_process_that_is_not_shown_to_be_the_holder_is_not_read(void **state)
{
    (void)state;
    struct node self;
    enum transport how;
    uint64_t word = 77;
    assert_int_equal(node_self(&self), MSTRO_OK);
    struct payload_source said = { .node = self.id, .process = self.process, .length = 8, .valid = word, .word = { .address = (uintptr_t)&word } };
    assert_int_equal(transport_choose(&said, &self, NULL, &how), MSTRO_REFUSED);
    self.process = -1;
    assert_int_equal(transport_choose(&said, &self, NULL, &how), MSTRO_REFUSED);
    assert_non_null(strstr(mstro_error_detail(), "does not show that it is the holder"));
    assert_int_equal(transport_choose(&said, &self, "CMA", &how), MSTRO_REFUSED);
    said.data.key = said.word.key = 5;
    said.serving_length = 16;
    assert_int_equal(transport_choose(&said, &self, NULL, &how), MSTRO_OK);
    assert_int_equal(how, TRANSPORT_RMA);
}

static void process_that_is_gone_is_named(void **state)
{
    (void)state;
    uint64_t word = 5;
    unsigned char to[8];
    struct payload_source gone = { .process = 0x3ffffff, .shown = true, .length = 8, .data = { .address = (uintptr_t)to }, .word = { .address = (uintptr_t)&word }, .valid = 5 };
    struct transfer m = { .source = &gone, .to = to, .deadline = SECONDS(5) };
    mover_run(&m, TRANSPORT_CMA, NULL, NULL, NULL);
    assert_int_equal(m.status, MSTRO_PEER_LOST);
    assert_non_null(strstr(m.why, "is gone"));
}

static void unmapped_memory_with_a_cleared_word_is_a_withdrawal_and_otherwise_an_error(void **state)
{
    (void)state;
    uint64_t word = 5;
    unsigned char to[8192];
    unsigned char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
    munmap(page + 4096, 4096);
    struct payload_source half = { .process = getpid(), .shown = true, .length = 8192, .data = { .address = (uintptr_t)page }, .word = { .address = (uintptr_t)&word }, .valid = 5 };
    struct transfer m = { .source = &half, .to = to, .deadline = SECONDS(5) };
    mover_run(&m, TRANSPORT_CMA, NULL, NULL, NULL);
    assert_int_equal(m.status, MSTRO_IO);
    word = 0;
    struct transfer withdrawn = { .source = &half, .to = to, .deadline = SECONDS(5) };
    mover_run(&withdrawn, TRANSPORT_CMA, NULL, NULL, NULL);
    assert_int_equal(withdrawn.outcome, TRANSFER_WITHDRAWN);
    munmap(page, 4096);
}

static void words_are_distinct_and_cleared_when_given_back(void **state)
{
    (void)state;
    enum { COUNT = 1500 };
    struct words words;
    static uint64_t *word[COUNT], value[COUNT];
    words_init(&words, 4711);
    for (int i = 0; i < COUNT; i++) {
        word[i] = words_take(&words);
        assert_non_null(word[i]);
        value[i] = *word[i];
        assert_true(value[i] != 0);
        for (int j = i > 20 ? i - 20 : 0; j < i; j++)
            assert_true(word[j] != word[i] && value[j] != value[i]);
    }
    words_give(&words, word[700]);
    assert_int_not_equal(*word[700], value[700]);
    for (int i = 0; i < COUNT; i++) /* a free place holds what is no word's value */
        assert_int_not_equal(*word[700], value[i]);
    uint64_t *again = words_take(&words);
    assert_ptr_equal(again, word[700]);
    assert_true(*again != value[700]);
    words_clear(&words);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(*word[i], 0);
    words_release(&words);
}

static void buffers_are_aligned_free_able_and_kept_warm_within_the_limit(void **state)
{
    (void)state;
    struct buffer_cache *c;
    assert_int_equal(buffer_cache_create(&c, 16 << 20), MSTRO_OK);
    const size_t sizes[] = { 0, 1, 100, 4096, 1 << 20, 4 << 20, (4 << 20) + 1, 9 << 20 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *at = buffer_take(c, sizes[i]);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % (sizes[i] >= 4 << 20 ? 2 << 20 : 64), 0);
        memset(at, 1, sizes[i]);
        free(at);
    }
    unsigned char *one = buffer_take(c, 9 << 20);
    buffer_give_back(c, one, 9 << 20);
    assert_ptr_equal(buffer_take(c, (9 << 20) - 5), one); /* of one capacity */
    unsigned char *two = buffer_take(c, 9 << 20);
    assert_ptr_not_equal(two, one);
    buffer_give_back(c, one, 9 << 20);
    buffer_give_back(c, two, 9 << 20); /* beyond the limit: the older one goes */
    assert_ptr_equal(buffer_take(c, 9 << 20), two);
    unsigned char *three = buffer_take(c, 9 << 20);
    free(two);
    free(three);
    buffer_give_back(c, buffer_take(c, 17 << 20), 17 << 20);
    buffer_cache_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_brings_every_size),
        cmocka_unit_test(moves_are_split_by_the_largest_message),
        cmocka_unit_test(cleared_word_ends_every_move_as_withdrawn),
        cmocka_unit_test(word_cleared_in_the_middle_of_a_move_is_noticed),
        cmocka_unit_test(cancelled_move_ends_once_with_its_name),
        cmocka_unit_test(holder_that_makes_no_progress_costs_the_deadline_and_no_more),
        cmocka_unit_test(reopened_serving_cuts_the_reader_and_serves_those_with_the_new_address),
        cmocka_unit_test(choice_follows_locality_setting_and_exposure),
        cmocka_unit_test(a_process_that_is_not_shown_to_be_the_holder_is_not_read),
        cmocka_unit_test(process_that_is_gone_is_named),
        cmocka_unit_test(unmapped_memory_with_a_cleared_word_is_a_withdrawal_and_otherwise_an_error),
        cmocka_unit_test(words_are_distinct_and_cleared_when_given_back),
        cmocka_unit_test(buffers_are_aligned_free_able_and_kept_warm_within_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
