/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/fabric/provider.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <rdma/fi_errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/detail.h"

#define CAPABILITIES (FI_MSG | FI_RMA | FI_READ | FI_REMOTE_READ | FI_SEND | FI_RECV)
#define HONOURED_MR_MODE (FI_MR_LOCAL | FI_MR_VIRT_ADDR | FI_MR_ALLOCATED | FI_MR_PROV_KEY)

/* Best first.  What is not in this table is taken only when it is asked for by name. */
static const struct preference {
    const char *provider;
    const char *unfit; /* why it is not taken unless it is asked for; NULL: it is taken */
    bool untested;
} preference[] = {
    { "cxi", NULL, true },
    { "efa", NULL, true },
    { "verbs;ofi_rxm", NULL, true },
    { "net", NULL, false },
    { "tcp", NULL, true },
    { "tcp;ofi_rxm", NULL, false },
    { "net;ofi_rxm", "a layer over what net does itself", true },
    { "sockets", "deprecated by libfabric", true },
    { "udp;ofi_rxd", "without flow control between processes", true },
    { "shm", "reaches this node only and cannot sleep", true },
};
#define PREFERENCES ((int)(sizeof preference / sizeof preference[0]))

static int preference_of(const char *provider)
{
    for (int i = 0; i < PREFERENCES; i++)
        if (strcmp(preference[i].provider, provider) == 0)
            return i;
    return PREFERENCES;
}

/* "tcp" asks for the native one, called net before libfabric 1.18, and takes the layered one when there is none; so for the others. */
static int match_name(const char *wanted, size_t length, const char *provider)
{
    if (strlen(provider) == length && strncmp(wanted, provider, length) == 0)
        return 0;
    if (length == 3 && strncmp(wanted, "tcp", 3) == 0 && strcmp(provider, "net") == 0)
        return 1;
    if (strncmp(wanted, provider, length) == 0 && strcmp(provider + length, ";ofi_rxm") == 0)
        return 2;
    return -1;
}

/* The rank of a provider in the list of the user, or -1. */
static int rank_in(const char *list, const char *provider)
{
    int rank = 0;
    while (*list) {
        size_t length = strcspn(list, ", ");
        int match = length ? match_name(list, length, provider) : -1;
        if (match >= 0)
            return rank + match;
        rank += 3;
        list += length;
        list += strspn(list, ", ");
    }
    return -1;
}

static void print_address(const struct fi_info *info, char *text, size_t size)
{
    snprintf(text, size, "-");
    if (info->addr_format == FI_SOCKADDR_IN && info->src_addr)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)info->src_addr)->sin_addr, text, (socklen_t)size);
    else if (info->addr_format == FI_SOCKADDR_IN6 && info->src_addr)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)info->src_addr)->sin6_addr, text, (socklen_t)size);
}

static bool has_ip_address(const struct fi_info *info)
{
    return info->addr_format == FI_SOCKADDR_IN || info->addr_format == FI_SOCKADDR_IN6;
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static void refuse(struct candidate *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void refuse(struct candidate *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->reason, sizeof c->reason, format, arguments);
    va_end(arguments);
}

static void judge_name(struct candidate *c, const struct fabric_options *options)
{
    int place = preference_of(c->provider);
    c->untested = place == PREFERENCES || preference[place].untested;
    if (options->providers && *options->providers) {
        c->rank = rank_in(options->providers, c->provider);
        if (c->rank < 0)
            refuse(c, "not among MSTRO_OFI_PROVIDER=%.64s", options->providers);
    } else {
        c->rank = place;
        if (place == PREFERENCES)
            refuse(c, "not known to us: name it in MSTRO_OFI_PROVIDER to try it");
        else if (preference[place].unfit)
            refuse(c, "%s", preference[place].unfit);
    }
}

static void judge_ability(struct candidate *c, const struct fabric_options *options)
{
    const struct fi_info *info = c->info;
    size_t frame = options->largest_frame ? options->largest_frame : FABRIC_LARGEST_FRAME;
    uint64_t lacking = CAPABILITIES & ~info->caps;
    if (info->ep_attr->type != FI_EP_RDM)
        refuse(c, "has no reliable datagram endpoint (FI_EP_RDM)");
    else if (lacking)
        refuse(c, "lacks capabilities 0x%llx", (unsigned long long)lacking);
    else if (info->domain_attr->mr_mode & ~HONOURED_MR_MODE & ~(FI_MR_BASIC | FI_MR_SCALABLE))
        refuse(c, "asks for registration modes 0x%x that are not supported",
               info->domain_attr->mr_mode & ~HONOURED_MR_MODE);
    else if (info->mode & ~(FI_CONTEXT | FI_CONTEXT2))
        refuse(c, "asks for modes 0x%llx that are not supported", (unsigned long long)info->mode);
    else if (info->ep_attr->max_msg_size < frame)
        refuse(c, "largest message %zu is below our frames", info->ep_attr->max_msg_size);
}

static void judge_address(struct candidate *c, const struct fabric_options *options)
{
    const char *wanted = options->address ? options->address : "127.0.0.1";
    if (has_ip_address(c->info) ? strcmp(wanted, c->address) != 0 : is_loopback(wanted))
        refuse(c, "is not on %.46s", wanted);
}

static void judge(struct candidate *c, const struct fi_info *info, const struct fabric_options *options)
{
    c->info = info;
    snprintf(c->provider, sizeof c->provider, "%s", info->fabric_attr->prov_name);
    snprintf(c->device, sizeof c->device, "%s", info->domain_attr->name ? info->domain_attr->name : "-");
    print_address(info, c->address, sizeof c->address);
    judge_name(c, options);
    if (!c->reason[0])
        judge_address(c, options);
    if (!c->reason[0])
        judge_ability(c, options);
}

static int ask(struct fi_info **offered)
{
    struct fi_info *hints = fi_allocinfo();
    if (!hints)
        return -FI_ENOMEM;
    hints->mode = FI_CONTEXT | FI_CONTEXT2;
    hints->ep_attr->type = FI_EP_RDM;
    hints->caps = CAPABILITIES;
    hints->domain_attr->mr_mode = HONOURED_MR_MODE | FI_MR_ENDPOINT | FI_MR_MMU_NOTIFY | FI_MR_RAW | FI_MR_HMEM;
    hints->domain_attr->threading = FI_THREAD_SAFE;
    int result = fi_getinfo(FI_VERSION(1, 14), NULL, NULL, 0, hints, offered);
    fi_freeinfo(hints);
    return result;
}

mstro_status candidates_find(const struct fabric_options *options, struct candidates *out)
{
    *out = (struct candidates){ 0 };
    int result = ask(&out->offered);
    if (result)
        return detail_set(MSTRO_OFI_FAIL, "libfabric offers no provider with reliable endpoints and one-sided reads: %s",
                          fi_strerror(-result));
    size_t count = 0;
    for (const struct fi_info *i = out->offered; i; i = i->next)
        count++;
    out->list = calloc(count, sizeof *out->list);
    if (!out->list) {
        candidates_free(out);
        return MSTRO_NOMEM;
    }
    for (const struct fi_info *i = out->offered; i; i = i->next) {
        struct candidate *c = &out->list[out->count++];
        judge(c, i, options);
        if (!c->reason[0] && (!out->best || c->rank < out->best->rank))
            out->best = c;
    }
    return MSTRO_OK;
}

void candidates_free(struct candidates *c)
{
    if (c->offered)
        fi_freeinfo(c->offered);
    free(c->list);
    *c = (struct candidates){ 0 };
}

void candidates_explain(const struct candidates *c, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < c->count && used < size; i++) {
        const struct candidate *a = &c->list[i];
        bool said = false;
        for (size_t j = 0; j < i && !said; j++)
            said = strcmp(a->provider, c->list[j].provider) == 0 && strcmp(a->reason, c->list[j].reason) == 0;
        if (!said)
            used += (size_t)snprintf(text + used, size - used, "%s%s: %s", used ? "; " : "", a->provider,
                                     a->reason[0] ? a->reason : "would do");
    }
}
