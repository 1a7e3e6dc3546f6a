/* SPDX-License-Identifier: BSD-3-Clause */
/* setting.h - what a person writes into the environment, a file or a flag, as a value
 *
 *   duration   "2s" "250ms" "1.5 s" "3min" "1h" "10us" "5ns", a plain number is seconds, "never" is NO_DEADLINE -> nanoseconds
 *   size       "4096" "4KiB" "1.5MiB" "2GiB" (also 4K, 4M, 4G: the same powers of 1024; kB, MB, GB: of 1000)   -> bytes
 *   integer    "-17"
 *   bool       1 true yes on, 0 false no off; any case
 *
 * Blanks around the value are ignored; everything else must be used up.  The parsers write nothing when they return false. */
#ifndef LIB_BASE_SETTING_H
#define LIB_BASE_SETTING_H
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/view.h"
#include "maestro/status.h"

/* A default is written once, as a macro of number and unit, for programs and for people:
 *     #define POOL_LEASE(T) T(2, s)
 *     POOL_LEASE(DEFAULT_NUMBER) is 2000000000, POOL_LEASE(DEFAULT_TEXT) is "2s" */
#define DEFAULT_NUMBER(number, unit) (UINT64_C(number) * DEFAULT_UNIT_##unit)
#define DEFAULT_TEXT(number, unit) #number #unit
#define DEFAULT_UNIT_ UINT64_C(1)
#define DEFAULT_UNIT_s UINT64_C(1000000000)
#define DEFAULT_UNIT_ms UINT64_C(1000000)
#define DEFAULT_UNIT_KiB (UINT64_C(1) << 10)
#define DEFAULT_UNIT_MiB (UINT64_C(1) << 20)

bool setting_duration(struct text t, uint64_t *nanoseconds);
bool setting_size(struct text t, uint64_t *bytes);
bool setting_integer(struct text t, int64_t *value);
bool setting_bool(struct text t, bool *value);

/* The same from an environment variable; *value is 'fallback' where it is not set or empty, and also (MSTRO_INVARG, the detail
 * names variable, value and what may stand there) where it cannot be read.  Not while another thread changes the environment. */
mstro_status setting_read_duration(const char *variable, uint64_t fallback, uint64_t *nanoseconds);
mstro_status setting_read_size(const char *variable, uint64_t fallback, uint64_t *bytes);
mstro_status setting_read_integer(const char *variable, int64_t fallback, int64_t *value);
mstro_status setting_read_bool(const char *variable, bool fallback, bool *value);

/* The variable's text, or NULL where it is not set or empty. */
const char *setting_read_text(const char *variable);

#endif
