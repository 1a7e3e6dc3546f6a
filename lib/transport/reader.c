/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/transport/reader.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/transport/links.h"

#define LINKS_KEPT 32

mstro_status reader_create(struct fabric *f, struct reader **out)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r)
        return MSTRO_NOMEM;
    r->fabric = f;
    pthread_mutex_init(&r->lock, NULL);
    condition_init(&r->changed);
    list_init(&r->links);
    *out = r;
    return MSTRO_OK;
}

struct endpoint *reader_link_break(struct reader *r, struct reader_link *l)
{
    struct endpoint *e = l->endpoint;
    l->endpoint = NULL;
    if (e) {
        list_remove(&l->place);
        r->count--;
    }
    return e;
}

void reader_link_put(struct reader *r, struct reader_link *l)
{
    (void)r;
    if (--l->users == 0 && !l->endpoint)
        free(l);
}

static struct reader_link *find(struct reader *r, struct bytes serving)
{
    list_each(place, &r->links) {
        struct reader_link *l = list_entry(place, struct reader_link, place);
        if (bytes_equal(bytes_of(l->serving, l->length), serving))
            return l;
    }
    return NULL;
}

/* 'lock' held.  The longest unused link when there are more than are kept, taken out. */
static struct endpoint *one_too_many(struct reader *r)
{
    if (r->count <= LINKS_KEPT)
        return NULL;
    list_each(place, &r->links) {
        struct reader_link *l = list_entry(place, struct reader_link, place);
        if (l->users == 0) {
            struct endpoint *e = reader_link_break(r, l);
            free(l);
            return e;
        }
    }
    return NULL;
}

static mstro_status open_link(struct reader *r, struct bytes serving, struct reader_link **out)
{
    struct reader_link *l = calloc(1, sizeof *l);
    if (!l)
        return MSTRO_NOMEM;
    list_init(&l->place);
    memcpy(l->serving, serving.at, l->length = serving.length);
    mstro_status status = endpoint_open(r->fabric, ENDPOINT_READING, NULL, &l->endpoint);
    if (!status)
        status = peer_add(l->endpoint, serving, l, &l->peer);
    if (status) {
        endpoint_close(l->endpoint);
        free(l);
        return status;
    }
    *out = l;
    return MSTRO_OK;
}

mstro_status reader_link_get(struct reader *r, struct bytes serving, struct reader_link **out)
{
    struct reader_link *fresh = NULL;
    struct endpoint *spare = NULL, *old = NULL;
    pthread_mutex_lock(&r->lock);
    struct reader_link *l = find(r, serving);
    if (!l) {
        pthread_mutex_unlock(&r->lock);
        mstro_status status = open_link(r, serving, &fresh); /* may take milliseconds */
        if (status)
            return status;
        pthread_mutex_lock(&r->lock);
        l = find(r, serving);
    }
    if (!l) {
        l = fresh;
        r->count++;
    } else {
        list_remove(&l->place);
        if (fresh) {
            spare = fresh->endpoint;
            free(fresh);
        }
    }
    list_append(&r->links, &l->place);
    l->users++;
    old = one_too_many(r);
    pthread_mutex_unlock(&r->lock);
    endpoint_close(spare);
    endpoint_close(old);
    *out = l;
    return MSTRO_OK;
}

void reader_cut(struct reader *r, struct bytes serving)
{
    struct endpoint *e = NULL;
    pthread_mutex_lock(&r->lock);
    struct reader_link *l = find(r, serving);
    if (l) {
        e = reader_link_break(r, l);
        if (l->users == 0)
            free(l);
    }
    pthread_mutex_unlock(&r->lock);
    endpoint_close(e);
}

unsigned reader_links(struct reader *r)
{
    pthread_mutex_lock(&r->lock);
    unsigned count = r->count;
    pthread_mutex_unlock(&r->lock);
    return count;
}

void reader_destroy(struct reader *r)
{
    if (!r)
        return;
    list_each(place, &r->links) {
        struct reader_link *l = list_entry(place, struct reader_link, place);
        endpoint_close(l->endpoint);
        free(l);
    }
    fabric_close(r->fabric);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

void reader_drive(struct reader *r, const _Atomic bool *ended, uint64_t until)
{
    pthread_mutex_lock(&r->lock);
    while (!*ended && clock_now() < until) {
        if (r->driven) {
            condition_wait(&r->changed, &r->lock, until);
            continue;
        }
        r->driven = true;
        pthread_mutex_unlock(&r->lock);
        fabric_progress(r->fabric, until);
        pthread_mutex_lock(&r->lock);
        r->driven = false;
    }
    pthread_cond_broadcast(&r->changed); /* somebody else may have to drive */
    pthread_mutex_unlock(&r->lock);
}
