/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/client/waiting.h"

#include "lib/base/clock.h"

/* How long the background thread leaves the chair to the callers before it looks whether any is left: while nobody drives, nobody
 * else can read from this process, on providers whose one-sided reads need the target's progress. */
#define BACKGROUND_AWAY (5 * NANOSECONDS_PER_MILLISECOND)
#define BACKGROUND_AWAY_LENDING (NANOSECONDS_PER_MILLISECOND / 5)

struct waiter {
    struct list link;
    struct waitable *what; /* or NULL */
    bool woken;
    pthread_cond_t bell;
};

static void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

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
    struct timespec at = clock_to_timespec(until);
    while (!me->woken) {
        if (until == NO_DEADLINE)
            pthread_cond_wait(&me->bell, &w->lock);
        else if (pthread_cond_timedwait(&me->bell, &w->lock, &at) != 0)
            break;
    }
}

/* Lock held. */
static struct chore *find_chore(struct waiting *w, const struct waitable *what)
{
    struct chore *any = NULL;
    for (struct list *link = w->chores.next; link != &w->chores; link = link->next) {
        struct chore *chore = list_entry(link, struct chore, link);
        if (what && chore->whose == what)
            return chore;
        /* one that somebody sleeps for is left to him: he has been woken */
        if (!any && (!chore->whose || !chore->whose->waiter))
            any = chore;
    }
    return any;
}

void waiting_sleep(struct waiting *w, struct waitable *what, uint64_t until, _Atomic uint64_t *session_deadline)
{
    struct waiter me = { .what = what };
    int state = WAITABLE_PENDING;
    pthread_mutex_lock(&w->lock);
    if (find_chore(w, what) || (what && !atomic_compare_exchange_strong(&what->state, &state, WAITABLE_SLEEPING))) {
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

void waiting_leave(struct waiting *w)
{
    pthread_mutex_lock(&w->lock);
    call_first(w);
    pthread_mutex_unlock(&w->lock);
}

/* Lock held. */
static void call_background(struct waiting *w)
{
    if (w->chair && w->chair == w->background)
        wake(w, w->chair);
    else
        pthread_cond_signal(&w->call);
}

void waiting_dismiss(struct waiting *w)
{
    pthread_mutex_lock(&w->lock);
    w->dismissed = true;
    call_background(w);
    pthread_mutex_unlock(&w->lock);
}

bool waiting_attend(struct waiting *w, _Atomic uint64_t *session_deadline)
{
    struct waiter me = { .what = NULL };
    pthread_mutex_lock(&w->lock);
    if (w->dismissed || find_chore(w, NULL)) { /* its call found nobody asleep */
        bool stays = !w->dismissed;
        pthread_mutex_unlock(&w->lock);
        return stays;
    }
    if (!w->chair && list_empty(&w->bench)) {
        w->background = &me;
        sleep_in_chair(w, &me, NO_DEADLINE, session_deadline);
        w->background = NULL;
        call_first(w);
    } else {
        struct timespec at = clock_to_timespec(clock_now() + (atomic_load(&w->lent) ? BACKGROUND_AWAY_LENDING : BACKGROUND_AWAY));
        pthread_cond_timedwait(&w->call, &w->lock, &at);
    }
    pthread_mutex_unlock(&w->lock);
    return true;
}

void waiting_add_chore(struct waiting *w, struct chore *chore)
{
    pthread_mutex_lock(&w->lock);
    list_append(&w->chores, &chore->link);
    if (chore->whose && chore->whose->waiter)
        wake(w, chore->whose->waiter);
    else if (!list_empty(&w->bench))
        wake(w, list_entry(w->bench.next, struct waiter, link));
    else
        call_background(w);
    pthread_mutex_unlock(&w->lock);
}

struct chore *waiting_take_chore(struct waiting *w, const struct waitable *what)
{
    pthread_mutex_lock(&w->lock);
    struct chore *chore = find_chore(w, what);
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
