/* SPDX-License-Identifier: BSD-3-Clause */
/* mover.c - one-sided reads, in two moments: the bytes, then the word that says whether they were the right ones */
#include "tests/sim/world.h"

static struct use *source_of(struct world *world, const struct use *reader)
{
    struct process *holder = process_of_app(world, reader->ticket.holder);
    return holder ? use_of(holder, reader->source) : NULL;
}

static void move_reads(struct world *world, struct use *use)
{
    struct use *source = source_of(world, use);
    if (use->ticket.how == TICKET_DIRECT) /* else the ticket had them */
        use->read_content = source ? source->content : 0;
    use->moved_here = true;
}

static void move_ends(struct world *world, struct process *process, struct use *use)
{
    struct client_input in = { .kind = CLIENT_MOVED, .moved = { .handle = use->number, .bytes = 8 } };
    if (use->ticket.how == TICKET_DIRECT) {
        struct use *source = source_of(world, use);
        bool same = source && source->word == use->ticket.word && use->ticket.word != 0;
        if (use->abort && world_chance(world, 500))
            in.moved.status = MSTRO_CANCELLED;
        else if (!same || world_chance(world, world->healing ? 0 : 30)) {
            in.moved.status = MSTRO_PEER_LOST;
            in.moved.again = true;
        } else if (world_chance(world, world->healing ? 0 : 10))
            in.moved.status = MSTRO_NOMEM;
        else if (use->read_content != use->ticket.word * 3)
            world_fail(world, "process %d: bytes of %s that are not of this generation", (int)(process - world->process), use->name);
        in.moved.detail = text_of("the source cannot be read");
    }
    if (use->room > 0 && use->ticket.size > use->room && in.moved.status == MSTRO_OK)
        in.moved.status = MSTRO_NOMEM;
    use->moving = false;
    if (in.moved.status == MSTRO_OK)
        use->got = true;
    step_client(world, process, &in);
}

void move_goes_on(struct world *world, struct process *process, struct use *use)
{
    if (use->ticket.how == TICKET_GROUP && use == &process->use[NEEDED_SET]) /* a group in a group brings its list only */
        set_enrols(world, process);
    else if (use->moved_here)
        move_ends(world, process, use);
    else
        move_reads(world, use);
}

struct use *some_move(struct world *world, struct process *process)
{
    struct use *moving[HANDLES];
    int count = 0;
    for (int i = 0; i < HANDLES; i++)
        if (process->use[i].moving)
            moving[count++] = &process->use[i];
    return count ? moving[world_below(world, (uint64_t)count)] : NULL;
}
