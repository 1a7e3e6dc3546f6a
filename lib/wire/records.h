/* SPDX-License-Identifier: BSD-3-Clause */
/* records.h - the one definition of what clients and pool say to each other
 *
 * Every record is a row set.  Its struct, encoder, decoder, limits and printer follow from it (record.h, encode.c, decode.c,
 * print.c), and so does the list of kinds.  Field rows:
 *     F(type, field, since)          u8 u16 u32 u64 i64 id
 *     T(field, max, since)           text, UTF-8, at most max bytes
 *     B(field, max, since)           bytes, at most max
 *     L(record, field, max, since)   list of at most max nested records (nesting at most 2)
 * 'since' is the protocol version that brought the field: fields are only appended, and an older peer's record ends before them
 * (they read as zero).  Who sends what, and when it is answered: doc/rfc/protocol.md. */
#ifndef LIB_WIRE_RECORDS_H
#define LIB_WIRE_RECORDS_H

/* Limits, in bytes. */
#define MAX_FRAME 65536
#define MAX_NAME 4096
#define MAX_COMPONENT 256
#define MAX_HOST 256
#define MAX_DETAIL 1000
#define MAX_ADDRESS 256
#define MAX_ATTRIBUTES 32768
#define MAX_INLINE 16384
#define MAX_SELECTOR 16384
#define MAX_NAMESPACE 256
#define MAX_SCHEMA_VERSION 64
#define MAX_SUBSCRIPTION_NAME 256
#define MAX_KEY 256

/* Nested: where bytes lie in the memory of a process.  key: for one-sided reads, 0 when not registered; base: what an initiator
 * gives as remote address of the first byte. */
#define RECORD_PLACE(F, T, B, L) F(u64, address, 0) F(u64, base, 0) F(u64, key, 0)

/* Nested: one thing that happened, as a subscriber is told it.  index: of the component; again: somebody may have seen it already;
 * attributes: those that were asked for, a block of lib/schema. */
#define RECORD_EVENT(F, T, B, L) \
    F(u64, serial, 0) F(u32, kind, 0) F(u64, app, 0) F(i64, size, 0) F(u64, first_serial, 0) F(u64, count, 0) \
    T(name, MAX_NAME, 0) T(component, MAX_COMPONENT, 0) F(i64, index, 2) F(id, cdo, 2) F(u64, generation, 2) F(u8, again, 2) \
    B(attributes, MAX_ATTRIBUTES, 2)

/* Nested: a place in the events of the shard that the low 10 bits name. */
#define RECORD_POSITION(F, T, B, L) F(u64, serial, 0)

/* Nested: the key of an attribute. */
#define RECORD_KEY(F, T, B, L) T(key, MAX_KEY, 0)

/* Nested: slots first .. first + count - 1 belong to this shard. */
#define RECORD_SLOTS(F, T, B, L) F(u16, first, 0) F(u16, count, 0) F(u16, shard, 0)

/* Nested: what a client's schemas say about one namespace, in short (lib/schema/outline.h). */
#define RECORD_SCHEMA_DIGEST(F, T, B, L) F(u64, digest, 0) T(nspace, MAX_NAMESPACE, 0)

/* ---- client to pool ---- */

/* May this process come in?  The proof of who it is has been given by the sealed frame that carries it. */
#define RECORD_JOIN(F, T, B, L) \
    F(u64, op, 0) F(i64, index, 0) F(u64, pid, 0) F(id, node, 0) F(u64, incarnation, 0) \
    T(workflow, MAX_COMPONENT, 0) T(component, MAX_COMPONENT, 0) T(host, MAX_HOST, 0) B(serving, MAX_ADDRESS, 0) \
    L(schema_digest, schemas, 64, 0)

/* Where this process now serves one-sided reads from. */
#define RECORD_SERVING(F, T, B, L) B(serving, MAX_ADDRESS, 0)

/* size -1: no data.  word: the validity word's value, word_place where it stands.  flags: OFFER_*.  group: the handle of the group that
 * it is prepared for, nobody sees it before that is offered; 0: it is offered now.  members: of an OFFER_GROUP, how many were prepared for it. */
#define RECORD_OFFER(F, T, B, L) \
    F(u64, op, 0) F(u64, handle, 0) F(i64, size, 0) F(u32, flags, 0) F(u64, word, 0) \
    T(name, MAX_NAME, 0) B(attributes, MAX_ATTRIBUTES, 0) L(place, data_place, 1, 0) L(place, word_place, 1, 0) B(inline_data, MAX_INLINE, 0) \
    F(u64, group, 2) F(u32, members, 2)

/* Answered when the pool knows of it, so that a client can tell others by any means that it has required; op 0 is not answered: who has
 * sent it is put out when there is no memory for it.
 * commit: of the generation that a group lists, 0: any.  No other serves it: unless that one is offered, or a group retains it, it is refused
 * with MSTRO_PEER_LOST.
 * With REQUIRE_RETAIN nothing is brought: the generation of that commit, or of 0 the one that is offered now, is kept for the group of this
 * name until the handle is disposed of, and its WITHDRAW waits.  Answered with its commit; 0: nothing is offered, and nothing retained. */
#define RECORD_REQUIRE(F, T, B, L) \
    F(u64, op, 0) F(u64, handle, 0) F(u32, flags, 0) T(name, MAX_NAME, 0) F(u64, commit, 2) T(group, MAX_NAME, 2)

#define RECORD_RETRACT(F, T, B, L) F(u64, op, 0) F(u64, handle, 0)

/* Implies REQUIRE: name is that of the object, or empty when this handle's REQUIRE was sent before.  failed_ticket: the ticket that could not be used
 * (source withdrawn, endpoint gone), 0 at first.  commit: of the REQUIRE it implies. */
#define RECORD_DEMAND(F, T, B, L) F(u64, op, 0) F(u64, handle, 0) F(u32, flags, 0) F(u64, failed_ticket, 0) T(name, MAX_NAME, 0) F(u64, commit, 2)

/* The bytes of this ticket are here (status 0), or could not be brought (status, the REQUIRE stays). */
#define RECORD_COMPLETED(F, T, B, L) F(u64, ticket, 0) F(u64, handle, 0) F(u32, status, 0) F(u64, bytes, 0) F(u64, nanoseconds, 0) F(u8, transport, 0)

/* force 0: when nobody needs it any more; 1: now, whoever needs it has lost it. */
#define RECORD_WITHDRAW(F, T, B, L) F(u64, op, 0) F(u64, handle, 0) F(u8, force, 2)
#define RECORD_DISPOSE(F, T, B, L) F(u64, op, 0) F(u64, handle, 0)

/* End the deferred operation 'target' of this session without effect, if it still waits.  A DEMAND that reads ends too; its ticket stays open. */
#define RECORD_CANCEL(F, T, B, L) F(u64, op, 0) F(u64, target, 0)

/* subscription: the client's number for it.  selector: encoded by lib/query, empty matches everything.  max_events, max_bytes of what
 * may wait, hold_time in nanoseconds: 0 is the pool's.  when_full, when_late, start: as in maestro/subscription.h, with 'since' a serial or
 * an age in nanoseconds, or 'positions'.  flags: SUBSCRIBE_*, of 'name'.  attributes: those that events carry.  granted: what the ACK of shard
 * 0 said, to the other shards; above that of whoever was granted the name before, and of a shared one the same for all who have it. */
#define RECORD_SUBSCRIBE(F, T, B, L) \
    F(u64, op, 0) F(u64, subscription, 0) F(u32, kinds, 0) F(u32, options, 0) B(selector, MAX_SELECTOR, 0) \
    F(u64, max_events, 2) F(u64, max_bytes, 2) F(u64, hold_time, 2) F(u8, when_full, 2) F(u8, when_late, 2) F(u8, flags, 2) F(u8, start, 2) \
    F(u64, since, 2) T(name, MAX_SUBSCRIPTION_NAME, 2) L(position, positions, 1024, 2) L(key, attributes, 64, 2) F(u64, granted, 2)

/* forget: FORGET_* */
#define RECORD_UNSUBSCRIBE(F, T, B, L) F(u64, op, 0) F(u64, subscription, 0) F(u8, forget, 2)

/* This event needs no more waiting for. */
#define RECORD_ACK_EVENT(F, T, B, L) F(u64, subscription, 0) F(u64, serial, 0)

/* The application has taken so many events of this shard since it subscribed: room for more.  serial: the last of them. */
#define RECORD_SEEN(F, T, B, L) F(u64, subscription, 0) F(u64, serial, 0) F(u64, count, 2)

/* Which objects are offered now that this selector (as in SUBSCRIBE) matches?  Answered by SELECTED, or by an ACK with what went wrong. */
#define RECORD_SELECT(F, T, B, L) F(u64, op, 0) B(selector, MAX_SELECTOR, 0)

#define RECORD_HEARTBEAT(F, T, B, L) F(u64, sent, 0)

/* force 0: leave when nothing of this process is needed any more; 1: leave now, what is left is dropped. */
#define RECORD_LEAVE(F, T, B, L) F(u64, op, 0) F(u8, force, 0)

/* The schema of a JOIN that the pool asked for.  keys: of the namespace; outline: a block of attributes that describes them. */
#define RECORD_SCHEMA(F, T, B, L) \
    F(u64, digest, 0) F(u32, keys, 0) T(nspace, MAX_NAMESPACE, 0) T(version, MAX_SCHEMA_VERSION, 0) B(outline, MAX_ATTRIBUTES, 0)

/* ---- pool to client ---- */

/* unknown_schemas: bit i is set where the pool wants the SCHEMA of the i-th digest of the JOIN. */
#define RECORD_WELCOME(F, T, B, L) \
    F(u64, op, 0) F(u64, app, 0) F(u64, incarnation, 0) F(u64, epoch, 0) F(id, pool, 0) F(u64, lease, 0) F(u64, heartbeat, 0) \
    F(u32, inline_limit, 0) L(slots, slot_map, 1024, 0) F(u64, unknown_schemas, 0)

#define RECORD_REFUSED(F, T, B, L) F(u64, op, 0) F(u32, status, 0) T(detail, MAX_DETAIL, 0)

/* The end of an operation.  flags: ACK_*; generation: that was offered or withdrawn, or, with MSTRO_PEER_LOST, lost; the commit of what a
 * REQUIRE retains; of a SUBSCRIBE under a name what it is to say to other shards. */
#define RECORD_ACK(F, T, B, L) F(u64, op, 0) F(u32, status, 0) F(u32, flags, 0) F(u64, generation, 0) T(detail, MAX_DETAIL, 0)

/* What a requirer needs to bring the bytes into its memory.  op: the DEMAND it answers; 0: bring them now, because the holder
 * wants them back.  how: enum ticket_how.  holder_pid and holder_node are what the holder has said; holder_session is what the pool
 * knows, 0: the process that the pool is in.  commit: of the group with which this generation was offered, no two are alike; 0: alone. */
#define RECORD_TICKET(F, T, B, L) \
    F(u64, op, 0) F(u64, handle, 0) F(u64, ticket, 0) F(u64, generation, 0) F(i64, size, 0) F(u8, how, 0) F(u64, holder, 0) F(u64, holder_pid, 0) \
    F(id, holder_node, 0) F(u64, word, 0) T(component, MAX_COMPONENT, 0) B(attributes, MAX_ATTRIBUTES, 0) L(place, data_place, 1, 0) \
    L(place, word_place, 1, 0) B(serving, MAX_ADDRESS, 0) B(inline_data, MAX_INLINE, 0) F(u64, holder_session, 0) F(u64, commit, 2)

/* The source of an open ticket is gone (status MSTRO_PEER_LOST, detail names who): stop reading from it.  The operation itself
 * is ended by an ACK or goes on with another TICKET. */
#define RECORD_TICKET_VOID(F, T, B, L) F(u64, ticket, 0) F(u64, handle, 0) F(u32, status, 0) T(detail, MAX_DETAIL, 0)

/* position: with these the subscriber has been told all up to this serial.  quiet 1: there is much room, no SEEN need be said for these alone. */
#define RECORD_EVENTS(F, T, B, L) F(u64, subscription, 0) L(event, events, 256, 0) F(u64, position, 2) F(u8, quiet, 2)

/* The pool has ended a subscription, and why. */
#define RECORD_SUBSCRIPTION_END(F, T, B, L) F(u64, subscription, 0) F(u32, status, 0) T(detail, MAX_DETAIL, 0)

/* What an operation has been waiting for, and who should provide it: text for people, after 3, 10, 30, 60 s. */
#define RECORD_NOTE(F, T, B, L) F(u64, op, 0) T(detail, MAX_DETAIL, 0)

/* The session has ended: op of the LEAVE, or 0 with the reason when the pool ended it. */
#define RECORD_BYE(F, T, B, L) F(u64, op, 0) F(u32, status, 0) T(detail, MAX_DETAIL, 0)

/* Somebody in the pool ('who') has another schema for a namespace of this client's JOIN. */
#define RECORD_OTHER_SCHEMA(F, T, B, L) \
    F(u64, digest, 0) F(u32, keys, 0) T(nspace, MAX_NAMESPACE, 0) T(version, MAX_SCHEMA_VERSION, 0) T(who, MAX_DETAIL, 0) \
    B(outline, MAX_ATTRIBUTES, 0)

/* matched: how many objects there are; names: of those that fit, names.h. */
#define RECORD_SELECTED(F, T, B, L) F(u64, op, 0) F(u32, matched, 0) B(names, MAX_INLINE, 0)

/* ---- between the shards of a pool: refused when a session sends them ---- */

/* Shard 0 to each other: this application is coming in, know it.  Answered by DONE. */
#define RECORD_ADMIT(F, T, B, L) \
    F(u64, session, 0) F(u64, app, 0) F(u64, incarnation, 0) F(i64, index, 0) F(u64, pid, 0) F(id, node, 0) \
    T(component, MAX_COMPONENT, 0) T(host, MAX_HOST, 0) B(serving, MAX_ADDRESS, 0)

/* What was asked of this shard by a record of 'kind' is done (status 0), or is not.  number: which of several of that kind. */
#define RECORD_DONE(F, T, B, L) F(u64, session, 0) F(u16, kind, 0) F(u64, number, 0) F(u32, status, 0)

/* From shard 0: the session is over, forget it; MSTRO_STALE_EPOCH: it was silent for too long.  To shard 0: it must not go on. */
#define RECORD_DISMISS(F, T, B, L) F(u64, session, 0) F(u32, status, 0) T(reason, MAX_DETAIL, 0)

/* The home of a group to each other: what has this session prepared for it?  Answered by PREPARED. */
#define RECORD_PREPARE(F, T, B, L) F(u64, session, 0) F(u64, op, 0) F(u64, group, 0)

/* So many members of it are prepared here. */
#define RECORD_PREPARED(F, T, B, L) F(u64, session, 0) F(u64, op, 0) F(u64, group, 0) F(u32, members, 0)

/* The home of a group to each other, when all members are prepared: show them.  commit: the group's.  Answered by COMMITTED. */
#define RECORD_COMMIT(F, T, B, L) F(u64, session, 0) F(u64, op, 0) F(u64, group, 0) F(u64, commit, 0)

/* So many members of it are visible here, and acknowledged where a subscriber asked for that.  home: whom this is for. */
#define RECORD_COMMITTED(F, T, B, L) F(u64, session, 0) F(u64, op, 0) F(u64, group, 0) F(u32, members, 0) F(u16, home, 0)

/* A shard to all others: an operation has waited in vain for this session's subscription. */
#define RECORD_LATE(F, T, B, L) F(u64, session, 0) F(u64, subscription, 0)

/* X(NAME, name, number): the numbers are the wire's and never change. */
#define NESTED_RECORDS(X) X(PLACE, place) X(EVENT, event) X(SLOTS, slots) X(SCHEMA_DIGEST, schema_digest) X(POSITION, position) X(KEY, key)
#define RECORDS(X) \
    X(JOIN, join, 1) X(SERVING, serving, 2) X(OFFER, offer, 3) X(REQUIRE, require, 4) X(RETRACT, retract, 5) X(DEMAND, demand, 6) \
    X(COMPLETED, completed, 7) X(WITHDRAW, withdraw, 8) X(DISPOSE, dispose, 9) X(CANCEL, cancel, 10) X(SUBSCRIBE, subscribe, 11) \
    X(UNSUBSCRIBE, unsubscribe, 12) X(ACK_EVENT, ack_event, 13) X(SEEN, seen, 14) X(HEARTBEAT, heartbeat, 15) X(LEAVE, leave, 16) \
    X(SCHEMA, schema, 17) X(SELECT, select, 18) \
    X(WELCOME, welcome, 32) X(REFUSED, refused, 33) X(ACK, ack, 34) X(TICKET, ticket, 35) X(TICKET_VOID, ticket_void, 36) \
    X(EVENTS, events, 37) X(NOTE, note, 38) X(BYE, bye, 39) X(OTHER_SCHEMA, other_schema, 40) X(SELECTED, selected, 41) \
    X(SUBSCRIPTION_END, subscription_end, 42) \
    X(ADMIT, admit, 64) X(DONE, done, 65) X(DISMISS, dismiss, 66) \
    X(COMMIT, commit, 67) X(COMMITTED, committed, 68) X(LATE, late, 69) \
    X(PREPARE, prepare, 70) X(PREPARED, prepared, 71)

/* offer.flags */
#define OFFER_ON_LOSS_WAIT 1u /* a requirer whose generation is lost waits for the next offer without being told */
#define OFFER_REPLICA 2u
#define OFFER_GROUP 4u /* a group: inline_data is the list of its members (names.h) */
/* require.flags, demand.flags */
#define REQUIRE_ON_LOSS_WAIT 1u
#define REQUIRE_RETAIN 2u /* of a REQUIRE: for a group that lists it */
/* subscribe.flags */
#define SUBSCRIBE_DURABLE 1u /* the name outlives whoever has it */
#define SUBSCRIBE_SHARED 2u  /* several may have it, each event goes to one of them */
/* unsubscribe.forget */
#define FORGET_NOTHING 0u /* a durable name stays */
#define FORGET_NAME 1u    /* the name ends, too, for whoever has it */
#define FORGET_MADE 2u    /* as if its SUBSCRIBE had never been: the name ends if that has made it and nobody else has it */
/* ack.flags */
#define ACK_CUT_READERS 1u /* a reader was evicted while it held a ticket: reopen the serving endpoint before the bytes change */

enum ticket_how {
    TICKET_EMPTY,  /* no data: attributes only */
    TICKET_INLINE, /* the bytes are in the ticket */
    TICKET_DIRECT, /* fetch them from data_place: same process, same node or one-sided, as the requirer finds best */
    TICKET_GROUP   /* a group, its members are listed in the ticket: COMPLETED when each of them has been required */
};

#endif
