/* SPDX-License-Identifier: BSD-3-Clause */
/* settings.h - the one table of what can be set: flag, environment variable, file key, default, help
 *
 * A setting reaches the library through its environment variable; a flag wins over the environment, the environment over the
 * file of --config. */
#ifndef POOL_MANAGER_SETTINGS_H
#define POOL_MANAGER_SETTINGS_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "maestro/status.h"

/* SETTING_SHARE: a size, or a percentage of the memory that this process may have (lib/system/memory.h). */
enum setting_kind { SETTING_TEXT, SETTING_DURATION, SETTING_SIZE, SETTING_SHARE, SETTING_INTEGER, SETTING_BOOL, SETTING_PATH };
enum setting_origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_ENVIRONMENT, ORIGIN_FLAG };

struct setting {
    const char *name;        /* "lease": --lease on the command line, lease: in a file */
    const char *environment; /* "MSTRO_LEASE" */
    enum setting_kind kind;
    const char *fallback;    /* as a person would write it */
    const char *placeholder; /* "TIME" in help */
    const char *help;
};

/* Ends with a row without a name. */
extern const struct setting settings[];

/* Files that the command line may name besides; they cannot stand in the first one. */
#define OPTION_CONFIG "config"
#define OPTION_INFO_FILE "info-file"

/* The row of this name, or NULL. */
const struct setting *setting_find(const char *name);

/* Where the present value of a setting came from; settings_load and setting_give keep it. */
enum setting_origin setting_origin(const struct setting *s);

/* The present value as text; the default's text where nothing was set. */
const char *setting_text(const struct setting *s);

/* The same as a number (ns, bytes, 0 or 1), once it has been checked; as a path or text, NULL where it is empty. */
uint64_t setting_amount(const char *name);
const char *setting_path(const char *name);

/* MSTRO_INVARG, with what may stand there, when 'text' cannot be the value. */
mstro_status setting_check(const struct setting *s, const char *text);

/* Check 'text' and put it into the environment. */
mstro_status setting_give(const struct setting *s, const char *text, enum setting_origin origin);

/* Check what the environment says already. */
mstro_status settings_check_environment(void);

/* Read a YAML mapping of settings; what flags or environment have set stays.  An unknown key is an error with a suggestion;
 * MSTRO_INVARG, MSTRO_NOENT. */
mstro_status settings_load(const char *path);

/* Check what only makes sense together, once all is set. */
mstro_status settings_check_together(void);

/* One row a setting, for --help. */
void settings_print_help(FILE *to);

/* One line a setting: name, value, origin. */
void settings_print(FILE *to);

#endif
