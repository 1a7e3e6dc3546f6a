/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/transport/choose.h"

#include <strings.h>

#include "lib/base/detail.h"

const char *transport_name(enum transport t)
{
    switch (t) {
    case TRANSPORT_SAME_PROCESS:
        return "same-process";
    case TRANSPORT_CMA:
        return "cma";
    case TRANSPORT_RMA:
        return "rdma";
    case TRANSPORT_NONE:
        break;
    }
    return "none";
}

static mstro_status read_setting(const char *setting, enum transport *wanted)
{
    static const struct { const char *name; enum transport transport; bool available; } names[] = {
        { "", TRANSPORT_NONE, true },     { "AUTO", TRANSPORT_NONE, true },   { "CMA", TRANSPORT_CMA, true },
        { "RDMA", TRANSPORT_RMA, true },  { "RMA", TRANSPORT_RMA, true },     { "OFI", TRANSPORT_RMA, true },
        { "GFS", TRANSPORT_NONE, false }, { "MAPPED", TRANSPORT_NONE, false },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(setting ? setting : "", names[i].name) != 0)
            continue;
        *wanted = names[i].transport;
        return names[i].available ? MSTRO_OK
                                  : detail_set(MSTRO_UNIMPL, "MSTRO_TRANSPORT_DEFAULT: %.64s is not available in this version; AUTO, CMA and RDMA are", setting);
    }
    return detail_set(MSTRO_INVARG, "MSTRO_TRANSPORT_DEFAULT: '%.64s' is none of AUTO, CMA, RDMA", setting);
}

mstro_status transport_check_setting(const char *setting)
{
    enum transport wanted;
    return read_setting(setting, &wanted);
}

/* Whether the kernel lets us read the holder.  A word that is no longer the expected one is for the mover to say. */
static bool readable(const struct payload_source *source)
{
    uint64_t word;
    mstro_status status = process_probe(source->process, source->word.address, &word);
    return status != MSTRO_REFUSED;
}

mstro_status transport_choose(const struct payload_source *source, const struct node *self, const char *setting, enum transport *out)
{
    enum transport wanted = TRANSPORT_NONE;
    mstro_status status = read_setting(setting, &wanted);
    if (status)
        return status;
    bool same_node = id_equal(source->node, self->id);
    bool exposed = source->serving_length > 0 && source->word.key != 0 && (source->data.key != 0 || source->length == 0);
    bool local = same_node && source->shown;
    bool copyable = local && wanted != TRANSPORT_RMA && readable(source);
    if (local && source->process == self->process)
        *out = TRANSPORT_SAME_PROCESS;
    else if (copyable)
        *out = TRANSPORT_CMA;
    else if (exposed && wanted != TRANSPORT_CMA)
        *out = TRANSPORT_RMA;
    else if (wanted == TRANSPORT_CMA)
        return detail_set(MSTRO_REFUSED,
                          local ? "the kernel does not let process %d read process %d"
                          : same_node ? "process %d cannot see that process %d is the one that holds the data"
                                      : "processes %d and %d are on different nodes",
                          self->process, source->process);
    else
        return detail_set(MSTRO_REFUSED, "process %d has not exposed its memory to others%s", source->process,
                          local ? ", and the kernel does not let us read it" : same_node ? ", and does not show that it is the holder" : "");
    return MSTRO_OK;
}
