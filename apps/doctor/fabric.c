/* SPDX-License-Identifier: BSD-3-Clause */
/* fabric.c - which libfabric providers there are, which one would be taken, and why not the others */
#include "config.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/doctor/finding.h"
#include "lib/fabric/provider.h"
#include "lib/fabric/rings.h"
#include "lib/fabric/segment.h"
#include "maestro/status.h"

static const char section[] = "fabric";

/* A provider is offered once for each address: its refusals are told once for each reason. */
static bool told_before(const struct candidates *c, size_t i)
{
    for (size_t earlier = 0; earlier < i; earlier++)
        if (strcmp(c->list[earlier].provider, c->list[i].provider) == 0 && strcmp(c->list[earlier].reason, c->list[i].reason) == 0
            && *c->list[i].reason)
            return true;
    return false;
}

static void examine_candidate(struct findings *f, const struct candidates *c, const struct candidate *candidate)
{
    const char *untested = candidate->untested ? "; never tried on such hardware" : "";
    char subject[64];
    snprintf(subject, sizeof subject, "%s", candidate->provider);
    if (candidate == c->best)
        finding_add(f, section, VERDICT_GOOD, subject, "chosen, on %s%s%s%s", candidate->address, *candidate->device ? " of " : "",
                    candidate->device, untested);
    else if (*candidate->reason)
        finding_add(f, section, VERDICT_GOOD, subject, "not taken: %s", candidate->reason);
    else
        finding_add(f, section, VERDICT_GOOD, subject, "would do, on %s%s", candidate->address, untested);
}

/* libfabric is loaded when it is first needed: asking for providers has done so. */
static void examine_library(struct findings *f)
{
    void *library = dlopen(FABRIC_SONAME, RTLD_NOW | RTLD_NOLOAD);
    uint32_t (*version)(void) = NULL;
    if (library)
        *(void **)&version = dlsym(library, "fi_version");
    if (version)
        finding_add(f, section, VERDICT_GOOD, "libfabric", "%u.%u (%s)", FI_MAJOR(version()), FI_MINOR(version()), FABRIC_SONAME);
    if (library)
        dlclose(library);
}

static void examine_rings(struct findings *f)
{
    static const char subject[] = "messages on this node";
    struct segment segment;
    bool wanted;
    int given;
    if (rings_wanted(&wanted) != MSTRO_OK)
        finding_add(f, section, VERDICT_BAD, subject, "%s", mstro_error_detail());
    else if (!wanted)
        finding_add(f, section, VERDICT_GOOD, subject, "over the network, as MSTRO_RINGS says");
    else if (segment_create(&segment, 1, &given) != MSTRO_OK)
        finding_add(f, section, VERDICT_NOTE, subject, "over the network: %s", mstro_error_detail());
    else {
        finding_add(f, section, VERDICT_GOOD, subject, "through shared memory");
        segment_close(&segment);
        close(given);
    }
}

void examine_fabric(struct findings *f)
{
    examine_rings(f);
    struct fabric_options options = fabric_options_from_environment();
    struct candidates c = { 0 };
    if (candidates_find(&options, &c) != MSTRO_OK) {
        finding_add(f, section, VERDICT_BAD, "libfabric", "%s", mstro_error_detail());
        return;
    }
    examine_library(f);
    if (!c.best)
        finding_add(f, section, VERDICT_BAD, "libfabric", "no provider fits%s%s: processes cannot join a pool", options.providers ? " MSTRO_OFI_PROVIDER=" : "",
                    options.providers ? options.providers : "");
    for (size_t i = 0; i < c.count; i++)
        if (&c.list[i] == c.best || !told_before(&c, i))
            examine_candidate(f, &c, &c.list[i]);
    candidates_free(&c);
}
