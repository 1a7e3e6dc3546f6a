/* SPDX-License-Identifier: BSD-3-Clause */
/* The handshake as a conversation of two pure sides; whoever stands between them may do what he likes with the messages. */
#define _GNU_SOURCE /* memmem */
#include "tests/lib/check.h"

#include "lib/wire/codec.h"
#include "lib/wire/handshake.h"
#include "maestro/status.h"

static const uint8_t right_key[WORKFLOW_KEY_SIZE] = "the key of the workflow, 32 by.", other_key[WORKFLOW_KEY_SIZE] = "the key of somebody else, 32 b.";
static const struct id this_pool = { 1, 2 }, other_pool = { 3, 4 };

struct letter { uint8_t memory[HANDSHAKE_MAX]; struct bytes body; };

struct talk {
    struct handshake_self client_self, pool_self;
    struct handshake client, pool;
    struct letter hello, challenge, proof, accepted;
    struct record_hello said;
    uint8_t client_random[HANDSHAKE_RANDOM_SIZE], pool_random[HANDSHAKE_RANDOM_SIZE];
};

static struct writer pen(struct letter *l) { return writer_of(l->memory, sizeof l->memory); }

static mstro_status post(struct letter *l, const struct writer *w, mstro_status status)
{
    l->body = bytes_of(l->memory, writer_length(w));
    return status;
}

static struct talk new_talk(void)
{
    struct talk t = {
        .client_self = { .oldest = 1, .newest = 1, .suites = seal_suites(), .pool = this_pool, .workflow_key = right_key },
        .pool_self = { .oldest = 1, .newest = 1, .suites = seal_suites(), .pool = this_pool, .workflow_key = right_key },
    };
    randombytes_buf(t.client_random, sizeof t.client_random);
    randombytes_buf(t.pool_random, sizeof t.pool_random);
    return t;
}

static mstro_status say_hello(struct talk *t)
{
    struct writer w = pen(&t->hello);
    return post(&t->hello, &w, handshake_hello(&t->client, &t->client_self, t->client_random, bytes_of("fi_addr", 7), &w));
}

static mstro_status say_challenge(struct talk *t)
{
    struct writer w = pen(&t->challenge);
    return post(&t->challenge, &w, handshake_challenge(&t->pool, &t->pool_self, t->pool_random, t->hello.body, &t->said, &w));
}

static mstro_status say_proof(struct talk *t)
{
    struct writer w = pen(&t->proof);
    return post(&t->proof, &w, handshake_prove(&t->client, t->challenge.body, &w));
}

static mstro_status say_accepted(struct talk *t)
{
    struct writer w = pen(&t->accepted);
    mstro_status status = handshake_check(&t->pool, t->proof.body);
    return post(&t->accepted, &w, status != MSTRO_OK ? status : handshake_accept(&t->pool, 42, &w));
}

static mstro_status hear_accepted(struct talk *t) { return handshake_finish(&t->client, t->accepted.body); }

/* The pool says no with what the last refusal on this thread said, and the client hears it. */
static mstro_status deny(struct talk *t, mstro_status why)
{
    char detail[1024];
    strncpy(detail, mstro_error_detail(), sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    struct writer w = pen(&t->challenge);
    handshake_deny(&t->pool_self, why, detail, &w);
    t->challenge.body = bytes_of(t->challenge.memory, writer_length(&w));
    return say_proof(t);
}

/* The status of the first step that fails, MSTRO_OK when all four succeed. */
static mstro_status talk_through(struct talk *t)
{
    mstro_status (*const steps[])(struct talk *) = { say_hello, say_challenge, say_proof, say_accepted, hear_accepted };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        mstro_status status = steps[i](t);
        if (status != MSTRO_OK)
            return status;
    }
    return MSTRO_OK;
}

static void two_sides_with_one_key_end_with_the_same_session_keys(void **state)
{
    (void)state;
    struct talk t = new_talk();
    assert_int_equal(talk_through(&t), MSTRO_OK);
    assert_memory_equal(&t.client.keys.to_pool, &t.pool.keys.to_pool, SEAL_KEY_SIZE);
    assert_memory_equal(&t.client.keys.to_client, &t.pool.keys.to_client, SEAL_KEY_SIZE);
    assert_memory_not_equal(&t.client.keys.to_pool, &t.client.keys.to_client, SEAL_KEY_SIZE);
    assert_int_equal(t.client.keys.session, 42);
    assert_int_equal(t.client.keys.version, 1);
    assert_int_equal(t.client.keys.suite, t.pool.keys.suite);
    assert_true(bytes_equal(t.said.address, bytes_of("fi_addr", 7)));
}

static void two_talks_never_have_the_same_keys(void **state)
{
    (void)state;
    struct talk one = new_talk(), two = new_talk();
    assert_int_equal(talk_through(&one), MSTRO_OK);
    assert_int_equal(talk_through(&two), MSTRO_OK);
    assert_memory_not_equal(one.client.keys.to_pool, two.client.keys.to_pool, SEAL_KEY_SIZE);
}

static void the_newest_version_of_both_is_chosen(void **state)
{
    (void)state;
    struct talk t = new_talk();
    t.client_self.oldest = 2;
    t.client_self.newest = 9;
    t.pool_self.oldest = 1;
    t.pool_self.newest = 4;
    assert_int_equal(talk_through(&t), MSTRO_OK);
    assert_int_equal(t.client.keys.version, 4);
}

static void a_version_mismatch_names_the_versions_of_both(void **state)
{
    (void)state;
    struct talk t = new_talk();
    t.client_self.oldest = t.client_self.newest = 3;
    t.pool_self.oldest = 1;
    t.pool_self.newest = 2;
    assert_int_equal(say_hello(&t), MSTRO_OK);
    assert_int_equal(say_challenge(&t), MSTRO_VERSION_MISMATCH);
    assert_string_equal(mstro_error_detail(), "the client speaks versions 3 to 3 of the protocol, this pool manager 1 to 2");
    assert_int_equal(deny(&t, MSTRO_VERSION_MISMATCH), MSTRO_VERSION_MISMATCH);
    assert_string_equal(mstro_error_detail(), "this library speaks versions 3 to 3 of the protocol, the pool manager 1 to 2");
}

static void the_info_of_a_former_pool_is_called_stale_on_both_sides(void **state)
{
    (void)state;
    struct talk t = new_talk();
    t.client_self.pool = other_pool;
    assert_int_equal(say_hello(&t), MSTRO_OK);
    assert_int_equal(say_challenge(&t), MSTRO_POOL_STALE);
    assert_int_equal(deny(&t, MSTRO_POOL_STALE), MSTRO_POOL_STALE);
    t = new_talk();
    assert_int_equal(say_hello(&t), MSTRO_OK);
    assert_int_equal(say_challenge(&t), MSTRO_OK);
    t.client.self.pool = other_pool;
    assert_int_equal(say_proof(&t), MSTRO_POOL_STALE);
}

static void a_client_with_another_key_stops_at_the_challenge(void **state)
{
    (void)state;
    struct talk t = new_talk();
    t.client_self.workflow_key = other_key;
    assert_int_equal(say_hello(&t), MSTRO_OK);
    assert_int_equal(say_challenge(&t), MSTRO_OK);
    assert_int_equal(say_proof(&t), MSTRO_REFUSED);
    assert_non_null(strstr(mstro_error_detail(), "key"));
}

/* Who does not have the key cannot prove that he does, even when he skips the check of the challenge. */
static void a_proof_made_with_another_key_is_refused(void **state)
{
    (void)state;
    struct talk t = new_talk(), mallory = new_talk();
    mallory.client_self.workflow_key = mallory.pool_self.workflow_key = other_key;
    assert_int_equal(say_hello(&mallory), MSTRO_OK);
    assert_int_equal(say_challenge(&mallory), MSTRO_OK);
    assert_int_equal(say_proof(&mallory), MSTRO_OK);
    assert_int_equal(say_hello(&t), MSTRO_OK);
    assert_int_equal(say_challenge(&t), MSTRO_OK);
    t.proof = mallory.proof;
    t.proof.body.at = t.proof.memory;
    assert_int_equal(say_accepted(&t), MSTRO_REFUSED);
}

/* The whole of a recorded conversation, sent again: the pool's fresh key and nonce make it worthless. */
static void a_replayed_conversation_is_refused(void **state)
{
    (void)state;
    struct talk recorded = new_talk();
    assert_int_equal(talk_through(&recorded), MSTRO_OK);
    struct talk t = new_talk();
    t.hello = recorded.hello;
    t.hello.body.at = t.hello.memory;
    assert_int_equal(say_challenge(&t), MSTRO_OK);
    t.proof = recorded.proof;
    t.proof.body.at = t.proof.memory;
    assert_int_equal(say_accepted(&t), MSTRO_REFUSED);
}

static void any_bit_changed_on_the_way_ends_the_handshake(void **state)
{
    (void)state;
    struct talk clean = new_talk();
    assert_int_equal(talk_through(&clean), MSTRO_OK);
    const size_t lengths[] = { clean.hello.body.length, clean.challenge.body.length, clean.proof.body.length, clean.accepted.body.length };
    for (size_t which = 0; which < 4; which++)
        for (size_t bit = 0; bit < 8 * lengths[which]; bit++) {
            struct talk t = new_talk();
            struct letter *letters[] = { &t.hello, &t.challenge, &t.proof, &t.accepted };
            mstro_status (*const steps[])(struct talk *) = { say_hello, say_challenge, say_proof, say_accepted, hear_accepted };
            mstro_status status = MSTRO_OK;
            for (size_t i = 0; i < 5 && status == MSTRO_OK; i++) {
                status = steps[i](&t);
                if (i == which)
                    letters[which]->memory[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            assert_int_not_equal(status, MSTRO_OK);
        }
}

static void messages_cut_short_are_refused(void **state)
{
    (void)state;
    struct talk t = new_talk();
    assert_int_equal(talk_through(&t), MSTRO_OK);
    size_t whole = t.hello.body.length;
    for (t.hello.body.length = 0; t.hello.body.length < whole; t.hello.body.length++)
        assert_int_equal(say_challenge(&t), MSTRO_INVMSG);
}

/* A pool that offers a degenerate key (all zero) would make the shared secret known to everybody. */
static void a_degenerate_key_is_refused(void **state)
{
    (void)state;
    struct talk t = new_talk();
    assert_int_equal(say_hello(&t), MSTRO_OK);
    uint8_t *key = memmem(t.hello.memory, t.hello.body.length, "\x20\0\0\0", 4);
    assert_non_null(key);
    memset(key + 4, 0, HANDSHAKE_KEY);
    assert_int_equal(say_challenge(&t), MSTRO_INVMSG);
}

static void only_what_a_pool_may_say_no_with_is_passed_on(void **state)
{
    (void)state;
    struct talk t = new_talk();
    assert_int_equal(say_hello(&t), MSTRO_OK);
    assert_int_equal(deny(&t, MSTRO_OK), MSTRO_REFUSED);
    assert_int_equal(deny(&t, MSTRO_QUOTA), MSTRO_QUOTA);
    assert_int_equal(deny(&t, (mstro_status)12345), MSTRO_REFUSED);
}

static void a_suite_that_only_one_side_has_is_not_used(void **state)
{
    (void)state;
    struct talk t = new_talk();
    t.client_self.suites = SEAL_CHACHA20_POLY1305;
    assert_int_equal(talk_through(&t), MSTRO_OK);
    assert_int_equal(t.pool.keys.suite, SEAL_CHACHA20_POLY1305);
    t = new_talk();
    t.client_self.suites = 4;
    assert_int_equal(talk_through(&t), MSTRO_REFUSED);
}

static void each_shard_has_keys_of_its_own_that_both_sides_find(void **state)
{
    struct talk t = new_talk();
    struct session_keys ours[3], theirs[3];
    (void)state;
    assert_int_equal(say_hello(&t), MSTRO_OK);
    assert_int_equal(say_challenge(&t), MSTRO_OK);
    assert_int_equal(say_proof(&t), MSTRO_OK);
    assert_int_equal(say_accepted(&t), MSTRO_OK);
    assert_int_equal(hear_accepted(&t), MSTRO_OK);
    for (uint16_t shard = 0; shard < 3; shard++) {
        session_keys_of_shard(&t.client.keys, shard, &ours[shard]);
        session_keys_of_shard(&t.pool.keys, shard, &theirs[shard]);
        assert_memory_equal(ours[shard].to_pool, theirs[shard].to_pool, SEAL_KEY_SIZE);
        assert_memory_equal(ours[shard].to_client, theirs[shard].to_client, SEAL_KEY_SIZE);
        assert_int_equal(session_of_frame(ours[shard].session), 42);
        assert_int_equal(shard_of_frame(ours[shard].session), shard);
        for (uint16_t other = 0; other < shard; other++) {
            assert_memory_not_equal(ours[shard].to_pool, ours[other].to_pool, SEAL_KEY_SIZE);
            assert_memory_not_equal(ours[shard].to_client, ours[other].to_client, SEAL_KEY_SIZE);
        }
        assert_memory_not_equal(ours[shard].to_pool, ours[shard].to_client, SEAL_KEY_SIZE);
    }
    struct rings_tokens mine, its;
    session_rings_tokens(&t.client.keys, &mine);
    session_rings_tokens(&t.pool.keys, &its);
    assert_memory_equal(&mine, &its, sizeof mine);
    assert_memory_not_equal(mine.offered, mine.taken, RINGS_TOKEN);
}

int main(void)
{
    if (!seal_ready())
        return 99;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_sides_with_one_key_end_with_the_same_session_keys),
        cmocka_unit_test(two_talks_never_have_the_same_keys),
        cmocka_unit_test(the_newest_version_of_both_is_chosen),
        cmocka_unit_test(a_version_mismatch_names_the_versions_of_both),
        cmocka_unit_test(the_info_of_a_former_pool_is_called_stale_on_both_sides),
        cmocka_unit_test(a_client_with_another_key_stops_at_the_challenge),
        cmocka_unit_test(a_proof_made_with_another_key_is_refused),
        cmocka_unit_test(a_replayed_conversation_is_refused),
        cmocka_unit_test(any_bit_changed_on_the_way_ends_the_handshake),
        cmocka_unit_test(messages_cut_short_are_refused),
        cmocka_unit_test(a_degenerate_key_is_refused),
        cmocka_unit_test(only_what_a_pool_may_say_no_with_is_passed_on),
        cmocka_unit_test(a_suite_that_only_one_side_has_is_not_used),
        cmocka_unit_test(each_shard_has_keys_of_its_own_that_both_sides_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
