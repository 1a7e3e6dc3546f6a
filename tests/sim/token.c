/* SPDX-License-Identifier: BSD-3-Clause */
/* token - every interleaving of threads that share a session
 *
 * A model of the hand-over in lib/client: session_submit, take_turns, session_wait (session.c) and waiting_sleep, waiting_ready,
 * waiting_leave (waiting.c), one step for each access to what threads share; what happens under waiting.lock is one step, but for
 * what is atomic besides.  Three threads have an operation each; the pool may answer at any moment.  The last one does not wait for its own,
 * and the first one's is not answered before that: what a starter keeps back must leave all the same.  All states are visited: in none of
 * them may everybody sleep while somebody waits.  Then the same with one precaution left out at a time: the search must find the lost wake-up.
 *
 * The bell of a link rings once for what has come, whoever hears it.  Not in it: chores, other deadlines than that of what is kept back,
 * which is over at once here, that who waits is in a hurry, which only saves time, and the session's own thread.  That session.c takes these steps is for tests/unit/session to show. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 3, OPERATIONS = 1 };

/* What is left out. */
enum flaw {
    FLAW_NONE, FLAW_NO_LOOK_AFTER, FLAW_MISS_UNSAID, FLAW_SLEEP_UNSEEN, FLAW_NO_TURN_AFTER_SLEEP, FLAW_CHAIR_LEFT_EMPTY,
    FLAW_BELL_FORGOTTEN, FLAW_KEPT_UNSAID, FLAW_KEPT_UNSEEN, FLAWS
};
static const char *const flaw_name[FLAWS] = {
    "", "who gives the token back does not look whether somebody missed it", "who finds the token taken does not say so",
    "a thread goes to sleep without looking whether it is done", "who was woken and is done leaves without a turn",
    "who leaves the chair calls nobody to it", "a bell that rings before its sleeper sleeps is not heard", "who keeps a record back does not wake who sleeps in the chair",
    "who lies down in the chair does not look whether a record is kept back"
};

enum place {
    PUT, TRY, MISS, TRY_AGAIN, TAKE, SEND, POLL, TELL, PUBLISH, CALL_CHAIR, RELEASE, LOOK, CHECK, SLEEP, LIE_DOWN, LOOK_AT_DUE,
    FALL_ASLEEP, IN_CHAIR, ON_BENCH, LEAVE, DONE
};
enum waitable { PENDING, SLEEPING, READY };

struct thread {
    uint8_t at;       /* enum place */
    uint8_t done;     /* operations that have ended */
    uint8_t waiting;  /* in session_wait: take_turns was called there, not in session_submit */
    uint8_t waitable; /* enum waitable: of its operation */
    uint8_t woken, slept;
    uint8_t taken;    /* submissions taken, told: bit i is thread i's */
    uint8_t polled;   /* answers taken and not told yet */
    uint8_t more;     /* this turn had something */
    uint8_t easy;     /* this turn keeps back what it has taken */
};

struct state {
    struct thread thread[THREADS];
    uint8_t token, missed, queue, kept, sent, answers, answered, bell;
    uint8_t due;            /* session.deadline: something is kept back */
    uint8_t until;          /* waiting.until: who is in the chair sleeps, or is about to */
    uint8_t chair;          /* thread + 1, 0: free */
    uint8_t bench[THREADS]; /* thread + 1, in the order in which they came; 0: none.  Who is in the chair is on it too */
};

static enum flaw flaw;

static void bench_add(struct state *s, int me)
{
    int i = 0;
    while (s->bench[i])
        i++;
    s->bench[i] = (uint8_t)(me + 1);
}

static void bench_remove(struct state *s, int me)
{
    int i = 0;
    while (s->bench[i] != me + 1)
        i++;
    memmove(&s->bench[i], &s->bench[i + 1], (size_t)(THREADS - 1 - i));
    s->bench[THREADS - 1] = 0;
}

static void wake(struct state *s, int who)
{
    if (s->chair == who + 1)
        s->bell = 1;
    else
        s->thread[who].woken = 1;
}

/* waiting_ready */
static void ready(struct state *s, int who)
{
    struct thread *t = &s->thread[who];
    bool sleeping = t->waitable == SLEEPING;
    t->waitable = READY;
    if (sleeping)
        wake(s, who);
}

/* After take_turns. */
static void turns_over(struct thread *t, int me)
{
    if (me == THREADS - 1)
        *t = (struct thread){ .at = DONE };
    else
        t->at = t->waiting == 0 ? CHECK : t->waitable == READY ? LEAVE : SLEEP;
}

/* After waiting_sleep: the bell may have rung for somebody else. */
static void slept(struct thread *t)
{
    t->at = flaw == FLAW_NO_TURN_AFTER_SLEEP && t->waitable == READY ? LEAVE : TRY;
}

static int first_bit(uint8_t bits)
{
    int i = 0;
    while (!(bits & 1u << i))
        i++;
    return i;
}

/* One step of thread 'me'.  False: it cannot go on. */
static bool step(struct state *s, int me)
{
    struct thread *t = &s->thread[me];
    switch ((enum place)t->at) {
    case PUT: /* session_submit */
        t->waitable = PENDING;
        t->waiting = t->slept = 0;
        s->queue |= (uint8_t)(1u << me);
        t->at = TRY;
        return true;
    case TRY: /* take_turns */
        if (s->token && flaw != FLAW_MISS_UNSAID) {
            t->at = MISS;
            return true;
        }
        /* fallthrough */
    case TRY_AGAIN:
        if (s->token) {
            turns_over(t, me);
            return true;
        }
        s->token = 1;
        t->easy = !t->waiting;
        t->at = TAKE;
        return true;
    case MISS:
        s->missed = 1;
        t->at = TRY_AGAIN;
        return true;
    case TAKE: /* turn */
        t->taken = s->queue;
        s->queue = 0;
        t->more = t->taken != 0;
        t->at = t->taken || s->kept ? SEND : POLL;
        return true;
    case SEND:
        s->kept |= t->taken;
        if (!t->easy) {
            s->sent |= s->kept;
            s->kept = 0;
        }
        t->taken = 0;
        t->at = POLL;
        return true;
    case POLL:
        t->polled = s->answers;
        s->answers = 0;
        t->more |= t->polled != 0;
        t->at = t->polled ? TELL : t->more ? TAKE : PUBLISH;
        return true;
    case TELL:
        ready(s, first_bit(t->polled));
        t->polled &= (uint8_t)(t->polled - 1);
        t->at = t->polled ? TELL : TAKE;
        return true;
    case PUBLISH:
        s->due = s->kept != 0;
        t->easy = t->more = 0;
        t->at = s->due ? CALL_CHAIR : RELEASE;
        return true;
    case CALL_CHAIR: /* waiting_deadline */
        if (s->until && flaw != FLAW_KEPT_UNSAID)
            s->bell = 1;
        t->at = RELEASE;
        return true;
    case RELEASE:
        s->token = 0;
        t->at = LOOK;
        return true;
    case LOOK:
        if (s->missed && flaw != FLAW_NO_LOOK_AFTER)
            t->at = TRY;
        else
            turns_over(t, me);
        s->missed = 0;
        return true;
    case CHECK: /* session_wait */
        t->waiting = 1;
        t->at = t->waitable == READY ? LEAVE : TRY;
        return true;
    case SLEEP: /* waiting_sleep */
        if (t->waitable == READY && flaw != FLAW_SLEEP_UNSEEN) {
            t->at = TRY;
            return true;
        }
        if (t->waitable == PENDING)
            t->waitable = SLEEPING;
        t->woken = 0;
        t->slept = 1;
        bench_add(s, me);
        t->at = s->chair ? ON_BENCH : LIE_DOWN;
        if (!s->chair)
            s->chair = (uint8_t)(me + 1);
        return true;
    case LIE_DOWN: /* sleep_in_chair */
        s->until = 1;
        t->at = LOOK_AT_DUE;
        return true;
    case LOOK_AT_DUE:
        if (s->due && flaw != FLAW_KEPT_UNSEEN)
            s->bell = 1; /* it gets up by itself then */
        t->at = flaw == FLAW_BELL_FORGOTTEN ? FALL_ASLEEP : IN_CHAIR;
        return true;
    case FALL_ASLEEP:
        s->bell = 0;
        t->at = IN_CHAIR;
        return true;
    case IN_CHAIR:
        if (!s->bell)
            return false;
        s->bell = 0;
        s->until = 0;
        s->chair = 0;
        bench_remove(s, me);
        if (t->waitable == SLEEPING)
            t->waitable = PENDING;
        slept(t);
        return true;
    case ON_BENCH:
        if (!t->woken)
            return false;
        bench_remove(s, me);
        if (t->waitable == SLEEPING)
            t->waitable = PENDING;
        slept(t);
        return true;
    case LEAVE: /* waiting_leave */
        if (t->slept && !s->chair && s->bench[0] && flaw != FLAW_CHAIR_LEFT_EMPTY)
            wake(s, s->bench[0] - 1);
        t->done++;
        if (t->done < (me == 0 ? OPERATIONS : 1))
            t->at = PUT;
        else
            *t = (struct thread){ .at = DONE };
        return true;
    case DONE:
        return false;
    }
    return false;
}

/* The pool answers one of those that were sent. */
static bool answer(struct state *s, int who)
{
    if (!(s->sent & 1u << who) || (who == 0 && !(s->answered & 1u << (THREADS - 1))))
        return false;
    s->sent &= (uint8_t)~(1u << who);
    s->answered |= (uint8_t)(1u << who);
    s->answers |= (uint8_t)(1u << who);
    s->bell = 1;
    return true;
}

static bool all_done(const struct state *s)
{
    for (int i = 0; i < THREADS; i++)
        if (s->thread[i].at != DONE)
            return false;
    return true;
}

/* ---- all states ---- */

static struct state *states;
static uint32_t *table;
static size_t count, room, table_room;

static uint64_t hash_of(const struct state *s)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325), word;
    for (size_t i = 0; i < sizeof *s; i += sizeof word) {
        word = 0;
        memcpy(&word, (const char *)s + i, sizeof *s - i < sizeof word ? sizeof *s - i : sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return hash;
}

static void place_in_table(uint32_t index)
{
    size_t at = hash_of(&states[index]) & (table_room - 1);
    while (table[at])
        at = (at + 1) & (table_room - 1);
    table[at] = index + 1;
}

static void grow(void)
{
    room = room ? room * 2 : 1 << 12;
    table_room = room * 2;
    states = realloc(states, room * sizeof *states);
    free(table);
    table = calloc(table_room, sizeof *table);
    if (!states || !table)
        abort();
    for (size_t i = 0; i < count; i++)
        place_in_table((uint32_t)i);
}

static void visit(const struct state *s)
{
    if (count == room)
        grow();
    for (size_t at = hash_of(s) & (table_room - 1); table[at]; at = (at + 1) & (table_room - 1))
        if (memcmp(&states[table[at] - 1], s, sizeof *s) == 0)
            return;
    states[count] = *s;
    place_in_table((uint32_t)count++);
}

static void forget_all(void)
{
    free(states);
    free(table);
    states = NULL;
    table = NULL;
    count = room = table_room = 0;
}

/* True: nobody ever sleeps for ever. */
static bool search(void)
{
    static const struct state start;
    bool good = true;
    forget_all();
    visit(&start);
    for (size_t i = 0; good && i < count; i++) {
        bool moved = false;
        for (int actor = 0; actor < 2 * THREADS; actor++) {
            struct state next = states[i];
            if (actor < THREADS ? !step(&next, actor) : !answer(&next, actor - THREADS))
                continue;
            moved = true;
            visit(&next);
        }
        good = moved || all_done(&states[i]);
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
            printf("%sok 1 - however threads hand the token over, nobody sleeps for ever\n", good ? "" : "not ");
        else
            printf("%sok %d - the search finds the lost wake-up when %s\n", good ? "" : "not ", flaw + 1, flaw_name[flaw]);
        printf("# %zu states\n", count);
    }
    forget_all();
    return !all;
}
