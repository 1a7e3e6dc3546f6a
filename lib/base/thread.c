/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/thread.h"

#include <signal.h>
#include <string.h>

#include "lib/base/detail.h"

mstro_status thread_start(pthread_t *thread, const char *purpose, size_t stack, void *(*run)(void *context), void *context)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack)
        pthread_attr_setstacksize(&attributes, stack);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* it inherits the mask */
    int failed = pthread_create(thread, &attributes, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failed == 0)
        return MSTRO_OK;
    return detail_set(MSTRO_NOMEM, "no thread can be started for %s: %s; this user or control group may have as many as it is allowed "
                      "(ulimit -u, pids.max)", purpose, strerror(failed));
}
