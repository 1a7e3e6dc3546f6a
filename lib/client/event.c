/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/event.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/detail.h"
#include "lib/schema/block.h"
#include "lib/schema/native.h"

enum {
    ABOUT_APPLICATION = MSTRO_POOL_EVENT_APP_JOIN | MSTRO_POOL_EVENT_APP_WELCOME | MSTRO_POOL_EVENT_APP_LEAVE | MSTRO_POOL_EVENT_APP_BYE |
                        MSTRO_POOL_EVENT_SUBSCRIBE | MSTRO_POOL_EVENT_UNSUBSCRIBE,
    ABOUT_ANYTHING_ELSE = MSTRO_POOL_EVENT_POOL_CHECKPOINT | MSTRO_POOL_EVENT_OVERFLOW
};

/* An attribute that was looked at, as C has it. */
struct looked_at {
    struct looked_at *next;
    struct text key; /* in the block */
    enum value_kind kind;
    uint64_t native[]; /* aligned for everything */
};

struct event_box {
    uint64_t subscription; /* that was told it */
    struct bytes attributes;
    struct looked_at *looked_at;
    struct mstro_pool_event_ event;
    char strings[];
};

static struct event_box *box_of(mstro_pool_event event)
{
    return (struct event_box *)((char *)event - offsetof(struct event_box, event));
}

static char *put_text(char **at, struct text t)
{
    char *begin = *at;
    if (t.length)
        memcpy(begin, t.at, t.length);
    begin[t.length] = '\0';
    *at += t.length + 1;
    return begin;
}

static void fill_payload(mstro_pool_event made, const struct record_event *e, const char *name, const char *component)
{
    if (e->kind == MSTRO_POOL_EVENT_OVERFLOW)
        made->overflow = (struct mstro_pool_event_overflow){ .cdo_name = "", .component_name = "", .first_serial = e->first_serial,
                                                             .last_serial = e->serial, .count = e->count };
    else if (e->kind == MSTRO_POOL_EVENT_POOL_CHECKPOINT)
        made->checkpoint = (struct mstro_pool_event_checkpoint){ .appid = e->app, .cdo_name = "", .component_name = "" };
    else if (e->kind & ABOUT_APPLICATION)
        made->join = (struct mstro_pool_event_app){ .appid = e->app, .cdo_name = "", .component_name = component,
                                                          .component_index = e->index };
    else
        made->offer = (struct mstro_pool_event_cdo){ .appid = e->app, .cdo_name = name, .component_name = component, .size = e->size,
                                                     .generation = e->generation, .cdo_id = { e->cdo.high, e->cdo.low },
                                                     .component_index = e->index };
}

mstro_pool_event event_make(const struct record_event *e, uint64_t subscription)
{
    struct event_box *box = malloc(sizeof *box + e->name.length + e->component.length + 2 + e->attributes.length);
    if (!box)
        return NULL;
    memset(box, 0, sizeof *box);
    box->subscription = subscription;
    char *strings = box->strings;
    const char *name = put_text(&strings, e->name), *component = put_text(&strings, e->component);
    if (e->attributes.length)
        memcpy(strings, e->attributes.at, e->attributes.length);
    box->attributes = bytes_of(strings, e->attributes.length);
    box->event.kind = (mstro_pool_event_kind)e->kind;
    box->event.serial = e->serial;
    box->event.again = e->again;
    fill_payload(&box->event, e, name, component);
    return &box->event;
}

uint64_t event_subscription(mstro_pool_event event) { return box_of(event)->subscription; }

static void event_free(struct event_box *box)
{
    while (box->looked_at) {
        struct looked_at *first = box->looked_at;
        box->looked_at = first->next;
        free(first);
    }
    free(box);
}

void event_list_free(mstro_pool_event list)
{
    for (mstro_pool_event next; list; list = next) {
        next = list->next;
        event_free(box_of(list));
    }
}

/* ---- attributes ---- */

static mstro_status give(enum mstro_cdo_attr_value_type kind, const void *at, enum mstro_cdo_attr_value_type *type, const void **val)
{
    if (type)
        *type = kind;
    *val = at;
    return MSTRO_OK;
}

/* What every event of an object has.  False: it is none of these. */
static bool give_field(mstro_pool_event event, const char *key, enum mstro_cdo_attr_value_type *type, const void **val)
{
    if (strcmp(key, MSTRO_ATTR_CORE_CDO_NAME) == 0)
        give(MSTRO_CDO_ATTR_VALUE_cstring, &event->offer.cdo_name, type, val);
    else if (strcmp(key, MSTRO_ATTR_CORE_CDO_COMPONENT) == 0)
        give(MSTRO_CDO_ATTR_VALUE_cstring, &event->offer.component_name, type, val);
    else if (strcmp(key, MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE) == 0 && event->offer.size >= 0)
        give(MSTRO_CDO_ATTR_VALUE_int64, &event->offer.size, type, val);
    else
        return false;
    return true;
}

static struct looked_at *looked_at_before(const struct event_box *box, struct text key)
{
    for (struct looked_at *seen = box->looked_at; seen; seen = seen->next)
        if (text_equal(seen->key, key))
            return seen;
    return NULL;
}

/* NULL when memory is short. */
static struct looked_at *look_at(struct event_box *box, struct text key, const struct value *value)
{
    size_t native = native_size(value);
    struct looked_at *made = malloc(sizeof *made + native + key.length);
    if (!made)
        return NULL;
    char *copy = memcpy((char *)made->native + native, key.at, key.length);
    made->next = box->looked_at;
    made->key = (struct text){ copy, key.length };
    made->kind = value->kind;
    native_build(value, made->native);
    box->looked_at = made;
    return made;
}

mstro_status event_attribute(mstro_pool_event event, const char *key, enum mstro_cdo_attr_value_type *type, const void **val)
{
    struct event_box *box = box_of(event);
    struct text text = text_of(key);
    struct value value;
    if (event->kind & (ABOUT_APPLICATION | ABOUT_ANYTHING_ELSE))
        return detail_set(MSTRO_NOENT, "the event is not about an object");
    if (give_field(event, key, type, val))
        return MSTRO_OK;
    struct looked_at *found = looked_at_before(box, text);
    if (!found && !block_find(box->attributes, text, &value))
        return detail_set(MSTRO_NOENT, "the event of '%.200s' has no '%.200s': there is none, or the subscription did not ask for it",
                          event->offer.cdo_name, key);
    if (!found && !(found = look_at(box, text, &value)))
        return detail_set(MSTRO_NOMEM, "not enough memory for an attribute");
    return give((enum mstro_cdo_attr_value_type)found->kind, found->native, type, val);
}
