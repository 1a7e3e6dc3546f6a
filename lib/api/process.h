/* SPDX-License-Identifier: BSD-3-Clause */
/* process.h - the one thing of this library that exists once per process, and what every call does first and last */
#ifndef LIB_API_PROCESS_H
#define LIB_API_PROCESS_H
#include "lib/client/cdo.h"
#include "lib/client/group.h"
#include "lib/client/session.h"
#include "lib/client/subscription.h"
#include "lib/schema/schema.h"
#include "maestro/status.h"

/* A call goes in, and, where that gave MSTRO_OK, out again: mstro_finalize frees nothing before everybody is out.  MSTRO_UNINIT,
 * MSTRO_FORKED, MSTRO_CANCELLED while the library is being finalized. */
mstro_status process_enter(void);
void process_leave(void);

/* True while mstro_finalize runs: who waits for no operation looks here. */
bool process_ends(void);

/* ---- between enter and leave ---- */
struct session *process_session(void);
struct schema *process_schema(void);
struct cdo_memory *process_memory(void);
uint64_t process_run(void); /* counts mstro_init: tells a request of an earlier run from one of this */

/* The deadline that MSTRO_OPERATION_TIMEOUT gives to an operation that begins now. */
uint64_t process_deadline(void);

/* The same for one that nobody but the pool can hold up: where that setting is not made, the pool's lease. */
uint64_t process_pool_deadline(void);

/* ---- which pool; each is a call of its own, not between enter and leave ---- */
mstro_status process_attach(const char *info);
mstro_status process_detach(void);
mstro_status process_serve(void);
mstro_status process_stop_serving(void);
mstro_status process_info(char **info);

/* ---- between enter and leave again ---- */

/* What mstro_finalize frees when the user has not. */
void process_add_cdo(struct mstro_cdo_ *cdo);
void process_remove_cdo(struct mstro_cdo_ *cdo);
void process_add_group(struct mstro_group_ *g);
void process_remove_group(struct mstro_group_ *g);
void process_add_subscription(struct mstro_subscription_ *sub);
void process_remove_subscription(struct mstro_subscription_ *sub);

#endif
