/* SPDX-License-Identifier: BSD-3-Clause */
/* ofi.c - opening and closing a fabric over libfabric, and regions */
#include "config.h"

#include "lib/fabric/ofi.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cache_line.h"
#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/log.h"
#include "lib/fabric/dispositions.h"
#include "lib/fabric/provider.h"

#define COMPLETION_QUEUE 1024
#define SPIN_ON_MANY_CORES 20000 /* ns */

struct ofi_region {
    struct region base;
    struct fid_mr *mr;
};

static mstro_status ofi_region_register(struct fabric *fabric, const void *memory, size_t length, struct region **out)
{
    struct ofi_fabric *f = ofi_of(fabric);
    struct ofi_region *r = calloc(1, sizeof *r);
    if (!r)
        return MSTRO_NOMEM;
    int mode = f->info->domain_attr->mr_mode, result;
    do /* a key that is taken already is possible, if not likely */
        result = fi_mr_reg(f->home.domain, memory, length, FI_REMOTE_READ, 0, mode & FI_MR_PROV_KEY ? 0 : fabric_random_key(), 0, &r->mr,
                           NULL);
    while (result == -FI_ENOKEY && !(mode & FI_MR_PROV_KEY));
    if (result) {
        free(r);
        return detail_set(MSTRO_OFI_FAIL, "%s: %zu bytes cannot be registered: %s", fabric->limits.provider, length, fi_strerror(-result));
    }
    r->base = (struct region){ .fabric = fabric, .base = mode & FI_MR_VIRT_ADDR ? (uintptr_t)memory : 0, .key = fi_mr_key(r->mr) };
    *out = &r->base;
    return MSTRO_OK;
}

static void ofi_region_close(struct region *region)
{
    struct ofi_region *r = (struct ofi_region *)region;
    fi_close(&r->mr->fid);
    free(r);
}

static void ofi_close(struct fabric *fabric)
{
    struct ofi_fabric *f = ofi_of(fabric);
    while (!list_empty(&f->endpoints))
        ofi_endpoint_close(&list_entry(f->endpoints.next, struct ofi_endpoint, in_fabric)->base);
    list_each(link, &f->spare)
        free(list_entry(link, struct operation, place));
    lane_close(f, &f->home);
    wait_close(f);
    if (f->fabric)
        fi_close(&f->fabric->fid);
    if (f->info)
        fi_freeinfo(f->info);
    pthread_mutex_destroy(&f->bed);
    pthread_mutex_destroy(&f->driver);
    pthread_mutex_destroy(&f->lock);
    free(f->arrived);
    free(f);
}

static const struct fabric_operations operations = {
    .close = ofi_close,
    .progress = ofi_progress,
    .sleep = ofi_sleep,
    .wake = ofi_wake,
    .watch = ofi_watch,
    .endpoint_open = ofi_endpoint_open,
    .endpoint_close = ofi_endpoint_close,
    .peer_add = ofi_peer_add,
    .peer_remove = ofi_peer_remove,
    .peer_in_flight = ofi_peer_in_flight,
    .send = ofi_send,
    .read = ofi_read,
    .region_register = ofi_region_register,
    .region_close = ofi_region_close,
};

static bool few_cores(void)
{
    cpu_set_t usable;
    return sched_getaffinity(0, sizeof usable, &usable) != 0 || CPU_COUNT(&usable) <= 2;
}

static struct ofi_fabric *make(const struct fabric_options *options)
{
    struct ofi_fabric *f = cache_lines_alloc(sizeof *f);
    if (!f)
        return NULL;
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&f->driver, &recursive);
    pthread_mutexattr_destroy(&recursive);
    pthread_mutex_init(&f->bed, NULL);
    pthread_mutex_init(&f->lock, NULL);
    list_init(&f->lanes);
    list_init(&f->home.in_fabric);
    list_init(&f->endpoints);
    list_init(&f->timed);
    list_init(&f->waiting);
    list_init(&f->spare);
    f->base.operations = &operations;
    f->options = *options;
    f->spin = few_cores() ? 0 : SPIN_ON_MANY_CORES;
    f->nap = NANOSECONDS_PER_MILLISECOND;
    f->sockets = f->bell = f->watched = -1;
    return f;
}

static void read_limits(struct ofi_fabric *f, const struct candidate *c)
{
    const struct fi_info *info = f->info;
    struct fabric_limits *l = &f->base.limits;
    snprintf(l->provider, sizeof l->provider, "%s", info->fabric_attr->prov_name);
    snprintf(l->address, sizeof l->address, "%s", c->address);
    l->largest_frame = f->options.largest_frame;
    l->largest_message = info->ep_attr->max_msg_size;
    if (f->options.largest_message && f->options.largest_message < l->largest_message)
        l->largest_message = f->options.largest_message;
    l->inject = info->tx_attr->inject_size;
    l->cheap_endpoints = strcmp(l->provider, "net") == 0 || strcmp(l->provider, "tcp") == 0;
    l->chosen_keys = !(info->domain_attr->mr_mode & FI_MR_PROV_KEY) && info->domain_attr->mr_key_size >= sizeof(uint64_t);
}

mstro_status lane_open(struct ofi_fabric *f, struct lane *l)
{
    const char *what = "domain", *provider = f->info->fabric_attr->prov_name;
    list_init(&l->in_fabric);
    int result = fi_domain(f->fabric, f->info, &l->domain, NULL);
    if (!result) {
        what = "completion queue to sleep on";
        struct fi_cq_attr attributes = { .format = FI_CQ_FORMAT_DATA, .wait_obj = FI_WAIT_UNSPEC, .size = COMPLETION_QUEUE };
        result = fi_cq_open(l->domain, &attributes, &l->cq, NULL);
    }
    if (result)
        return detail_set(MSTRO_OFI_FAIL, "%s: no %s can be opened: %s", provider, what, fi_strerror(-result));
    pthread_mutex_lock(&f->lock);
    list_append(&f->lanes, &l->in_fabric);
    pthread_mutex_unlock(&f->lock);
    return MSTRO_OK;
}

void lane_close(struct ofi_fabric *f, struct lane *l)
{
    pthread_mutex_lock(&f->lock);
    list_remove(&l->in_fabric);
    pthread_mutex_unlock(&f->lock);
    sleeper_send_away(f, l);
    if (l->cq)
        fi_close(&l->cq->fid);
    if (l->domain)
        fi_close(&l->domain->fid);
}

static mstro_status open_objects(struct ofi_fabric *f, const struct candidate *c)
{
    f->info = fi_dupinfo(c->info);
    if (!f->info)
        return MSTRO_NOMEM;
    int result = fi_fabric(f->info->fabric_attr, &f->fabric, NULL);
    if (result)
        return detail_set(MSTRO_OFI_FAIL, "%s on %s cannot be opened: %s", c->provider, c->address, fi_strerror(-result));
    mstro_status status = lane_open(f, &f->home);
    if (!status) {
        wait_open(f);
        read_limits(f, c);
    }
    return status;
}

static mstro_status open_best(struct ofi_fabric *f, const struct fabric_options *options)
{
    struct candidates found;
    mstro_status status = candidates_find(options, &found);
    if (status)
        return status;
    if (found.best) {
        status = open_objects(f, found.best);
        if (!status)
            log_info(LOG_FABRIC, "%s on %s%s", found.best->provider, found.best->address,
                     found.best->untested ? " (never tested by the makers of this library)" : "");
    } else {
        char why[900];
        candidates_explain(&found, why, sizeof why);
        status = detail_set(MSTRO_OFI_FAIL, "no provider of libfabric fits for %s: %s", options->address, why);
    }
    candidates_free(&found);
    return status;
}

mstro_status fabric_open(const struct fabric_options *given, struct fabric **out)
{
    struct fabric_options options = fabric_options_complete(given);
    struct ofi_fabric *f = make(&options);
    if (!f)
        return MSTRO_NOMEM;
    struct dispositions kept;
    dispositions_keep(&kept);
    mstro_status status = open_best(f, &options);
    dispositions_restore(&kept);
    f->options.providers = f->options.address = NULL;
    if (status) {
        ofi_close(&f->base);
        return status;
    }
    *out = &f->base;
    return MSTRO_OK;
}
