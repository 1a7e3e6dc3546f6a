/* SPDX-License-Identifier: BSD-3-Clause */
/* handshake_records.h - what two sides say before they have keys: rows as in records.h
 *
 * They are as they are: a field can only be appended, and is ignored by who does not know it. */
#ifndef LIB_WIRE_HANDSHAKE_RECORDS_H
#define LIB_WIRE_HANDSHAKE_RECORDS_H
#include "lib/wire/record.h"

#define HANDSHAKE_KEY 32 /* X25519 public key */
#define HANDSHAKE_NONCE 32

/* Client to pool: the versions and suites it speaks, the pool it wants, where its fabric endpoint listens. */
#define RECORD_HELLO(F, T, B, L) \
    F(u16, oldest, 0) F(u16, newest, 0) F(u32, suites, 0) F(id, pool, 0) B(key, HANDSHAKE_KEY, 0) B(nonce, HANDSHAKE_NONCE, 0) \
    B(address, MAX_ADDRESS, 0)

/* Pool to client: what has been chosen.  A MAC follows: whoever made it knows the workflow's key. */
#define RECORD_CHALLENGE(F, T, B, L) \
    F(u16, version, 0) F(u32, suite, 0) F(id, pool, 0) B(key, HANDSHAKE_KEY, 0) B(nonce, HANDSHAKE_NONCE, 0)

/* Client to pool: so do I.  A MAC follows. */
#define RECORD_PROOF(F, T, B, L) F(u16, version, 0)

/* Pool to client: this session waits for its JOIN.  A MAC follows. */
#define RECORD_ACCEPTED(F, T, B, L) F(u64, session, 0)

/* Pool to client, without a MAC, since there may be no key in common: no, and why. */
#define RECORD_DENIED(F, T, B, L) F(u32, status, 0) F(u16, oldest, 0) F(u16, newest, 0) T(detail, MAX_DETAIL, 0)

#define HANDSHAKE_RECORDS(X) X(HELLO, hello, 1) X(CHALLENGE, challenge, 2) X(PROOF, proof, 3) X(ACCEPTED, accepted, 4) X(DENIED, denied, 5)

#define DECLARE_HANDSHAKE(NAME, name, number) struct record_##name { RECORD_##NAME(MEMBER_F, MEMBER_T, MEMBER_B, MEMBER_L) };
HANDSHAKE_RECORDS(DECLARE_HANDSHAKE)
#undef DECLARE_HANDSHAKE

enum handshake_kind {
#define HANDSHAKE_KIND(NAME, name, number) HANDSHAKE_##NAME = number,
    HANDSHAKE_RECORDS(HANDSHAKE_KIND)
#undef HANDSHAKE_KIND
};

#endif
