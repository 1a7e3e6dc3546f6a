/* SPDX-License-Identifier: BSD-3-Clause */
/* waiting.h - threads that wait for something a session brings
 *
 * One of them at a time has the chair: it sleeps in the link and is the one whom news, and the next thing that is due, wake.  The
 * others sleep on the bench until what they wait for is there, or the chair is free.  Nobody sleeps while holding the token. */
#ifndef LIB_CLIENT_WAITING_H
#define LIB_CLIENT_WAITING_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/list.h"
#include "lib/client/link.h"

enum waitable_state { WAITABLE_PENDING, WAITABLE_SLEEPING, WAITABLE_READY };

/* Something one thread may wait for.  It may be gone as soon as it is READY. */
struct waitable {
    atomic_int state;
    struct waiter *waiter; /* while SLEEPING; guarded by waiting.lock */
};

/* Work that must not be done under the token: moves of bytes. */
struct chore {
    struct list link;
    struct waitable *whose; /* what waits for it, or NULL; it lives until the chore is done */
};

/* Which chores a thread that waits does: any; those of what it waits for, because it must be back in time; none. */
enum work { WORK_ANY, WORK_OWN, WORK_NONE };

struct waiting {
    pthread_mutex_t lock;        /* leaf but for link.wake; guards what follows */
    struct list bench;           /* of waiters, the one in the chair too */
    struct waiter *chair;
    struct list chores;
    struct waiter *background;   /* the session's own thread, when the link needs one */
    bool dismissed;              /* the background thread shall end */
    pthread_cond_t call;         /* for it: a chore, or the end */
    struct link *link;
    atomic_uint lent;            /* objects that others may be reading: the background thread comes back soon */
    _Atomic uint64_t until;      /* how long the chair sleeps: a deadline before that must wake it; 0: nobody sleeps in it */
    atomic_uint visits;          /* of callers */
    unsigned visits_seen;        /* by the background thread */
};

void waiting_init(struct waiting *w, struct link *link);
void waiting_release(struct waiting *w);

/* What 'what' stands for is here: wake who sleeps for it.  Any thread, once between two waitable_reset. */
void waiting_ready(struct waiting *w, struct waitable *what);

/* Sleep until 'what' is READY, a chore is to be done, the session is to be driven, or 'until'.  May return early.  'what' may be NULL. */
void waiting_sleep(struct waiting *w, struct waitable *what, enum work work, uint64_t until, _Atomic uint64_t *session_deadline);

/* This thread waits no longer: somebody else may have the chair, and the chores. */
void waiting_leave(struct waiting *w);

/* The session's own thread sleeps: in the chair while no caller wants it, else for a few milliseconds at a time, so that it is not
 * woken for each call and still there soon after the last.  May return early.  False when it has been dismissed: it shall end. */
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
static inline bool waiting_asleep(struct waiting *w) { return atomic_load(&w->until) != 0; }

/* Something is due at 'deadline': the chair must not sleep longer. */
void waiting_deadline(struct waiting *w, uint64_t deadline);

#endif
