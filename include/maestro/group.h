/* SPDX-License-Identifier: BSD-3-Clause */
/* group.h - objects that are offered and required as one
 *
 * A group is an object whose bytes list its members: it has a name among those of the objects, generations, and who requires it is served
 * or told of its loss like any requirer.  Who goes through the group sees all members or none, and all of one offer.
 *
 * Producer: declare, add*, [seal], offer, withdraw, dispose.
 * Consumer: declare, [require], demand, next*, dispose; or require, retract, dispose.
 *
 * Every function may be called from any thread; one group belongs to one call at a time (MSTRO_BUSY otherwise).  A call that the group's
 * state does not permit gives MSTRO_INVARG and changes nothing. */
#ifndef MAESTRO_GROUP_H
#define MAESTRO_GROUP_H
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Make a handle for the group 'name' (UTF-8, 1 to 4096 bytes, copied).  It is freed by mstro_group_dispose. */
mstro_status mstro_group_declare(const char *name, mstro_group *result);

/* Make 'cdo' a member: a handle that is neither offered nor required, and in no other group.  Until the group is disposed it is offered
 * and withdrawn with it, and by no call of its own (MSTRO_INVARG); it stays the caller's. */
mstro_status mstro_group_add(mstro_group g, mstro_cdo cdo);

/* Make the object of that name a member, whoever offers it.  It may be a group.  What is offered under it when the group is, is what those who
 * need the group get, and is kept for them; where nothing is, they get what is offered later, which is not. */
mstro_status mstro_group_add_by_name(mstro_group g, const char *cdo_name);

/* Make members of all objects that are offered and match when the group is offered; they are kept for those who need the group.  's' may
 * be disposed at once. */
mstro_status mstro_group_add_by_selector(mstro_group g, mstro_cdo_selector s);

/* Freeze the list of members, and their attributes.  Implied by offer. */
mstro_status mstro_group_seal(mstro_group g);

/* Lend the added handles and the group to the pool: all become visible, the group last, or nothing does.  The detail says which member
 * failed and why: MSTRO_CONFLICT when somebody offers its name already, MSTRO_PEER_LOST when a selector has found it and it was taken back
 * before it could be kept.  What others offer and the group lists cannot be withdrawn until the group is.  MSTRO_QUOTA: the names are more than the 16 KiB that a group has
 * for them (names that begin alike take little). */
mstro_status mstro_group_offer(mstro_group g);

/* Announce that all members will be needed; the group need not exist.  Its withdraw waits until this process has required them too, which
 * happens without a call. */
mstro_status mstro_group_require(mstro_group g);

/* Wait until all members are here.  Implies require.  MSTRO_PEER_LOST, once, when the group's producer or a member's is lost before: no
 * member is shown then, and the group stays required.  After MSTRO_TIMEOUT a second demand waits for those that are missing. */
mstro_status mstro_group_demand(mstro_group g);

/* Take the announcement back. */
mstro_status mstro_group_retract(mstro_group g);

/* Take the group back, then its members: waits until everybody who required the group has all of it, has retracted or is gone, and until the
 * groups that list this one, or a member, are withdrawn.  After MSTRO_TIMEOUT call it again. */
mstro_status mstro_group_withdraw(mstro_group g);

/* How many members there are: those that were added (selected ones from the offer on), or, of a group that was demanded, that it has. */
mstro_status mstro_group_size_get(mstro_group g, size_t *count);

/* The next member: MSTRO_NOENT and NULL after the last, then the first again.  The handle is the group's, for mstro_cdo_access_ptr, _name
 * and mstro_cdo_attribute_get, until the group is required, demanded or disposed; what access_ptr has handed out is the caller's as with any
 * handle.  A member that is itself a group has no data but a list: declare and demand it by its name. */
mstro_status mstro_group_next(mstro_group g, mstro_cdo *member);

/* Free the group; handles that were added are as before they were.  MSTRO_INVARG while it is offered. */
mstro_status mstro_group_dispose(mstro_group g);

#ifdef __cplusplus
}
#endif
#endif
