/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/holders.h"

#include <unistd.h>

void holders_init(struct holders *h)
{
    *h = (struct holders){ 0 };
    pthread_mutex_init(&h->lock, NULL);
}

void holders_release(struct holders *h)
{
    while (h->count > 0)
        close(h->kept[--h->count].alive);
    pthread_mutex_destroy(&h->lock);
}

void holders_know_self(struct holders *h, struct id pool, uint64_t own)
{
    h->pool = pool;
    h->own = own;
}

/* Lock held. */
static struct holder *find(struct holders *h, uint64_t session)
{
    for (unsigned i = 0; i < h->count; i++)
        if (h->kept[i].session == session)
            return &h->kept[i];
    return NULL;
}

/* Lock held. */
static void keep(struct holders *h, const struct holder *fresh)
{
    struct holder *place = find(h, fresh->session);
    if (!place && h->count < HOLDERS_KEPT)
        place = &h->kept[h->count++];
    else {
        place = place ? place : &h->kept[h->next++ % HOLDERS_KEPT];
        close(place->alive);
    }
    *place = *fresh;
}

bool holders_check(struct holders *h, uint64_t session, int32_t process)
{
    if (session == h->own)
        return process == getpid();
    pthread_mutex_lock(&h->lock);
    const struct holder *known = find(h, session);
    bool ours = known && known->process == process && credential_lives(known->alive);
    struct holder fresh = { .session = session };
    if (!known && credential_look(h->pool, session, &fresh.process, &fresh.alive) == MSTRO_OK) {
        ours = fresh.process == process;
        keep(h, &fresh);
    }
    pthread_mutex_unlock(&h->lock);
    return ours;
}
