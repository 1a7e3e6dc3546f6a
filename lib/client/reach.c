/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/reach.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/base/setting.h"
#include "lib/transport/mover.h"

/* Whether a holder lives is what the pool says; one that is paused is waited for. */
#define PATIENCE (60 * NANOSECONDS_PER_SECOND)

void reach_init(struct reach *r)
{
    *r = (struct reach){ 0 };
    pthread_mutex_init(&r->reading, NULL);
    holders_init(&r->holders);
}

mstro_status reach_open(struct reach *r, struct fabric *fabric, const char *address)
{
    r->fabric = fabric;
    r->address = address;
    mstro_status status = node_self(&r->self);
    return status == MSTRO_OK ? serving_open(fabric, &r->serving) : status;
}

void reach_release(struct reach *r)
{
    if (r->reader)
        reader_destroy(r->reader);
    if (r->serving)
        serving_close(r->serving);
    pthread_mutex_destroy(&r->reading);
    holders_release(&r->holders);
}

size_t reach_serving_address(struct reach *r, unsigned char *address)
{
    return serving_address(r->serving, address);
}

/* ---- our memory ---- */

mstro_status reach_expose(struct reach *r, const void *at, size_t length, struct exposure *exposure)
{
    struct region *region;
    mstro_status status = region_register(r->fabric, at, length, &region);
    if (status != MSTRO_OK)
        return status;
    exposure->registration = region;
    exposure->place = (struct record_place){ .address = (uintptr_t)at, .base = region_base(region), .key = region_key(region) };
    return MSTRO_OK;
}

void reach_conceal(struct exposure *exposure)
{
    if (exposure->registration)
        region_close(exposure->registration);
    *exposure = (struct exposure){ 0 };
}

void reach_cut_readers(struct reach *r)
{
    if (serving_reopen(r->serving) != MSTRO_OK)
        log_error(LOG_TRANSPORT, "others cannot read from this process any more: %s", mstro_error_detail());
}

/* ---- the memory of others ---- */

static bool is_holder(struct reach *r, const struct payload_source *source, uint64_t session)
{
    return id_equal(source->node, r->self.id) && holders_check(&r->holders, session, source->process);
}

/* What a ticket says of the holder, as movers want it. */
static struct payload_source source_of(struct reach *r, const struct record_ticket *t)
{
    const struct record_place *data = t->data_place.at, *word = t->word_place.at;
    struct payload_source source = {
        .node = t->holder_node,
        .process = (int32_t)t->holder_pid,
        .length = (uint64_t)t->size,
        .data = { data->address, data->base, data->key },
        .word = { word->address, word->base, word->key },
        .valid = t->word,
        .serving_length = t->serving.length,
    };
    memcpy(source.serving, t->serving.at, t->serving.length);
    source.shown = is_holder(r, &source, t->holder_session);
    return source;
}

static void note_move(struct client_moved *moved, mstro_status status, bool again, const char *why)
{
    detail_set(status, "%s", why);
    moved->status = status;
    moved->again = again;
    moved->detail = text_of(mstro_error_detail());
}

/* A new ticket helps when the source is another by now, or the same behind a new address. */
static void judge_move(const struct transfer *t, struct client_moved *moved)
{
    switch (t->outcome) {
    case TRANSFER_DONE: moved->status = MSTRO_OK; break;
    case TRANSFER_WITHDRAWN: note_move(moved, MSTRO_PEER_LOST, true, "the holder took the data back meanwhile"); break;
    case TRANSFER_FAILED: note_move(moved, t->status, t->status == MSTRO_PEER_LOST || t->status == MSTRO_TIMEOUT, t->why); break;
    }
}

/* It has a fabric of its own: who waits for a move drives that, and nothing else. */
static mstro_status reader_for(struct reach *r, struct reader **out)
{
    struct fabric_options options = fabric_options_from_environment();
    struct fabric *fabric;
    options.address = r->address;
    mstro_status status = MSTRO_OK;
    pthread_mutex_lock(&r->reading);
    if (!r->reader)
        status = fabric_open(&options, &fabric);
    if (!r->reader && status == MSTRO_OK)
        status = reader_create(fabric, &r->reader);
    *out = r->reader;
    pthread_mutex_unlock(&r->reading);
    return status;
}

void reach_fetch(struct reach *r, const struct fetch *fetch, struct client_moved *moved)
{
    const struct record_ticket *ticket = fetch->ticket;
    enum transport how = TRANSPORT_NONE;
    struct reader *reader = NULL;
    uint64_t begin = clock_now();
    moved->again = false;
    if (ticket->data_place.count != 1 || ticket->word_place.count != 1 || ticket->size <= 0) {
        note_move(moved, MSTRO_INVMSG, false, "a ticket does not say where the data are");
        return;
    }
    const struct payload_source source = source_of(r, ticket);
    struct transfer transfer = { .source = &source, .to = fetch->to, .deadline = begin + PATIENCE };
    mstro_status status = transport_choose(&source, &r->self, setting_read_text("MSTRO_TRANSPORT_DEFAULT"), &how);
    if (status == MSTRO_OK && how == TRANSPORT_RMA)
        status = reader_for(r, &reader);
    if (status == MSTRO_OK) {
        mover_run(&transfer, how, reader, fetch->wanted, fetch->context);
        if (how == TRANSPORT_CMA && !is_holder(r, &source, ticket->holder_session)) /* it ended while it was read: another may have its number */
            mover_note(&transfer, TRANSFER_FAILED, MSTRO_PEER_LOST, "process %d is gone", source.process);
        judge_move(&transfer, moved);
    } else
        note_move(moved, status, status == MSTRO_PEER_LOST, mstro_error_detail());
    moved->transport = (uint8_t)how;
    moved->bytes = moved->status == MSTRO_OK ? source.length : 0;
    moved->nanoseconds = clock_now() - begin;
}
