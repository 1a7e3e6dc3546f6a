/* SPDX-License-Identifier: BSD-3-Clause */
/* descriptors.h - a few descriptors that go from one process to another together */
#ifndef LIB_BASE_DESCRIPTORS_H
#define LIB_BASE_DESCRIPTORS_H
#include <unistd.h>

enum { DESCRIPTORS_MAX = 65 };

struct descriptors {
    unsigned count;
    int at[DESCRIPTORS_MAX];
};

/* Close all of them; none are left. */
static inline void descriptors_close(struct descriptors *d)
{
    for (unsigned i = 0; i < d->count; i++)
        close(d->at[i]);
    d->count = 0;
}

#endif
