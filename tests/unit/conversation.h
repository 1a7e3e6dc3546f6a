/* SPDX-License-Identifier: BSD-3-Clause */
/* conversation.h - a client's step function and a test that says what its caller, its pool and its movers say, in virtual time */
#ifndef TESTS_UNIT_CONVERSATION_H
#define TESTS_UNIT_CONVERSATION_H
#include "tests/lib/check.h"

#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/client/client.h"

#define MS NANOSECONDS_PER_MILLISECOND

/* One at a time, as the cases are: the client, what came out of its last step (as records and as text), the time, the last op. */
extern struct client *client;
extern struct client_outputs out;
extern char said[4096];
extern uint64_t now, last_op;

/* Steps of the client.  Those that start an operation return its op. */
void step(const struct client_input *in);
uint64_t start(struct record r);
void hear(struct record r);
void ack(uint64_t op, mstro_status status);
void ticket(uint64_t handle, uint64_t op, uint64_t number, enum ticket_how how);
void voided(uint64_t handle, uint64_t number);
void moved(uint64_t handle, mstro_status status, bool again);
void tick(uint64_t later);
uint64_t offer(uint64_t handle);
uint64_t require(uint64_t handle);
void required(uint64_t handle);
uint64_t demand(uint64_t handle);
uint64_t retract(uint64_t handle);
uint64_t withdraw(uint64_t handle);
uint64_t dispose(uint64_t handle);
uint64_t cancel(uint64_t target);

/* The answer to the CANCEL that followed an operation which ended here before the pool's word came. */
void cancel_answered(uint64_t op);

/* Set up and tear down a case: a client that has joined. */
int join_with_heartbeat(void **state, uint64_t heartbeat);
int join(void **state);
int part(void **state);

#define CASE(name) cmocka_unit_test_setup_teardown(name, join, part)

/* The last step said this; %d stands for numbers. */
#define SAID(...) \
    do { \
        char expected_[512]; \
        snprintf(expected_, sizeof expected_, __VA_ARGS__); \
        assert_string_equal(said, expected_); \
    } while (0)

#endif
