/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/transport/validity.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/random.h"

#define WORDS 512 /* a page, so that a reader of a word sees words only */
#define PAGE 4096

struct validity_slab {
    struct list place;
    _Atomic uint64_t *words;
    uint16_t spare[WORDS];
    unsigned spares;
    struct region *region; /* NULL: not exposed */
};

struct validity {
    pthread_mutex_t lock;  /* guards the slabs; the words are written with their place held */
    struct list slabs;
};

mstro_status validity_create(struct validity **out)
{
    struct validity *v = calloc(1, sizeof *v);
    if (!v)
        return MSTRO_NOMEM;
    pthread_mutex_init(&v->lock, NULL);
    list_init(&v->slabs);
    *out = v;
    return MSTRO_OK;
}

void validity_withdraw_exposures(struct validity *v)
{
    pthread_mutex_lock(&v->lock);
    list_each(link, &v->slabs) {
        struct validity_slab *slab = list_entry(link, struct validity_slab, place);
        region_close(slab->region);
        slab->region = NULL;
    }
    pthread_mutex_unlock(&v->lock);
}

void validity_destroy(struct validity *v)
{
    if (!v)
        return;
    validity_withdraw_exposures(v);
    list_each(link, &v->slabs) {
        struct validity_slab *slab = list_entry(link, struct validity_slab, place);
        free((void *)slab->words);
        free(slab);
    }
    pthread_mutex_destroy(&v->lock);
    free(v);
}

static struct validity_slab *add_slab(struct validity *v)
{
    struct validity_slab *slab = calloc(1, sizeof *slab);
    if (!slab)
        return NULL;
    void *words = NULL;
    if (posix_memalign(&words, PAGE, WORDS * sizeof(uint64_t)) != 0) {
        free(slab);
        return NULL;
    }
    memset(words, 0, WORDS * sizeof(uint64_t));
    slab->words = words;
    for (unsigned i = 0; i < WORDS; i++)
        slab->spare[i] = (uint16_t)(WORDS - 1 - i);
    slab->spares = WORDS;
    list_append(&v->slabs, &slab->place);
    return slab;
}

static struct validity_slab *slab_with_room(struct validity *v)
{
    list_each(link, &v->slabs) {
        struct validity_slab *slab = list_entry(link, struct validity_slab, place);
        if (slab->spares)
            return slab;
    }
    return add_slab(v);
}

mstro_status validity_take(struct validity *v, struct validity_word *out)
{
    pthread_mutex_lock(&v->lock);
    struct validity_slab *slab = slab_with_room(v);
    if (slab)
        *out = (struct validity_word){ slab, &slab->words[slab->spare[--slab->spares]], random_word(random_kernel) | 1 };
    pthread_mutex_unlock(&v->lock);
    if (!slab)
        return MSTRO_NOMEM;
    atomic_store(out->at, out->value);
    return MSTRO_OK;
}

void validity_clear(struct validity_word *w)
{
    if (w->at)
        atomic_exchange(w->at, 0); /* not a store: nothing the user writes from here on comes before it */
}

void validity_give_back(struct validity *v, struct validity_word *w)
{
    if (!w->at)
        return;
    validity_clear(w);
    pthread_mutex_lock(&v->lock);
    struct validity_slab *slab = w->slab;
    slab->spare[slab->spares++] = (uint16_t)(w->at - slab->words);
    if (slab->spares < WORDS && slab->place.previous != &v->slabs) { /* found first next time */
        list_remove(&slab->place);
        list_append(v->slabs.next, &slab->place);
    }
    pthread_mutex_unlock(&v->lock);
    *w = (struct validity_word){ 0 };
}

mstro_status validity_expose(struct validity *v, const struct validity_word *w, struct fabric *f, uint64_t *base, uint64_t *key)
{
    mstro_status status = MSTRO_OK;
    pthread_mutex_lock(&v->lock);
    struct validity_slab *slab = w->slab;
    if (!slab->region)
        status = region_register(f, (void *)slab->words, WORDS * sizeof(uint64_t), &slab->region);
    if (!status) {
        *base = region_base(slab->region) + (uint64_t)((const char *)w->at - (const char *)slab->words);
        *key = region_key(slab->region);
    }
    pthread_mutex_unlock(&v->lock);
    return status;
}
