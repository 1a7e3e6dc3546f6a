/* SPDX-License-Identifier: BSD-3-Clause */
/* ofi_operation.c - what libfabric has been asked to do and has not finished */
#include <stdlib.h>

#include "lib/base/detail.h"
#include "lib/fabric/ofi.h"

struct operation *ofi_operation_take(struct ofi_fabric *f, enum operation_kind kind, struct ofi_endpoint *e)
{
    struct operation *o;
    if (list_empty(&f->spare)) {
        o = malloc(sizeof *o);
        if (!o)
            return NULL;
    } else {
        o = list_entry(f->spare.next, struct operation, place);
        list_remove(&o->place);
    }
    *o = (struct operation){ .kind = kind, .endpoint = e };
    list_init(&o->place);
    list_init(&o->timed);
    return o;
}

void ofi_operation_give_back(struct ofi_fabric *f, struct operation *o)
{
    list_remove(&o->timed);
    list_remove(&o->place);
    if (o->local)
        fi_close(&o->local->fid);
    o->local = NULL;
    list_append(&f->spare, &o->place);
}

void ofi_operation_set_deadline(struct ofi_fabric *f, struct operation *o, uint64_t deadline)
{
    o->deadline = deadline;
    struct list *before = f->timed.previous; /* most deadlines are later than those there are */
    while (before != &f->timed && list_entry(before, struct operation, timed)->deadline > deadline)
        before = before->previous;
    list_append(before->next, &o->timed);
    uint64_t awake_at = atomic_load(&f->awake_at);
    if (awake_at && deadline < awake_at)
        driver_ring(f);
}

mstro_status ofi_operation_register_local(struct ofi_fabric *f, struct operation *o, uint64_t access)
{
    if (!(f->info->domain_attr->mr_mode & FI_MR_LOCAL) && !f->options.register_local)
        return MSTRO_OK;
    int result = fi_mr_reg(o->endpoint->lane->domain, o->buffer, o->length, access, 0, fabric_random_key(), 0, &o->local, NULL);
    if (result)
        return detail_set(MSTRO_OFI_FAIL, "%s: %zu bytes of our own cannot be registered: %s", f->base.limits.provider, o->length,
                          fi_strerror(-result));
    return MSTRO_OK;
}

ssize_t ofi_operation_post(struct operation *o, bool *ended)
{
    struct fid_ep *ep = o->endpoint->ep;
    void *local = o->local ? fi_mr_desc(o->local) : NULL;
    *ended = false;
    switch (o->kind) {
    case OPERATION_RECEIVE:
        return fi_recv(ep, o->buffer, o->length, local, FI_ADDR_UNSPEC, &o->scratch);
    case OPERATION_READ:
        return fi_read(ep, o->buffer, o->length, local, o->peer->address, o->remote, o->key, &o->scratch);
    case OPERATION_SEND:
        break;
    }
    if (o->length > o->endpoint->base.fabric->limits.inject)
        return fi_send(ep, o->buffer, o->length, local, o->peer->address, &o->scratch);
    ssize_t result = fi_inject(ep, o->buffer, o->length, o->peer->address);
    *ended = result == 0;
    return result;
}

mstro_status ofi_operation_status(int error)
{
    switch (error) {
    case 0:
        return MSTRO_OK;
    case FI_EACCES:
    case FI_EKEYREJECTED:
        return MSTRO_REFUSED;
    case FI_ENOMEM:
        return MSTRO_NOMEM;
    case FI_ECANCELED: /* how the tcp providers say that the connection broke */
    case FI_ENOTCONN:
    case FI_ECONNRESET:
    case FI_ECONNABORTED:
    case FI_ECONNREFUSED:
    case FI_ESHUTDOWN:
    case FI_EHOSTUNREACH:
    case FI_ENETUNREACH:
    case FI_ETIMEDOUT:
    case FI_EIO:
    case EPIPE:
        return MSTRO_PEER_LOST;
    default:
        return MSTRO_OFI_FAIL;
    }
}
