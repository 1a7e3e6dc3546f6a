/* SPDX-License-Identifier: BSD-3-Clause */
/* process.c - mstro_init, mstro_finalize, and the state between them */
#include "lib/api/process.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/base/detail.h"
#include "lib/base/export.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/setting.h"
#include "lib/client/remote.h"
#include "lib/fabric/fabric.h"
#include "lib/schema/catalogue.h"
#include "lib/schema/outline.h"
#include "lib/serve/host.h"
#include "lib/serve/server.h"
#include "lib/system/node.h"
#include "lib/transport/choose.h"
#include "lib/wire/name.h"
#include "maestro/core.h"

enum phase { PHASE_NONE, PHASE_READY, PHASE_CHANGING, PHASE_ENDING };

/* Init, finalize and what changes the pool run one at a time under 'turn'. */
static struct {
    pthread_mutex_t turn;
    atomic_int phase;
    atomic_bool forked;
    atomic_int inside;        /* calls between enter and leave */
    uint64_t run;
    char *workflow, *component;
    int64_t index;
    char *info;               /* of the pool of another process that was joined, or NULL */
    struct id pool;           /* of the pool inside this process */
    struct host *host;        /* that pool, or NULL */
    struct server *server;    /* lets others into it, or NULL */
    struct session *session;
    struct schema *schema;
    struct outlines *outlines; /* of 'schema', for those who have others */
    struct cdo_memory *memory;
    uint64_t operation_timeout, finalize_timeout;
    struct pool_settings settings; /* for a pool of our own */
    pthread_mutex_t lists;    /* leaf; guards cdos, groups, subscriptions, out */
    pthread_cond_t out;       /* the last one has left */
    struct list cdos, groups, subscriptions;
} process = { .turn = PTHREAD_MUTEX_INITIALIZER, .lists = PTHREAD_MUTEX_INITIALIZER };

/* What handles have used and no user has seen, kept for the next ones. */
#define WARM_BYTES ((size_t)64 * 1024 * 1024)

/* How long a pool manager may take to let this process in. */
#define JOIN_PATIENCE (10 * NANOSECONDS_PER_SECOND)

/* How long mstro_finalize waits for calls that have been cancelled to return: as long as it may take, and what it may take beyond that,
 * which is 1 s with the leaving by force, and the closing that follows. */
#define LEAVING_PATIENCE (5 * NANOSECONDS_PER_SECOND)
#define OVERTIME (800 * NANOSECONDS_PER_MILLISECOND)

/* ---- in and out ---- */

mstro_status process_enter(void)
{
    if (atomic_load_explicit(&process.forked, memory_order_relaxed))
        return detail_set(MSTRO_FORKED, "%s", mstro_status_description(MSTRO_FORKED));
    atomic_fetch_add(&process.inside, 1);
    int phase = atomic_load(&process.phase);
    if (phase == PHASE_READY)
        return MSTRO_OK;
    process_leave();
    if (phase == PHASE_ENDING)
        return detail_set(MSTRO_CANCELLED, "mstro_finalize is running");
    if (phase == PHASE_CHANGING)
        return detail_set(MSTRO_BUSY, "another thread is joining or leaving a pool");
    return detail_set(MSTRO_UNINIT, "%s", mstro_status_description(MSTRO_UNINIT));
}

void process_leave(void)
{
    if (atomic_fetch_sub(&process.inside, 1) == 1 && atomic_load(&process.phase) >= PHASE_CHANGING) {
        pthread_mutex_lock(&process.lists);
        pthread_cond_broadcast(&process.out);
        pthread_mutex_unlock(&process.lists);
    }
}

bool process_ends(void) { return atomic_load(&process.phase) == PHASE_ENDING; }
struct session *process_session(void) { return process.session; }
struct schema *process_schema(void) { return process.schema; }
struct cdo_memory *process_memory(void) { return process.memory; }
uint64_t process_run(void) { return process.run; }

static uint64_t deadline_after(uint64_t time)
{
    return time == NO_DEADLINE ? NO_DEADLINE : clock_now() + time;
}

uint64_t process_deadline(void)
{
    return deadline_after(process.operation_timeout);
}

uint64_t process_pool_deadline(void)
{
    uint64_t lease = session_membership(process.session).lease;
    return process.operation_timeout == NO_DEADLINE && lease ? clock_now() + lease : process_deadline();
}

static void add(struct list *to, struct list *link)
{
    pthread_mutex_lock(&process.lists);
    list_append(to, link);
    pthread_mutex_unlock(&process.lists);
}

static void remove_link(struct list *link)
{
    pthread_mutex_lock(&process.lists);
    list_remove(link);
    pthread_mutex_unlock(&process.lists);
}

void process_add_cdo(struct mstro_cdo_ *cdo) { add(&process.cdos, &cdo->link); }
void process_remove_cdo(struct mstro_cdo_ *cdo) { remove_link(&cdo->link); }
void process_add_group(struct mstro_group_ *g) { add(&process.groups, &g->link); }
void process_remove_group(struct mstro_group_ *g) { remove_link(&g->link); }
void process_add_subscription(struct mstro_subscription_ *sub) { add(&process.subscriptions, &sub->link); }
void process_remove_subscription(struct mstro_subscription_ *sub) { remove_link(&sub->link); }

/* ---- fork ---- */

static void in_forked_child(void)
{
    if (atomic_load(&process.phase) != PHASE_NONE)
        atomic_store(&process.forked, true);
}

/* What is done once in the life of a process. */
static void prepare_process(void)
{
    condition_init(&process.out);
    pthread_atfork(NULL, NULL, in_forked_child);
}

/* ---- init ---- */

/* From the environment, where it is not given. */
static mstro_status find_name(const char *what, const char *variable, const char **name)
{
    if (!*name)
        *name = setting_read_text(variable);
    if (!*name || !**name)
        return detail_set(MSTRO_INVARG, "no %s name: give one to mstro_init or set %s", what, variable);
    return name_check_member(what, *name);
}

static mstro_status read_pool_settings(struct pool_settings *p)
{
    uint64_t inline_limit = 0;
    *p = pool_settings_default();
    mstro_status s = setting_read_duration("MSTRO_LEASE", p->lease, &p->lease);
    p->lease = zero_for_never(p->lease);
    if (s == MSTRO_OK)
        s = setting_read_duration("MSTRO_HEARTBEAT", pool_heartbeat(p->lease), &p->heartbeat);
    p->heartbeat = zero_for_never(p->heartbeat);
    if (s == MSTRO_OK)
        s = setting_read_duration("MSTRO_ACK_TIMEOUT", p->ack_timeout, &p->ack_timeout);
    if (s == MSTRO_OK)
        s = setting_read_size("MSTRO_INLINE_LIMIT", p->inline_limit, &inline_limit);
    p->inline_limit = pool_inline_limit(inline_limit);
    return s == MSTRO_OK ? setting_read_size("MSTRO_INLINE_BUDGET", p->inline_budget, &p->inline_budget) : s;
}

static mstro_status read_settings(void)
{
    mstro_status s = setting_read_duration("MSTRO_OPERATION_TIMEOUT", NO_DEADLINE, &process.operation_timeout);
    if (s == MSTRO_OK)
        s = setting_read_duration("MSTRO_FINALIZE_TIMEOUT", 60 * NANOSECONDS_PER_SECOND, &process.finalize_timeout);
    if (s == MSTRO_OK)
        s = read_pool_settings(&process.settings);
    return s == MSTRO_OK ? transport_check_setting(setting_read_text("MSTRO_TRANSPORT_DEFAULT")) : s;
}

static struct session_identity identity(struct node *node)
{
    if (node_self(node) != MSTRO_OK)
        *node = (struct node){ .process = (int32_t)getpid() };
    return (struct session_identity){ .workflow = process.workflow, .component = process.component, .host = node->host, .index = process.index,
                                      .node = node->id, .word_seed = random_word(random_kernel), .schemas = process.outlines };
}

/* Calls that wait for events wait for no operation: neither leaving the pool nor its loss ends them. */
static void wake_subscribers(void)
{
    pthread_mutex_lock(&process.lists);
    for (struct list *link = process.subscriptions.next; process.session && link != &process.subscriptions; link = link->next) {
        struct mstro_subscription_ *sub = list_entry(link, struct mstro_subscription_, link);
        subscription_end(sub);
        session_ready(process.session, &sub->news);
    }
    pthread_mutex_unlock(&process.lists);
}

/* The pool in this process.  Our own session, the first, needs no lease; others have one, should they be let in. */
static mstro_status open_own_pool(void)
{
    struct node node;
    struct session_identity who = identity(&node);
    struct pool_settings settings = process.settings;
    random_fill(random_kernel, &settings.pool, sizeof settings.pool);
    process.pool = settings.pool;
    settings.workflow = text_of(process.workflow);
    settings.epoch = 1;
    settings.home = HOST_FIRST_SESSION;
    mstro_status s = host_create(&process.host, &settings);
    struct link *link = NULL;
    if (s == MSTRO_OK)
        s = link_local(&link, process.host);
    if (s == MSTRO_OK)
        s = session_open(&process.session, link, &who, NO_DEADLINE);
    return s;
}

static mstro_status join_pool(const char *info)
{
    struct node node;
    struct session_identity who = identity(&node);
    uint64_t deadline = clock_now() + JOIN_PATIENCE;
    struct link *link = NULL;
    process.info = strdup(info);
    mstro_status s = process.info ? link_remote(&link, info, deadline) : detail_set(MSTRO_NOMEM, "not enough memory to join a pool");
    if (s == MSTRO_OK)
        s = session_open(&process.session, link, &who, deadline);
    return s;
}

/* Of the pool that is joined, or that is our own. */
static void close_pool(void)
{
    if (process.server)
        server_stop(process.server);
    session_release(process.session);
    host_destroy(process.host);
    free(process.info);
    process.server = NULL;
    process.session = NULL;
    process.host = NULL;
    process.info = NULL;
}

static mstro_status open_pool(const char *info)
{
    mstro_status s = info ? join_pool(info) : open_own_pool();
    if (s != MSTRO_OK) {
        close_pool();
        return s;
    }
    session_when_ended(process.session, wake_subscribers);
    log_configure(process.component, process.index, session_membership(process.session).app);
    return MSTRO_OK;
}

static void forget_names(void)
{
    free(process.workflow);
    free(process.component);
    outlines_destroy(process.outlines);
    schema_release(process.schema);
    cdo_memory_destroy(process.memory);
    process.workflow = process.component = NULL;
    process.schema = NULL;
    process.outlines = NULL;
    process.memory = NULL;
}

static mstro_status start(const char *workflow, const char *component, int64_t index)
{
    mstro_status s = find_name("workflow", MSTRO_ENV_WORKFLOW_NAME, &workflow);
    if (s == MSTRO_OK)
        s = find_name("component", MSTRO_ENV_COMPONENT_NAME, &component);
    if (s == MSTRO_OK)
        s = read_settings();
    if (s != MSTRO_OK)
        return s;
    log_configure(component, index, 0);
    list_init(&process.cdos);
    list_init(&process.groups);
    list_init(&process.subscriptions);
    process.workflow = strdup(workflow);
    process.component = strdup(component);
    process.index = index;
    if (!process.workflow || !process.component || cdo_memory_create(&process.memory, WARM_BYTES) != MSTRO_OK)
        s = detail_set(MSTRO_NOMEM, "not enough memory to begin");
    else
        s = catalogue_load(&process.schema);
    if (s == MSTRO_OK)
        s = outlines_create(process.schema, &process.outlines);
    if (s == MSTRO_OK)
        s = open_pool(setting_read_text(MSTRO_ENV_POOL_INFO));
    if (s != MSTRO_OK) {
        forget_names();
        return s;
    }
    process.run++;
    atomic_store(&process.phase, PHASE_READY);
    return MSTRO_OK;
}

API mstro_status mstro_init(const char *workflow_name, const char *component_name, int64_t component_index)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (atomic_load(&process.forked))
        return detail_set(MSTRO_FORKED, "%s", mstro_status_description(MSTRO_FORKED));
    pthread_once(&once, prepare_process);
    pthread_mutex_lock(&process.turn);
    mstro_status s = MSTRO_NOT_TWICE;
    if (atomic_load(&process.phase) == PHASE_NONE)
        s = start(workflow_name, component_name, component_index);
    else
        detail_set(s, "mstro_init was called before; mstro_finalize must come between");
    pthread_mutex_unlock(&process.turn);
    return s;
}

/* ---- finalize ---- */

static bool wait_until_all_are_out(uint64_t deadline)
{
    uint64_t until = clock_now() + LEAVING_PATIENCE;
    if (deadline != NO_DEADLINE && deadline + OVERTIME < until)
        until = deadline + OVERTIME;
    pthread_mutex_lock(&process.lists);
    while (atomic_load(&process.inside) > 0 && condition_wait(&process.out, &process.lists, until))
        ;
    pthread_mutex_unlock(&process.lists);
    return atomic_load(&process.inside) == 0;
}

/* The pool did not say which offers others still needed.  Small ones it may have itself. */
static void report_left_behind(void)
{
    int64_t served_by_pool = session_membership(process.session).inline_limit;
    pthread_mutex_lock(&process.lists);
    for (struct list *link = process.cdos.next; link != &process.cdos; link = link->next) {
        const struct mstro_cdo_ *cdo = list_entry(link, const struct mstro_cdo_, link);
        if (cdo->use == USE_LENT)
            log_warn(LOG_CORE, "finalize drops the offer of '%.200s': the pool manager does not answer, others may have needed it%s", cdo->name,
                     cdo->size > served_by_pool ? "" : "; should the pool manager go on it serves who has required it, unless its inline budget was used up");
    }
    pthread_mutex_unlock(&process.lists);
}

/* Groups first: they let their members go. */
static void free_handles(void)
{
    list_each(link, &process.groups)
        group_destroy(list_entry(link, struct mstro_group_, link));
    list_each(link, &process.cdos)
        cdo_destroy(list_entry(link, struct mstro_cdo_, link));
    list_each(link, &process.subscriptions)
        subscription_destroy(list_entry(link, struct mstro_subscription_, link));
}

/* It goes on without us: its end may be told at this moment, by a thread that we have not waited for. */
static void forget_session(void)
{
    pthread_mutex_lock(&process.lists);
    process.session = NULL;
    pthread_mutex_unlock(&process.lists);
}

static mstro_status finish(void)
{
    atomic_store(&process.phase, PHASE_ENDING);
    wake_subscribers();
    bool silent;
    uint64_t deadline = deadline_after(process.finalize_timeout);
    mstro_status s = session_leave(process.session, deadline, &silent);
    if (wait_until_all_are_out(deadline)) {
        if (silent)
            report_left_behind();
        close_pool(); /* first: the session's thread and what others may read are about handles */
        free_handles();
        forget_names();
    } else {
        session_when_ended(process.session, NULL);
        s = detail_set(MSTRO_TIMEOUT, "a cancelled call has not returned: what it uses is not freed");
        log_error(LOG_CORE, "finalize: %s", mstro_error_detail());
        forget_session();
        process.host = NULL;
        process.server = NULL;
        process.info = process.workflow = process.component = NULL;
        process.schema = NULL;
        process.outlines = NULL;
        process.memory = NULL;
    }
    atomic_store(&process.phase, PHASE_NONE);
    return s;
}

API mstro_status mstro_finalize(void)
{
    if (atomic_load(&process.forked))
        return detail_set(MSTRO_FORKED, "%s", mstro_status_description(MSTRO_FORKED));
    pthread_mutex_lock(&process.turn);
    mstro_status s = atomic_load(&process.phase) == PHASE_READY ? finish() : MSTRO_OK;
    pthread_mutex_unlock(&process.turn);
    return s;
}

/* ---- another pool ---- */

/* What is alive belongs to the pool that would be left. */
static mstro_status check_nothing_lives(void)
{
    mstro_status s = MSTRO_OK;
    pthread_mutex_lock(&process.lists);
    if (!list_empty(&process.cdos))
        s = detail_set(MSTRO_BUSY, "a handle of '%.200s' is alive: dispose it first",
                       list_entry(process.cdos.next, const struct mstro_cdo_, link)->name);
    else if (!list_empty(&process.groups))
        s = detail_set(MSTRO_BUSY, "the group '%.200s' is alive: dispose it first", list_entry(process.groups.next, const struct mstro_group_, link)->cdo->name);
    else if (!list_empty(&process.subscriptions))
        s = detail_set(MSTRO_BUSY, "a subscription is alive: dispose it first");
    pthread_mutex_unlock(&process.lists);
    return s;
}

/* Turn held; no call is inside and no handle alive. */
static mstro_status change_to(const char *info)
{
    bool silent;
    mstro_status left = session_leave(process.session, deadline_after(process.finalize_timeout), &silent), s;
    close_pool();
    s = open_pool(info);
    if (s == MSTRO_OK || !info)
        return s == MSTRO_OK ? left : s;
    char why[DETAIL_MAX + 1];
    snprintf(why, sizeof why, "%s", mstro_error_detail());
    if (open_pool(NULL) != MSTRO_OK) /* without a pool there is nothing to be done but to end */
        return MSTRO_NOMEM;
    return detail_set(s, "%s", why);
}

static mstro_status change_pool(const char *info)
{
    atomic_store(&process.phase, PHASE_CHANGING);
    mstro_status s = wait_until_all_are_out(NO_DEADLINE) ? check_nothing_lives() : detail_set(MSTRO_BUSY, "calls of other threads are under way");
    if (s == MSTRO_OK)
        s = change_to(info);
    if (process.session)
        atomic_store(&process.phase, PHASE_READY);
    else {
        forget_names();
        atomic_store(&process.phase, PHASE_NONE);
    }
    return s;
}

/* Begin a change of what this process is in.  Where MSTRO_OK, 'turn' is held. */
static mstro_status begin_change(void)
{
    mstro_status s = process_enter();
    if (s != MSTRO_OK)
        return s;
    process_leave();
    pthread_mutex_lock(&process.turn);
    if (atomic_load(&process.phase) == PHASE_READY)
        return MSTRO_OK;
    pthread_mutex_unlock(&process.turn);
    return detail_set(MSTRO_UNINIT, "%s", mstro_status_description(MSTRO_UNINIT));
}

mstro_status process_attach(const char *info)
{
    mstro_status s = begin_change();
    if (s != MSTRO_OK)
        return s;
    if (process.info)
        s = detail_set(MSTRO_NOT_TWICE, "this process has joined a pool manager: detach first");
    else if (process.server)
        s = detail_set(MSTRO_NOT_TWICE, "this process serves its own pool: terminate that first");
    else
        s = change_pool(info);
    pthread_mutex_unlock(&process.turn);
    return s;
}

mstro_status process_detach(void)
{
    mstro_status s = begin_change();
    if (s != MSTRO_OK)
        return s;
    s = process.info ? change_pool(NULL) : detail_set(MSTRO_NO_PM, "this process has joined no pool manager");
    pthread_mutex_unlock(&process.turn);
    return s;
}

/* What is offered here shall be readable there, and the other way round. */
static mstro_status reach_others(void)
{
    struct fabric_options options = fabric_options_from_environment();
    struct fabric *fabric;
    options.address = server_address(process.server);
    mstro_status s = fabric_open(&options, &fabric);
    return s == MSTRO_OK ? session_reach(process.session, fabric, options.address) : s;
}

static mstro_status serve(void)
{
    struct server_settings settings = { .pool = process.pool, .workflow = text_of(process.workflow) };
    mstro_status s = server_start(&process.server, &process.host, 1, &settings);
    if (s == MSTRO_OK && (s = reach_others()) != MSTRO_OK) {
        server_stop(process.server);
        process.server = NULL;
    }
    return s;
}

mstro_status process_serve(void)
{
    mstro_status s = begin_change();
    if (s != MSTRO_OK)
        return s;
    if (process.info)
        s = detail_set(MSTRO_CONFLICT, "this process has joined a pool manager: detach first");
    else if (process.server)
        s = detail_set(MSTRO_NOT_TWICE, "this process serves its pool already");
    else
        s = serve();
    pthread_mutex_unlock(&process.turn);
    return s;
}

mstro_status process_stop_serving(void)
{
    mstro_status s = begin_change();
    if (s != MSTRO_OK)
        return s;
    if (process.server)
        server_stop(process.server);
    else
        s = detail_set(MSTRO_NO_PM, "this process serves no pool: mstro_pm_start first");
    process.server = NULL;
    pthread_mutex_unlock(&process.turn);
    return s;
}

mstro_status process_info(char **info)
{
    mstro_status s = begin_change();
    if (s != MSTRO_OK)
        return s;
    const char *text = process.server ? server_info(process.server) : process.info;
    *info = text ? strdup(text) : NULL;
    if (!text)
        s = detail_set(MSTRO_NO_PM, "this process serves no pool and has joined none: mstro_pm_start first");
    else if (!*info)
        s = detail_set(MSTRO_NOMEM, "not enough memory for the pool's info");
    pthread_mutex_unlock(&process.turn);
    return s;
}

API mstro_nanosec_t mstro_clock(void)
{
    return clock_now();
}
