/* SPDX-License-Identifier: BSD-3-Clause */
/* log.h - lines for people: the fact, then the names
 *
 *   [I:pm] component:index appid thread (host pid) ns: function(file:line) text
 *
 * Levels by volume: ERROR somebody must act, WARN something was lost or refused, INFO a handful of lines a run, DEBUG one an
 * operation, NOISE one a record.  A suppressed line costs one comparison.
 *
 *   MSTRO_LOG_LEVEL    none error warn info debug noise, in any case, or a number: 0 (error) to 4 (noise); default warn
 *   MSTRO_LOG_MODULES  "stats", "all,^pm", "^pm": which modules speak; errors always do.  Default all
 *   MSTRO_LOG_DST      stderr (default), stdout, syslog, or the path of a file to append to
 *   MSTRO_LOG_COLOR    never, always, auto (default: on a terminal, unless NO_COLOR is set), or the name of a colour for the head
 *                      of every line (red, brightgreen ...)
 *
 * What cannot be understood there is said in one line, and the default holds.  Any thread; a line is one write, cut at 2 KiB,
 * with control characters replaced by '?'. */
#ifndef LIB_BASE_LOG_H
#define LIB_BASE_LOG_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_NOISE };
enum log_module { LOG_CORE, LOG_CDO, LOG_POOL, LOG_PM, LOG_EVENT, LOG_FABRIC, LOG_TRANSPORT, LOG_SCHEMA, LOG_STATS, LOG_MODULE_COUNT };

/* Read the environment again; the names stand in every line from now on.  NULL component: none. */
void log_configure(const char *component, int64_t index, uint64_t app_id);

/* Per module: levels under this one are written.  Belongs to log.c. */
extern atomic_uchar log_limit[LOG_MODULE_COUNT];

static inline bool log_wanted(enum log_level level, enum log_module module)
{
    return level < atomic_load_explicit(&log_limit[module], memory_order_relaxed);
}

/* Write the line.  Use the macros below, which ask first. */
void log_line(enum log_level level, enum log_module module, const char *function, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

#define log_at(level, module, ...) \
    do { \
        if (log_wanted(level, module)) \
            log_line(level, module, __func__, __FILE__, __LINE__, __VA_ARGS__); \
    } while (0)
#define log_error(module, ...) log_at(LOG_ERROR, module, __VA_ARGS__)
#define log_warn(module, ...) log_at(LOG_WARN, module, __VA_ARGS__)
#define log_info(module, ...) log_at(LOG_INFO, module, __VA_ARGS__)
#define log_debug(module, ...) log_at(LOG_DEBUG, module, __VA_ARGS__)
#define log_noise(module, ...) log_at(LOG_NOISE, module, __VA_ARGS__)

#endif
