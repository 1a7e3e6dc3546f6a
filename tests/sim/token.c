/* SPDX-License-Identifier: BSD-3-Clause */
/* token - every interleaving of threads that share a session
 *
 * A model of the hand-over in lib/client: session_start, take_turns, wait_for (session.c) and what they call of waiting.c, one step for
 * each access to what threads share; what happens under waiting.lock is one step, but for what is atomic besides, and so is what the
 * kernel does in a call for a futex.  Three threads have an operation each; the pool may answer at any moment.  The last one does not wait
 * for its own: it must leave all the same; also where the first one's is not answered before that, and a starter keeps it back.  All states are visited: in
 * none of them may everybody sleep while somebody waits, nor anybody on the bench for what is there.  Then the same with one precaution left out at a time: the search must find the
 * lost wake-up.
 *
 * The bell of a link rings once for what has come, whoever hears it.  All who sleep on the bench do so at one word, so that each sees it change for others.
 * Not in it: chores, other deadlines than that of what is kept back, which is over at once here, that who waits is in a hurry or lets
 * others go first, which only saves time, and the session's own thread.  That session.c takes these steps is for tests/unit/session to show. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 3, OPERATIONS = 1 };

/* What is left out. */
enum flaw {
    FLAW_NONE, FLAW_NO_LOOK_AFTER, FLAW_MISS_UNSAID, FLAW_SLEEP_UNSEEN, FLAW_NO_TURN_AFTER_SLEEP, FLAW_CHAIR_LEFT_EMPTY,
    FLAW_BELL_FORGOTTEN, FLAW_KEPT_UNSAID, FLAW_KEPT_UNSEEN, FLAW_NOD_WITHOUT_LOOK, FLAW_LEAVE_WITHOUT_LOOK,
    FLAW_WORD_READ_LATE, FLAW_WORD_UNCHANGED, FLAWS
};
static const char *const flaw_name[FLAWS] = {
    "", "who gives the token back does not look whether somebody missed it", "who finds the token taken does not say so",
    "a thread goes to sleep without looking whether it is done", "who was woken in the chair takes no turn, nor does who is given it",
    "who leaves the chair calls nobody to it", "a bell that rings before its sleeper sleeps is not heard", "who keeps a record back does not wake who sleeps in the chair",
    "who lies down in the chair does not look whether a record is kept back", "who nods off in the chair does not look for what was left to him",
    "who leaves the chair empty does not look for what was left to him",
    "a sleeper on the bench reads the word after it has looked whether it was called", "who calls does not change the word that is slept at"
};

enum place {
    PUT, SEE_CHAIR, TRY, MISS, TRY_AGAIN, TAKE, SEND, POLL, TELL, PUBLISH, CALL_CHAIR, RELEASE, CHANGE_WORD, WAKE, LOOK, ENTER,
    READ_WORD, SEE_CALL, WAIT, ON_BENCH, NOD, LOOK_AGAIN, SLEEP, LIE_DOWN, LOOK_AT_DUE, FALL_ASLEEP, IN_CHAIR, LEAVE, LOOK_BEHIND, DONE
};
enum waitable { PENDING, SLEEPING, READY };
enum chair { EMPTY, AWAKE, ASLEEP };
enum call { UNCALLED, CALLED_READY, CALLED_TO_CHAIR };
enum turn { STARTING, DRIVING, NODDING, LEAVING }; /* why it takes one */

struct thread {
    uint8_t at;       /* enum place */
    uint8_t done;     /* operations that have ended */
    uint8_t why;      /* enum turn */
    uint8_t waitable; /* enum waitable: of its operation */
    uint8_t call;     /* enum call */
    uint8_t stale;    /* the word has changed since it read it */
    uint8_t taken;    /* submissions taken, told: bit i is thread i's */
    uint8_t polled;   /* answers taken and not told yet */
    uint8_t more;     /* this turn had something */
    uint8_t easy;     /* this turn keeps back what it has taken */
    uint8_t called;   /* whom it has called and not woken yet, likewise */
    uint8_t leaves;   /* once they are it leaves; else it has given the token back */
};

struct state {
    struct thread thread[THREADS];
    uint8_t token, missed, queue, kept, sent, answers, answered, bell;
    uint8_t due;            /* session.deadline: something is kept back */
    uint8_t until;          /* waiting.until: who is in the chair sleeps, or is about to */
    uint8_t chair;          /* enum chair */
    uint8_t sitter;         /* thread + 1 who sleeps in the chair */
    uint8_t bench[THREADS]; /* thread + 1, in the order in which they came; 0: none */
};

static enum flaw flaw;
static bool first_needs_last; /* its operation is answered only after that */

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

/* Lock held: 'who' is on the bench, 'by' wakes it when the lock is free. */
static void call(struct state *s, int by, int who, enum call what)
{
    bench_remove(s, who);
    s->thread[who].call = (uint8_t)what;
    s->thread[by].called |= (uint8_t)(1u << who);
}

/* waiting_ready */
static void ready(struct state *s, int by, int who)
{
    struct thread *t = &s->thread[who];
    bool sleeping = t->waitable == SLEEPING;
    t->waitable = READY;
    if (!sleeping)
        return;
    if (s->sitter == who + 1)
        s->bell = 1;
    else
        call(s, by, who, CALLED_READY);
}

/* Its operation is over, or it does not wait for it. */
static void end(struct thread *t, int me)
{
    uint8_t done = t->done + 1;
    *t = (struct thread){ .done = done, .at = PUT };
    if (done >= (me == 0 ? OPERATIONS : 1))
        *t = (struct thread){ .at = DONE };
}

/* After take_turns. */
static void turns_over(struct thread *t, int me)
{
    enum turn why = (enum turn)t->why;
    t->why = 0;
    if (why == LEAVING || (why == STARTING && me == THREADS - 1))
        end(t, me);
    else if (why == STARTING)
        t->at = ENTER;
    else
        t->at = t->waitable == READY ? LEAVE : why == DRIVING ? NOD : SLEEP;
}

static void take_turn(struct thread *t, enum turn why)
{
    t->why = (uint8_t)why;
    t->at = TRY;
}

/* It has the chair, or has got up in it. */
static void drive(struct thread *t)
{
    t->call = UNCALLED;
    if (flaw == FLAW_NO_TURN_AFTER_SLEEP)
        t->at = t->waitable == READY ? LEAVE : NOD;
    else
        take_turn(t, DRIVING);
}

static int first_bit(uint8_t bits)
{
    int i = 0;
    while (!(bits & 1u << i))
        i++;
    return i;
}

/* take_turns.  False: it is not there. */
static bool step_in_turn(struct state *s, struct thread *t, int me)
{
    switch ((enum place)t->at) {
    case TRY:
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
        t->easy = t->why == STARTING;
        t->at = TAKE;
        return true;
    case MISS:
        s->missed = 1;
        t->at = TRY_AGAIN;
        return true;
    case TAKE: /* turn */
        t->taken = s->queue;
        s->queue = s->due = 0;
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
        ready(s, me, first_bit(t->polled));
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
        t->at = t->called ? CHANGE_WORD : LOOK;
        return true;
    case LOOK:
        if (s->missed && flaw != FLAW_NO_LOOK_AFTER)
            t->at = TRY;
        else
            turns_over(t, me);
        s->missed = 0;
        return true;
    default: return false;
    }
}

/* calls_wake and wait_to_be_called.  False: it is not there, or it sleeps. */
static bool step_at_word(struct state *s, struct thread *t, int me)
{
    switch ((enum place)t->at) {
    case CHANGE_WORD:
        for (int i = 0; i < THREADS && flaw != FLAW_WORD_UNCHANGED; i++)
            s->thread[i].stale = s->thread[i].at == SEE_CALL || s->thread[i].at == WAIT;
        t->at = WAKE;
        return true;
    case WAKE:
        for (int i = 0; i < THREADS; i++)
            if (t->called & 1u << i && s->thread[i].at == ON_BENCH)
                s->thread[i].at = READ_WORD;
        t->called = 0;
        if (t->leaves)
            end(t, me);
        else
            t->at = LOOK;
        return true;
    case READ_WORD:
        t->stale = 0;
        t->at = flaw == FLAW_WORD_READ_LATE ? WAIT : SEE_CALL;
        return true;
    case SEE_CALL:
        if (t->call == CALLED_READY)
            end(t, me);
        else if (t->call == CALLED_TO_CHAIR)
            drive(t);
        else
            t->at = flaw == FLAW_WORD_READ_LATE ? READ_WORD : WAIT;
        return true;
    case WAIT:
        t->at = !t->stale ? ON_BENCH : flaw == FLAW_WORD_READ_LATE ? SEE_CALL : READ_WORD;
        t->stale = 0;
        return true;
    default: return false;
    }
}

/* One step of thread 'me'.  False: it cannot go on. */
static bool step(struct state *s, int me)
{
    struct thread *t = &s->thread[me];
    if (step_in_turn(s, t, me) || step_at_word(s, t, me))
        return true;
    switch ((enum place)t->at) {
    case PUT: /* session_start */
        t->waitable = PENDING;
        s->queue |= (uint8_t)(1u << me);
        t->at = SEE_CHAIR;
        return true;
    case SEE_CHAIR:
        take_turn(t, STARTING);
        if (s->chair == AWAKE)
            turns_over(t, me);
        return true;
    case ENTER: /* waiting_enter */
        if (t->waitable == READY && flaw != FLAW_SLEEP_UNSEEN) {
            end(t, me);
        } else if (s->chair == EMPTY) {
            s->chair = AWAKE;
            take_turn(t, DRIVING);
        } else {
            if (t->waitable == PENDING)
                t->waitable = SLEEPING;
            t->call = UNCALLED;
            bench_add(s, me);
            t->at = flaw == FLAW_WORD_READ_LATE ? SEE_CALL : READ_WORD;
        }
        return true;
    case NOD:
        s->chair = ASLEEP;
        t->at = LOOK_AGAIN;
        return true;
    case LOOK_AGAIN:
        if (s->queue && flaw != FLAW_NOD_WITHOUT_LOOK)
            take_turn(t, NODDING);
        else
            t->at = SLEEP;
        return true;
    case SLEEP: /* waiting_sleep */
        if (t->waitable == READY) {
            t->at = LEAVE;
            return true;
        }
        t->waitable = SLEEPING;
        s->sitter = (uint8_t)(me + 1);
        t->at = LIE_DOWN;
        return true;
    case LIE_DOWN:
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
        s->bell = s->until = s->sitter = 0;
        s->chair = AWAKE;
        if (t->waitable == SLEEPING)
            t->waitable = PENDING;
        drive(t);
        return true;
    case LEAVE: /* waiting_leave */
        t->at = LOOK_BEHIND;
        if (s->bench[0] && flaw != FLAW_CHAIR_LEFT_EMPTY) {
            int heir = s->bench[0] - 1;
            if (s->thread[heir].waitable == SLEEPING)
                s->thread[heir].waitable = PENDING;
            call(s, me, heir, CALLED_TO_CHAIR);
            s->chair = AWAKE;
            t->leaves = 1;
            t->at = CHANGE_WORD;
        } else {
            s->chair = EMPTY;
        }
        return true;
    case LOOK_BEHIND:
        if (s->queue && flaw != FLAW_LEAVE_WITHOUT_LOOK)
            take_turn(t, LEAVING);
        else
            end(t, me);
        return true;
    default: return false; /* asleep on the bench, or DONE */
    }
}

/* The pool answers one of those that were sent. */
static bool answer(struct state *s, int who)
{
    if (!(s->sent & 1u << who) || (who == 0 && first_needs_last && !(s->answered & 1u << (THREADS - 1))))
        return false;
    s->sent &= (uint8_t)~(1u << who);
    s->answered |= (uint8_t)(1u << who);
    s->answers |= (uint8_t)(1u << who);
    s->bell = 1;
    return true;
}

/* What was started has left the queue, though nobody may wait for it. */
static bool all_done(const struct state *s)
{
    if (s->queue)
        return false;
    for (int i = 0; i < THREADS; i++)
        if (s->thread[i].at != DONE)
            return false;
    return true;
}

static bool sleeps_for_what_is_there(const struct state *s)
{
    for (int i = 0; i < THREADS; i++)
        if (s->bench[i] && s->thread[s->bench[i] - 1].waitable == READY)
            return true;
    return false;
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

/* True: nobody ever sleeps for ever, nor on the bench for what is there. */
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
        good = (moved || all_done(&states[i])) && !sleeps_for_what_is_there(&states[i]);
    }
    return good;
}

static bool search_both(void)
{
    first_needs_last = true;
    if (!search())
        return false;
    first_needs_last = false;
    return search();
}

int main(void)
{
    bool all = true;
    printf("1..%d\n", FLAWS);
    for (flaw = FLAW_NONE; flaw < FLAWS; flaw++) {
        bool good = search_both() == (flaw == FLAW_NONE);
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
