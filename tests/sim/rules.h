/* SPDX-License-Identifier: BSD-3-Clause */
/* rules.h - what the rules (rules.c) find in the tables of a model and change there (model.c) */
#ifndef TESTS_SIM_RULES_H
#define TESTS_SIM_RULES_H
#include "tests/sim/model.h"

/* An answer that must come now; an ack to op 0 is none. */
struct model_answer *expect(struct model *model, uint64_t session, enum record_kind kind, uint64_t op, uint32_t status);
void expect_ack(struct model *model, uint64_t session, uint64_t op, uint32_t status);
struct model_answer *expect_shard(struct model *model, int shard, enum record_kind kind, uint64_t session, uint32_t status);
void expect_others(struct model *model, enum record_kind kind, uint64_t session, uint32_t status);

/* Something happens now to the object of that name; to one of its generations, with its size and attributes. */
struct model_event *happens(struct model *model, uint32_t kind, uint64_t session, const char *name);
struct model_event *happens_to(struct model *model, uint32_t kind, uint64_t session, const struct model_generation *generation);

/* To an application: the first shard tells that. */
void happens_to_session(struct model *model, uint32_t kind, uint64_t session);

/* The handle that a record is about, its operation; 0: none. */
uint64_t handle_of(const struct record *record);
uint64_t op_of(const struct record *record);

/* Which operation of that session subscribers can hold up. */
uint64_t held_op(struct model *model, uint64_t session, uint64_t op);

struct model_session *session_of(struct model *model, uint64_t number); /* NULL: it is not in */
struct model_session *new_session(struct model *model, uint64_t number);

/* The handle, made if it is not known and has a name. */
struct model_handle *handle_known(struct model *model, uint64_t session, uint64_t number, struct text name);

/* The generation of that name which has a holder, or NULL; what is known of the name. */
struct model_generation *standing(struct model *model, const char *name);
struct model_named *named(struct model *model, const char *name);

/* The generation that is offered; the one of that commit, if it is or a group retains it.  NULL: there is none. */
struct model_generation *offered(struct model *model, const char *name);
struct model_generation *listed(struct model *model, const char *name, uint64_t commit);

/* Who needs the name is bound to what stands, and told where it is. */
void bind_handle(struct model *model, struct model_handle *handle);
void bind_all(struct model *model, const char *name);
void give_ticket(struct model *model, struct model_handle *handle, uint64_t op);

bool needed(struct model *model, const struct model_generation *generation);
void forget_need(struct model *model, struct model_handle *handle);
void lose_generation(struct model *model, struct model_generation *generation);
void drop_prepared(struct model *model, struct model_generation *generation);
void lose_session(struct model *model, uint64_t number, uint32_t status);

/* What nobody needs any more ends. */
void settle(struct model *model);

#endif
