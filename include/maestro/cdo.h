/* SPDX-License-Identifier: BSD-3-Clause */
/* cdo.h - the life of a Core Data Object
 *
 * Producer: declare, attribute_set*, [seal], offer, withdraw, dispose.
 * Consumer: declare, [seal], require, demand, use, dispose; or require, retract, dispose.
 *
 * Every function may be called from any thread; one handle belongs to one call at a time (MSTRO_BUSY otherwise).  A call that the
 * handle's state does not permit gives MSTRO_INVARG and changes nothing; before mstro_init MSTRO_UNINIT; in a forked child
 * MSTRO_FORKED. */
#ifndef MAESTRO_CDO_H
#define MAESTRO_CDO_H
#include "types.h"

#define MSTRO_ATTR_DEFAULT ((mstro_cdo_attributes)0)

#ifdef __cplusplus
extern "C" {
#endif

/* Make a handle for 'name' (UTF-8, 1 to 4096 bytes, copied).  Several handles of one name are fine.  'attributes' is
 * MSTRO_ATTR_DEFAULT.  The handle is freed by mstro_cdo_dispose. */
mstro_status mstro_cdo_declare(const char *name, mstro_cdo_attributes attributes, mstro_cdo *result);

/* Freeze the attributes.  Implied by offer and require. */
mstro_status mstro_cdo_seal(mstro_cdo cdo);

/* Lend the object to the pool: returns when it is visible, and acknowledged where a subscriber asked for that.  The bytes must
 * stay as they are until mstro_cdo_withdraw has returned.  MSTRO_CONFLICT when somebody offers this name already. */
mstro_status mstro_cdo_offer(mstro_cdo cdo);

/* Announce that this handle will need the object, which need not exist.  Returns when the pool knows: no WITHDRAW that begins
 * later, in whatever process, passes this requirement over. */
mstro_status mstro_cdo_require(mstro_cdo cdo);

/* Take the announcement back, also when nothing was ever offered. */
mstro_status mstro_cdo_retract(mstro_cdo cdo);

/* Wait until data and attributes are here.  Implies require.  MSTRO_PEER_LOST, once, when the producer was lost before (the
 * requirement stays: a second demand waits for the next offer); MSTRO_NOMEM when the buffer given is too small (the
 * requirement stays). */
mstro_status mstro_cdo_demand(mstro_cdo cdo);

/* Take an offered object back: waits until every other handle that required it has been served, has retracted or is gone.
 * Afterwards the bytes are the caller's again. */
mstro_status mstro_cdo_withdraw(mstro_cdo cdo);

/* Free the handle.  Legal straight after declare, attribute_set, seal, withdraw, demand and retract. */
mstro_status mstro_cdo_dispose(mstro_cdo cdo);

/* Address and size of the data: what the producer set, or what demand brought.  What a consumer's handle hands out of the
 * library's own allocation is the caller's from then on: free() it after dispose.  Either of 'data' and 'size_bytes' may be
 * NULL.  MSTRO_NOENT for an object without data. */
mstro_status mstro_cdo_access_ptr(mstro_cdo cdo, void **data, int64_t *size_bytes);

/* The name, valid until dispose; NULL for a NULL handle. */
const char *mstro_cdo_name(mstro_cdo cdo);

/* The same on 'count' handles in one call.  status[i] is handle i's ('status' may be NULL); MSTRO_OK when all are, else the first
 * that is not. */
mstro_status mstro_cdo_offer_all(size_t count, const mstro_cdo cdo[], mstro_status status[]);
mstro_status mstro_cdo_require_all(size_t count, const mstro_cdo cdo[], mstro_status status[]);
mstro_status mstro_cdo_demand_all(size_t count, const mstro_cdo cdo[], mstro_status status[]);
mstro_status mstro_cdo_withdraw_all(size_t count, const mstro_cdo cdo[], mstro_status status[]);
mstro_status mstro_cdo_dispose_all(size_t count, const mstro_cdo cdo[], mstro_status status[]);

#ifdef __cplusplus
}
#endif
#endif
