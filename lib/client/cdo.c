/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/cdo.h"

#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/base/log.h"

/* A handle is one piece of memory: itself, its name where that is short, its attributes. */
enum { NAME_ROOM = 112, HANDLES_KEPT = 1024 };
struct piece {
    struct mstro_cdo_ cdo;
    char name[NAME_ROOM];
    _Alignas(16) unsigned char attributes[];
};

mstro_status cdo_memory_create(struct cdo_memory **out, size_t warm)
{
    struct cdo_memory *m = calloc(1, sizeof *m);
    if (!m || buffer_cache_create(&m->buffers, warm) != MSTRO_OK) {
        free(m);
        return MSTRO_NOMEM;
    }
    spares_init(&m->handles, sizeof(struct piece) + attributes_size(), HANDLES_KEPT);
    *out = m;
    return MSTRO_OK;
}

void cdo_memory_destroy(struct cdo_memory *m)
{
    if (!m)
        return;
    spares_release(&m->handles);
    buffer_cache_destroy(m->buffers);
    free(m);
}

mstro_status cdo_create(struct mstro_cdo_ **out, const char *name, struct schema *schema, struct cdo_memory *memory, uint64_t number)
{
    size_t length = strlen(name);
    struct piece *piece = spares_take(&memory->handles);
    char *kept = piece && length < sizeof piece->name ? piece->name : malloc(length + 1);
    if (!piece || !kept) {
        spares_give(&memory->handles, piece);
        free(kept);
        return detail_set(MSTRO_NOMEM, "not enough memory for a handle of '%.100s'", name);
    }
    struct mstro_cdo_ *cdo = &piece->cdo;
    memset(cdo, 0, offsetof(struct mstro_cdo_, move.ticket)); /* the rest is written before it is read: move_prepare */
    list_init(&cdo->link);
    list_init(&cdo->exposed);
    list_init(&cdo->move.chore.link);
    cdo->number = number;
    cdo->memory = memory;
    cdo->given_size = cdo->size = -1;
    cdo->name = memcpy(kept, name, length + 1);
    cdo->name_length = length;
    cdo->attributes = attributes_begin(piece->attributes, schema, cdo->name);
    *out = cdo;
    return MSTRO_OK;
}

void cdo_destroy(struct mstro_cdo_ *cdo)
{
    if (!cdo)
        return;
    struct piece *piece = (struct piece *)cdo;
    attributes_end(cdo->attributes);
    arena_release(&cdo->move.arena);
    if (!cdo->handed_out)
        buffer_give_back(cdo->memory->buffers, cdo->own, cdo->own_room);
    if (cdo->name != piece->name)
        free(cdo->name);
    spares_give(&cdo->memory->handles, piece);
}

static mstro_status own_room(struct mstro_cdo_ *cdo, size_t size)
{
    if (cdo->own && cdo->own_room >= size)
        return MSTRO_OK;
    buffer_give_back(cdo->memory->buffers, cdo->own, cdo->own_room);
    cdo->own = buffer_take(cdo->memory->buffers, size);
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
