/* SPDX-License-Identifier: BSD-3-Clause */
#include "examples/forecast/lending.h"
#include "examples/forecast/stage.h"

#include <stdlib.h>

enum { TAKE_BACK_AT_ONCE = 64 };

/* Others may read what is in it until the process has left the pool: nobody frees it.  volatile: nobody reads it either. */
static struct lot **volatile left_behind;

static int take_back(struct lending *l, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += lot_bytes(l->lot[l->begin + i]);
    mstro_status status = lots_withdraw(l->lot + l->begin, count);
    if (status != MSTRO_OK)
        return stage_fail("taking back what was offered", status);
    l->begin += count;
    l->lent -= count;
    l->bytes -= bytes;
    return 0;
}

static int make_room(struct lending *l, size_t bytes)
{
    int code = l->bytes + bytes > l->limit ? lending_offer(l) : 0;
    while (code == 0 && l->lent > 0 && l->bytes + bytes > l->limit)
        code = take_back(l, 1);
    return code;
}

static bool grow(struct lending *l)
{
    if (l->begin + l->lent + l->fresh < l->room)
        return true;
    size_t room = l->room ? 2 * l->room : 256;
    struct lot **lot = realloc(l->lot, room * sizeof *lot);
    if (!lot)
        return false;
    l->lot = lot;
    l->room = room;
    return true;
}

int lending_add(struct lending *l, struct lot *lot)
{
    int code = make_room(l, lot_bytes(lot));
    if (code == 0 && !grow(l))
        code = stage_fail("keeping a message", MSTRO_NOMEM);
    if (code) {
        lot_free(lot);
        return code;
    }
    l->lot[l->begin + l->lent + l->fresh++] = lot;
    l->bytes += lot_bytes(lot);
    return l->fresh >= l->batch ? lending_offer(l) : 0;
}

int lending_offer(struct lending *l)
{
    struct lot *const *fresh = l->lot + l->begin + l->lent;
    if (!l->fresh)
        return 0;
    mstro_status status = lots_offer(fresh, l->fresh, l->statistics);
    if (status != MSTRO_OK)
        return stage_fail("offering messages and fields", status);
    l->lent += l->fresh;
    l->fresh = 0;
    return 0;
}

int lending_end(struct lending *l)
{
    int code = lending_offer(l);
    while (code == 0 && l->lent > 0)
        code = take_back(l, l->lent < TAKE_BACK_AT_ONCE ? l->lent : TAKE_BACK_AT_ONCE);
    return code;
}

void lending_free(struct lending *l)
{
    for (size_t i = 0; i < l->fresh; i++)
        lot_free(l->lot[l->begin + l->lent + i]);
    if (l->lent > 0)
        left_behind = l->lot;
    else
        free(l->lot);
    *l = (struct lending){0};
}
