/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool-manager/settings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/detail.h"
#include "lib/base/setting.h"
#include "lib/fabric/fabric.h"
#include "lib/pool/pool.h"
#include "lib/schema/nearest.h"
#include "lib/schema/yaml.h"
#include "lib/serve/admission.h"
#include "lib/serve/pool_info.h"
#include "lib/system/memory.h"

const struct setting settings[] = {
    { "workflow", "MSTRO_WORKFLOW_NAME", SETTING_TEXT, "maestro", "NAME", "name of the workflow; processes that name another are refused" },
    { "listen", "MSTRO_LISTEN", SETTING_TEXT, "local", "ADDRESS", "address or network interface to listen on; local: loopback only" },
    { "provider", "MSTRO_OFI_PROVIDER", SETTING_TEXT, "", "NAME", "libfabric provider; the best that works where not given" },
    { "receive-buffers", "MSTRO_OFI_NUM_RECV", SETTING_INTEGER, "", "N", "buffers posted for incoming frames" },
    { "rings", "MSTRO_RINGS", SETTING_BOOL, "yes", "BOOL", "messages of processes on this node go through shared memory" },
    { "shards", "MSTRO_PM_PC_NUM_THREADS", SETTING_INTEGER, "", "N", "threads that serve, each its own objects; half the cores where not given" },
    { "lease", "MSTRO_LEASE", SETTING_DURATION, POOL_LEASE(DEFAULT_TEXT), "TIME", "a process silent for longer is taken for dead; never: not at all" },
    { "heartbeat", "MSTRO_HEARTBEAT", SETTING_DURATION, "", "TIME", "processes with nothing to say say so this often; a quarter of the lease, at most " POOL_LONGEST_HEARTBEAT(DEFAULT_TEXT) ", where not given" },
    { "ack-timeout", "MSTRO_ACK_TIMEOUT", SETTING_DURATION, POOL_ACK_TIMEOUT(DEFAULT_TEXT), "TIME", "how long a missing acknowledgement may hold an operation" },
    { "event-linger", "MSTRO_EVENT_LINGER", SETTING_DURATION, POOL_EVENT_LINGER(DEFAULT_TEXT), "TIME", "how long an event may wait for more to travel with when its subscriber was just told of others and does nothing" },
    { "inline-limit", "MSTRO_INLINE_LIMIT", SETTING_SIZE, POOL_INLINE_LIMIT(DEFAULT_TEXT), "SIZE", "data up to this size travel inside the messages" },
    { "inline-budget", "MSTRO_INLINE_BUDGET", SETTING_SIZE, POOL_INLINE_BUDGET(DEFAULT_TEXT), "SIZE", "memory for such data; beyond it they stay with their producers" },
    { "memory-budget", "MSTRO_MEMORY_BUDGET", SETTING_SHARE, "25%", "SIZE", "memory for everything, then requests are refused; N% of what the process may have; 0: no limit" },
    { "runtime-directory", "MSTRO_RUNTIME_DIR", SETTING_PATH, "", "DIR", "where the lock of the workflow lies" },
    { "drain-time", "MSTRO_DRAIN_TIME", SETTING_DURATION, "4s", "TIME", "how long operations may go on after SIGTERM" },
    { "join-time", "MSTRO_JOIN_TIME", SETTING_DURATION, ADMISSION_JOIN_TIME(DEFAULT_TEXT), "TIME", "a connection that has not joined by then is closed" },
    { "connections", "MSTRO_CONNECTIONS", SETTING_INTEGER, ADMISSION_CONNECTIONS(DEFAULT_TEXT), "N", "processes that may be connected at once" },
    { "key-file", "MSTRO_KEY_FILE", SETTING_PATH, "", "FILE", "keep the key in this file, mode 0600; <info> only names it" },
    { "statistics", "MSTRO_STATISTICS", SETTING_BOOL, "no", "BOOL", "print a line of JSON on stderr at the end" },
    { "statistics-interval", "MSTRO_TELEMETRY_HEARTBEAT", SETTING_DURATION, "never", "TIME", "print one this often" },
    { "log-level", "MSTRO_LOG_LEVEL", SETTING_TEXT, "warn", "LEVEL", "error, warn, info, debug or noise" },
    { 0 },
};

/* Where less than the whole of a kind makes sense. */
static const struct range { const char *name; uint64_t least, most; const char *said; } ranges[] = {
    { "receive-buffers", 1, FABRIC_RECEIVE_BUFFERS_MAX, "an integer from 1 to 65536" },
    { "shards", 1, MAX_SHARDS, "an integer from 1 to 64" },
    { "lease", 10 * NANOSECONDS_PER_MILLISECOND, NO_DEADLINE, "a time of 10ms or more, or never" },
    { "heartbeat", NANOSECONDS_PER_MILLISECOND, NO_DEADLINE, "a time of 1ms or more, or never" },
    { "event-linger", 0, NANOSECONDS_PER_SECOND, "a time of at most 1s; 0: not at all" },
};

static enum setting_origin origins[sizeof settings / sizeof settings[0]];

const struct setting *setting_find(const char *name)
{
    for (const struct setting *s = settings; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

enum setting_origin setting_origin(const struct setting *s)
{
    return origins[s - settings];
}

const char *setting_text(const struct setting *s)
{
    const char *value = getenv(s->environment);
    return value && *value ? value : s->fallback;
}

/* "25%" of the memory that the machine, a control group or the limits of the process leave us. */
static bool read_share(struct text text, uint64_t *bytes)
{
    int64_t percent;
    if (text.length == 0 || text.at[text.length - 1] != '%')
        return setting_size(text, bytes);
    text.length--;
    if (!setting_integer(text, &percent) || percent < 1 || percent > 100)
        return false;
    *bytes = memory_limit() / 100 * (uint64_t)percent;
    return true;
}

static uint64_t amount_of(enum setting_kind kind, const char *value)
{
    struct text text = text_of(value);
    uint64_t amount = 0;
    int64_t number = 0;
    bool truth = false;
    switch (kind) {
    case SETTING_DURATION: setting_duration(text, &amount); break;
    case SETTING_SIZE: setting_size(text, &amount); break;
    case SETTING_SHARE: read_share(text, &amount); break;
    case SETTING_INTEGER: amount = setting_integer(text, &number) ? (uint64_t)number : 0; break;
    case SETTING_BOOL: amount = setting_bool(text, &truth) && truth; break;
    case SETTING_TEXT:
    case SETTING_PATH: break;
    }
    return amount;
}

uint64_t setting_amount(const char *name)
{
    const struct setting *s = setting_find(name);
    return amount_of(s->kind, setting_text(s));
}

const char *setting_path(const char *name)
{
    const char *text = setting_text(setting_find(name));
    return *text ? text : NULL;
}

static bool readable(enum setting_kind kind, const char *text)
{
    uint64_t amount;
    int64_t number;
    bool truth;
    switch (kind) {
    case SETTING_DURATION: return setting_duration(text_of(text), &amount);
    case SETTING_SIZE: return setting_size(text_of(text), &amount);
    case SETTING_SHARE: return read_share(text_of(text), &amount);
    case SETTING_INTEGER: return setting_integer(text_of(text), &number) && number > 0 && number <= INT32_MAX;
    case SETTING_BOOL: return setting_bool(text_of(text), &truth);
    case SETTING_TEXT:
    case SETTING_PATH: return *text != '\0';
    }
    return false;
}

static const struct range *range_of(const struct setting *s)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (strcmp(ranges[i].name, s->name) == 0)
            return &ranges[i];
    return NULL;
}

static bool valid(const struct setting *s, const char *text)
{
    if (!readable(s->kind, text))
        return false;
    const struct range *range = range_of(s);
    uint64_t amount = amount_of(s->kind, text);
    return !range || (amount >= range->least && amount <= range->most);
}

static const char *expectation(const struct setting *s)
{
    const struct range *range = range_of(s);
    if (range)
        return range->said;
    switch (s->kind) {
    case SETTING_DURATION: return "a time, such as 2s, 250ms or never";
    case SETTING_SIZE: return "a size, such as 4096, 4KiB or 64MiB";
    case SETTING_SHARE: return "a size, such as 64MiB, or 1% to 100% of the memory";
    case SETTING_INTEGER: return "an integer above 0";
    case SETTING_BOOL: return "yes or no";
    case SETTING_TEXT: return "a text that is not empty";
    case SETTING_PATH: return "a path";
    }
    return "something else";
}

mstro_status setting_check(const struct setting *s, const char *text)
{
    return valid(s, text) ? MSTRO_OK : detail_set(MSTRO_INVARG, "%s: '%s' is not valid: expected %s", s->name, text, expectation(s));
}

mstro_status setting_give(const struct setting *s, const char *text, enum setting_origin origin)
{
    mstro_status status = setting_check(s, text);
    if (status != MSTRO_OK)
        return status;
    if (setenv(s->environment, text, 1) != 0)
        return detail_set(MSTRO_NOMEM, "%s: no memory to keep '%s'", s->name, text);
    origins[s - settings] = origin;
    return MSTRO_OK;
}

mstro_status settings_check_environment(void)
{
    for (const struct setting *s = settings; s->name; s++) {
        const char *value = getenv(s->environment);
        if (origins[s - settings] == ORIGIN_FLAG || !value || !*value)
            continue;
        if (!valid(s, value))
            return detail_set(MSTRO_INVARG, "environment variable %s: '%s' is not valid: expected %s", s->environment, value,
                              expectation(s));
        origins[s - settings] = ORIGIN_ENVIRONMENT;
    }
    return MSTRO_OK;
}

static mstro_status load_entry(const struct yaml *file, const struct yaml_node *entry)
{
    const struct setting *s = setting_find(entry->key.at);
    if (!s) {
        struct nearest search = nearest_to(entry->key);
        for (const struct setting *known = settings; known->name; known++)
            nearest_offer(&search, text_of(known->name));
        if (search.best.length)
            return yaml_fault_key(file, entry, "unknown setting '%s', did you mean '" TEXT_FORMAT "'?", entry->key.at,
                                  TEXT_ARGUMENTS(search.best));
        return yaml_fault_key(file, entry, "unknown setting '%s' (maestro-pool-manager --help lists them)", entry->key.at);
    }
    if (entry->kind != YAML_SCALAR || !valid(s, entry->text.at))
        return yaml_fault(file, entry, "%s is not valid: expected %s", s->name, expectation(s));
    if (setting_origin(s) != ORIGIN_DEFAULT)
        return MSTRO_OK;
    return setting_give(s, entry->text.at, ORIGIN_FILE);
}

mstro_status settings_load(const char *path)
{
    struct yaml file;
    mstro_status status = yaml_read_file(&file, path, MSTRO_INVARG);
    if (status != MSTRO_OK)
        return status == MSTRO_IO ? MSTRO_INVARG : status; /* a folder, a file of somebody else: not what was to be named */
    if (file.root->kind != YAML_MAPPING)
        status = yaml_fault(&file, file.root, "expected a mapping of settings, 'lease: 2s' a line");
    else
        for (const struct yaml_node *entry = file.root->first; entry && status == MSTRO_OK; entry = entry->next)
            status = load_entry(&file, entry);
    yaml_release(&file);
    return status;
}

mstro_status settings_check_together(void)
{
    uint64_t lease = setting_amount("lease"), heartbeat = setting_amount("heartbeat");
    if (lease != NO_DEADLINE && heartbeat >= lease / 2)
        return detail_set(MSTRO_INVARG, "lease %s with heartbeat %s: processes with nothing to say would be taken for dead; the lease must be "
                          "longer than two heartbeats, or never", setting_text(setting_find("lease")), setting_text(setting_find("heartbeat")));
    return MSTRO_OK;
}

void settings_print_help(FILE *to)
{
    for (const struct setting *s = settings; s->name; s++) {
        char flag[64];
        snprintf(flag, sizeof flag, "--%s %s", s->name, s->placeholder);
        fprintf(to, "  %-26s %s\n  %-26s   (%s", flag, s->help, "", s->environment);
        fprintf(to, *s->fallback ? ", default %s)\n" : ")\n", s->fallback);
    }
}

void settings_print(FILE *to)
{
    static const char *const names[] = { "default", "file", "environment", "flag" };
    for (const struct setting *s = settings; s->name; s++)
        fprintf(to, "%-18s %-24s %s\n", s->name, setting_text(s), names[setting_origin(s)]);
}
