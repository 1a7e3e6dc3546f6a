/* SPDX-License-Identifier: BSD-3-Clause */
/* environment.c - variables that begin with MSTRO_: known, or misspelt */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "apps/doctor/finding.h"
#include "lib/schema/nearest.h"

#define NO_EFFECT "; no effect in this version"

const struct variable known_variables[] = {
    { "MSTRO_WORKFLOW_NAME", "the workflow, where mstro_init is not told", false },
    { "MSTRO_COMPONENT_NAME", "the component, where mstro_init is not told", false },
    { "MSTRO_COMPONENT_INDEX", "set by maestro run: which instance of its stage a process is", false },
    { "MSTRO_COMPONENT_INSTANCES", "set by maestro run: how many instances its stage has", false },
    { "MSTRO_POOL_MANAGER_INFO", "how to join the pool; holds the workflow's key", false },
    { "MSTRO_RUNTIME_DIR", "where locks and sockets lie", false },
    { "MSTRO_LOG_LEVEL", "none, error, warn, info, debug, noise, or 0 to 4", false },
    { "MSTRO_LOG_MODULES", "which modules speak: all,^pm", false },
    { "MSTRO_LOG_DST", "stderr, stdout, syslog or a file", false },
    { "MSTRO_LOG_COLOR", "auto, never, always or a colour", false },
    { "MSTRO_TRANSPORT_DEFAULT", "how data move, where nothing else is said: RDMA, GFS, ...", false },
    { "MSTRO_TRANSPORT_GFS_DIR", "the shared folder of the GFS transport" NO_EFFECT, true },
    { "MSTRO_OFI_PROVIDER", "the libfabric provider to take", false },
    { "MSTRO_OFI_NUM_RECV", "buffers posted for incoming frames", false },
    { "MSTRO_RINGS", "no: messages between processes of one node take the network, too", false },
    { "MSTRO_PM_PC_NUM_THREADS", "threads of the pool manager", false },
    { "MSTRO_OPERATIONS_NUM_THREADS", "threads for operations" NO_EFFECT, true },
    { "MSTRO_SCHEMA_PATH", "where schema files are looked for", false },
    { "MSTRO_SCHEMA_LIST", "schema files, separated by ';'", false },
    { "MSTRO_DROP_UNKNOWN_ATTRIBUTES", "1: attributes that no schema knows are dropped", false },
    { "MSTRO_TELEMETRY_HEARTBEAT", "seconds between lines of statistics", false },
    { "MSTRO_FINALIZE_TIMEOUT", "how long mstro_finalize waits for others", false },
    { "MSTRO_OPERATION_TIMEOUT", "the deadline of blocking calls that have none", false },
    { "MSTRO_LEASE", "a process silent for longer is taken for dead", false },
    { "MSTRO_HEARTBEAT", "a process with nothing to say says so this often", false },
    { "MSTRO_ACK_TIMEOUT", "how long a missing acknowledgement holds an operation", false },
    { "MSTRO_INLINE_LIMIT", "data up to this size travel inside the messages", false },
    { "MSTRO_INLINE_BUDGET", "memory of the pool manager for such data", false },
    { "MSTRO_MEMORY_BUDGET", "memory of the pool manager for everything", false },
    { "MSTRO_DRAIN_TIME", "how long a pool manager waits for its members when asked to end", false },
    { "MSTRO_LISTEN", "the address a pool manager listens on", false },
    { "MSTRO_CONNECTIONS", "how many connections a pool manager accepts", false },
    { "MSTRO_JOIN_TIME", "how long a process may take to join", false },
    { "MSTRO_KEY_FILE", "the file that holds the workflow's key", false },
    { "MSTRO_STATISTICS", "where statistics are written at the end", false },
    { NULL, NULL, false },
};

/* What nobody but the members of a workflow may see is not printed. */
static const char *shown_value(const char *name, const char *value)
{
    return strcmp(name, "MSTRO_POOL_MANAGER_INFO") == 0 ? "(set; it holds the workflow's key)" : value;
}

static void examine_variable(struct findings *f, const char *name, const char *value)
{
    struct nearest search = nearest_to(text_of(name));
    for (const struct variable *known = known_variables; known->name; known++) {
        if (strcmp(known->name, name) == 0) {
            finding_add(f, "environment", known->ignored ? VERDICT_NOTE : VERDICT_GOOD, name, "%s%s", shown_value(name, value),
                        known->ignored ? NO_EFFECT : "");
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
