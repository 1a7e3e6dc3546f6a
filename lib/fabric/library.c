/* SPDX-License-Identifier: BSD-3-Clause */
/* library.c - libfabric, loaded when it is first needed
 *
 * Linked in the ordinary way it would be loaded with every program that links libmaestro, also where no fabric is ever opened, and
 * its psm libraries would then take signal handlers, bind the first thread to CPU 0 for a while, and measure the processor's clock
 * for 0.2 s, all before main.  So the few functions of it that are called by name are defined here and pass the call on;
 * everything else of libfabric goes through tables of functions that these hand out.
 *
 * The versions of the symbols are those configure found: a struct's layout belongs to the version it was compiled for. */
#include "config.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include <rdma/fabric.h>
#include <rdma/fi_errno.h>

#include "lib/fabric/dispositions.h"

static struct {
    pthread_once_t once;
    char failure[256]; /* why it could not be loaded; empty when it is there */
    __typeof__(&fi_getinfo) getinfo;
    __typeof__(&fi_freeinfo) freeinfo;
    __typeof__(&fi_dupinfo) dupinfo;
    __typeof__(&fi_fabric) fabric;
    __typeof__(&fi_strerror) strerror;
} library = { .once = PTHREAD_ONCE_INIT };

/* POSIX lets a pointer to an object become one to a function where dlsym gave it. */
static void *symbol(void *handle, const char *name, const char *version)
{
    void *found = dlvsym(handle, name, version);
    if (!found && !library.failure[0])
        snprintf(library.failure, sizeof library.failure, "%s has no %s of version %s", FABRIC_SONAME, name, version);
    return found;
}

static void load(void)
{
    struct dispositions kept;
    dispositions_keep(&kept);
    void *handle = dlopen(FABRIC_SONAME, RTLD_NOW | RTLD_LOCAL);
    dispositions_restore(&kept);
    if (!handle) {
        snprintf(library.failure, sizeof library.failure, "libfabric cannot be loaded: %s", dlerror());
        return;
    }
    *(void **)&library.getinfo = symbol(handle, "fi_getinfo", FABRIC_VERSION_GETINFO);
    *(void **)&library.freeinfo = symbol(handle, "fi_freeinfo", FABRIC_VERSION_FREEINFO);
    *(void **)&library.dupinfo = symbol(handle, "fi_dupinfo", FABRIC_VERSION_DUPINFO);
    *(void **)&library.fabric = symbol(handle, "fi_fabric", FABRIC_VERSION_FABRIC);
    *(void **)&library.strerror = symbol(handle, "fi_strerror", FABRIC_VERSION_STRERROR);
}

static int loaded(void)
{
    pthread_once(&library.once, load);
    return !library.failure[0];
}

int fi_getinfo(uint32_t version, const char *node, const char *service, uint64_t flags, const struct fi_info *hints, struct fi_info **info)
{
    return loaded() ? library.getinfo(version, node, service, flags, hints, info) : -FI_ENOSYS;
}

void fi_freeinfo(struct fi_info *info)
{
    if (loaded())
        library.freeinfo(info);
}

struct fi_info *fi_dupinfo(const struct fi_info *info)
{
    return loaded() ? library.dupinfo(info) : NULL;
}

int fi_fabric(struct fi_fabric_attr *attr, struct fid_fabric **fabric, void *context)
{
    return loaded() ? library.fabric(attr, fabric, context) : -FI_ENOSYS;
}

const char *fi_strerror(int number)
{
    return loaded() ? library.strerror(number) : library.failure;
}
