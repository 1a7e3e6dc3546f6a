/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/transport/serving.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct serving {
    struct fabric *fabric;
    pthread_mutex_t lock; /* guards 'endpoint'; serving endpoints have no callbacks that could take it */
    struct endpoint *endpoint;
};

mstro_status serving_open(struct fabric *f, struct serving **out)
{
    struct serving *s = calloc(1, sizeof *s);
    if (!s)
        return MSTRO_NOMEM;
    s->fabric = f;
    pthread_mutex_init(&s->lock, NULL);
    mstro_status status = serving_reopen(s);
    if (status)
        serving_close(s);
    else
        *out = s;
    return status;
}

void serving_close(struct serving *s)
{
    if (!s)
        return;
    endpoint_close(s->endpoint);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

mstro_status serving_reopen(struct serving *s)
{
    pthread_mutex_lock(&s->lock);
    struct endpoint *old = s->endpoint;
    s->endpoint = NULL;
    pthread_mutex_unlock(&s->lock);
    endpoint_close(old); /* waits for the thread that drives: without our lock */

    struct endpoint *fresh = NULL;
    mstro_status status = endpoint_open(s->fabric, ENDPOINT_SERVING, NULL, &fresh);
    if (status)
        return status;
    pthread_mutex_lock(&s->lock);
    struct endpoint *other = s->endpoint; /* two cuts at a time: the later address stays */
    s->endpoint = fresh;
    pthread_mutex_unlock(&s->lock);
    endpoint_close(other);
    return MSTRO_OK;
}

size_t serving_address(struct serving *s, unsigned char *address)
{
    pthread_mutex_lock(&s->lock);
    struct bytes a = s->endpoint ? endpoint_address(s->endpoint) : bytes_of(NULL, 0);
    if (a.length)
        memcpy(address, a.at, a.length);
    pthread_mutex_unlock(&s->lock);
    return a.length;
}
