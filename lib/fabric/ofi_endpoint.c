/* SPDX-License-Identifier: BSD-3-Clause */
/* ofi_endpoint.c - endpoints, from opening to the moment when nothing touches their buffers any more
 *
 * Frames are received into buffers of their own, not into one large buffer for many (FI_MULTI_RECV): with net 1.17 the completion
 * that gives such a buffer back may come while a slow peer's frame is still being written into an earlier part of it. */
#include <stdlib.h>

#include "lib/base/cache_line.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/fabric/ofi.h"

#define PEERS_EXPECTED 64

static mstro_status fail(const struct ofi_fabric *f, const char *what, int result)
{
    return detail_set(MSTRO_OFI_FAIL, "%s on %s: an endpoint cannot be %s: %s", f->base.limits.provider, f->base.limits.address, what,
                      fi_strerror(-result));
}

static mstro_status open_objects(struct ofi_endpoint *e)
{
    struct ofi_fabric *f = fabric_of(e);
    struct fi_av_attr attributes = { .type = FI_AV_UNSPEC, .count = PEERS_EXPECTED };
    if (e->lane == &e->own) {
        mstro_status status = lane_open(f, &e->own);
        if (status)
            return status;
    }
    int result = fi_av_open(e->lane->domain, &attributes, &e->av, NULL);
    if (result)
        return fail(f, "given an address table", result);
    result = fi_endpoint(e->lane->domain, f->info, &e->ep, NULL);
    if (result)
        return fail(f, "opened", result);
    result = fi_ep_bind(e->ep, &e->av->fid, 0);
    if (!result)
        result = fi_ep_bind(e->ep, &e->lane->cq->fid, FI_TRANSMIT | FI_RECV);
    if (!result)
        result = fi_enable(e->ep);
    if (result)
        return fail(f, "enabled", result);
    e->base.address_length = sizeof e->base.address;
    result = fi_getname(&e->ep->fid, e->base.address, &e->base.address_length);
    return result ? fail(f, "asked for its address", result) : MSTRO_OK;
}

static mstro_status post_receive(struct ofi_endpoint *e)
{
    struct ofi_fabric *f = fabric_of(e);
    bool ended;
    pthread_mutex_lock(&f->lock);
    struct operation *o = ofi_operation_take(f, OPERATION_RECEIVE, e);
    mstro_status status = o ? MSTRO_OK : MSTRO_NOMEM;
    if (o) {
        o->length = f->options.largest_frame;
        o->buffer = malloc(o->length);
        status = o->buffer ? ofi_operation_register_local(f, o, FI_RECV) : MSTRO_NOMEM;
        ssize_t result = status ? 0 : ofi_operation_post(o, &ended);
        if (result)
            status = fail(f, "given receive buffers", (int)result);
        if (status) {
            free(o->buffer);
            ofi_operation_give_back(f, o);
        } else {
            o->posted = true;
            list_append(&e->operations, &o->place);
        }
    }
    pthread_mutex_unlock(&f->lock);
    return status;
}

static mstro_status post_receives(struct ofi_endpoint *e)
{
    struct ofi_fabric *f = fabric_of(e);
    size_t most = f->info->rx_attr->size, wanted = f->options.receive_buffers;
    if (most && wanted > most)
        wanted = most;
    mstro_status status = MSTRO_OK;
    for (size_t i = 0; i < wanted && !status; i++)
        status = post_receive(e);
    return status;
}

mstro_status ofi_endpoint_open(struct fabric *fabric, enum endpoint_role role, const struct endpoint_events *events,
                               struct endpoint **out)
{
    struct ofi_fabric *f = ofi_of(fabric);
    struct ofi_endpoint *e = cache_lines_alloc(sizeof *e);
    if (!e)
        return MSTRO_NOMEM;
    endpoint_init(&e->base, fabric, role, events);
    e->lane = role == ENDPOINT_READING ? &e->own : &f->home;
    list_init(&e->own.in_fabric);
    list_init(&e->operations);
    list_init(&e->peers);
    pthread_mutex_lock(&f->lock);
    list_append(&f->endpoints, &e->in_fabric);
    pthread_mutex_unlock(&f->lock);

    mstro_status status = open_objects(e);
    if (!status && role == ENDPOINT_CONTROL)
        status = post_receives(e);
    if (status) {
        ofi_endpoint_close(&e->base);
        return status;
    }
    *out = &e->base;
    return MSTRO_OK;
}

/* Libfabric has let go of everything: end what it did not end itself. */
static void end_remaining(struct ofi_endpoint *e)
{
    struct ofi_fabric *f = fabric_of(e);
    for (;;) {
        pthread_mutex_lock(&f->lock);
        if (list_empty(&e->operations)) {
            pthread_mutex_unlock(&f->lock);
            return;
        }
        struct operation *o = list_entry(e->operations.next, struct operation, place), ended = *o;
        if (o->kind != OPERATION_READ)
            free(o->buffer);
        ofi_operation_give_back(f, o);
        pthread_mutex_unlock(&f->lock);
        if (ended.done)
            ended.done(ended.context, MSTRO_CANCELLED);
    }
}

void ofi_endpoint_close(struct endpoint *endpoint)
{
    struct ofi_endpoint *e = ofi_endpoint_of(endpoint);
    struct ofi_fabric *f = fabric_of(e);
    pthread_mutex_lock(&f->lock);
    e->closing = true; /* from here on nothing is posted on it */
    pthread_mutex_unlock(&f->lock);

    driver_enter(f);
    if (e->ep) {
        int result = fi_close(&e->ep->fid);
        if (result)
            log_error(LOG_FABRIC, "an endpoint of %s does not close: %s", f->base.limits.provider, fi_strerror(-result));
    }
    if (!list_empty(&e->operations)) /* else nothing comes of it, and net 1.17 may crash over a connection that broke while it was read from */
        completions_gather(f, true);
    completions_settle(e);
    while (!list_empty(&e->peers))
        peer_discard(list_entry(e->peers.next, struct ofi_peer, in_endpoint));
    end_remaining(e);
    if (e->av)
        fi_close(&e->av->fid);
    if (e->lane == &e->own)
        lane_close(f, &e->own);
    if (f->in_hand && f->in_hand->endpoint == e)
        f->in_hand->endpoint = NULL;
    pthread_mutex_lock(&f->lock);
    list_remove(&e->in_fabric);
    pthread_mutex_unlock(&f->lock);
    driver_leave(f);
    free(e);
}
