/* SPDX-License-Identifier: BSD-3-Clause */
/* facts.h - the one table of what can happen in a pool
 *
 * X(NAME, number, event, agreed, announced, sentence).  The numbers are those of journals and traces and never change.  event: how a
 * subscriber calls it, NONE when it is not told.  agreed: a restart must know it (the journal keeps these).  announced: an operation of its own
 * leads to it, of which subscribers can be told before. */
#ifndef LIB_POOL_FACTS_H
#define LIB_POOL_FACTS_H

#define FACTS(X) \
    X(JOIN, 1, APP_JOIN, 1, 0, "an application came in") \
    X(WELCOME, 2, APP_WELCOME, 0, 0, "an application was told that it is in") \
    X(LEAVE, 3, APP_LEAVE, 0, 0, "an application wants to leave, or is lost") \
    X(BYE, 4, APP_BYE, 1, 0, "an application is gone") \
    X(DECLARE, 5, DECLARE, 0, 1, "a handle of an object became known") \
    X(SEAL, 6, SEAL, 0, 1, "its attributes will not change") \
    X(OFFER, 7, OFFER, 1, 1, "a generation is offered") \
    X(REQUIRE, 8, REQUIRE, 1, 1, "a handle needs the object") \
    X(RETRACT, 9, RETRACT, 1, 1, "a handle does not need it any more") \
    X(DEMAND, 10, DEMAND, 0, 1, "a handle must have it now") \
    X(TICKET, 11, TRANSPORT_TICKET, 0, 0, "a requirer was told where the bytes are") \
    X(SERVED, 12, TRANSPORT_COMPLETED, 1, 0, "a requirer has the bytes") \
    X(WITHDRAW, 13, WITHDRAW, 1, 1, "a generation is its holder's again") \
    X(DISPOSE, 14, DISPOSE, 0, 1, "a handle is gone") \
    X(LOST, 15, LOST, 1, 0, "a generation was lost with its holder") \
    X(SUBSCRIBE, 16, SUBSCRIBE, 0, 0, "somebody wants to be told") \
    X(UNSUBSCRIBE, 17, UNSUBSCRIBE, 0, 0, "somebody does not want to be told any more") \
    X(INTENT, 18, NONE, 0, 0, "something will happen, and somebody wanted to be told before") \
    X(SEAL_GROUP, 19, SEAL_GROUP, 0, 1, "the members of a group will not change") \
    X(GROUP_LOST, 20, GROUP_LOST, 1, 0, "a group was lost with its holder") \
    X(TRANSPORT, 21, TRANSPORT_INIT, 0, 0, "a requirer begins to bring the bytes from their holder") \
    X(CHECKPOINT, 22, POOL_CHECKPOINT, 0, 0, "a subscription has been told what happened before")

#endif
