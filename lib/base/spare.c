/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/spare.h"

#include <stdlib.h>

struct spare { struct spare *next; };

void spares_init(struct spares *s, size_t size, size_t most)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    most = 0;
#endif
    *s = (struct spares){ .size = size, .most = most };
    pthread_mutex_init(&s->lock, NULL);
}

void spares_release(struct spares *s)
{
    for (struct spare *next; s->first; s->first = next) {
        next = s->first->next;
        free(s->first);
    }
    pthread_mutex_destroy(&s->lock);
}

void *spares_take(struct spares *s)
{
    pthread_mutex_lock(&s->lock);
    struct spare *piece = s->first;
    if (piece) {
        s->first = piece->next;
        s->count--;
    }
    pthread_mutex_unlock(&s->lock);
    return piece ? piece : malloc(s->size);
}

void spares_give(struct spares *s, void *at)
{
    struct spare *piece = at;
    if (!piece)
        return;
    pthread_mutex_lock(&s->lock);
    if (s->count < s->most) {
        piece->next = s->first;
        s->first = piece;
        s->count++;
        piece = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    free(piece);
}
