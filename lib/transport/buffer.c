/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "lib/transport/buffer.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LINE ((size_t)64)
#define HUGE ((size_t)2 << 20)
#define HUGE_FROM ((size_t)4 << 20)
#define PLACES 64

struct warm { void *at; size_t capacity; };

struct buffer_cache {
    pthread_mutex_t lock;
    size_t limit, bytes;
    unsigned count;
    struct warm warm[PLACES]; /* the longest unused first */
};

mstro_status buffer_cache_create(struct buffer_cache **out, size_t bytes)
{
    struct buffer_cache *c = calloc(1, sizeof *c);
    if (!c)
        return MSTRO_NOMEM;
    pthread_mutex_init(&c->lock, NULL);
    c->limit = bytes;
    *out = c;
    return MSTRO_OK;
}

static struct warm take_out(struct buffer_cache *c, unsigned place)
{
    struct warm taken = c->warm[place];
    c->count--;
    c->bytes -= taken.capacity;
    for (unsigned i = place; i < c->count; i++)
        c->warm[i] = c->warm[i + 1];
    return taken;
}

void buffer_cache_destroy(struct buffer_cache *c)
{
    if (!c)
        return;
    while (c->count)
        free(take_out(c, 0).at);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* The whole that is allocated for 'size'; a capacity says which buffers can stand for each other. */
static size_t capacity_for(size_t size)
{
    size_t unit = size >= HUGE_FROM ? HUGE : LINE;
    if (size > SIZE_MAX - unit)
        return 0;
    return size ? (size + unit - 1) / unit * unit : LINE;
}

static void *allocate(size_t capacity)
{
    void *at = NULL;
    size_t alignment = capacity >= HUGE_FROM ? HUGE : LINE;
    if (capacity == 0 || posix_memalign(&at, alignment, capacity) != 0)
        return NULL;
    if (alignment == HUGE)
        madvise(at, capacity, MADV_HUGEPAGE); /* a hint: where it is refused pages are small */
    return at;
}

void *buffer_take(struct buffer_cache *c, size_t size)
{
    size_t capacity = capacity_for(size);
    void *at = NULL;
    pthread_mutex_lock(&c->lock);
    for (unsigned i = c->count; i > 0 && !at; i--) /* the warmest first */
        if (c->warm[i - 1].capacity == capacity)
            at = take_out(c, i - 1).at;
    pthread_mutex_unlock(&c->lock);
    return at ? at : allocate(capacity);
}

void buffer_give_back(struct buffer_cache *c, void *buffer, size_t size)
{
    struct warm back = { buffer, capacity_for(size) };
    struct warm pushed_out[PLACES];
    unsigned pushed = 0;
    if (!buffer)
        return;
    pthread_mutex_lock(&c->lock);
    if (back.capacity > c->limit) {
        pushed_out[pushed++] = back;
    } else {
        while (c->count == PLACES || c->bytes + back.capacity > c->limit)
            pushed_out[pushed++] = take_out(c, 0);
        c->warm[c->count++] = back;
        c->bytes += back.capacity;
    }
    pthread_mutex_unlock(&c->lock);
    while (pushed)
        free(pushed_out[--pushed].at);
}
