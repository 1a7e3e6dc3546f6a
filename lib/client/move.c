/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/move.h"

#include <stdio.h>

#include "lib/base/log.h"
#include "lib/transport/choose.h"
#include "lib/wire/copy.h"

bool move_prepare(struct mstro_cdo_ *cdo, const struct record *record)
{
    struct move *m = &cdo->move;
    arena_release(&m->arena);
    atomic_store_explicit(&m->abort, false, memory_order_relaxed);
    m->to = NULL;
    m->submission.run = move_report;
    m->moved = (struct client_moved){ .handle = cdo->number };
    if (record_copy(&m->arena, record, &m->ticket))
        return true;
    m->moved.status = MSTRO_NOMEM;
    m->moved.detail = text_of("not enough memory for a ticket");
    return false;
}

static void note_carrier(struct move *m, const struct link *link, const char *how)
{
    snprintf(m->carrier, sizeof m->carrier, "%s%s%s", how, link->provider ? ":" : "", link->provider ? link->provider : "");
}

/* The bytes are in the ticket; a group's, for who asks for it as an object, are the list. */
static bool carries(const struct record_ticket *ticket) { return ticket->how == TICKET_INLINE || ticket->how == TICKET_GROUP; }

static void move_bytes(struct mstro_cdo_ *cdo, struct link *link, bool (*wanted)(void *context), void *context)
{
    struct move *m = &cdo->move;
    const struct record_ticket *ticket = &m->ticket.ticket;
    if (carries(ticket)) {
        memcpy(m->to, ticket->inline_data.at, ticket->inline_data.length);
        m->moved.bytes = ticket->inline_data.length;
        return;
    }
    struct fetch fetch = { .ticket = ticket, .to = m->to, .wanted = wanted, .context = context };
    link->operations->fetch(link, &fetch, &m->moved);
    note_carrier(m, link, transport_name((enum transport)m->moved.transport));
    if (m->moved.status == MSTRO_OK)
        return;
    m->moved.detail = arena_copy_text(&m->arena, m->moved.detail); /* it may be this thread's */
    log_debug(LOG_TRANSPORT, "the bytes of '%.200s' could not be brought: %s " TEXT_FORMAT, cdo->name,
              mstro_status_name(m->moved.status), TEXT_ARGUMENTS(m->moved.detail));
}

bool move_is_wanted(void *context)
{
    const struct mstro_cdo_ *cdo = context;
    return !atomic_load_explicit(&cdo->move.abort, memory_order_relaxed);
}

void move_run(struct mstro_cdo_ *cdo, struct link *link, bool (*wanted)(void *context), void *context)
{
    struct move *m = &cdo->move;
    const struct record_ticket *ticket = &m->ticket.ticket;
    note_carrier(m, link, carries(ticket) && ticket->size > 0 ? "inline" : "none");
    if (ticket->how == TICKET_EMPTY || ticket->size <= 0)
        return;
    if (carries(ticket) && (uint64_t)ticket->size != ticket->inline_data.length) {
        m->moved.status = MSTRO_INVMSG;
        m->moved.detail = text_of("a ticket whose bytes are not as many as it says");
        return;
    }
    m->moved.status = cdo_make_room(cdo, ticket->size, &m->to);
    if (m->moved.status == MSTRO_OK)
        move_bytes(cdo, link, wanted, context);
    else
        m->moved.detail = text_of(mstro_error_detail());
    m->moved.detail = arena_copy_text(&m->arena, m->moved.detail); /* it may be this thread's, and another reads it */
    if (m->moved.status != MSTRO_OK)
        m->to = NULL;
}
