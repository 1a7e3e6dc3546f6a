/* SPDX-License-Identifier: BSD-3-Clause */
/* condition.h - condition variables whose times are those of clock.h */
#ifndef LIB_BASE_CONDITION_H
#define LIB_BASE_CONDITION_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void condition_init(pthread_cond_t *condition);

/* 'mutex' held.  Wait to be woken, until 'until' at most (NO_DEADLINE: as long as it takes).  False when that time is over. */
bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t until);

#endif
