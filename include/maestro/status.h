/* SPDX-License-Identifier: BSD-3-Clause */
/* status.h - what every call returns
 *
 * One list gives value, name and sentence; the values follow the order of the list and only grow at its end.
 * MSTRO_OK (0) is the only success. */
#ifndef MAESTRO_STATUS_H
#define MAESTRO_STATUS_H

#define MSTRO_STATUS_LIST(X) \
    X(OK, "success") \
    X(FAIL, "the operation failed") \
    X(UNIMPL, "this operation is not available in this version") \
    X(UNINIT, "the library is not initialised: call mstro_init first") \
    X(NOT_TWICE, "this was done before and can be done only once") \
    X(INVARG, "an argument is not valid, or the object is not in a state that permits this call") \
    X(INVOUT, "the place for a result is not valid") \
    X(INVMSG, "a message does not follow the protocol") \
    X(NOMEM, "not enough memory, or a buffer is too small") \
    X(NOENT, "there is no such object") \
    X(NOMATCH, "nothing matches") \
    X(NO_PM, "no pool manager can be reached") \
    X(TIMEOUT, "the time given was over before the operation ended") \
    X(WOULDBLOCK, "the operation would have to wait") \
    X(OFI_FAIL, "the fabric (libfabric) reported an error") \
    X(BUSY, "another call is using this object") \
    X(CANCELLED, "the operation was cancelled") \
    X(FORKED, "this process is a fork of the one that called mstro_init: call exec or start anew") \
    X(PEER_LOST, "the process that held the data is gone") \
    X(POOL_LOST, "the pool manager is gone") \
    X(POOL_STALE, "the pool-manager info names a pool manager that is no longer there") \
    X(PARTITIONED, "the pool manager cannot be heard at the moment") \
    X(STALE_EPOCH, "this process was taken for dead and has lost its place in the pool") \
    X(CONFLICT, "somebody else holds this name") \
    X(REFUSED, "the pool manager refused the request") \
    X(QUOTA, "a quota of the pool is used up") \
    X(OVERFLOW, "a bounded queue was full and something was dropped") \
    X(TOO_EXPENSIVE, "the query takes more steps than it may") \
    X(VERSION_MISMATCH, "the two sides speak different versions") \
    X(SCHEMA, "an attribute or a schema is not valid") \
    X(SELECTOR, "a selector is not valid") \
    X(CORRUPT, "data failed its integrity check") \
    X(NO_SPACE, "no space is left on the device") \
    X(IO, "input or output failed")

typedef enum mstro_status {
#define MSTRO_STATUS_VALUE(name, sentence) MSTRO_##name,
    MSTRO_STATUS_LIST(MSTRO_STATUS_VALUE)
#undef MSTRO_STATUS_VALUE
} mstro_status;

#ifdef __cplusplus
extern "C" {
#endif

/* The sentence that belongs to 's': static storage, never NULL, also for values that are not in the list.  Any thread. */
const char *mstro_status_description(mstro_status s);

/* The name of 's' as it is written in a program, "MSTRO_OK": static storage, never NULL.  Any thread. */
const char *mstro_status_name(mstro_status s);

/* What the last failed call of this thread had to say beyond its status: one line (what happened, on what, likely cause), ""
 * when there is nothing.  The text is valid until the thread's next call of the library. */
const char *mstro_error_detail(void);

#ifdef __cplusplus
}
#endif
#endif
