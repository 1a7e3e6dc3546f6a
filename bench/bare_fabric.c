/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/bare_fabric.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rdma/fi_cm.h>
#include <rdma/fi_errno.h>

static void must(long result, const char *call)
{
    if (result == 0)
        return;
    fprintf(stderr, "bench: %s: %s\n", call, fi_strerror((int)-result));
    exit(1);
}

static struct fi_info *find_provider(const char *provider)
{
    struct fi_info *hints = fi_allocinfo(), *info = NULL;
    hints->caps = FI_MSG | FI_RMA;
    hints->mode = FI_CONTEXT;
    hints->ep_attr->type = FI_EP_RDM;
    hints->domain_attr->mr_mode = FI_MR_LOCAL | FI_MR_VIRT_ADDR | FI_MR_ALLOCATED | FI_MR_PROV_KEY;
    hints->domain_attr->threading = FI_THREAD_DOMAIN;
    hints->fabric_attr->prov_name = strdup(provider);
    must(fi_getinfo(FI_VERSION(1, 14), "127.0.0.1", NULL, FI_SOURCE, hints, &info), "fi_getinfo");
    fi_freeinfo(hints);
    return info;
}

void bare_open(struct bare_fabric *f, const char *provider)
{
    struct fi_av_attr addresses = { .type = FI_AV_TABLE };
    struct fi_cq_attr completions = { .format = FI_CQ_FORMAT_TAGGED, .wait_obj = FI_WAIT_UNSPEC, .size = 16384 };

    memset(f, 0, sizeof *f);
    f->info = find_provider(provider);
    must(fi_fabric(f->info->fabric_attr, &f->fabric, NULL), "fi_fabric");
    must(fi_domain(f->fabric, f->info, &f->domain, NULL), "fi_domain");
    must(fi_av_open(f->domain, &addresses, &f->addresses, NULL), "fi_av_open");
    must(fi_cq_open(f->domain, &completions, &f->completions, NULL), "fi_cq_open");
    must(fi_endpoint(f->domain, f->info, &f->endpoint, NULL), "fi_endpoint");
    must(fi_ep_bind(f->endpoint, &f->addresses->fid, 0), "fi_ep_bind");
    must(fi_ep_bind(f->endpoint, &f->completions->fid, FI_TRANSMIT | FI_RECV), "fi_ep_bind");
    must(fi_enable(f->endpoint), "fi_enable");
}

void bare_close(struct bare_fabric *f)
{
    fi_close(&f->endpoint->fid);
    fi_close(&f->completions->fid);
    fi_close(&f->addresses->fid);
    fi_close(&f->domain->fid);
    fi_close(&f->fabric->fid);
    fi_freeinfo(f->info);
}

struct fid_mr *bare_register(struct bare_fabric *f, void *memory, size_t length, struct bare_card *card)
{
    static uint64_t key = 100;
    struct fid_mr *region;
    must(fi_mr_reg(f->domain, memory, length, FI_REMOTE_READ | FI_READ | FI_SEND | FI_RECV, 0, key++, 0, &region, NULL), "fi_mr_reg");
    if (card) {
        card->key = fi_mr_key(region);
        card->memory = f->info->domain_attr->mr_mode & FI_MR_VIRT_ADDR ? (uint64_t)(uintptr_t)memory : 0;
    }
    return region;
}

void bare_address(struct bare_fabric *f, struct bare_card *card)
{
    card->address_length = sizeof card->address;
    must(fi_getname(&f->endpoint->fid, card->address, &card->address_length), "fi_getname");
}

fi_addr_t bare_peer(struct bare_fabric *f, const struct bare_card *card)
{
    fi_addr_t peer;
    must(fi_av_insert(f->addresses, card->address, 1, &peer, 0, NULL) - 1, "fi_av_insert");
    return peer;
}

size_t bare_poll(struct bare_fabric *f, struct fi_cq_tagged_entry *entry, size_t room)
{
    ssize_t got = fi_cq_read(f->completions, entry, room);
    if (got >= 0)
        return (size_t)got;
    if (got == -FI_EAGAIN)
        return 0;
    struct fi_cq_err_entry error = { 0 };
    fi_cq_readerr(f->completions, &error, 0);
    must(-error.err, "completion");
    return 0;
}
