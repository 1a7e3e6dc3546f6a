/* SPDX-License-Identifier: BSD-3-Clause */
/* environment.c - variables that begin with MSTRO_: known, or misspelt */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "apps/doctor/finding.h"
#include "lib/base/detail.h"
#include "lib/base/setting.h"
#include "lib/schema/nearest.h"

#define NO_EFFECT "; no effect in this version"

const struct variable known_variables[] = {
    { "MSTRO_WORKFLOW_NAME", "the workflow, where mstro_init is not told", FORM_TEXT },
    { "MSTRO_COMPONENT_NAME", "the component, where mstro_init is not told", FORM_TEXT },
    { "MSTRO_COMPONENT_INDEX", "set by maestro run: which instance of its stage a process is", FORM_INTEGER },
    { "MSTRO_COMPONENT_INSTANCES", "set by maestro run: how many instances its stage has", FORM_INTEGER },
    { "MSTRO_POOL_MANAGER_INFO", "how to join the pool; holds the workflow's key", FORM_TEXT },
    { "MSTRO_RUNTIME_DIR", "where locks and sockets lie", FORM_TEXT },
    { "MSTRO_LOG_LEVEL", "none, error, warn, info, debug, noise, or 0 to 4", FORM_TEXT },
    { "MSTRO_LOG_MODULES", "which modules speak: all,^pm", FORM_TEXT },
    { "MSTRO_LOG_DST", "stderr, stdout, syslog or a file", FORM_TEXT },
    { "MSTRO_LOG_COLOR", "auto, never, always or a colour", FORM_TEXT },
    { "MSTRO_TRANSPORT_DEFAULT", "how data move, where nothing else is said: RDMA, GFS, ...", FORM_TEXT },
    { "MSTRO_TRANSPORT_GFS_DIR", "the shared folder of the GFS transport" NO_EFFECT, FORM_IGNORED },
    { "MSTRO_OFI_PROVIDER", "the libfabric provider to take", FORM_TEXT },
    { "MSTRO_OFI_NUM_RECV", "buffers posted for incoming frames", FORM_INTEGER },
    { "MSTRO_RINGS", "no: messages between processes of one node take the network, too", FORM_BOOL },
    { "MSTRO_PM_PC_NUM_THREADS", "threads of the pool manager", FORM_INTEGER },
    { "MSTRO_OPERATIONS_NUM_THREADS", "threads for operations" NO_EFFECT, FORM_IGNORED },
    { "MSTRO_SCHEMA_PATH", "where schema files are looked for", FORM_TEXT },
    { "MSTRO_SCHEMA_LIST", "schema files, separated by ';'", FORM_TEXT },
    { "MSTRO_DROP_UNKNOWN_ATTRIBUTES", "1: attributes that no schema knows are dropped", FORM_BOOL },
    { "MSTRO_TELEMETRY_HEARTBEAT", "seconds between lines of statistics", FORM_DURATION },
    { "MSTRO_FINALIZE_TIMEOUT", "how long mstro_finalize waits for others", FORM_DURATION },
    { "MSTRO_OPERATION_TIMEOUT", "the deadline of blocking calls that have none", FORM_DURATION },
    { "MSTRO_LEASE", "a process silent for longer is taken for dead", FORM_DURATION },
    { "MSTRO_HEARTBEAT", "a process with nothing to say says so this often", FORM_DURATION },
    { "MSTRO_ACK_TIMEOUT", "how long a missing acknowledgement holds an operation", FORM_DURATION },
    { "MSTRO_EVENT_LINGER", "how long an event may wait for more to travel with", FORM_DURATION },
    { "MSTRO_INLINE_LIMIT", "data up to this size travel inside the messages", FORM_SIZE },
    { "MSTRO_INLINE_BUDGET", "memory of the pool manager for such data", FORM_SIZE },
    { "MSTRO_MEMORY_BUDGET", "memory of the pool manager for everything", FORM_SHARE },
    { "MSTRO_DRAIN_TIME", "how long a pool manager waits for its members when asked to end", FORM_DURATION },
    { "MSTRO_LISTEN", "the address a pool manager listens on", FORM_TEXT },
    { "MSTRO_CONNECTIONS", "how many connections a pool manager accepts", FORM_INTEGER },
    { "MSTRO_JOIN_TIME", "how long a process may take to join", FORM_DURATION },
    { "MSTRO_KEY_FILE", "the file that holds the workflow's key", FORM_TEXT },
    { "MSTRO_STATISTICS", "where statistics are written at the end", FORM_BOOL },
    { NULL, NULL, FORM_TEXT },
};

/* What nobody but the members of a workflow may see is not printed. */
static const char *shown_value(const char *name, const char *value)
{
    return strcmp(name, "MSTRO_POOL_MANAGER_INFO") == 0 ? "(set; it holds the workflow's key)" : value;
}

/* MSTRO_OK, or what is wrong with its value. */
static mstro_status read_as(enum value_form form, const char *name, const char *value)
{
    uint64_t amount;
    int64_t number;
    bool flag;
    switch (form) {
    case FORM_TEXT:
    case FORM_IGNORED: break;
    case FORM_DURATION: return setting_read_duration(name, 0, &amount);
    case FORM_SHARE:
        if (*value && value[strlen(value) - 1] == '%')
            return setting_integer((struct text){ value, strlen(value) - 1 }, &number)
                ? MSTRO_OK : detail_set(MSTRO_INVARG, "%s: '%s' is no share: N%%, or a size", name, value);
        return setting_read_size(name, 0, &amount);
    case FORM_SIZE: return setting_read_size(name, 0, &amount);
    case FORM_INTEGER: return setting_read_integer(name, 0, &number);
    case FORM_BOOL: return setting_read_bool(name, false, &flag);
    }
    return MSTRO_OK;
}

static void examine_known(struct findings *f, const struct variable *known, const char *value)
{
    bool ignored = known->form == FORM_IGNORED;
    if (read_as(known->form, known->name, value) == MSTRO_OK)
        finding_add(f, "environment", ignored ? VERDICT_NOTE : VERDICT_GOOD, known->name, "%s%s", shown_value(known->name, value), ignored ? NO_EFFECT : "");
    else
        finding_add(f, "environment", VERDICT_BAD, known->name, "%s", mstro_error_detail());
}

static void examine_variable(struct findings *f, const char *name, const char *value)
{
    struct nearest search = nearest_to(text_of(name));
    for (const struct variable *known = known_variables; known->name; known++) {
        if (strcmp(known->name, name) == 0) {
            examine_known(f, known, value);
            return;
        }
        nearest_offer(&search, text_of(known->name));
    }
    if (search.best.length)
        finding_add(f, "environment", VERDICT_BAD, name, "nobody reads it; did you mean " TEXT_FORMAT "?", TEXT_ARGUMENTS(search.best));
    else
        finding_add(f, "environment", VERDICT_BAD, name, "nobody reads it; maestro doctor --variables lists those that are read");
}

void examine_environment(struct findings *f)
{
    size_t before = f->count;
    for (char **at = environ; *at; at++) {
        char name[64];
        size_t length = strcspn(*at, "=");
        if (strncmp(*at, "MSTRO_", 6) != 0 || length >= sizeof name)
            continue;
        memcpy(name, *at, length);
        name[length] = '\0';
        examine_variable(f, name, *at + length + ((*at)[length] == '='));
    }
    if (f->count == before)
        finding_add(f, "environment", VERDICT_GOOD, "MSTRO_*", "none is set");
}
