/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/fabric/fabric.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/detail.h"
#include "lib/base/random.h"
#include "lib/fabric/implementation.h"

struct fabric_options fabric_options_from_environment(void)
{
    const char *buffers = getenv("MSTRO_OFI_NUM_RECV");
    long count = buffers ? strtol(buffers, NULL, 10) : 0;
    return (struct fabric_options){
        .providers = getenv("MSTRO_OFI_PROVIDER"),
        .receive_buffers = count > 0 && count <= FABRIC_RECEIVE_BUFFERS_MAX ? (unsigned)count : 0,
    };
}

struct fabric_options fabric_options_complete(const struct fabric_options *given)
{
    struct fabric_options o = given ? *given : (struct fabric_options){ 0 };
    if (!o.address)
        o.address = "127.0.0.1";
    if (!o.largest_frame)
        o.largest_frame = FABRIC_LARGEST_FRAME;
    if (!o.receive_buffers)
        o.receive_buffers = 64;
    if (!o.send_queue)
        o.send_queue = 64;
    if (!o.lease)
        o.lease = FABRIC_LEASE;
    return o;
}

uint64_t fabric_random_key(void)
{
    uint64_t key;
    do
        key = random_word(random_kernel);
    while (key == 0);
    return key;
}

mstro_status wrapping_endpoint_open(struct fabric *f, struct fabric *inner, enum endpoint_role role, const struct endpoint_events *events,
                                    const struct endpoint_events *passing, struct wrapping_endpoint **out)
{
    struct wrapping_endpoint *e = calloc(1, sizeof *e);
    struct endpoint_events told = *passing;
    if (!e)
        return MSTRO_NOMEM;
    endpoint_init(&e->base, f, role, events);
    list_init(&e->place);
    list_init(&e->peers);
    told.context = e;
    mstro_status status = endpoint_open(inner, role, &told, &e->inner);
    if (status) {
        free(e);
        return status;
    }
    struct bytes address = endpoint_address(e->inner);
    memcpy(e->base.address, address.at, e->base.address_length = address.length);
    *out = e;
    return MSTRO_OK;
}

const struct fabric_limits *fabric_limits(const struct fabric *f)
{
    return &f->limits;
}

void fabric_close(struct fabric *f)
{
    if (f)
        f->operations->close(f);
}

mstro_status fabric_progress(struct fabric *f, uint64_t deadline)
{
    return f->operations->progress(f, deadline);
}

mstro_status fabric_sleep(struct fabric *f, uint64_t deadline)
{
    return f->operations->sleep(f, deadline);
}

void fabric_wake(struct fabric *f)
{
    f->operations->wake(f);
}

mstro_status fabric_watch(struct fabric *f, int descriptor)
{
    return f->operations->watch ? f->operations->watch(f, descriptor) : detail_set(MSTRO_UNIMPL, "%s cannot watch a descriptor", f->limits.provider);
}

mstro_status endpoint_open(struct fabric *f, enum endpoint_role role, const struct endpoint_events *events, struct endpoint **out)
{
    return f->operations->endpoint_open(f, role, events, out);
}

void endpoint_close(struct endpoint *e)
{
    if (e)
        e->fabric->operations->endpoint_close(e);
}

struct bytes endpoint_address(const struct endpoint *e)
{
    return bytes_of(e->address, e->address_length);
}

mstro_status peer_add(struct endpoint *e, struct bytes address, void *context, struct peer **out)
{
    if (address.length == 0 || address.length > FABRIC_ADDRESS_MAX)
        return detail_set(MSTRO_INVARG, "an address of a peer has %zu bytes, not 1 to %d", address.length, FABRIC_ADDRESS_MAX);
    return e->fabric->operations->peer_add(e, address, context, out);
}

void peer_remove(struct peer *p)
{
    if (p)
        p->endpoint->fabric->operations->peer_remove(p);
}

bool fabric_takes_rings(const struct fabric *f)
{
    return f->operations->peer_use_rings != NULL;
}

mstro_status fabric_expect_rings(struct fabric *f, const struct ring_pair *rings)
{
    if (!fabric_takes_rings(f))
        return detail_set(MSTRO_UNIMPL, "this fabric has no use for memory that is shared with a peer");
    return f->operations->expect_rings(f, rings);
}

mstro_status peer_use_rings(struct peer *p, struct ring_pair rings)
{
    const struct fabric *f = p->endpoint->fabric;
    if (!fabric_takes_rings(f) || p->endpoint->role != ENDPOINT_CONTROL)
        return detail_set(MSTRO_UNIMPL, "this fabric has no use for memory that is shared with a peer");
    return f->operations->peer_use_rings(p, rings);
}

void *peer_context(const struct peer *p)
{
    return p->context;
}

unsigned peer_in_flight(const struct peer *p)
{
    return p->endpoint->fabric->operations->peer_in_flight(p);
}

mstro_status endpoint_send(struct peer *p, void *frame, size_t length)
{
    const struct fabric *f = p->endpoint->fabric;
    if (length == 0 || length > f->limits.largest_frame)
        return detail_set(MSTRO_INVARG, "a frame has %zu bytes, not 1 to %zu", length, f->limits.largest_frame);
    return f->operations->send(p, frame, length);
}

mstro_status endpoint_read(const struct read_request *request)
{
    const struct fabric *f = request->peer->endpoint->fabric;
    if (request->length == 0 || request->length > f->limits.largest_message)
        return detail_set(MSTRO_INVARG, "a read has %zu bytes, not 1 to %zu", request->length, f->limits.largest_message);
    return f->operations->read(request);
}

mstro_status region_register(struct fabric *f, const void *memory, size_t length, struct region **out)
{
    if (!memory || length == 0)
        return detail_set(MSTRO_INVARG, "a region of no bytes cannot be registered");
    return f->operations->region_register(f, memory, length, out);
}

void region_close(struct region *r)
{
    if (r)
        r->fabric->operations->region_close(r);
}

uint64_t region_base(const struct region *r)
{
    return r->base;
}

uint64_t region_key(const struct region *r)
{
    return r->key;
}
