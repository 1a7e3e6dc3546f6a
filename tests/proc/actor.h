/* SPDX-License-Identifier: BSD-3-Clause */
/* actor.h - somebody of a workflow who does what lines say: a process (actor_process.c), or a thread of a test
 *
 * Each line is one call, each answer one line: the status, then what there is to say.
 *
 *     init COMPONENT INDEX          finalize            getinfo  start  terminate  attach INFO  detach
 *     declare H NAME                (H: a digit)        dispose H
 *     fill H SIZE SEED              give the handle a buffer of that size and content
 *     room H SIZE                   give the handle a buffer to receive into; answers where it is
 *     offer H  require H  demand H  withdraw H  retract H
 *     check H SIZE SEED             is that what the handle has?
 *     whole H                       do all bytes have one seed?  answers it
 *     yaml H TEXT                   set attributes from one line of YAML
 *     read H KEY                    the type of an attribute, and its value, of a list how many it has
 *     print H                       all attributes, one a line
 *     group VERB [H]                declare NAME, add H, name NAME, offer, withdraw, require, demand, retract, dispose, or
 *                                   take: the next member, with its data, becomes handle H
 *     subscribe KINDS OPTIONS       event MILLISECONDS  ack
 *     begin VERB H                  start offer, require, demand, withdraw or retract; until it has ended:
 *     test  wait  cancel            has it (MSTRO_WOULDBLOCK: no)?  its end; end it
 *     round                         to the pool and back, behind all that was said to it
 *     many PREFIX COUNT SIZE        offer COUNT objects with names of 2000 bytes until one is refused; answers how many were not
 *     usage                         nanoseconds of CPU time so far */
#ifndef TESTS_PROC_ACTOR_H
#define TESTS_PROC_ACTOR_H
#include <stdio.h>

struct actor;

/* One who answers to 'out', which stays the caller's.  NULL: no memory. */
struct actor *actor_create(FILE *out);

/* Free it, the buffers of its handles and the events that it heard: when the library does not use them any more. */
void actor_destroy(struct actor *a);

/* Do what the lines of 'in' say, until there are no more. */
void actor_obeys(struct actor *a, FILE *in);

#endif
