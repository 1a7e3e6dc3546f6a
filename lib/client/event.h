/* SPDX-License-Identifier: BSD-3-Clause */
/* event.h - events as a subscriber has them
 *
 * An event is the public struct, behind it its strings and the block of its attributes: one piece of memory, and one more for each
 * attribute that was asked for.  It belongs to one thread at a time. */
#ifndef LIB_CLIENT_EVENT_H
#define LIB_CLIENT_EVENT_H
#include "lib/wire/record.h"
#include "maestro/subscription.h"

/* For the subscription of that number.  NULL when memory is short. */
mstro_pool_event event_make(const struct record_event *e, uint64_t subscription);

uint64_t event_subscription(mstro_pool_event event);

/* Free a list of events. */
void event_list_free(mstro_pool_event list);

/* See mstro_pool_event_attribute_get. */
mstro_status event_attribute(mstro_pool_event event, const char *key, enum mstro_cdo_attr_value_type *type, const void **val);

#endif
