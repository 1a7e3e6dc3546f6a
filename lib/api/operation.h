/* SPDX-License-Identifier: BSD-3-Clause */
/* operation.h - one operation on a handle, blocking, asynchronous or one of many: the same three steps */
#ifndef LIB_API_OPERATION_H
#define LIB_API_OPERATION_H
#include "lib/api/process.h"

/* A handle of this name, which is checked; in nobody's list.  Between process_enter and _leave.  cdo.c */
mstro_status cdo_declare(const char *operation, const char *name, struct mstro_cdo_ **out);

/* RETAIN and RELEASE are of what a group lists of others: its handle stays as it is. */
enum verb { VERB_SEAL, VERB_OFFER, VERB_REQUIRE, VERB_RETRACT, VERB_DEMAND, VERB_WITHDRAW, VERB_DISPOSE, VERB_RETAIN, VERB_RELEASE };

/* A request of the user's (mstro_request points to 'request', which stands first). */
struct operation_request {
    struct mstro_request_ request;
    enum verb verb;
    uint64_t run;     /* of the library in which it was started */
    bool started;     /* the session has it; otherwise it ended at once, with request.status */
};

/* Take the handle and make the request ready to be started.  When not MSTRO_OK nothing was taken.  Between process_enter and _leave. */
mstro_status operation_prepare(struct operation_request *o, enum verb verb, mstro_cdo cdo);

/* The same for the group that the handle belongs to. */
mstro_status operation_prepare_within(struct operation_request *o, enum verb verb, mstro_cdo cdo);

/* Start what was prepared. */
void operation_start(struct operation_request *o);

/* Wait for its end until 'deadline'; false when that is over: it goes on. */
bool operation_watch(struct operation_request *o, uint64_t deadline);

/* It has ended: let the user see what came of it, give the handle back, free what the request keeps.  Its status. */
mstro_status operation_finish(struct operation_request *o);

/* End it, if it has not ended.  What it waits for then is no more than that bytes which are coming stop. */
void operation_cancel(struct operation_request *o);

/* Wait for its end; past 'deadline' cancel it: MSTRO_TIMEOUT. */
mstro_status operation_complete(struct operation_request *o, uint64_t deadline);

#endif
