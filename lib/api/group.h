/* SPDX-License-Identifier: BSD-3-Clause */
/* group.h - what the calls on a group do; the caller has the group, between process_enter and _leave */
#ifndef LIB_API_GROUP_H
#define LIB_API_GROUP_H
#include "lib/api/operation.h"
#include "lib/client/group.h"

/* "offered", for texts. */
const char *group_use_name(enum group_use use);

/* ---- who lends it: group_offer.c ---- */
mstro_status group_seal(mstro_group g, uint64_t deadline);
mstro_status group_offer(mstro_group g, uint64_t deadline);
mstro_status group_withdraw(mstro_group g, uint64_t deadline);

/* What others offer is retained for it no more.  MSTRO_BUSY, MSTRO_NOMEM: some of it still is. */
mstro_status group_release(mstro_group g);

/* ---- who needs it: group_demand.c ---- */
mstro_status group_require(mstro_group g, uint64_t deadline);
mstro_status group_demand(mstro_group g, uint64_t deadline);
mstro_status group_retract(mstro_group g, uint64_t deadline);

/* Let go of everything; afterwards it can be destroyed. */
mstro_status group_dispose(mstro_group g);

/* One operation on its object, from start to end. */
mstro_status group_run(mstro_group g, enum verb verb, uint64_t deadline);

/* The same on each member that is 'wanted', all at once.  Returns when all have ended.  The first that fails, or 'deadline', ends those
 * that have not; its status is returned, the detail names it. */
struct group_batch {
    enum verb verb;
    bool (*wanted)(const struct member *m);
    void (*prepared)(struct member *m, struct record *r); /* NULL: nothing is to be added to the record */
    void (*done)(struct member *m, uint64_t generation);  /* it has ended well, of that generation */
};
mstro_status group_run_members(mstro_group g, const struct group_batch *batch, uint64_t deadline);

#endif
