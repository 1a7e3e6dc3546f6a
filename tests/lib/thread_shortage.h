/* SPDX-License-Identifier: BSD-3-Clause */
/* thread_shortage.h - a system that has no thread left: linked into a program, pthread_create fails when it is told to
 *
 * In another process it is told so by the environment: MAESTRO_THREADS_LEFT=N, N are started and no more. */
#ifndef TESTS_LIB_THREAD_SHORTAGE_H
#define TESTS_LIB_THREAD_SHORTAGE_H

/* From here on 'count' threads can be started and no more; -1: as many as there are. */
void threads_left(int count);

#endif
