/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/waiting.h"

#include "lib/base/clock.h"
#include "lib/base/condition.h"

/* How long the background thread leaves the chair to the callers before it looks whether any is left: while nobody drives, nobody
 * else can read from this process, on providers whose one-sided reads need the target's progress. */
#define BACKGROUND_AWAY NANOSECONDS_PER_MILLISECOND
#define BACKGROUND_AWAY_LENDING (NANOSECONDS_PER_MILLISECOND / 5)

enum call { UNCALLED, CALLED_READY, CALLED_TO_LOOK, CALLED_TO_CHAIR };

/* On the stack of who sleeps.  Who was CALLED_READY returns without the lock: who calls touches nothing of it after that. */
struct waiter {
    struct list link;      /* in waiting.bench, until it is called */
    struct waitable *what; /* or NULL */
    enum work work;
    unsigned seat;
    atomic_int call;       /* enum call; once */
};

void waiting_init(struct waiting *w, struct link *link)
{
    *w = (struct waiting){ .link = link };
    pthread_mutex_init(&w->lock, NULL);
    list_init(&w->bench);
    list_init(&w->chores);
    condition_init(&w->call);
    atomic_init(&w->until, 0);
    atomic_init(&w->chair, CHAIR_EMPTY);
}

void waiting_release(struct waiting *w)
{
    pthread_cond_destroy(&w->call);
    pthread_mutex_destroy(&w->lock);
}

/* ---- calling ---- */

/* Lock held.  Once they are called they go where they are called to, whatever comes then. */
static void call(struct waiting *w, struct waiter *waiter, enum call what, struct calls *calls)
{
    if (waiter == w->sitter) {
        calls->chair = true;
    } else if (!list_empty(&waiter->link)) {
        list_remove(&waiter->link);
        calls->seats[waiter->seat / 32] |= UINT32_C(1) << waiter->seat % 32;
        calls->count++;
        atomic_store(&waiter->call, (int)what);
    }
}

unsigned waiting_wake(struct waiting *w, const struct calls *calls)
{
    for (size_t i = 0; calls->count && i < BENCH_WORDS; i++)
        if (calls->seats[i])
            eventcount_wake(&w->words[i], calls->seats[i]);
    if (calls->chair)
        w->link->operations->wake(w->link);
    return calls->count;
}

static void unlock_and_wake(struct waiting *w, const struct calls *calls)
{
    pthread_mutex_unlock(&w->lock);
    waiting_wake(w, calls);
}

void waiting_ready(struct waiting *w, struct waitable *what, struct calls *calls)
{
    int state = WAITABLE_PENDING;
    struct calls at_once = { 0 };
    if (atomic_compare_exchange_strong(&what->state, &state, WAITABLE_READY) || state == WAITABLE_READY)
        return;
    pthread_mutex_lock(&w->lock);
    struct waiter *waiter = what->waiter;
    what->waiter = NULL;
    atomic_store(&what->state, WAITABLE_READY);
    if (waiter)
        call(w, waiter, CALLED_READY, calls ? calls : &at_once);
    unlock_and_wake(w, &at_once);
}

/* Lock held: nobody has the chair, or who had it leaves it.  False: nobody takes it. */
static bool call_to_chair(struct waiting *w, struct calls *calls)
{
    bool anybody = !list_empty(&w->bench);
    if (anybody)
        call(w, list_entry(w->bench.next, struct waiter, link), CALLED_TO_CHAIR, calls);
    atomic_store(&w->chair, anybody ? CHAIR_AWAKE : CHAIR_EMPTY);
    return anybody;
}

/* Lock held.  The session's own thread, in the chair or elsewhere. */
static void call_background(struct waiting *w, struct calls *calls)
{
    if (w->sitter && w->sitter == w->background)
        calls->chair = true;
    else
        pthread_cond_signal(&w->call);
}

/* ---- sleeping ---- */

/* Lock held. */
static struct chore *find_chore(struct waiting *w, const struct waitable *what, enum work work)
{
    struct chore *any = NULL;
    for (struct list *link = w->chores.next; link != &w->chores && work != WORK_NONE; link = link->next) {
        struct chore *chore = list_entry(link, struct chore, link);
        const struct waiter *whose = chore->whose ? chore->whose->waiter : NULL;
        if (what && chore->whose == what)
            return chore;
        /* one that somebody sleeps for who does it is left to him: he has been woken */
        if (!any && work == WORK_ANY && (!whose || whose->work == WORK_NONE))
            any = chore;
    }
    return any;
}

/* Lock held.  False: it is there. */
static bool begin_to_wait(struct waiter *me)
{
    int state = WAITABLE_PENDING;
    if (!atomic_compare_exchange_strong(&me->what->state, &state, WAITABLE_SLEEPING))
        return false;
    me->what->waiter = me;
    return true;
}

/* Lock held. */
static void end_to_wait(struct waiter *me)
{
    int state = WAITABLE_SLEEPING;
    list_remove(&me->link);
    me->what->waiter = NULL;
    atomic_compare_exchange_strong(&me->what->state, &state, WAITABLE_PENDING);
}

/* Until it is called, or 'until'. */
static void sleep_on_bench(struct waiting *w, struct waiter *me, uint64_t until)
{
    struct eventcount *word = &w->words[me->seat / 32];
    bool in_time = true;
    while (in_time) {
        uint32_t seen = eventcount_read(word);
        if (atomic_load(&me->call) != UNCALLED)
            return;
        in_time = eventcount_wait(word, seen, UINT32_C(1) << me->seat % 32, until);
    }
}

static enum next get_up_from_bench(struct waiting *w, struct waiter *me)
{
    if (atomic_load(&me->call) == CALLED_READY)
        return NEXT_IS_DONE;
    pthread_mutex_lock(&w->lock);
    if (atomic_load(&me->call) != CALLED_READY)
        end_to_wait(me);
    pthread_mutex_unlock(&w->lock);
    switch ((enum call)atomic_load(&me->call)) {
    case CALLED_TO_CHAIR: return NEXT_DRIVES;
    case CALLED_READY: return NEXT_IS_DONE;
    default: return NEXT_LOOKS;
    }
}

enum next waiting_enter(struct waiting *w, struct waitable *what, enum work work, uint64_t until)
{
    struct waiter me = { .what = what, .work = work };
    struct calls calls = { 0 };
    enum next next = NEXT_IS_DONE;
    list_init(&me.link);
    pthread_mutex_lock(&w->lock);
    bool sleeps = false;
    if (find_chore(w, what, work)) {
        next = NEXT_LOOKS;
    } else if (atomic_load(&w->chair) == CHAIR_EMPTY) {
        atomic_store(&w->chair, CHAIR_AWAKE);
        next = NEXT_DRIVES;
    } else if ((sleeps = begin_to_wait(&me))) {
        me.seat = w->seats++ % BENCH_SEATS;
        list_append(&w->bench, &me.link);
        if (w->sitter && w->sitter == w->background)
            call(w, w->sitter, CALLED_TO_LOOK, &calls); /* it makes room */
    }
    unlock_and_wake(w, &calls);
    if (!sleeps)
        return next;
    sleep_on_bench(w, &me, until);
    return get_up_from_bench(w, &me);
}

/* Lock held, and again on return; whoever has the chair is awake then. */
static void sleep_in_chair(struct waiting *w, struct waiter *me, uint64_t until, _Atomic uint64_t *session_deadline)
{
    w->sitter = me;
    uint64_t due;
    atomic_store(&w->until, until);
    /* whoever moves the deadline writes it first and looks at 'until' then: one of the two sees the other */
    if ((due = atomic_load(session_deadline)) < until)
        atomic_store(&w->until, until = due);
    pthread_mutex_unlock(&w->lock);
    w->link->operations->sleep(w->link, until);
    pthread_mutex_lock(&w->lock);
    atomic_store(&w->until, 0);
    w->sitter = NULL;
}

void waiting_sleep(struct waiting *w, struct waitable *what, enum work work, uint64_t until, _Atomic uint64_t *session_deadline)
{
    struct waiter me = { .what = what, .work = work };
    list_init(&me.link);
    pthread_mutex_lock(&w->lock);
    if (!find_chore(w, what, work) && begin_to_wait(&me)) {
        sleep_in_chair(w, &me, until, session_deadline);
        end_to_wait(&me);
    }
    atomic_store(&w->chair, CHAIR_AWAKE);
    pthread_mutex_unlock(&w->lock);
}

bool waiting_leave(struct waiting *w, bool chair)
{
    struct calls calls = { 0 };
    pthread_mutex_lock(&w->lock);
    bool empty = chair && !call_to_chair(w, &calls);
    if (find_chore(w, NULL, WORK_ANY)) /* who is left may do none */
        call_background(w, &calls);
    unlock_and_wake(w, &calls);
    return empty;
}

void waiting_dismiss(struct waiting *w)
{
    struct calls calls = { 0 };
    pthread_mutex_lock(&w->lock);
    w->dismissed = true;
    call_background(w, &calls);
    unlock_and_wake(w, &calls);
}

struct attending waiting_attendance(bool dismissed, bool chore, bool callers, bool lent)
{
    if (dismissed)
        return (struct attending){ ATTENDANCE_ENDS, 0 };
    if (chore) /* its call found nobody asleep */
        return (struct attending){ ATTENDANCE_WORKS, 0 };
    if (!callers)
        return (struct attending){ ATTENDANCE_SITS, 0 };
    return (struct attending){ ATTENDANCE_AWAY, lent ? BACKGROUND_AWAY_LENDING : BACKGROUND_AWAY };
}

/* Lock held. */
static struct attending look_around(struct waiting *w)
{
    unsigned visits = atomic_load_explicit(&w->visits, memory_order_relaxed);
    bool callers = atomic_load(&w->chair) != CHAIR_EMPTY || visits != w->visits_seen;
    w->visits_seen = visits;
    return waiting_attendance(w->dismissed, find_chore(w, NULL, WORK_ANY) != NULL, callers, atomic_load(&w->lent) > 0);
}

/* Lock held.  As long as callers come, and nothing is due that they may have left, and nobody reads here meanwhile. */
static struct attending stay_away(struct waiting *w, struct attending next, const _Atomic uint64_t *session_deadline)
{
    bool called = false, due = false;
    while (next.how == ATTENDANCE_AWAY && !called && !due) {
        called = condition_wait(&w->call, &w->lock, clock_now() + next.away);
        next = look_around(w);
        due = atomic_load(&w->lent) > 0 || atomic_load(session_deadline) <= clock_now();
    }
    return next;
}

bool waiting_attend(struct waiting *w, _Atomic uint64_t *session_deadline)
{
    struct waiter me = { .what = NULL };
    struct calls calls = { 0 };
    list_init(&me.link);
    pthread_mutex_lock(&w->lock);
    struct attending next = look_around(w);
    if (next.how == ATTENDANCE_SITS) {
        w->background = &me;
        atomic_store(&w->chair, CHAIR_ASLEEP); /* nothing is left to it: it takes a turn of its own accord afterwards */
        sleep_in_chair(w, &me, NO_DEADLINE, session_deadline);
        w->background = NULL;
        call_to_chair(w, &calls);
    } else {
        next = stay_away(w, next, session_deadline);
    }
    unlock_and_wake(w, &calls);
    return next.how != ATTENDANCE_ENDS;
}

/* Lock held.  One who sleeps and does what nobody waits for, or NULL. */
static struct waiter *find_worker(struct waiting *w)
{
    if (w->sitter && w->sitter != w->background && w->sitter->work == WORK_ANY)
        return w->sitter;
    for (struct list *link = w->bench.next; link != &w->bench; link = link->next)
        if (list_entry(link, struct waiter, link)->work == WORK_ANY)
            return list_entry(link, struct waiter, link);
    return NULL;
}

void waiting_add_chore(struct waiting *w, struct chore *chore)
{
    struct calls calls = { 0 };
    pthread_mutex_lock(&w->lock);
    list_append(&w->chores, &chore->link);
    struct waiter *waiter = chore->whose ? chore->whose->waiter : NULL;
    if (!waiter || waiter->work == WORK_NONE)
        waiter = find_worker(w);
    if (waiter)
        call(w, waiter, CALLED_TO_LOOK, &calls);
    else
        call_background(w, &calls);
    unlock_and_wake(w, &calls);
}

struct chore *waiting_take_chore(struct waiting *w, const struct waitable *what, enum work work)
{
    pthread_mutex_lock(&w->lock);
    struct chore *chore = find_chore(w, what, work);
    if (chore)
        list_remove(&chore->link);
    pthread_mutex_unlock(&w->lock);
    return chore;
}

void waiting_lend(struct waiting *w)
{
    if (atomic_fetch_add(&w->lent, 1) > 0)
        return;
    pthread_mutex_lock(&w->lock);
    pthread_cond_signal(&w->call); /* who is away for long comes back */
    pthread_mutex_unlock(&w->lock);
}

void waiting_lend_no_more(struct waiting *w)
{
    atomic_fetch_sub(&w->lent, 1);
}

void waiting_deadline(struct waiting *w, uint64_t deadline)
{
    if (deadline < atomic_load(&w->until))
        w->link->operations->wake(w->link);
}
