/* SPDX-License-Identifier: BSD-3-Clause */
/* choose.h - how the bytes of an object come here */
#ifndef LIB_TRANSPORT_CHOOSE_H
#define LIB_TRANSPORT_CHOOSE_H
#include "lib/system/node.h"
#include "lib/transport/source.h"

enum transport {
    TRANSPORT_NONE,
    TRANSPORT_SAME_PROCESS, /* memcpy */
    TRANSPORT_CMA,          /* process_vm_readv out of another process of the node */
    TRANSPORT_RMA           /* one-sided reads over the fabric */
};

const char *transport_name(enum transport t);

/* Whether 'setting' is one that transport_choose takes; else what that returns. */
mstro_status transport_check_setting(const char *setting);

/* The memory of a process is only read where source->shown: a number that the holder merely said may be that of any process.
 * The cheapest way from 'source' to the process described by 'self'.  'setting' is MSTRO_TRANSPORT_DEFAULT (any case; NULL or "":
 * choose): CMA and RDMA (also RMA, OFI) ask for one way between processes; MSTRO_UNIMPL for GFS and MAPPED, MSTRO_INVARG for what is
 * no transport, MSTRO_REFUSED when the way asked for, or every way, is closed. */
mstro_status transport_choose(const struct payload_source *source, const struct node *self, const char *setting, enum transport *out);

#endif
