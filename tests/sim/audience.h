/* SPDX-License-Identifier: BSD-3-Clause */
/* audience.h - inside the witness: for whom an event is, and what has become of it */
#ifndef TESTS_SIM_AUDIENCE_H
#define TESTS_SIM_AUDIENCE_H
#include "tests/sim/witness.h"

enum { SERIAL_STEP = 1024 }; /* the low bits of a serial are its shard */

enum fate { NOT_TOLD, TOLD, SETTLED, MISSED };

/* Of one fact in a subscription.  told_in: the moment when it was told last; first_in: one behind that when it was told first, 0: never;
 * unwaited: its operation has not waited, though it should have if there was room
 * for the event.  The rest is of named ones: who has it, whether somebody has taken it, which of what he was told it is
 * (if it is missing: that it is), whether a later one of its object was told before it. */
struct passage { uint8_t fate, by; bool taken, unwaited, overtaken; uint64_t told_in, first_in, order; };

/* The first text is kept. */
void complain(struct witness *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline bool is_named(const struct audience *a) { return a->wanted.title[0] != '\0'; }
static inline bool is_shared(const struct audience *a) { return a->wanted.flags & SUBSCRIBE_SHARED; }
static inline bool wants_ack(const struct audience *a) { return a->wanted.options & MSTRO_SUBSCRIPTION_OPTS_REQUIRE_ACK; }
static inline bool wants_before(const struct audience *a) { return a->wanted.options & MSTRO_SUBSCRIPTION_OPTS_SIGNAL_BEFORE; }

bool is_attended(const struct audience *a);

/* Does its selector match? */
bool selects(const struct wanted *wanted, const struct happened *fact);

/* Told before what is going to happen, when it was there to be told so, else when it happens; the past is told as it was. */
bool is_for(const struct audience *a, const struct happened *fact);

/* The index of the fact, SIZE_MAX: there is none. */
size_t fact_with(const struct witness *w, uint64_t serial);

struct passage *passage_of(struct audience *a, size_t fact);

/* How many from 'first' to 'last' are for it. */
uint64_t count_for(const struct witness *w, struct audience *a, uint64_t first, uint64_t last);

/* Named: the first fact that is not settled. */
size_t first_open(const struct witness *w, struct audience *a);

/* Can there be no room in its queue: do as many wait as may, or as many bytes? */
bool may_be_full(const struct witness *w, struct audience *a);

struct audience *audience_of(struct witness *w, uint64_t session, uint64_t number, int *consumer);
void audience_end(struct witness *w, struct audience *a);
void drop_duty(struct witness *w, size_t i);

#endif
