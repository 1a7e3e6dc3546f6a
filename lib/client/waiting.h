/* SPDX-License-Identifier: BSD-3-Clause */
/* waiting.h - threads that wait for something a session brings
 *
 * One of them at a time has the chair: it sleeps in the link and is the one whom news, and the next thing that is due, wake.  While it is
 * awake it drives: it takes a turn of the token before it lies down again, or gives the chair to the next, who takes one, so that what others start
 * meanwhile can be left to it, and leaves together.  The others sleep on the bench until they are called: what they wait for is there,
 * there is something to do for them, or the chair is theirs.  Who calls takes them off the bench and wakes them when it has let the lock
 * go, many at once.  Nobody sleeps while holding the token.  tests/sim/token.c goes through every order of the steps. */
#ifndef LIB_CLIENT_WAITING_H
#define LIB_CLIENT_WAITING_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/eventcount.h"
#include "lib/base/list.h"
#include "lib/client/link.h"

enum waitable_state { WAITABLE_PENDING, WAITABLE_SLEEPING, WAITABLE_READY };

/* Something one thread may wait for.  It may be gone as soon as it is READY. */
struct waitable {
    atomic_int state;
    struct waiter *waiter; /* while SLEEPING; guarded by waiting.lock.  NULL once it was called because this is READY */
};

/* Work that must not be done under the token: moves of bytes. */
struct chore {
    struct list link;
    struct waitable *whose; /* what waits for it, or NULL; it lives until the chore is done */
};

/* Which chores a thread that waits does: any; those of what it waits for, because it must be back in time; none. */
enum work { WORK_ANY, WORK_OWN, WORK_NONE };

enum chair {
    CHAIR_EMPTY,
    CHAIR_AWAKE, /* who has it takes a turn before it lies down, or before another who has it then does, or the queue is looked into */
    CHAIR_ASLEEP /* who has it sleeps, or is about to; or it is the session's own thread */
};

/* Words that those on the bench sleep at, each with a bit of its own as long as there are no more of them. */
enum { BENCH_WORDS = 16, BENCH_SEATS = BENCH_WORDS * 32 };

/* Who has been called and is to be woken when no lock is held.  All zero is nobody. */
struct calls {
    uint32_t seats[BENCH_WORDS]; /* one bit each */
    unsigned count;              /* of those on the bench */
    bool chair;                  /* who sleeps in the chair, too */
};

struct waiting {
    pthread_mutex_t lock;        /* leaf; guards what follows */
    struct list bench;           /* of waiters that have not been called */
    struct waiter *sitter;       /* who sleeps in the chair, or NULL */
    struct list chores;
    struct waiter *background;   /* the session's own thread while it sleeps in the chair */
    bool dismissed;              /* the background thread shall end */
    unsigned seats;              /* that were taken so far */
    pthread_cond_t call;         /* for the background thread: a chore, or the end */
    struct link *link;
    atomic_int chair;            /* enum chair; from and to CHAIR_EMPTY under the lock */
    struct eventcount words[BENCH_WORDS];
    atomic_uint lent;            /* objects that others may be reading: the background thread comes back soon */
    _Atomic uint64_t until;      /* how long the chair sleeps: a deadline before that must wake it; 0: nobody sleeps in it */
    atomic_uint visits;          /* of callers */
    unsigned visits_seen;        /* by the background thread */
};

void waiting_init(struct waiting *w, struct link *link);
void waiting_release(struct waiting *w);

/* What 'what' stands for is here: call who sleeps for it.  Any thread, once between two waitable_reset.  Who is called is added to
 * 'calls', or woken at once when that is NULL. */
void waiting_ready(struct waiting *w, struct waitable *what, struct calls *calls);

/* Wake who was called, holding no lock: how many on the bench. */
unsigned waiting_wake(struct waiting *w, const struct calls *calls);

/* How a thread that waits goes on. */
enum next {
    NEXT_LOOKS, /* for a chore, and at the time */
    NEXT_DRIVES, /* it has the chair */
    NEXT_IS_DONE /* what it waits for is there, and it owes nothing to anybody */
};

/* A thread that has not got the chair: take it, or sleep on the bench until it is called, or 'until'. */
enum next waiting_enter(struct waiting *w, struct waitable *what, enum work work, uint64_t until);

/* Who has the chair is about to lie down.  What others left to it before must be looked for after this. */
static inline void waiting_nod(struct waiting *w) { atomic_store(&w->chair, CHAIR_ASLEEP); }

/* In the chair, after waiting_nod: sleep until 'what' is READY, a chore is to be done, the session is to be driven, or 'until'.  May return
 * early.  It is awake then. */
void waiting_sleep(struct waiting *w, struct waitable *what, enum work work, uint64_t until, _Atomic uint64_t *session_deadline);

/* This thread waits no longer, the first on the bench has its chair and somebody its chores.  True when it had the chair and nobody
 * has it now: what others left to it must be looked for. */
bool waiting_leave(struct waiting *w, bool chair);

/* The session's own thread sleeps: in the chair while no caller wants it, else it stays away and looks every millisecond, so that it is
 * not woken for each call and still there soon after the last, and when something is due that a caller has kept back.  May return early.  False when it has been dismissed: it shall end. */
bool waiting_attend(struct waiting *w, _Atomic uint64_t *session_deadline);

/* End the attendance, also one that is just about to begin. */
void waiting_dismiss(struct waiting *w);

/* What that thread does next, as far as it can be said from what it sees. */
enum attendance {
    ATTENDANCE_ENDS,  /* it was dismissed */
    ATTENDANCE_WORKS, /* a chore is there that nobody else does */
    ATTENDANCE_SITS,  /* in the chair, until something happens */
    ATTENDANCE_AWAY   /* callers have the chair, or had it lately; it looks again after 'away' ns: they may leave it while others read from this process */
};
struct attending { enum attendance how; uint64_t away; };
struct attending waiting_attendance(bool dismissed, bool chore, bool callers, bool lent);

/* Queue a chore, and wake the thread that waits for what it is for, or any that does such. */
void waiting_add_chore(struct waiting *w, struct chore *chore);

/* One that the thread that waits for 'what' (NULL: for nothing) should do now, or NULL: its own before one that nobody else does. */
struct chore *waiting_take_chore(struct waiting *w, const struct waitable *what, enum work work);

/* Something is lent that others read where it lies, or no longer. */
void waiting_lend(struct waiting *w);
void waiting_lend_no_more(struct waiting *w);

/* A caller was here: the background thread leaves the link to the callers for a while. */
static inline void waiting_visit(struct waiting *w)
{
    atomic_store_explicit(&w->visits, atomic_load_explicit(&w->visits, memory_order_relaxed) + 1, memory_order_relaxed); /* two at once may count as one */
}

/* Somebody sleeps in the chair.  Without the lock: it may be otherwise at once. */
static inline bool waiting_asleep(struct waiting *w) { return atomic_load(&w->chair) == CHAIR_ASLEEP; }

/* Somebody has the chair who takes what was queued before this was asked. */
static inline bool waiting_awake(struct waiting *w) { return atomic_load(&w->chair) == CHAIR_AWAKE; }

/* Something is due at 'deadline': the chair must not sleep longer. */
void waiting_deadline(struct waiting *w, uint64_t deadline);

#endif
