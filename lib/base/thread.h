/* SPDX-License-Identifier: BSD-3-Clause */
/* thread.h - threads of the library's own: signals belong to those of the application */
#ifndef LIB_BASE_THREAD_H
#define LIB_BASE_THREAD_H
#include <pthread.h>
#include <stddef.h>

#include "maestro/status.h"

/* Start one that runs 'run(context)' with every signal blocked.  'purpose' goes into the text of a failure, MSTRO_NOMEM; 'stack': its size
 * in bytes, 0 for the usual one. */
mstro_status thread_start(pthread_t *thread, const char *purpose, size_t stack, void *(*run)(void *context), void *context);

#endif
