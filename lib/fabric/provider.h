/* SPDX-License-Identifier: BSD-3-Clause */
/* provider.h - which of the providers that libfabric offers is taken, and why not the others */
#ifndef LIB_FABRIC_PROVIDER_H
#define LIB_FABRIC_PROVIDER_H
#include <rdma/fabric.h>
#include <stddef.h>

#include "lib/fabric/fabric.h"

struct candidate {
    char provider[48], device[32], address[64];
    char reason[160];              /* why it is not taken; "" when it could be */
    int rank;                      /* the smaller the better; meaningful without a reason */
    bool untested;                 /* we had no such hardware to test with */
    const struct fi_info *info;    /* valid until candidates_free */
};

struct candidates {
    struct candidate *list;
    size_t count;
    const struct candidate *best;  /* NULL when none fits */
    struct fi_info *offered;
};

/* Ask libfabric and judge its answers.  MSTRO_OFI_FAIL when libfabric has none at all, MSTRO_NOMEM. */
mstro_status candidates_find(const struct fabric_options *options, struct candidates *out);
void candidates_free(struct candidates *c);

/* All refusals in one line, equal ones once; cut to 'size'. */
void candidates_explain(const struct candidates *c, char *text, size_t size);

#endif
