/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.h - how much memory this process may have at most */
#ifndef LIB_SYSTEM_MEMORY_H
#define LIB_SYSTEM_MEMORY_H
#include <stdint.h>

/* Bytes: the least of the machine's memory, the limits of the control groups that the process is in (memory.max,
 * memory.limit_in_bytes), and its own limits of address space and data (RLIMIT_AS, RLIMIT_DATA). */
uint64_t memory_limit(void);

/* The limit of control groups alone, UINT64_MAX when there is none.  'membership' is /proc/self/cgroup and 'root' /sys/fs/cgroup, but in
 * tests. */
uint64_t memory_limit_of_groups(const char *membership, const char *root);

#endif
