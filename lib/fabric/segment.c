/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS */
#include "lib/fabric/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/fabric/bell.h"

enum { PAGE = 4096, LAYOUT = 3, SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

struct segment_head {
    _Atomic uint32_t state; /* enum segment_state; a futex of who made it */
    uint32_t layout, pairs;
    unsigned char token[SEGMENT_TOKEN];
    struct { _Atomic uint16_t client, pool; } bell[SEGMENT_PAIRS]; /* the ports; each is read once */
};

/* What lies behind the head, once for each shard. */
struct shared_pair { struct ring_memory to_pool, to_client; };

_Static_assert(sizeof(struct segment_head) <= PAGE && sizeof(struct shared_pair) % PAGE == 0, "parts are mapped each for itself");

static size_t size_of(unsigned pairs) { return PAGE + pairs * sizeof(struct shared_pair); }

/* A child of fork would share positions with its parent. */
static void *map(int fd, size_t offset, size_t length)
{
    void *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    if (at == MAP_FAILED)
        return NULL;
    madvise(at, length, MADV_DONTFORK);
    return at;
}

static bool map_pair(struct ring_pair *p, int fd, unsigned number, bool is_pool)
{
    struct shared_pair *shared = p->mapped = map(fd, size_of(number), sizeof *shared);
    if (!shared)
        return false;
    p->bell = -1;
    p->out.ring = is_pool ? &shared->to_client : &shared->to_pool;
    p->in.ring = is_pool ? &shared->to_pool : &shared->to_client;
    return true;
}

static mstro_status map_all(struct segment *s, unsigned pairs, int fd, bool is_pool)
{
    *s = (struct segment){ .pairs = pairs, .pair = calloc(pairs, sizeof *s->pair) };
    s->head = s->pair ? map(fd, 0, PAGE) : NULL;
    bool mapped = s->head != NULL;
    for (unsigned i = 0; i < pairs && mapped; i++)
        mapped = map_pair(&s->pair[i], fd, i, is_pool);
    if (mapped)
        return MSTRO_OK;
    int error = errno;
    segment_close(s);
    return detail_set(MSTRO_NOMEM, "memory to share cannot be mapped: %s", strerror(error));
}

static mstro_status make_memory(unsigned pairs, int *given)
{
    *given = memfd_create("maestro-rings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*given < 0 || ftruncate(*given, (off_t)size_of(pairs)) != 0 || fcntl(*given, F_ADD_SEALS, SEALS) != 0)
        return detail_set(MSTRO_IO, "memory to share cannot be made: %s", strerror(errno));
    return MSTRO_OK;
}

static mstro_status make_client_bell(struct segment *s, unsigned pair)
{
    uint16_t port;
    mstro_status status = bell_make(&s->pair[pair].bell, &port);
    if (status == MSTRO_OK)
        atomic_store(&s->head->bell[pair].client, port);
    return status;
}

static mstro_status make_pool_bell(struct segment *s, unsigned pair)
{
    uint16_t port;
    mstro_status status = bell_make(&s->pair[pair].bell, &port);
    if (status == MSTRO_OK)
        status = bell_connect(s->pair[pair].bell, atomic_load(&s->head->bell[pair].client));
    if (status == MSTRO_OK)
        atomic_store(&s->head->bell[pair].pool, port);
    return status;
}

mstro_status segment_create(struct segment *s, unsigned pairs, int *given)
{
    *s = (struct segment){ 0 };
    mstro_status status = make_memory(pairs, given);
    if (status == MSTRO_OK)
        status = map_all(s, pairs, *given, false);
    for (unsigned i = 0; i < pairs && status == MSTRO_OK; i++) {
        atomic_init(&s->pair[i].in.ring->armed, 1);
        atomic_init(&s->pair[i].out.ring->armed, 1);
        status = make_client_bell(s, i);
    }
    if (status == MSTRO_OK) {
        s->head->layout = LAYOUT;
        s->head->pairs = pairs;
        return MSTRO_OK;
    }
    segment_close(s);
    if (*given >= 0)
        close(*given);
    *given = -1;
    return status;
}

/* What could change its size, or answer an access with an error of a disk, would end this process with a signal.  The seals are asked for
 * first: that is answered at once of any descriptor, and nothing but memory has some. */
static bool is_safe(int fd, unsigned pairs)
{
    struct stat file;
    struct statfs in;
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & SEALS) == SEALS && fstat(fd, &file) == 0 && fstatfs(fd, &in) == 0 && in.f_type == TMPFS_MAGIC &&
           file.st_size >= 0 && (size_t)file.st_size == size_of(pairs);
}

mstro_status segment_adopt(struct segment *s, unsigned pairs, int given)
{
    *s = (struct segment){ 0 };
    if (!is_safe(given, pairs))
        return detail_set(MSTRO_INVMSG, "what is to be shared is no sealed memory of %zu bytes", size_of(pairs));
    mstro_status status = map_all(s, pairs, given, true);
    if (status == MSTRO_OK && (s->head->layout != LAYOUT || s->head->pairs != pairs))
        status = detail_set(MSTRO_INVMSG, "what is to be shared is laid out for another version");
    for (unsigned i = 0; i < pairs && status == MSTRO_OK; i++)
        status = make_pool_bell(s, i);
    if (status != MSTRO_OK && s->head)
        segment_refuse(s);
    if (status != MSTRO_OK)
        segment_close(s);
    return status;
}

/* ---- offered, taken ---- */

static void settle(struct segment_head *h, enum segment_state as)
{
    uint32_t offered = SEGMENT_OFFERED;
    if (atomic_compare_exchange_strong(&h->state, &offered, (uint32_t)as))
        syscall(SYS_futex, &h->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool segment_take(struct segment *s, const unsigned char token[SEGMENT_TOKEN])
{
    memcpy(s->head->token, token, SEGMENT_TOKEN);
    settle(s->head, SEGMENT_TAKEN);
    return atomic_load(&s->head->state) == SEGMENT_TAKEN;
}

void segment_refuse(struct segment *s) { settle(s->head, SEGMENT_REFUSED); }

mstro_status segment_await(struct segment *s, const unsigned char token[SEGMENT_TOKEN], uint64_t deadline)
{
    _Atomic uint32_t *state = &s->head->state;
    uint64_t now;
    while (atomic_load(state) == SEGMENT_OFFERED && (now = clock_now()) < deadline) {
        uint64_t left = deadline - now;
        struct timespec t = { (time_t)(left / NANOSECONDS_PER_SECOND), (long)(left % NANOSECONDS_PER_SECOND) };
        syscall(SYS_futex, state, FUTEX_WAIT, (uint32_t)SEGMENT_OFFERED, &t, NULL, 0);
    }
    settle(s->head, SEGMENT_WITHDRAWN);
    switch (atomic_load(state)) {
    case SEGMENT_TAKEN: break;
    case SEGMENT_WITHDRAWN: return detail_set(MSTRO_TIMEOUT, "the pool manager has not taken it in time");
    default: return detail_set(MSTRO_REFUSED, "the pool manager does not take it");
    }
    mstro_status status = MSTRO_OK;
    unsigned char seen[SEGMENT_TOKEN], differs = 0;
    memcpy(seen, s->head->token, sizeof seen);
    for (size_t i = 0; i < sizeof seen; i++)
        differs |= seen[i] ^ token[i];
    if (differs)
        return detail_set(MSTRO_REFUSED, "it was taken by somebody who is not the pool manager");
    for (unsigned i = 0; i < s->pairs && status == MSTRO_OK; i++)
        status = bell_connect(s->pair[i].bell, atomic_load(&s->head->bell[i].pool));
    return status;
}

/* ---- pairs ---- */

struct ring_pair segment_pair(struct segment *s, unsigned pair)
{
    struct ring_pair given = s->pair[pair];
    s->pair[pair] = (struct ring_pair){ 0 };
    return given;
}

void segment_close(struct segment *s)
{
    for (unsigned i = 0; s->pair && i < s->pairs; i++)
        ring_pair_close(&s->pair[i]);
    if (s->head)
        munmap(s->head, PAGE);
    free(s->pair);
    *s = (struct segment){ 0 };
}

void ring_pair_close(struct ring_pair *p)
{
    if (p->mapped) {
        munmap(p->mapped, sizeof(struct shared_pair));
        if (p->bell >= 0)
            close(p->bell);
    }
    *p = (struct ring_pair){ 0 };
}
