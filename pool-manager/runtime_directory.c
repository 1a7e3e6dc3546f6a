/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "pool-manager/runtime_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/detail.h"

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static void choose_directory(char path[4096])
{
    const char *own = environment("MSTRO_RUNTIME_DIR"), *user = environment("XDG_RUNTIME_DIR"), *temporary = environment("TMPDIR");
    if (own)
        snprintf(path, 4096, "%s", own);
    else if (user)
        snprintf(path, 4096, "%s/maestro", user);
    else
        snprintf(path, 4096, "%s/maestro-%ld", temporary ? temporary : "/tmp", (long)getuid());
}

static mstro_status open_directory(struct workflow_lock *lock)
{
    struct stat facts;
    choose_directory(lock->path);
    if (mkdir(lock->path, 0700) != 0 && errno != EEXIST)
        return detail_set(MSTRO_IO, "cannot make the runtime directory %s: %s (set MSTRO_RUNTIME_DIR to one that can be made)", lock->path,
                          strerror(errno));
    lock->directory = open(lock->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (lock->directory < 0)
        return detail_set(MSTRO_REFUSED, "the runtime directory %s cannot be used: %s (it must be a directory, not a link)", lock->path,
                          strerror(errno));
    if (fstat(lock->directory, &facts) != 0 || facts.st_uid != geteuid())
        return detail_set(MSTRO_REFUSED, "the runtime directory %s belongs to user %ld, not to this one: set MSTRO_RUNTIME_DIR", lock->path,
                          (long)facts.st_uid);
    if (facts.st_mode & 022)
        return detail_set(MSTRO_REFUSED, "the runtime directory %s can be written by others (mode %03o): chmod 700 it", lock->path,
                          facts.st_mode & 0777u);
    return MSTRO_OK;
}

/* The workflow's name as a file name: what is not a letter, digit, dot or dash becomes %XX. */
static void file_name(char out[300], const char *workflow)
{
    size_t at = 0;
    for (const unsigned char *c = (const unsigned char *)workflow; *c && at < 280; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-' || *c == '_';
        at += (size_t)snprintf(out + at, 300 - at, plain ? "%c" : "%%%02X", *c);
    }
    snprintf(out + at, 300 - at, ".lock");
}

static mstro_status held_by_another(const struct workflow_lock *lock, const char *workflow)
{
    char text[32] = "";
    ssize_t got = pread(lock->file, text, sizeof text - 1, 0);
    text[got > 0 ? strcspn(text, "\n") : 0] = '\0';
    return detail_set(MSTRO_CONFLICT,
                      "workflow '%s' has a pool manager already: process %s holds %s/%s; give this one another --workflow, or another "
                      "--runtime-directory",
                      workflow, *text ? text : "(unknown)", lock->path, lock->name);
}

/* Whether the file we locked is still the one that stands under its name: its last owner removes it. */
static bool still_named(const struct workflow_lock *lock)
{
    struct stat ours, named;
    return fstat(lock->file, &ours) == 0 && fstatat(lock->directory, lock->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static mstro_status take_file(struct workflow_lock *lock, const char *workflow)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    for (;;) {
        struct stat facts;
        lock->file = openat(lock->directory, lock->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
        if (lock->file < 0 || fstat(lock->file, &facts) != 0 || !S_ISREG(facts.st_mode))
            return detail_set(MSTRO_REFUSED, "the lock %s/%s cannot be used: %s", lock->path, lock->name,
                              lock->file < 0 ? strerror(errno) : "it is not a regular file");
        if (fcntl(lock->file, F_OFD_SETLK, &whole) != 0)
            return errno == EAGAIN || errno == EACCES
                       ? held_by_another(lock, workflow)
                       : detail_set(MSTRO_IO, "cannot lock %s/%s: %s", lock->path, lock->name, strerror(errno));
        if (still_named(lock))
            return MSTRO_OK;
        close(lock->file);
    }
}

mstro_status workflow_lock(struct workflow_lock *lock, const char *workflow)
{
    *lock = (struct workflow_lock){ .directory = -1, .file = -1 };
    file_name(lock->name, workflow);
    mstro_status status = open_directory(lock);
    if (status == MSTRO_OK)
        status = take_file(lock, workflow);
    if (status == MSTRO_OK && (ftruncate(lock->file, 0) != 0 || dprintf(lock->file, "%ld\n", (long)getpid()) < 0)) {
        status = detail_set(MSTRO_IO, "cannot write %s/%s: %s", lock->path, lock->name, strerror(errno));
        unlinkat(lock->directory, lock->name, 0); /* the lock is ours */
    }
    if (status == MSTRO_OK)
        return MSTRO_OK;
    if (lock->file >= 0)
        close(lock->file);
    if (lock->directory >= 0)
        close(lock->directory);
    return status;
}

void workflow_unlock(struct workflow_lock *lock)
{
    unlinkat(lock->directory, lock->name, 0);
    close(lock->file);
    close(lock->directory);
}
