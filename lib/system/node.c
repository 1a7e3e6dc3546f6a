/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "lib/system/node.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <xxhash.h>

#include "lib/base/detail.h"

/* What makes a node; without padding, because all of it is hashed. */
struct origin {
    char boot[64];
    uint64_t network_device, network, processes_device, processes;
};

static mstro_status read_boot(char boot[64])
{
    const char *path = "/proc/sys/kernel/random/boot_id";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, boot, 63);
    int error = errno;
    if (file >= 0)
        close(file);
    if (length <= 0)
        return detail_set(MSTRO_IO, "%s cannot be read: %s", path, strerror(error));
    return MSTRO_OK;
}

static mstro_status read_namespace(const char *path, uint64_t *device, uint64_t *inode)
{
    struct stat s;
    if (stat(path, &s) != 0)
        return detail_set(MSTRO_IO, "%s cannot be read: %s", path, strerror(errno));
    *device = s.st_dev;
    *inode = s.st_ino;
    return MSTRO_OK;
}

mstro_status node_self(struct node *out)
{
    struct origin origin;
    memset(&origin, 0, sizeof origin);
    mstro_status status = read_boot(origin.boot);
    if (!status)
        status = read_namespace("/proc/self/ns/net", &origin.network_device, &origin.network);
    if (!status)
        status = read_namespace("/proc/self/ns/pid", &origin.processes_device, &origin.processes);
    if (status)
        return status;
    XXH128_hash_t hash = XXH3_128bits(&origin, sizeof origin);
    memset(out, 0, sizeof *out);
    out->id = (struct id){ hash.high64, hash.low64 };
    out->process = getpid();
    gethostname(out->host, sizeof out->host - 1);
    return MSTRO_OK;
}

mstro_status process_probe(int32_t process, uint64_t address, uint64_t *value)
{
    struct iovec here = { value, sizeof *value }, there = { (void *)(uintptr_t)address, sizeof *value };
    if (process_vm_readv(process, &here, 1, &there, 1, 0) == sizeof *value)
        return MSTRO_OK;
    switch (errno) {
    case ESRCH:
        return MSTRO_PEER_LOST;
    case EPERM:
    case ENOSYS:
        return MSTRO_REFUSED;
    default:
        return MSTRO_INVARG;
    }
}
