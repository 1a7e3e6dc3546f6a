/* SPDX-License-Identifier: BSD-3-Clause */
/* witness.h - the TCP connection that says who is there, and by its end who is no longer
 *
 * The handshake goes over it.  Then the client says a byte now and again, for the sake of the acknowledgement, which the other side's
 * kernel gives also for a process that stands still; the pool says nothing but WITNESS_EVICTED.  The kernel closes it when a process
 * dies.  Descriptors are close-on-exec and not blocking; nothing here raises SIGPIPE. */
#ifndef LIB_SERVE_WITNESS_H
#define LIB_SERVE_WITNESS_H
#include <stdbool.h>

#include "lib/base/view.h"
#include "lib/wire/frame.h"
#include "lib/wire/handshake.h"
#include "maestro/status.h"

enum { WITNESS_ADDRESS_MAX = 128 };

/* The local address, as text, that 'place' means: an address, or an interface's name (its first address).  NULL, "local": loopback.
 * MSTRO_INVARG with what there is, when no interface that is up has it; MSTRO_IO. */
mstro_status witness_local_address(const char *place, char address[WITNESS_ADDRESS_MAX]);

/* Listen on a port of the kernel's choice.  'name': "HOST:PORT" to be told to others.  MSTRO_IO. */
mstro_status witness_listen(const char *address, int *fd, char name[WITNESS_ADDRESS_MAX]);

/* A client of the listening socket; -1 and errno when there is none. */
int witness_take(int listener);

/* Connect before 'deadline' (monotonic ns).  'local': the own address of the connection.  MSTRO_NO_PM: nobody listens there. */
mstro_status witness_connect(struct text name, uint64_t deadline, int *fd, char local[WITNESS_ADDRESS_MAX]);

/* Whether a connection to 'name' whose own address is 'local' has both ends on this host. */
bool witness_same_host(struct text name, const char *local);

/* Whether somebody listens at this address of a fabric, if it is one of TCP.  MSTRO_OK; MSTRO_NOENT: nobody does; MSTRO_TIMEOUT: there is
 * no telling before 'deadline'; MSTRO_INVARG: it is another kind of address. */
mstro_status witness_port_open(struct bytes address, uint64_t deadline);

/* ---- messages of the handshake, each a frame of at most HANDSHAKE_MAX bytes ---- */

/* What has come so far of a message. */
struct witness_inbox { size_t used; uint8_t memory[HANDSHAKE_MAX]; };

/* Read what is there.  MSTRO_OK: 'body' is a whole message, valid until the next call; MSTRO_WOULDBLOCK: not yet; MSTRO_INVMSG: it is
 * none; MSTRO_POOL_LOST: the other side has closed the connection. */
mstro_status witness_receive(int fd, struct witness_inbox *inbox, struct bytes *body);

/* The same, waiting until 'deadline': MSTRO_TIMEOUT. */
mstro_status witness_await(int fd, struct witness_inbox *inbox, uint64_t deadline, struct bytes *body);

/* A message to write into, and its way out. */
struct witness_outbox { struct frame_writer frame; uint8_t memory[HANDSHAKE_MAX]; };

/* Where handshake functions write the body. */
struct writer *witness_begin(struct witness_outbox *outbox);

/* Messages are short and few: what the socket does not take at once counts as MSTRO_IO. */
mstro_status witness_send(int fd, struct witness_outbox *outbox);

/* ---- after it: the client's side ---- */

/* What the kernel knows of the way to the other side. */
struct witness_sign {
    bool waiting;       /* something that was said has not been acknowledged yet */
    uint32_t delivered; /* changes with each packet that the other side's kernel has acknowledged */
    bool room;          /* its kernel takes more: a process that stood still for hours may have filled its window */
};

/* False: the kernel does not tell. */
bool witness_look(int fd, struct witness_sign *sign);

/* Say a byte, if it goes at once. */
void witness_beat(int fd);

/* Begin a second connection to where 'fd' leads, only to see whether anybody answers; -1: it cannot be begun.  Once it is writable
 * witness_knocked takes it: true when the other side's kernel has answered, be it by a refusal. */
int witness_knock(int fd);
bool witness_knocked(int fd);

/* ---- the pool's side ---- */

/* Prepare for what a client says after the handshake: nobody is woken for a single byte. */
void witness_admit(int fd);

/* Throw away what it said.  MSTRO_WOULDBLOCK: that was all; MSTRO_POOL_LOST: it is gone, and errno says how, 0 for its end. */
mstro_status witness_drain(int fd);

/* Nanoseconds since something came, NO_DEADLINE when the kernel does not tell. */
uint64_t witness_silence(int fd);

/* By the pool, to who was silent for too long, before it closes the connection. */
enum { WITNESS_EVICTED = 1 };
void witness_say_evicted(int fd);

#endif
