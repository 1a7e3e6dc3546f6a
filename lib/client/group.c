/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/group.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/hash.h"
#include "lib/wire/names.h"

/* ---- members ---- */

static uint64_t hash_of(struct text name) { return id_of_name((struct id){ 0 }, name).low; }

static bool name_matches(const struct map_link *link, const void *key)
{
    return text_equal(cdo_name(map_entry(link, const struct member, by_name)->cdo), *(const struct text *)key);
}

struct member *group_find(const struct mstro_group_ *g, struct text name)
{
    struct map_link *link = map_find(&g->names, hash_of(name), name_matches, &name);
    return link ? map_entry(link, struct member, by_name) : NULL;
}

mstro_status group_append(struct mstro_group_ *g, struct mstro_cdo_ *cdo, bool own, bool users, struct member **out)
{
    if (group_find(g, cdo_name(cdo)))
        return detail_set(MSTRO_INVARG, "'%.200s' is a member of the group '%.200s' already", cdo->name, g->cdo->name);
    struct member *m = calloc(1, sizeof *m);
    if (!m)
        return detail_set(MSTRO_NOMEM, "not enough memory for a member of '%.200s'", g->cdo->name);
    m->group = g;
    m->cdo = cdo;
    m->own = own;
    m->users = users;
    cdo->member = true;
    list_append(&g->members, &m->link);
    map_insert(&g->names, &m->by_name, hash_of(cdo_name(cdo)));
    if (out)
        *out = m;
    return MSTRO_OK;
}

static void member_free(struct member *m)
{
    list_remove(&m->link);
    request_release(&m->request);
    if (m->users)
        m->cdo->member = false;
    else
        cdo_destroy(m->cdo);
    free(m);
}

void group_truncate(struct mstro_group_ *g, struct list *last)
{
    struct list *stop = last ? last : &g->members;
    while (g->members.previous != stop) {
        struct member *m = list_entry(g->members.previous, struct member, link);
        map_remove(&g->names, &m->by_name);
        member_free(m);
    }
}

/* ---- the group ---- */

mstro_status group_create(struct mstro_group_ **out, struct mstro_cdo_ *cdo, struct schema *schema, struct cdo_memory *memory)
{
    struct mstro_group_ *g = calloc(1, sizeof *g);
    if (!g || !map_init(&g->names)) {
        free(g);
        return detail_set(MSTRO_NOMEM, "not enough memory for the group '%.200s'", cdo->name);
    }
    list_init(&g->link);
    list_init(&g->members);
    list_init(&g->discarded);
    list_init(&g->buried);
    g->next = &g->members;
    g->schema = schema;
    g->memory = memory;
    g->cdo = cdo;
    cdo->group = g;
    *out = g;
    return MSTRO_OK;
}

static void free_all(struct list *members)
{
    list_each(link, members)
        member_free(list_entry(link, struct member, link));
}

void group_destroy(struct mstro_group_ *g)
{
    if (!g)
        return;
    group_truncate(g, NULL);
    free_all(&g->discarded);
    free_all(&g->buried);
    for (struct selection *next, *s = g->selections; s; s = next) {
        next = s->next;
        free(s);
    }
    map_release(&g->names);
    cdo_destroy(g->cdo);
    free(g);
}

/* ---- discarding ---- */

/* [token] A session that is leaving takes nothing any more: what it knows goes with it. */
static void member_ended(struct session *s, struct mstro_request_ *r)
{
    struct member *m = (struct member *)((char *)r - offsetof(struct member, request));
    struct mstro_group_ *g = m->group;
    if (r->status == MSTRO_OK)
        member_free(m);
    else {
        list_remove(&m->link);
        list_append(&g->buried, &m->link);
    }
    if (g->waits && list_empty(&g->discarded)) {
        g->waits = false;
        session_ready(s, &g->gone);
    }
}

/* [token] */
static void discard_members(struct mstro_group_ *g, struct session *s)
{
    list_each(link, &g->members) {
        struct member *m = list_entry(link, struct member, link);
        struct record r = { .kind = KIND_DISPOSE, .dispose = { .handle = m->cdo->number } };
        map_remove(&g->names, &m->by_name);
        list_remove(&m->link);
        list_append(&g->discarded, &m->link);
        request_release(&m->request);
        request_init(&m->request, &r, m->cdo);
        m->request.ended = member_ended;
        session_queue(s, &m->request);
    }
}

struct discard { struct submission submission; struct mstro_group_ *group; };

/* [token] */
static void begin_discard(struct session *s, struct submission *submission)
{
    struct mstro_group_ *g = ((struct discard *)submission)->group;
    discard_members(g, s);
    g->waits = !list_empty(&g->discarded);
    if (!g->waits)
        session_ready(s, &g->gone);
}

mstro_status group_discard(struct mstro_group_ *g, struct session *s)
{
    struct discard d = { .submission = { .run = begin_discard }, .group = g };
    g->next = &g->members;
    atomic_store(&g->gone.state, WAITABLE_PENDING);
    session_submit(s, &d.submission);
    session_wait(s, &g->gone, NO_DEADLINE);
    return list_empty(&g->buried) ? MSTRO_OK : detail_set(MSTRO_CANCELLED, "this process leaves the pool");
}

/* ---- requiring what a ticket lists ---- */

/* [token] */
static void enrolled(struct mstro_group_ *g, struct session *s)
{
    struct move *move = &g->cdo->move;
    if (move->moved.status == MSTRO_OK && atomic_load(&move->abort))
        move->moved.status = MSTRO_CANCELLED;
    if (move->moved.status != MSTRO_OK)
        discard_members(g, s);
    session_end_move(s, g->cdo);
}

static void note_failure(struct mstro_group_ *g, mstro_status status, const char *detail)
{
    struct client_moved *moved = &g->cdo->move.moved;
    if (moved->status != MSTRO_OK)
        return;
    moved->status = status;
    moved->again = status == MSTRO_PEER_LOST; /* of a member; what became of the group is the pool's to say */
    moved->detail = arena_copy_text(&g->cdo->move.arena, text_of(detail));
}

/* [token] What is somebody else's and gone is told by its DEMAND: nobody waits for who cannot have it. */
static void member_required(struct session *s, struct mstro_request_ *r)
{
    const struct member *m = (struct member *)((char *)r - offsetof(struct member, request));
    struct mstro_group_ *g = m->group;
    if (r->status != MSTRO_OK && (m->own || r->status != MSTRO_PEER_LOST))
        note_failure(g, r->status, r->detail ? r->detail : "");
    if (--g->awaited == 0)
        enrolled(g, s);
}

static mstro_status make_member(struct mstro_group_ *g, struct session *s, const struct names_reader *names)
{
    char name[MAX_NAME + 1];
    struct mstro_cdo_ *cdo;
    struct member *m;
    memcpy(name, names->name, names->length);
    name[names->length] = '\0';
    mstro_status status = cdo_create(&cdo, name, g->schema, g->memory, session_number(s));
    if (status != MSTRO_OK)
        return status;
    status = cdo_seal(cdo);
    if (status == MSTRO_OK)
        status = group_append(g, cdo, names->flags & NAME_OWN, false, &m);
    if (status != MSTRO_OK) {
        cdo_destroy(cdo);
        return status;
    }
    m->commit = m->own ? g->cdo->move.ticket.ticket.commit : names->commit;
    cdo_expect(cdo);
    cdo->use = USE_NEEDED;
    return MSTRO_OK;
}

static mstro_status make_members(struct mstro_group_ *g, struct session *s)
{
    const struct record_ticket *ticket = &g->cdo->move.ticket.ticket;
    struct names_reader names;
    mstro_status status = MSTRO_OK;
    if (ticket->how != TICKET_GROUP)
        return detail_set(MSTRO_INVARG, "'%.200s' is offered, but it is no group", g->cdo->name);
    for (names_open(&names, ticket->inline_data); status == MSTRO_OK && names_next(&names);)
        status = make_member(g, s, &names);
    if (names_fault(&names))
        return detail_set(MSTRO_INVMSG, "the list of the members of '%.200s' %s", g->cdo->name, names_fault(&names));
    return status;
}

static void require_member(struct mstro_group_ *g, struct session *s, struct member *m)
{
    struct record r = { .kind = KIND_REQUIRE, .require = { .handle = m->cdo->number, .name = cdo_name(m->cdo), .commit = m->commit } };
    request_init(&m->request, &r, m->cdo);
    m->request.ended = member_required;
    g->awaited++;
    session_queue(s, &m->request);
}

void group_enroll(struct mstro_group_ *g, struct session *s)
{
    discard_members(g, s); /* those of an earlier ticket, whose holder was lost */
    mstro_status status = make_members(g, s);
    if (status != MSTRO_OK)
        note_failure(g, status, mstro_error_detail());
    g->awaited = 0;
    for (struct list *link = g->members.next; status == MSTRO_OK && link != &g->members; link = link->next)
        require_member(g, s, list_entry(link, struct member, link));
    if (g->awaited == 0)
        enrolled(g, s);
}
