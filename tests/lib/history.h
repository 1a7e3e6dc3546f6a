/* SPDX-License-Identifier: BSD-3-Clause */
/* history.h - was there an order in which it could have happened?
 *
 * What several processes did with one object, each operation with the moments before its call and after its return.  Such a history is
 * linearizable (Herlihy and Wing, 1990) when every operation can be given one moment in between, at which it happens at once, so that an
 * object with one holder would have answered the same.  Searched for as Wing and Gong (1993) do, with the memory of Lowe (2017). */
#ifndef TESTS_LIB_HISTORY_H
#define TESTS_LIB_HISTORY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum history_kind {
    HISTORY_OFFER,    /* of 'value': nobody offered it */
    HISTORY_CONFLICT, /* an OFFER that was refused: somebody offered it */
    HISTORY_WITHDRAW, /* of what this process offered */
    HISTORY_DEMAND,   /* brought 'value': it was offered */
    HISTORY_LOSS      /* the process has died: what it offered is gone */
};

enum { HISTORY_MAX = 4096 };
#define HISTORY_OPEN UINT64_MAX /* the end of what never returned: it may have happened, or not */

struct history_operation { enum history_kind kind; uint32_t process; uint64_t value, begin, end; };

/* At most HISTORY_MAX operations, in any order.  False: there is no such order, and *last (NULL is allowed) is the operation before
 * which every attempt ended. */
bool history_linearizable(const struct history_operation *operations, size_t count, size_t *last);

/* "process 3 demands, brings 17 [120 .. 190]" into 'text'. */
void history_print(char *text, size_t room, const struct history_operation *operation);

#endif
