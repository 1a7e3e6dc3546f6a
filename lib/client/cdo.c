/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/cdo.h"

#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/base/log.h"

mstro_status cdo_create(struct mstro_cdo_ **out, const char *name, struct schema *schema, struct buffer_cache *buffers, uint64_t number)
{
    struct mstro_cdo_ *cdo = calloc(1, sizeof *cdo);
    if (!cdo)
        return detail_set(MSTRO_NOMEM, "not enough memory for a handle of '%.100s'", name);
    list_init(&cdo->link);
    list_init(&cdo->exposed);
    list_init(&cdo->move.chore.link);
    cdo->number = number;
    cdo->buffers = buffers;
    cdo->given_size = cdo->size = -1;
    cdo->name_length = strlen(name);
    cdo->name = malloc(cdo->name_length + 1);
    mstro_status s = cdo->name ? MSTRO_OK : detail_set(MSTRO_NOMEM, "not enough memory for a handle of '%.100s'", name);
    if (s == MSTRO_OK) {
        memcpy(cdo->name, name, cdo->name_length + 1);
        s = attributes_create(schema, cdo->name, &cdo->attributes);
    }
    if (s != MSTRO_OK)
        cdo_destroy(cdo);
    else
        *out = cdo;
    return s;
}

void cdo_destroy(struct mstro_cdo_ *cdo)
{
    if (!cdo)
        return;
    attributes_destroy(cdo->attributes);
    arena_release(&cdo->move.arena);
    if (!cdo->handed_out)
        buffer_give_back(cdo->buffers, cdo->own, cdo->own_room);
    free(cdo->name);
    free(cdo);
}

static mstro_status own_room(struct mstro_cdo_ *cdo, size_t size)
{
    if (cdo->own && cdo->own_room >= size)
        return MSTRO_OK;
    buffer_give_back(cdo->buffers, cdo->own, cdo->own_room);
    cdo->own = buffer_take(cdo->buffers, size);
    cdo->own_room = cdo->own ? size : 0;
    return cdo->own ? MSTRO_OK : detail_set(MSTRO_NOMEM, "not enough memory for the %zu bytes of '%.200s'", size, cdo->name);
}

static mstro_status allocate_now(struct mstro_cdo_ *cdo)
{
    mstro_status s = own_room(cdo, (size_t)cdo->given_size);
    if (s != MSTRO_OK)
        return s;
    cdo->data = cdo->own;
    return attributes_put_pointer(cdo->attributes, CORE_RAW_PTR, cdo->own);
}

mstro_status cdo_seal(struct mstro_cdo_ *cdo)
{
    if (cdo->sealed)
        return MSTRO_OK;
    void *pointer = attributes_raw_ptr(cdo->attributes);
    int64_t size = -1;
    bool sized = attributes_local_size(cdo->attributes, &size);
    if (sized && size < 0)
        return detail_set(MSTRO_INVARG, "'%.200s': a size of %lld bytes", cdo->name, (long long)size);
    if (pointer && !sized)
        return detail_set(MSTRO_INVARG, "'%.200s' has " MSTRO_ATTR_CORE_CDO_RAW_PTR " but no " MSTRO_ATTR_CORE_CDO_SCOPE_LOCAL_SIZE, cdo->name);
    mstro_status s = attributes_seal(cdo->attributes);
    if (s != MSTRO_OK)
        return s;
    cdo->given = pointer == cdo->own ? NULL : pointer;
    cdo->given_size = sized ? size : -1;
    cdo->data = pointer;
    if (!pointer && size > 0 && attributes_flag(cdo->attributes, CORE_ALLOCATE_NOW))
        s = allocate_now(cdo);
    cdo->size = cdo->given_size;
    cdo->has_data = cdo->data && cdo->size > 0;
    cdo->sealed = s == MSTRO_OK;
    return s;
}

/* A size of 0 on a consumer's handle says "unknown". */
mstro_status cdo_make_room(struct mstro_cdo_ *cdo, int64_t size, void **to)
{
    if (cdo->given && cdo->given_size > 0) {
        *to = cdo->given;
        if (size <= cdo->given_size)
            return MSTRO_OK;
        log_warn(LOG_CDO, "the buffer of '%.200s' has %lld bytes, the object %lld", cdo->name, (long long)cdo->given_size, (long long)size);
        return detail_set(MSTRO_NOMEM, "the buffer given for '%.200s' has %lld bytes, the object has %lld", cdo->name,
                          (long long)cdo->given_size, (long long)size);
    }
    mstro_status s = own_room(cdo, (size_t)size);
    *to = cdo->own;
    return s;
}

void cdo_expect(struct mstro_cdo_ *cdo)
{
    cdo->consumer = true;
    cdo->has_data = false;
    cdo->data = NULL;
    cdo->size = -1;
    if (cdo->handed_out) {
        cdo->own = NULL;
        cdo->own_room = 0;
        cdo->handed_out = false;
    }
}

mstro_status cdo_take_news(struct mstro_cdo_ *cdo)
{
    const struct record_ticket *ticket = &cdo->move.ticket.ticket;
    cdo->data = cdo->move.to;
    cdo->size = ticket->size;
    cdo->has_data = cdo->data != NULL;
    mstro_status s = attributes_adopt(cdo->attributes, ticket->attributes);
    if (s == MSTRO_OK)
        s = attributes_put_text(cdo->attributes, CORE_COMPONENT, ticket->component);
    if (s == MSTRO_OK)
        s = attributes_put_text(cdo->attributes, CORE_CARRIER, text_of(cdo->move.carrier));
    if (s == MSTRO_OK)
        s = attributes_put_size(cdo->attributes, ticket->size > 0 ? ticket->size : 0);
    if (s == MSTRO_OK && cdo->data)
        s = attributes_put_pointer(cdo->attributes, CORE_RAW_PTR, cdo->data);
    arena_release(&cdo->move.arena);
    return s;
}

/* Before the seal the attributes are asked, so that a producer can fill what the library allocates for it. */
static mstro_status show_unsealed(struct mstro_cdo_ *cdo)
{
    cdo->data = attributes_raw_ptr(cdo->attributes);
    if (!attributes_local_size(cdo->attributes, &cdo->size))
        cdo->size = -1;
    cdo->given_size = cdo->size;
    if (!cdo->data && cdo->size > 0 && attributes_flag(cdo->attributes, CORE_ALLOCATE_NOW))
        return allocate_now(cdo);
    return MSTRO_OK;
}

mstro_status cdo_show(struct mstro_cdo_ *cdo, void **data, int64_t *size)
{
    mstro_status s = cdo->sealed ? MSTRO_OK : show_unsealed(cdo);
    if (s != MSTRO_OK)
        return s;
    bool any = cdo->sealed ? cdo->has_data : cdo->data && cdo->size > 0;
    if (data)
        *data = any ? cdo->data : NULL;
    if (size)
        *size = any ? cdo->size : 0;
    if (!any)
        return detail_set(MSTRO_NOENT, "'%.200s' has no data", cdo->name);
    if (data && cdo->consumer && cdo->data == cdo->own)
        cdo->handed_out = true;
    return MSTRO_OK;
}
