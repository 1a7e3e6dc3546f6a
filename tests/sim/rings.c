/* SPDX-License-Identifier: BSD-3-Clause */
/* rings - every interleaving of a writer and the two threads of a reader
 *
 * A model of the bell in lib/fabric/ring.c and rings_progress.c, one step for each access to what writer and reader share; what the
 * reader's threads do under the lock of the fabric does not interleave among them.  One thread handles and sleeps by turns, the other looks in
 * between (fabric_progress without a deadline) while it may.  A bell that was rung stays rung, wakes whoever sleeps, and is taken by whoever
 * handles.  All states are visited: in none of them may a frame lie in the ring while nobody can move.  Then the same with one precaution
 * left out at a time: the search must find the lost wake-up. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAMES = 3, LOOKS = 2 };

/* What is left out. */
enum flaw { FLAW_NONE, FLAW_LOOK_BEFORE_PUT, FLAW_ARM_AFTER_LOOK, FLAW_NOT_FOR_SLEEPER, FLAW_ONLY_FILLED, FLAW_HEAR_AFTER_LOOK, FLAW_LOST_BELL, FLAWS };
static const char *const flaw_name[FLAWS] = {
    "", "the writer looks at the bell before it has published", "who lies down looks into the ring before it has armed it",
    "who handles while another sleeps does not arm again", "a bell does not bring back a ring that is empty by then",
    "a bell is taken after its ring has been looked into", "one bell does not arrive",
};

enum writer { PUT, LOOK, DISARM, RING, WRITTEN };
enum reader { ENTER, TAKE, HEAR, TAKE_AGAIN, SLEEPER, SLEEPER_ARM, SLEEPER_LOOK, LEAVE, LIE_DOWN, ARM, ARM_LOOK, ASLEEP, DONE };

struct state {
    uint8_t writer, written, wants; /* wants: what it saw of the bell */
    uint8_t taken, armed, bells, lost, active, asleep;
    uint8_t driver, lock;           /* reader + 1 who holds it */
    uint8_t at[2], any[2], looks;   /* of the readers; looks: that the second one may still take */
};

static enum flaw flaw;

static bool write_step(struct state *s)
{
    bool early = flaw == FLAW_LOOK_BEFORE_PUT;
    switch ((enum writer)s->writer) {
    case PUT:
        if (early)
            s->wants = s->armed;
        else
            s->written++;
        s->writer = LOOK;
        return true;
    case LOOK:
        if (early)
            s->written++;
        else
            s->wants = s->armed;
        s->writer = s->wants ? DISARM : s->written == FRAMES ? WRITTEN : PUT;
        return true;
    case DISARM:
        s->wants = s->armed;
        s->armed = 0;
        s->writer = s->wants ? RING : s->written == FRAMES ? WRITTEN : PUT;
        return true;
    case RING:
        if (flaw == FLAW_LOST_BELL && !s->lost)
            s->lost = 1;
        else
            s->bells++;
        s->wants = 0;
        s->writer = s->written == FRAMES ? WRITTEN : PUT;
        return true;
    case WRITTEN: return false;
    }
    return false;
}

static bool locked_by_other(const struct state *s, int me) { return s->lock && s->lock != me + 1; }

/* One of the reader's threads.  False: it cannot go on. */
static bool read_step(struct state *s, int me)
{
    uint8_t *at = &s->at[me];
    if (*at != ASLEEP && *at != ENTER && *at != DONE && locked_by_other(s, me))
        return false;
    switch ((enum reader)*at) {
    case ENTER:
        if (me == 1 && s->looks == 0) {
            *at = DONE;
            return true;
        }
        if (s->driver)
            return false;
        s->driver = (uint8_t)(me + 1);
        s->any[me] = 0;
        *at = TAKE;
        return true;
    case TAKE:
    case TAKE_AGAIN:
        if (s->active && s->taken < s->written) {
            s->taken++;
            s->any[me] = 1;
        } else if (*at == TAKE)
            *at = HEAR;
        else {
            if (flaw == FLAW_HEAR_AFTER_LOOK)
                s->bells = 0;
            *at = SLEEPER;
        }
        return true;
    case HEAR: /* hear_bells */
        if (s->bells && (s->taken < s->written || flaw != FLAW_ONLY_FILLED))
            s->active = 1;
        if (flaw != FLAW_HEAR_AFTER_LOOK)
            s->bells = 0;
        *at = TAKE_AGAIN;
        return true;
    case SLEEPER: /* arm_for_sleeper */
        *at = s->asleep && s->active && flaw != FLAW_NOT_FOR_SLEEPER ? SLEEPER_ARM : LEAVE;
        s->lock = *at == SLEEPER_ARM ? (uint8_t)(me + 1) : 0;
        return true;
    case SLEEPER_ARM:
    case ARM:
        if (flaw == FLAW_ARM_AFTER_LOOK)
            s->active = s->taken < s->written;
        else
            s->armed = 1;
        *at = *at == ARM ? ARM_LOOK : SLEEPER_LOOK;
        return true;
    case SLEEPER_LOOK:
    case ARM_LOOK: {
        bool filled = flaw == FLAW_ARM_AFTER_LOOK ? s->active : s->taken < s->written;
        s->armed = filled ? 0 : 1;
        s->active = filled;
        s->lock = 0;
        if (*at == SLEEPER_LOOK)
            *at = filled ? TAKE_AGAIN : LEAVE;
        else {
            s->asleep = !filled;
            *at = filled ? ENTER : ASLEEP;
        }
        return true;
    }
    case LEAVE:
        s->driver = 0;
        if (me == 1)
            s->looks--;
        *at = me == 1 || s->any[me] ? ENTER : LIE_DOWN;
        return true;
    case LIE_DOWN: /* sleep_armed */
        if (!s->active) {
            s->asleep = 1;
            *at = ASLEEP;
            return true;
        }
        s->lock = (uint8_t)(me + 1);
        *at = ARM;
        return true;
    case ASLEEP: /* fabric_sleep of the inner fabric, which watches the bells */
        if (!s->bells)
            return false;
        if (locked_by_other(s, me))
            return false;
        s->asleep = 0;
        *at = ENTER;
        return true;
    case DONE: return false;
    }
    return false;
}

/* ---- all states ---- */

static struct state *states;
static size_t count, room;

enum { TABLE = 1 << 22 };

/* One number for each: all members are small. */
static uint64_t number_of(const struct state *s)
{
    const uint8_t digit[][2] = { { s->writer, 5 }, { s->written, 4 }, { s->wants, 2 }, { s->taken, 4 }, { s->armed, 2 }, { s->bells, 4 }, { s->lost, 2 },
                                 { s->active, 2 }, { s->asleep, 2 }, { s->driver, 3 }, { s->lock, 3 }, { s->at[0], DONE + 1 }, { s->at[1], DONE + 1 },
                                 { s->any[0], 2 }, { s->any[1], 2 }, { s->looks, 4 } };
    uint64_t n = 0;
    for (size_t i = 0; i < sizeof digit / sizeof digit[0]; i++)
        n = n * digit[i][1] + digit[i][0];
    return n;
}

static void visit(const struct state *s)
{
    static uint64_t *table;
    uint64_t n = number_of(s) + 1;
    size_t at = (size_t)(n * UINT64_C(0x9E3779B97F4A7C15) >> 32) % TABLE;
    if (count == 0) {
        free(table);
        table = calloc(TABLE, sizeof *table);
    }
    if (count == room) {
        room = room ? room * 2 : 4096;
        states = realloc(states, room * sizeof *states);
    }
    if (!table || !states)
        abort();
    for (; table[at]; at = (at + 1) % TABLE)
        if (table[at] == n)
            return;
    table[at] = n;
    states[count++] = *s;
}

/* True: no frame is ever left where it lies. */
static bool search(void)
{
    const struct state start = { .armed = 1, .looks = LOOKS };
    bool good = true;
    count = 0;
    visit(&start);
    for (size_t i = 0; good && i < count; i++) {
        bool moved = false;
        for (int actor = 0; actor < 3; actor++) {
            struct state next = states[i];
            if (actor == 2 ? !write_step(&next) : !read_step(&next, actor))
                continue;
            moved = true;
            visit(&next);
        }
        good = moved || states[i].taken == FRAMES;
    }
    return good;
}

int main(void)
{
    bool all = true;
    printf("1..%d\n", FLAWS);
    for (flaw = FLAW_NONE; flaw < FLAWS; flaw++) {
        bool good = search() == (flaw == FLAW_NONE);
        all = all && good;
        if (flaw == FLAW_NONE)
            printf("%sok %d - no frame is left lying in any of %zu states\n", good ? "" : "not ", flaw + 1, count);
        else
            printf("%sok %d - a lost wake-up is found where %s\n", good ? "" : "not ", flaw + 1, flaw_name[flaw]);
    }
    free(states);
    return all ? 0 : 1;
}
