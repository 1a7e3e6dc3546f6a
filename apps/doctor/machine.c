/* SPDX-License-Identifier: BSD-3-Clause */
/* machine.c - what processes on this node may do to each other, and what limits them */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/doctor/finding.h"

static const char section[] = "machine";

enum { FEW_FILES = 1024 };

/* Read 'owner's memory, as one stage reads another's: errno, or 0. */
static int read_memory_of(pid_t owner, const void *address)
{
    uint64_t copy = 0;
    struct iovec here = { &copy, sizeof copy }, there = { (void *)(uintptr_t)address, sizeof copy };
    return process_vm_readv(owner, &here, 1, &there, 1, 0) == (ssize_t)sizeof copy ? 0 : errno;
}

/* Two children that are no ancestors of each other: the second reads the first.  errno, or 0; -1 when it could not be tried. */
static int read_memory_of_sibling(void)
{
    static const uint64_t word = UINT64_C(0x6d61657374726f00);
    int door[2], status = 0;
    if (pipe(door) != 0)
        return -1;
    pid_t owner = fork();
    if (owner == 0) {
        char byte;
        close(door[1]);
        _exit(read(door[0], &byte, 1) == 0 ? 0 : 1); /* until the door closes */
    }
    close(door[0]);
    pid_t reader = owner < 0 ? -1 : fork();
    if (reader == 0) {
        close(door[1]);
        _exit(read_memory_of(owner, &word));
    }
    if (reader > 0)
        waitpid(reader, &status, 0);
    close(door[1]);
    if (owner > 0)
        waitpid(owner, NULL, 0);
    return reader > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void examine_reading(struct findings *f)
{
    int failure = read_memory_of_sibling();
    if (failure == 0)
        finding_add(f, section, VERDICT_GOOD, "process_vm_readv", "permitted between processes of this user");
    else if (failure > 0)
        finding_add(f, section, VERDICT_NOTE, "process_vm_readv", "%s (see /proc/sys/kernel/yama/ptrace_scope): data on one node take another, slower way",
                    strerror(failure));
    else
        finding_add(f, section, VERDICT_NOTE, "process_vm_readv", "could not be tried: no new process");
}

static void examine_shared_memory(struct findings *f)
{
    struct statvfs about;
    int file = memfd_create("maestro-doctor", MFD_CLOEXEC);
    if (file >= 0)
        finding_add(f, section, VERDICT_GOOD, "memfd_create", "works");
    else
        finding_add(f, section, VERDICT_NOTE, "memfd_create", "%s: no buffers that others can map", strerror(errno));
    if (file >= 0)
        close(file);
    if (statvfs("/dev/shm", &about) != 0 || access("/dev/shm", W_OK) != 0) {
        finding_add(f, section, VERDICT_NOTE, "/dev/shm", "%s: some libfabric providers need it", strerror(errno));
        return;
    }
    unsigned long long free_mib = (unsigned long long)about.f_bavail * about.f_frsize >> 20;
    finding_add(f, section, free_mib < 64 ? VERDICT_NOTE : VERDICT_GOOD, "/dev/shm", "%llu MiB free", free_mib);
}

static const char *limit_text(rlim_t limit, unsigned shift, char text[32])
{
    if (limit == RLIM_INFINITY)
        return "unlimited";
    snprintf(text, 32, "%llu", (unsigned long long)limit >> shift);
    return text;
}

static void examine_limits(struct findings *f)
{
    struct rlimit files, locked;
    char soft[32], hard[32];
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_MEMLOCK, &locked);
    finding_add(f, section, files.rlim_cur < FEW_FILES ? VERDICT_NOTE : VERDICT_GOOD, "open files", "%s, at most %s%s", limit_text(files.rlim_cur, 0, soft),
                limit_text(files.rlim_max, 0, hard), files.rlim_cur < FEW_FILES ? ": few for a pool manager with many members; see ulimit -n" : "");
    finding_add(f, section, VERDICT_GOOD, "locked memory", "%s KiB, at most %s KiB (providers that pin memory need much)",
                limit_text(locked.rlim_cur, 10, soft), limit_text(locked.rlim_max, 10, hard));
    finding_add(f, section, VERDICT_GOOD, "processors", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
}

/* The first place that is named is the one that is meant, so it should do. */
static void examine_runtime_directory(struct findings *f)
{
    static const char *const variable[] = { "MSTRO_RUNTIME_DIR", "XDG_RUNTIME_DIR", "TMPDIR" };
    const char *place = "/tmp", *from = "the default";
    for (size_t i = sizeof variable / sizeof variable[0]; i-- > 0;)
        if (getenv(variable[i]) && *getenv(variable[i]))
            place = getenv(variable[i]), from = variable[i];
    struct stat about;
    if (stat(place, &about) != 0)
        finding_add(f, section, VERDICT_NOTE, "runtime directory", "%s (%s): %s", place, from, strerror(errno));
    else if (!S_ISDIR(about.st_mode) || access(place, W_OK | X_OK) != 0)
        finding_add(f, section, VERDICT_NOTE, "runtime directory", "%s (%s) is no folder that this user can write to", place, from);
    else
        finding_add(f, section, VERDICT_GOOD, "runtime directory", "in %s (%s)", place, from);
}

void examine_machine(struct findings *f)
{
    examine_reading(f);
    examine_shared_memory(f);
    examine_limits(f);
    examine_runtime_directory(f);
}
