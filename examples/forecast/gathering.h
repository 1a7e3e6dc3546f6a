/* SPDX-License-Identifier: BSD-3-Clause */
/* gathering.h - the fields of one level set, as they come, until they can be offered as a group
 *
 * What has come is taken at once: a forecast that lends little must have its memory back before the last field can come. */
#ifndef EXAMPLES_FORECAST_GATHERING_H
#define EXAMPLES_FORECAST_GATHERING_H
#include "examples/forecast/level_set.h"
#include "examples/forecast/statistics.h"

#include <maestro/maestro.h>

struct gathering;

/* 'set' and 'index' must outlive it.  NULL when memory is short. */
struct gathering *gathering_make(const struct level_set *set, const struct field_index *index);

/* Take back what is offered, which waits for those who required it, and free all of it. */
mstro_status gathering_free(struct gathering *gathering);

/* The object 'place' of the set was told to be offered: require it, so that it stays until it is taken. */
mstro_status gathering_require(struct gathering *gathering, size_t place);

/* Take what was required. */
mstro_status gathering_take(struct gathering *gathering, size_t place, struct statistics *statistics);

/* How many have been taken. */
size_t gathering_taken(const struct gathering *gathering);

/* Offer the group, which is whole. */
mstro_status gathering_offer(struct gathering *gathering);

#endif
