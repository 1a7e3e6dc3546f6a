/* SPDX-License-Identifier: BSD-3-Clause */
/* reader.h - our connections to the serving endpoints of others
 *
 * One link, with a reading endpoint of its own, for every process that we read from: closing it is the only way to get a buffer back
 * from a peer that stands still.  A reader has a fabric that nothing else uses; the threads that wait for moves drive it. */
#ifndef LIB_TRANSPORT_READER_H
#define LIB_TRANSPORT_READER_H
#include "lib/fabric/fabric.h"

struct reader;
struct reader_link;

/* Take 'f' over; it is closed with the reader. */
mstro_status reader_create(struct fabric *f, struct reader **out);

/* No move may be under way. */
void reader_destroy(struct reader *r);

/* The process behind this serving address is gone, or is no longer waited for: end every read from it at once.  Any thread. */
void reader_cut(struct reader *r, struct bytes serving);

/* Links that are open, for tests and statistics. */
unsigned reader_links(struct reader *r);

#endif
