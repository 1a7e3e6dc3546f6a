/* SPDX-License-Identifier: BSD-3-Clause */
/* bare_fabric.h - libfabric with nothing around it: the limit that the benchmarks compare with
 *
 * One thread, one endpoint, no error recovery: a failure ends the program with a message. */
#ifndef BENCH_BARE_FABRIC_H
#define BENCH_BARE_FABRIC_H
#include <stddef.h>
#include <stdint.h>

#include <rdma/fabric.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>

struct bare_fabric {
    struct fi_info *info;
    struct fid_fabric *fabric;
    struct fid_domain *domain;
    struct fid_av *addresses;
    struct fid_cq *completions;
    struct fid_ep *endpoint;
};

/* What a peer must know: the endpoint's address, and where its registered memory is. */
struct bare_card {
    size_t address_length;
    unsigned char address[256];
    uint64_t memory, key;
};

/* Open an endpoint of 'provider' on 127.0.0.1. */
void bare_open(struct bare_fabric *f, const char *provider);
void bare_close(struct bare_fabric *f);

/* Register 'length' bytes for one-sided reads and for messages; fills the card's memory and key. */
struct fid_mr *bare_register(struct bare_fabric *f, void *memory, size_t length, struct bare_card *card);

void bare_address(struct bare_fabric *f, struct bare_card *card);
fi_addr_t bare_peer(struct bare_fabric *f, const struct bare_card *card);

/* Up to 'room' completions; how many there were. */
size_t bare_poll(struct bare_fabric *f, struct fi_cq_tagged_entry *entry, size_t room);

#endif
