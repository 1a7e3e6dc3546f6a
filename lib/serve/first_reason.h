/* SPDX-License-Identifier: BSD-3-Clause */
/* first_reason.h - why something is over: of those who say so at once the first counts
 *
 * No lock.  Any thread gives a reason; it can be read once it stands there whole, and never changes. */
#ifndef LIB_SERVE_FIRST_REASON_H
#define LIB_SERVE_FIRST_REASON_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { FIRST_REASON_MAX = 160 };

/* All zero is none. */
struct first_reason {
    atomic_bool claimed, given;
    char text[FIRST_REASON_MAX]; /* of the one who has claimed it, until it is given */
};

/* True: this one counts.  Cut where it is too long. */
static inline bool first_reason_give(struct first_reason *r, const char *text)
{
    if (atomic_exchange(&r->claimed, true))
        return false;
    snprintf(r->text, sizeof r->text, "%s", text);
    atomic_store(&r->given, true);
    return true;
}

/* NULL: none has been given, or one is about to be. */
static inline const char *first_reason(const struct first_reason *r)
{
    return atomic_load(&r->given) ? r->text : NULL;
}

#endif
