/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/waiting.h"

#include "lib/base/clock.h"
#include "lib/base/condition.h"

/* How long the background thread leaves the chair to the callers before it looks whether any is left: while nobody drives, nobody
 * else can read from this process, on providers whose one-sided reads need the target's progress. */
#define BACKGROUND_AWAY NANOSECONDS_PER_MILLISECOND
#define BACKGROUND_AWAY_LENDING (NANOSECONDS_PER_MILLISECOND / 5)

struct waiter {
    struct list link;
    struct waitable *what; /* or NULL */
    enum work work;
    bool woken;
    pthread_cond_t bell;
};

void waiting_init(struct waiting *w, struct link *link)
{
    *w = (struct waiting){ .link = link };
    pthread_mutex_init(&w->lock, NULL);
    list_init(&w->bench);
    list_init(&w->chores);
    condition_init(&w->call);
    atomic_init(&w->until, 0);
}

void waiting_release(struct waiting *w)
{
    pthread_cond_destroy(&w->call);
    pthread_mutex_destroy(&w->lock);
}

/* Lock held. */
static void wake(struct waiting *w, struct waiter *waiter)
{
    if (waiter == w->chair)
        w->link->operations->wake(w->link);
    else {
        waiter->woken = true;
        pthread_cond_signal(&waiter->bell);
    }
}

void waiting_ready(struct waiting *w, struct waitable *what)
{
    int state = WAITABLE_PENDING;
    if (atomic_compare_exchange_strong(&what->state, &state, WAITABLE_READY) || state == WAITABLE_READY)
        return;
    pthread_mutex_lock(&w->lock);
    struct waiter *waiter = what->waiter;
    atomic_store(&what->state, WAITABLE_READY);
    if (waiter)
        wake(w, waiter);
    pthread_mutex_unlock(&w->lock);
}

/* Lock held.  The first on the bench shall look for the chair. */
static void call_first(struct waiting *w)
{
    if (!w->chair && !list_empty(&w->bench))
        wake(w, list_entry(w->bench.next, struct waiter, link));
}

/* Lock held, and again on return. */
static void sleep_in_chair(struct waiting *w, struct waiter *me, uint64_t until, _Atomic uint64_t *session_deadline)
{
    w->chair = me;
    uint64_t due;
    atomic_store(&w->until, until);
    /* whoever moves the deadline writes it first and looks at 'until' then: one of the two sees the other */
    if ((due = atomic_load(session_deadline)) < until)
        atomic_store(&w->until, until = due);
    pthread_mutex_unlock(&w->lock);
    w->link->operations->sleep(w->link, until);
    pthread_mutex_lock(&w->lock);
    atomic_store(&w->until, 0);
    w->chair = NULL;
}

static void sleep_on_bench(struct waiting *w, struct waiter *me, uint64_t until)
{
    while (!me->woken && condition_wait(&me->bell, &w->lock, until))
        ;
}

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

void waiting_sleep(struct waiting *w, struct waitable *what, enum work work, uint64_t until, _Atomic uint64_t *session_deadline)
{
    struct waiter me = { .what = what, .work = work };
    int state = WAITABLE_PENDING;
    pthread_mutex_lock(&w->lock);
    if (find_chore(w, what, work) || (what && !atomic_compare_exchange_strong(&what->state, &state, WAITABLE_SLEEPING))) {
        pthread_mutex_unlock(&w->lock);
        return;
    }
    condition_init(&me.bell);
    if (what)
        what->waiter = &me;
    list_append(&w->bench, &me.link);
    if (w->chair && w->chair == w->background)
        wake(w, w->chair); /* it makes room */
    if (!w->chair)
        sleep_in_chair(w, &me, until, session_deadline);
    else
        sleep_on_bench(w, &me, until);
    list_remove(&me.link);
    if (what) {
        what->waiter = NULL;
        state = WAITABLE_SLEEPING;
        atomic_compare_exchange_strong(&what->state, &state, WAITABLE_PENDING);
    }
    pthread_mutex_unlock(&w->lock);
    pthread_cond_destroy(&me.bell);
}

/* Lock held. */
static void call_background(struct waiting *w)
{
    if (w->chair && w->chair == w->background)
        wake(w, w->chair);
    else
        pthread_cond_signal(&w->call);
}

void waiting_leave(struct waiting *w)
{
    pthread_mutex_lock(&w->lock);
    call_first(w);
    if (find_chore(w, NULL, WORK_ANY)) /* who is left may do none */
        call_background(w);
    pthread_mutex_unlock(&w->lock);
}

void waiting_dismiss(struct waiting *w)
{
    pthread_mutex_lock(&w->lock);
    w->dismissed = true;
    call_background(w);
    pthread_mutex_unlock(&w->lock);
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

bool waiting_attend(struct waiting *w, _Atomic uint64_t *session_deadline)
{
    struct waiter me = { .what = NULL };
    pthread_mutex_lock(&w->lock);
    unsigned visits = atomic_load_explicit(&w->visits, memory_order_relaxed);
    bool callers = w->chair || !list_empty(&w->bench) || visits != w->visits_seen;
    w->visits_seen = visits;
    struct attending next = waiting_attendance(w->dismissed, find_chore(w, NULL, WORK_ANY) != NULL, callers, atomic_load(&w->lent) > 0);
    switch (next.how) {
    case ATTENDANCE_ENDS:
    case ATTENDANCE_WORKS: break;
    case ATTENDANCE_SITS:
        w->background = &me;
        sleep_in_chair(w, &me, NO_DEADLINE, session_deadline);
        w->background = NULL;
        call_first(w);
        break;
    case ATTENDANCE_AWAY:
        condition_wait(&w->call, &w->lock, clock_now() + next.away);
        break;
    }
    pthread_mutex_unlock(&w->lock);
    return next.how != ATTENDANCE_ENDS;
}

/* Lock held.  The first on the bench who does what nobody waits for, or NULL. */
static struct waiter *find_worker(struct waiting *w)
{
    for (struct list *link = w->bench.next; link != &w->bench; link = link->next)
        if (list_entry(link, struct waiter, link)->work == WORK_ANY)
            return list_entry(link, struct waiter, link);
    return NULL;
}

void waiting_add_chore(struct waiting *w, struct chore *chore)
{
    pthread_mutex_lock(&w->lock);
    list_append(&w->chores, &chore->link);
    struct waiter *waiter = chore->whose ? chore->whose->waiter : NULL;
    if (!waiter || waiter->work == WORK_NONE)
        waiter = find_worker(w);
    if (waiter)
        wake(w, waiter);
    else
        call_background(w);
    pthread_mutex_unlock(&w->lock);
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
